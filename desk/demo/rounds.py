"""樣例的考核：上一季度的一次已公佈，本季度的一次正在自評。沒有使用中的考核辦法就不裝。"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter

from campaigns.models import Campaign
from campaigns.standing import chairs_of, office_members, standing_of
from desk.demo import after_round
from desk.demo.history import History
from desk.demo.remarks import remark_on
from evaluations import policies
from evaluations.models import (
    AssessmentRound,
    Criterion,
    Questionnaire,
    Scheme,
    Scorer,
    Sheet,
)
from evaluations.services import rounds
from evaluations.services.collected import record_collected
from evaluations.services.rounds import Mark, RoundPlan, propose_phases
from evaluations.services.rounds.planning import OPTIONAL, period_for
from evaluations.services.rounds.scoring import criteria_of
from evaluations.sheets import SELF_SCORED
from people.models import User
from people.services import heads_of
from pingtan_civ.lib import clock
from pingtan_civ.lib.satisfaction import USUAL
from pingtan_civ.lib.scoring import Finding, Part, RuleKind
from workdays.services import calendar

Kind, Phase = AssessmentRound.Kind, AssessmentRound.Phase
Way = Questionnaire.Way
SOURCES = {
    Scorer.AUTHORITY: "縣直有關部門書面意見",
    Scorer.INSPECTION: "實地查看，沒有發現問題。",
}
"""得滿分時的依據；不在這裏的是看材料。"""


Step = tuple[datetime, Callable[[], object]]
"""哪一刻辦哪一步。"""


def play_rounds(campaign: Campaign, today: date) -> None:
    """依次演完各步。"""
    for _moment, act in sorted(steps_of_rounds(campaign, today), key=itemgetter(0)):
        act()


def rehearse_rounds(campaign: Campaign, today: date, history: History) -> None:
    """各步排進 History 的日程。"""
    for moment, act in steps_of_rounds(campaign, today):
        history.steps.append((moment, len(history.steps), act))


def steps_of_rounds(campaign: Campaign, today: date) -> Iterator[Step]:
    """上一季度的走完全程並公佈；本季度的開始了自評，有一半單位交了。"""
    year = campaign.start_date.year
    office = office_members(campaign, today)
    scheme = Scheme.objects.in_force(campaign, year)
    if scheme is None or not office:
        return
    this = period_for(campaign, Kind.QUARTERLY, today)
    last = period_for(campaign, Kind.QUARTERLY, this.start - timedelta(days=1))
    if last.start >= campaign.start_date and last.end.year == year:
        start = calendar().next_working(last.end + timedelta(days=1))
        yield from _Round(campaign, office, last.start, last.end, start).finished()
    if this.end.year == year:
        start = calendar().add(today, -3)
        yield from _Round(campaign, office, this.start, this.end, start).in_self_assessment()


class _Round:
    """一次季度考核的各步；這一步要的考核由前面的步子建。"""

    def __init__(
        self, campaign: Campaign, office: list[User], first: date, last: date, start: date
    ) -> None:
        self.campaign, self.office, self.start = campaign, office, start
        phases = tuple(propose_phases(start, calendar(), skipped=OPTIONAL))
        self.due = {row.phase: row.due_date for row in phases}
        self.plan = RoundPlan(
            kind=Kind.QUARTERLY, period_start=first, period_end=last, phases=phases
        )

    @property
    def row(self) -> AssessmentRound:
        return AssessmentRound.objects.get(
            campaign=self.campaign, kind=self.plan.kind, period_start=self.plan.period_start
        )

    def in_self_assessment(self) -> Iterator[Step]:
        at = _at(calendar().add(self.start, 2))
        yield _at(self.start), self._start
        yield (
            at,
            lambda: self._each(lambda place, sheet: place % 2 and _self_score(sheet, place, at)),
        )

    def finished(self) -> Iterator[Step]:
        due = self.due
        own, first, decided = (
            _at(due[phase]) for phase in (Phase.SELF, Phase.CHECK, Phase.DECISION)
        )
        over = calendar().add(due[Phase.FEEDBACK], 1)
        published = _at(calendar().add(over, 1), 15)
        yield _at(self.start), self._start
        yield own, lambda: self._each(lambda place, sheet: _self_score(sheet, place, own))
        yield self._advancing(due[Phase.SELF])
        yield (
            first,
            lambda: self._each(lambda place, sheet: _first_score(sheet, place, self.office, first)),
        )
        yield self._advancing(due[Phase.CHECK])
        yield decided, lambda: self._decide(decided)
        filed, answered, settled = (
            _at(calendar().add(due[Phase.DECISION], days), 15) for days in (1, 2, 3)
        )
        yield filed, lambda: after_round.object_to(self.row.sheets.first(), filed)
        yield answered, lambda: after_round.answer_all(self.row, answered)
        yield settled, lambda: self._settle(settled)
        yield self._advancing(over)
        yield published, lambda: self._publish(published)

    def _start(self) -> None:
        at, actor = _at(self.start), self.office[0]
        found = rounds.plan_round(actor=actor, campaign=self.campaign, plan=self.plan, at=at)
        rounds.start_round(actor=actor, round_id=found.pk, at=at)

    def _each(self, act: Callable[[int, Sheet], object]) -> None:
        rows = Sheet.objects.filter(round=self.row).select_related("round__campaign", "profile")
        for place, sheet in enumerate(rows.order_by("department__position", "pk")):
            act(place, sheet)

    def _advancing(self, day: date) -> Step:
        at = _at(day, 17)
        return at, lambda: rounds.advance_round(
            actor=self.office[0],
            round_id=self.row.pk,
            at=at,
            reason="照日程進入下一階段。",
        )

    def _decide(self, at: datetime) -> None:
        chair = chairs_of(self.campaign, at.date())[0]
        rounds.decide_round(
            actor=chair, round_id=self.row.pk, at=at, reason="材料和得分已逐項核對，同意。"
        )

    def _settle(self, at: datetime) -> None:
        after_round.decide_all(self.row, chairs_of(self.campaign, at.date())[0], at)

    def _publish(self, at: datetime) -> None:
        chair = chairs_of(self.campaign, at.date())[0]
        rounds.publish_round(actor=chair, round_id=self.row.pk, is_open_to_all=True, at=at)


def _self_score(sheet: Sheet, place: int, at: datetime) -> None:
    """單位自評，多數條滿分；沒有負責人的單位交不了。"""
    heads = heads_of(sheet.department_id, at.date())
    if not heads:
        return
    marks = {
        row.pk: Mark(_finding(row, lost=(place + number) % 9 == 0))
        for number, row in enumerate(criteria_of(sheet))
        if row.scorer in SELF_SCORED and row.scoring_rule().part is Part.BASE
    }
    rounds.save_self_scores(actor=heads[0], sheet_id=sheet.pk, marks=marks, at=at)
    rounds.submit_self(actor=heads[0], sheet_id=sheet.pk, at=at)


def _first_score(sheet: Sheet, place: int, office: list[User], at: datetime) -> None:
    """辦公室和評分科室各評各的；四五條裏有一條扣分。"""
    criteria = list(enumerate(criteria_of(sheet)))
    units = {row.scoring_department_id for _number, row in criteria if row.scoring_department_id}
    actors = [*office, *(head for unit in units for head in heads_of(unit, at.date()))]
    done: set[int] = set()
    for actor in dict.fromkeys(actors):
        standing = standing_of(actor, at.date())
        marks = {
            row.pk: _mark(row, place + number)
            for number, row in criteria
            if row.pk not in done
            and row.scorer != Scorer.SURVEY
            and row.scoring_rule().part is Part.BASE
            and policies.can_score_criterion(standing, sheet, row)
        }
        if marks:
            rounds.save_first_scores(actor=actor, sheet_id=sheet.pk, marks=marks, at=at)
            done |= marks.keys()
    _survey(sheet, place, office, at)


def _survey(sheet: Sheet, place: int, office: list[User], at: datetime) -> None:
    """問卷評的各條，各記兩次：現場發放的和電話的，得分由合起來的滿意率算。"""
    for number, row in enumerate(criteria_of(sheet)):
        actors = [
            person
            for person in office
            if policies.can_score_criterion(standing_of(person, at.date()), sheet, row)
        ]
        if row.scorer != Scorer.SURVEY or not actors:
            continue
        unhappy = 9 if (place + number) % 4 == 0 else 3
        for way, where, numbers in (
            (Way.ON_SITE, "辦事大廳", (66 - unhappy, 12, unhappy, 2)),
            (Way.PHONE, "本季度辦過事的群眾", (34, 5, 0, 1)),
        ):
            valid = sum(numbers)
            values = {
                "held_date": at.date() - timedelta(days=3),
                "way": way,
                "place": where,
                "given_out": valid + 8,
                "returned": valid + 2,
                "valid": valid,
                "counts": [
                    {"label": option.label, "counts": option.counts.value, "number": each}
                    for option, each in zip(USUAL, numbers, strict=True)
                ],
            }
            record_collected(
                actor=actors[0], sheet_id=sheet.pk, criterion_id=row.pk, values=values, at=at
            )


def _mark(row: Criterion, number: int) -> Mark:
    lost = number % 4 == 0
    reason = SOURCES.get(Scorer(row.scorer), "材料齊全，核對屬實。")
    if lost and row.scorer not in (Scorer.AUTHORITY, Scorer.SURVEY):
        reason = remark_on(row.number).fault
    return Mark(_finding(row, lost=lost), reason=reason)


def _finding(row: Criterion, *, lost: bool) -> Finding:
    rule = row.scoring_rule()
    finders: dict[RuleKind, Callable[[], Finding]] = {
        RuleKind.BINARY: lambda: Finding(is_met=not lost),
        RuleKind.PRO_RATA: lambda: Finding(done=Decimal(8 if lost else 10), planned=Decimal(10)),
        RuleKind.DEDUCT_EACH: lambda: Finding(occurrences=int(lost)),
        RuleKind.BANDS: lambda: Finding(step=rule.steps[min(int(lost), len(rule.steps) - 1)].label),
        RuleKind.STEPS: lambda: Finding(value=_reached(rule.steps, lost=lost)),
        RuleKind.MANUAL: lambda: Finding(points=rule.full * (Decimal("0.8") if lost else 1)),
    }
    return finders[rule.kind]()


def _reached(steps: tuple, *, lost: bool) -> Decimal:
    """最高一檔，丟分的第二檔。"""
    limits = sorted((step.at_least for step in steps if step.at_least is not None), reverse=True)
    return limits[min(int(lost), len(limits) - 1)]


def _at(day: date, hour: int = 10) -> datetime:
    return clock.at_hour(day, hour)
