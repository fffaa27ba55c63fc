"""系統自己知道的數：一個單位在考核期裏報得及時不及時、通過多少、佐證齊不齊、辦結多少。

每個數都連着它的名單（各一行一件事），數是從名單數出來的，所以點開的清單與數一定一致。
各數的分母：
- 按時報送率、審核通過率：時限在考核期裏、已經到期的各期報送；
- 佐證完整度：同佐證體檢（evidence.checkup），只看報送期落在考核期裏的；
- 措施辦結率：本單位牽頭、時限在考核期裏的措施。
單位不在的日子到期的不算（Lives）；中止、撤銷的不算。
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from evaluations.models import AssessmentRound, SystemFigure
from evidence.checkup.facts import Facts
from evidence.completeness import COUNTED_MEASURES, STANDING_ASSIGNMENTS, Lives
from pingtan_civ.lib.dates import near_date
from pingtan_civ.lib.scoring import HUNDRED, Finding, Rule, RuleKind, to_points
from tasks.models import Measure, Round, Submission


@dataclass(frozen=True)
class Item:
    """名單上的一件：要 wanted 份（多數是 1），做到 counted 份。"""

    title: str
    detail: str
    url: str
    wanted: int = 1
    counted: int = 0

    @property
    def is_whole(self) -> bool:
        return self.counted >= self.wanted


@dataclass(frozen=True)
class FigureValue:
    """一個數和它的名單。"""

    items: tuple[Item, ...] = ()

    @property
    def planned(self) -> int:
        return sum(item.wanted for item in self.items)

    @property
    def done(self) -> int:
        return sum(item.counted for item in self.items)

    @property
    def percent(self) -> Decimal | None:
        """百分之幾，兩位小數；分母為 0 的沒有。"""
        if not self.planned:
            return None
        return to_points(HUNDRED * self.done / self.planned)

    def finding(self, rule: Rule) -> Finding | None:
        """交給計分規則的事實；分母為 0 的沒有（那一條不適用）。

        Raises ValueError：這種規則不能用系統數。
        """
        if not self.planned:
            return None
        if rule.kind not in _AS_FINDING:
            raise ValueError(rule.kind)
        return _AS_FINDING[rule.kind](self)


_AS_FINDING: dict[RuleKind, Callable[[FigureValue], Finding]] = {
    RuleKind.STEPS: lambda value: Finding(value=value.percent),
    RuleKind.PRO_RATA: lambda value: Finding(
        done=Decimal(value.done), planned=Decimal(value.planned)
    ),
    RuleKind.BINARY: lambda value: Finding(is_met=value.done >= value.planned),
    RuleKind.DEDUCT_EACH: lambda value: Finding(occurrences=value.planned - value.done),
}
"""系統數能用的規則：分檔看百分數，按比例看件數，達標看齊不齊，扣分看差幾件。"""

Values = dict[tuple[int, str], FigureValue]
"""（單位、哪個數）→ 數。沒有名單的不在裏面。"""


def read_figures(
    round_: AssessmentRound,
    departments: Collection[int],
    figures: Iterable[str],
    *,
    on: date,
) -> Values:
    """這些單位在考核期裏的這些數。查詢次數固定，與單位多少無關。

    考核期還沒過完的，只算到 on 這一天為止到期的。
    """
    wanted = set(figures)
    scope = _Scope(round_, frozenset(departments), min(on, round_.period_end))
    found: dict[tuple[int, str], list[Item]] = {}
    for reader in dict.fromkeys(_READERS[figure] for figure in sorted(wanted)):
        for department_id, figure, item in reader(scope):
            if figure in wanted:
                found.setdefault((department_id, figure), []).append(item)
    return {key: FigureValue(tuple(items)) for key, items in found.items()}


@dataclass(frozen=True)
class _Scope:
    round: AssessmentRound
    departments: frozenset[int]
    last: date

    @cached_property
    def lives(self) -> Lives:
        return Lives()


Found = Iterable[tuple[int, str, Item]]


def _submissions(scope: _Scope) -> Found:
    """到期的各期：第一輪是不是在時限之內報出、現在通過了沒有。退回後的各輪不改第一輪的。"""
    rows = (
        Round.objects.filter(
            number=1,
            due_date__range=(scope.round.period_start, scope.last),
            submission__assignment__department__in=scope.departments,
            submission__assignment__state__in=STANDING_ASSIGNMENTS,
            submission__assignment__measure__campaign=scope.round.campaign_id,
            submission__assignment__measure__state__in=COUNTED_MEASURES,
        )
        .order_by("due_date", "submission__assignment__measure__position", "submission_id")
        .values_list(
            "submission_id",
            "submission__assignment__department_id",
            "submission__assignment__measure__code",
            "submission__assignment__measure__title",
            "submission__name",
            "due_date",
            "submitted_at",
            "submission__state",
        )
    )
    for pk, department_id, code, title, name, due, submitted_at, state in rows:
        if not scope.lives.exists(department_id, due):
            continue
        named, url = f"{code} {title} {name}", reverse("tasks:submission", args=[pk])
        handed_in = localdate(submitted_at) if submitted_at else None
        is_on_time = handed_in is not None and handed_in <= due
        is_accepted = state == Submission.State.ACCEPTED
        yield (
            department_id,
            SystemFigure.ON_TIME_RATE,
            Item(named, _when(due, handed_in, scope.last), url, counted=int(is_on_time)),
        )
        yield (
            department_id,
            SystemFigure.ACCEPTED_SHARE,
            Item(named, Submission.State(state).label, url, counted=int(is_accepted)),
        )


def _when(due: date, handed_in: date | None, today: date) -> str:
    words = {"due": near_date(due, today)}
    if handed_in is None:
        return _("%(due)s到期，沒有報送。") % words
    words["day"] = near_date(handed_in, today)
    if handed_in > due:
        return _("%(due)s到期，%(day)s才報。") % words
    return _("%(due)s到期，%(day)s報送。") % words


def _completeness(scope: _Scope) -> Found:
    facts = Facts(scope.round.campaign, scope.last, None, scope.departments)
    for entry in facts.counted:
        if entry.end < scope.round.period_start or entry.start > scope.last:
            continue
        measure, tally = facts.measures[entry.measure_id], facts.tally(entry)
        words = {"wanted": tally.wanted, "counted": tally.counted}
        yield (
            entry.department_id,
            SystemFigure.COMPLETENESS,
            Item(
                f"{measure.code} {measure.title} {entry.period}",
                _("要 %(wanted)d 份，作數 %(counted)d 份。") % words,
                reverse("tasks:submission", args=[entry.pk]),
                wanted=tally.wanted,
                counted=tally.counted,
            ),
        )


def _measures(scope: _Scope) -> Found:
    rows = (
        Measure.objects.counted()
        .filter(
            campaign=scope.round.campaign_id,
            lead_department__in=scope.departments,
            due_date__range=(scope.round.period_start, scope.last),
        )
        .order_by("due_date", "position", "pk")
        .select_related("campaign")
    )
    for measure in rows:
        if not scope.lives.exists(measure.lead_department_id, measure.due_date):
            continue
        yield (
            measure.lead_department_id,
            SystemFigure.DONE_SHARE,
            Item(
                f"{measure.code} {measure.title}",
                measure.get_state_display(),
                measure.get_absolute_url(),
                counted=int(measure.state == Measure.State.CLOSED),
            ),
        )


_READERS: dict[str, Callable[[_Scope], Found]] = {
    SystemFigure.ON_TIME_RATE: _submissions,
    SystemFigure.ACCEPTED_SHARE: _submissions,
    SystemFigure.COMPLETENESS: _completeness,
    SystemFigure.DONE_SHARE: _measures,
}
