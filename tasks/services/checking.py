"""核對：措施上隨辦理維護的日期事實，與從報送重算的是否一致。"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Min, Q

from campaigns.models import Campaign
from tasks.lights import behind_date
from tasks.models import Assignment, Measure, Submission
from tasks.services.issuing import lock_measures, refresh_measure


@dataclass(frozen=True)
class WrongFact:
    """一項不一致的措施：庫裏的和應有的（下次報送時限、落後起算日）。"""

    measure: Measure
    owed: date | None
    behind: date | None

    def __str__(self) -> str:
        row = self.measure
        return (
            f"{row.campaign.code} {row.code}："
            f"下次報送時限 {row.owed_date or '無'} 應為 {self.owed or '無'}，"
            f"落後起算日 {row.behind_date or '無'} 應為 {self.behind or '無'}"
        )


def wrong_facts(*, campaign_code: str | None = None) -> list[WrongFact]:
    """逐項重算並比較，兩次查詢。規則與 issuing.refresh_measure 相同，由測試守住。"""
    rows = Measure.objects.select_related("campaign").order_by("campaign", "position", "pk")
    if campaign_code:
        rows = rows.filter(campaign__code=campaign_code)
    lead = Q(assignment__role=Assignment.Role.LEAD)
    owed = dict(
        Submission.objects.owed()
        .filter(lead)
        .order_by()
        .values_list("assignment__measure_id")
        .annotate(nearest=Min("due_date"))
    )
    facts = (WrongFact(row, owed.get(row.pk), _behind(row)) for row in rows)
    return [
        fact
        for fact in facts
        if (fact.owed, fact.behind) != (fact.measure.owed_date, fact.measure.behind_date)
    ]


def _behind(measure: Measure) -> date | None:
    if measure.state != Measure.State.ISSUED or not measure.asks_percent:
        return None
    return behind_date(
        start=measure.start_date,
        due=measure.due_date,
        percent=measure.percent,
        behind_points=measure.campaign.behind_points,
    )


@transaction.atomic
def refresh_campaign(campaign: Campaign) -> None:
    """活動開始、結束、重新打開或改了落後的界限之後，一次重算它全部措施的日期事實。"""
    lock_measures(campaign=campaign)
    changed = []
    for fact in wrong_facts(campaign_code=campaign.code):
        fact.measure.owed_date, fact.measure.behind_date = fact.owed, fact.behind
        changed.append(fact.measure)
    Measure.objects.bulk_update(changed, ["owed_date", "behind_date"], batch_size=500)


@transaction.atomic
def repair(facts: Iterable[WrongFact]) -> None:
    """按報送重算，改正不一致的幾項。"""
    for fact in facts:
        refresh_measure(Measure.objects.select_related("campaign").get(pk=fact.measure.pk))
