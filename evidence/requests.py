"""要材料的頁：已經存着什麼，以及每個單位每月被要了幾次（減負看的就是這張表）。"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.timezone import localdate

from campaigns.models import Campaign, Indicator
from campaigns.standing import Standing
from evidence.library import in_period, of_indicators, once_per_submission, with_places
from evidence.library_reuse import accepted_of, counterparts
from people.models import Department
from pingtan_civ.lib.dates import month_end
from tasks.models import EvidenceLink, Measure, Submission

#: 每個單位至多列出這麼多份已存的；其餘去材料庫看。
SHOWN_HELD = 12
MONTHS = 12


@dataclass(frozen=True)
class Holding:
    """一個單位已存着的。"""

    department: Department
    links: list[EvidenceLink]
    more: int


def held(
    indicator: Indicator,
    departments: Iterable[Department],
    span: tuple[date, date],
    standing: Standing,
    campaigns: list[Campaign],
) -> list[Holding]:
    """各單位為這項指標（各活動裏說同一件事的都算）在這段時期已採用的材料。"""
    units = {row.pk: row for row in departments}
    same = counterparts([indicator], campaigns)
    links = accepted_of(units, standing, campaigns).filter(of_indicators(same), in_period(*span))
    rows = with_places(links, "file").order_by("-added_at", "-pk")
    found: dict[int, dict[int, EvidenceLink]] = {pk: {} for pk in units}
    for link in once_per_submission(rows):
        found[link.round.submission.assignment.department_id].setdefault(link.file_id, link)
    return [_holding(units[pk], list(kept.values())) for pk, kept in found.items()]


def _holding(unit: Department, links: list[EvidenceLink]) -> Holding:
    return Holding(unit, links[:SHOWN_HELD], max(len(links) - SHOWN_HELD, 0))


def with_progress(requests: QuerySet[Measure]) -> QuerySet[Measure]:
    """附上各自報到哪一步（progress：Submission.State 的值）。"""
    mine = Submission.objects.filter(assignment__measure=OuterRef("pk")).order_by("-pk")
    return requests.annotate(progress=Subquery(mine.values("state")[:1]))


@dataclass(frozen=True)
class Burden:
    """一個單位各月被要了幾次。"""

    department: Department
    counts: list[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


def burden(requests: QuerySet[Measure], on: date) -> tuple[list[date], list[Burden]]:
    """近一年各月的表：（各月首日，各單位一行），要得多的在前。只數看得見的。"""
    months = _months(on)
    rows = (
        requests.filter(issued_at__date__gte=months[0])
        .select_related("lead_department")
        .order_by("pk")
    )
    counted: Counter[tuple[int, date]] = Counter()
    units = {}
    for row in rows:
        units[row.lead_department_id] = row.lead_department
        counted[row.lead_department_id, localdate(row.issued_at).replace(day=1)] += 1
    found = [Burden(unit, [counted[pk, month] for month in months]) for pk, unit in units.items()]
    found.sort(key=lambda each: (-each.total, each.department.position, each.department.pk))
    return months, found


def _months(on: date) -> list[date]:
    """到本月為止的十二個月，各月的首日，先後為序。"""
    found = [on.replace(day=1)]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def quarter_before(on: date) -> tuple[date, date]:
    """剛過去的一個季度：要材料多半要它的。"""
    last = on.replace(month=(on.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)
    return date(last.year, last.month - 2, 1), month_end(last.year, last.month)
