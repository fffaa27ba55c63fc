"""樣例的考核：上一季度的一次已公佈，本季度的一次正在自評。沒有使用中的考核辦法就不裝。"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from campaigns.models import Campaign
from campaigns.standing import chairs_of, office_members, standing_of
from evaluations import policies
from evaluations.models import AssessmentRound, Criterion, Scheme, Scorer, Sheet
from evaluations.services import rounds
from evaluations.services.rounds import Mark, RoundPlan, propose_phases
from evaluations.services.rounds.planning import OPTIONAL, period_for
from evaluations.services.rounds.scoring import criteria_of
from evaluations.sheets import SELF_SCORED
from people.models import User
from people.services import heads_of
from pingtan_civ.lib import clock
from pingtan_civ.lib.scoring import Finding, Part, RuleKind
from workdays.services import calendar

Kind, Phase = AssessmentRound.Kind, AssessmentRound.Phase
FAULTS = (
    "抽查 20 件，1 件告知單缺簽名。",
    "公示欄有一項沒有及時更新。",
    "材料齊，典型做法只有一篇。",
    "現場走廊扶手缺一處，已提醒補齊。",
    "台賬少一次會議的簽到。",
)
"""扣分的理由，輪着用。"""
SOURCES = {
    Scorer.AUTHORITY: "縣直有關部門書面意見",
    Scorer.SURVEY: "本季度群眾滿意度問卷統計",
}


def play_rounds(campaign: Campaign, today: date) -> None:
    """上一季度的走完全程並公佈；本季度的開始了自評，有一半單位交了。"""
    year = campaign.start_date.year
    office = office_members(campaign, today)
    scheme = Scheme.objects.in_force(campaign, year)
    if scheme is None or not office:
        return
    this = period_for(campaign, Kind.QUARTERLY, today)
    last = period_for(campaign, Kind.QUARTERLY, this.start - timedelta(days=1))
    if last.start >= campaign.start_date and last.end.year == year:
        _finished(campaign, office, last.start, last.end, last.end + timedelta(days=1))
    if this.end.year == year:
        working = calendar()
        start = working.add(today, -3)
        running = _started(campaign, office[0], this.start, this.end, start)
        for place, sheet in enumerate(_sheets(running)):
            if place % 2:
                _self_score(sheet, place, _at(working.add(start, 2)))


def _started(
    campaign: Campaign, actor: User, first: date, last: date, start: date
) -> AssessmentRound:
    plan = RoundPlan(
        kind=Kind.QUARTERLY,
        period_start=first,
        period_end=last,
        phases=tuple(propose_phases(start, calendar(), skipped=OPTIONAL)),
    )
    found = rounds.plan_round(actor=actor, campaign=campaign, plan=plan, at=_at(start))
    return rounds.start_round(actor=actor, round_id=found.pk, at=_at(start))


def _finished(campaign: Campaign, office: list[User], first: date, last: date, start: date) -> None:
    start = calendar().next_working(start)
    found = _started(campaign, office[0], first, last, start)
    due = {row.phase: row.due_date for row in found.phases.all()}
    for place, sheet in enumerate(_sheets(found)):
        _self_score(sheet, place, _at(due[Phase.SELF]))
    _advance(found, office[0], due[Phase.SELF])
    for place, sheet in enumerate(_sheets(found)):
        _first_score(sheet, place, office, _at(due[Phase.CHECK]))
    _advance(found, office[0], due[Phase.CHECK])
    chair = chairs_of(campaign, due[Phase.DECISION])[0]
    rounds.decide_round(
        actor=chair, round_id=found.pk, at=_at(due[Phase.DECISION]), reason="缺項按 0 分計"
    )
    feedback = found.phases.get(phase=Phase.FEEDBACK)
    over = calendar().add(feedback.due_date, 1)
    _advance(found, office[0], over)
    rounds.publish_round(actor=chair, round_id=found.pk, is_open_to_all=True, at=_at(over, 15))


def _advance(round_: AssessmentRound, actor: User, day: date) -> None:
    rounds.advance_round(
        actor=actor, round_id=round_.pk, at=_at(day, 17), reason="按日程往下走，缺項按 0 分計"
    )


def _sheets(round_: AssessmentRound) -> list[Sheet]:
    rows = Sheet.objects.filter(round=round_).select_related("round__campaign", "profile")
    return list(rows.order_by("department__position", "pk"))


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
            and row.scoring_rule().part is Part.BASE
            and policies.can_score_criterion(standing, sheet, row)
        }
        if marks:
            rounds.save_first_scores(actor=actor, sheet_id=sheet.pk, marks=marks, at=at)
            done |= marks.keys()


def _mark(row: Criterion, number: int) -> Mark:
    lost = number % 4 == 0
    reason = SOURCES.get(Scorer(row.scorer), "")
    if not reason:
        reason = FAULTS[number % len(FAULTS)] if lost else "材料齊全，核對屬實。"
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
