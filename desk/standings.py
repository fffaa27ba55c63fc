"""工作台的概況：辦公室看本期報送齊不齊，領導看各單位的燈。"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign, PlanVersion, Seat
from campaigns.standing import Standing
from evaluations.overview import Links, Tally
from people.models import User
from pingtan_civ.lib.counting import count_together
from pingtan_civ.lib.dates import month_end
from tasks.lights import Light, LightRule
from tasks.models import Assignment, Measure, Submission

WEEK_LISTED = 6


@dataclass(frozen=True)
class PeriodRow:
    """本月報送：一個單位應報、已報、已審幾項，還差哪些。"""

    department: str
    wanted: int
    handed_in: int
    accepted: int
    url: str

    @property
    def missing(self) -> int:
        return self.wanted - self.handed_in


def this_month(campaign: Campaign, on: date) -> list[PeriodRow]:
    """本月到期的報送，按單位。已報指已經報出（待初審、待審核、通過）。"""
    due = Q(due_date__gte=on.replace(day=1), due_date__lte=month_end(on.year, on.month))
    rows = (
        Submission.objects.in_campaign(campaign)
        .filter(due)
        .exclude(assignment__state__in=[Assignment.State.CANCELLED, Assignment.State.SUSPENDED])
        .order_by("assignment__department__position", "assignment__department_id")
        .values_list("assignment__department_id", "assignment__department__name")
        .annotate(
            wanted=Count("pk"),
            open=Count("pk", filter=Q(state=Submission.State.OPEN)),
            accepted=Count("pk", filter=Q(state=Submission.State.ACCEPTED)),
        )
    )
    links = Links(campaign)
    return [
        PeriodRow(name, wanted, wanted - open_, accepted, links.to(lead=pk))
        for pk, name, wanted, open_, accepted in rows
    ]


@dataclass(frozen=True)
class Deadline:
    due: date
    title: str
    url: str
    count: int


def this_week(campaign: Campaign, rule: LightRule) -> list[Deadline]:
    """今天起五個工作日內到期而未報的，按措施。"""
    rows = (
        Measure.objects.filter(
            campaign=campaign,
            state=Measure.State.ISSUED,
            owed_date__gte=rule.today,
            owed_date__lte=rule.warn_until,
        )
        .select_related("campaign")
        .order_by("owed_date", "position")[:WEEK_LISTED]
    )
    return [
        Deadline(row.owed_date, f"{row.code} {row.title}", row.get_absolute_url(), 1)
        for row in rows
    ]


@dataclass(frozen=True)
class Step:
    """新活動的一步：做沒做、去哪裏做。"""

    label: str
    url: str
    is_done: bool


@dataclass(frozen=True)
class Progress:
    """活動走到哪一步，以及辦公室關心的幾個數。"""

    steps: list[Step]
    drafts: int
    lacking: int
    overdue: int
    lacking_url: str
    overdue_url: str

    @property
    def next_step(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def progress_of(campaign: Campaign, rule: LightRule, user: User) -> Progress:
    """一次查詢數齊。"""
    measures = Measure.objects.filter(campaign=campaign)
    drafts = measures.filter(state=Measure.State.DRAFT)
    counts = count_together(
        User.objects.filter(pk=user.pk),
        seats=Seat.objects.on(rule.today).filter(campaign=campaign, role=Seat.Role.CHAIR),
        versions=PlanVersion.objects.filter(campaign=campaign),
        measures=measures,
        issued=measures.filter(Measure.COUNTED),
        drafts=drafts,
        lacking=drafts.filter(Q(lead_department=None) | Q(due_date=None)),
        overdue=measures.filter(rule.matching(Light.BAD)),
    )
    links = Links(campaign)
    code = [campaign.code]
    return Progress(
        steps=[
            Step(
                _("設領導小組"), reverse("campaigns:leading-group", args=code), counts["seats"] > 0
            ),
            Step(_("導入方案"), reverse("tasks:plan-import", args=code), counts["versions"] > 0),
            Step(_("分解任務"), reverse("tasks:breakdown", args=code), counts["measures"] > 0),
            Step(
                _("開始活動"),
                reverse("campaigns:campaign-start", args=code),
                campaign.state != Campaign.State.DRAFT,
            ),
            Step(_("下達"), links.to(state=Measure.State.DRAFT), counts["issued"] > 0),
        ],
        drafts=counts["drafts"],
        lacking=counts["lacking"],
        overdue=counts["overdue"],
        lacking_url=links.to(state=Measure.State.DRAFT),
        # 這裏數的是牽頭逾期的措施，催報台按同一口徑列出。
        overdue_url=reverse("tasks:chase-board", args=code) + "?role=lead&overdue=1",
    )


@dataclass(frozen=True)
class UnitLight:
    """一個單位最該看的燈。"""

    department: str
    tally: Tally
    light: Light
    note: str
    url: str
    is_mine: bool


def unit_lights(campaign: Campaign, rule: LightRule, charge: frozenset[int]) -> list[UnitLight]:
    """各單位的燈：分管的在前，紅的在前。"""
    matching = {
        light.value: Count("pk", filter=rule.matching(light))
        for light in (Light.DONE, Light.OK, Light.WARN, Light.BAD)
    }
    rows = (
        Measure.objects.filter(campaign=campaign)
        .counted()
        .order_by()
        .values_list("lead_department_id", "lead_department__name")
        .annotate(total=Count("pk"), **matching)
    )
    links = Links(campaign)
    units = []
    for pk, name, *numbers in rows:
        tally = Tally(*numbers)
        light, note = _worst(tally)
        units.append(UnitLight(name, tally, light, note, links.counted(lead=pk), pk in charge))
    worst_first = {Light.BAD: 0, Light.WARN: 1, Light.OK: 2, Light.DONE: 3}
    return sorted(units, key=lambda u: (not u.is_mine, worst_first[u.light], u.department))


def _worst(tally: Tally) -> tuple[Light, str]:
    if tally.bad:
        return Light.BAD, _("%(count)s 項") % {"count": tally.bad}
    if tally.warn:
        return Light.WARN, _("%(count)s 項") % {"count": tally.warn}
    return (Light.DONE, "") if tally.done == tally.total else (Light.OK, "")


@dataclass(frozen=True)
class LateElsewhere:
    """另一個進行中的活動裏逾期的任務。"""

    campaign: str
    count: int
    url: str


def late_elsewhere(
    standing: Standing, others: list[Campaign], rule: LightRule
) -> list[LateElsewhere]:
    """本人當領導或在辦公室的其他活動逾期幾項；逾期只看今天，與各活動的臨期天數無關。"""
    mine = {row.pk: row for row in others if standing.is_leader(row) or standing.is_office(row)}
    if not mine:
        return []
    rows = (
        Measure.objects.filter(rule.matching(Light.BAD), campaign__in=mine)
        .order_by("campaign")
        .values_list("campaign")
        .annotate(count=Count("pk"))
    )
    return [
        LateElsewhere(mine[pk].name, count, Links(mine[pk]).to(light=Light.BAD.value))
        for pk, count in rows
    ]


def whole(units: list[UnitLight]) -> Tally:
    """全部單位合計。"""
    total = Tally()
    for unit in units:
        total.add(unit.tally)
    return total
