"""擬一次考核：用哪一版辦法、考哪一段、各階段哪天到哪天（按工作日推算，可以改）。"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.standing import standing_of
from evaluations import policies
from evaluations.models import AssessmentRound, RoundPhase, Scheme
from evaluations.services.rounds.telling import day_of, note
from people.models import User
from pingtan_civ.lib.dates import near_date
from pingtan_civ.lib.periods import Period, period_of
from pingtan_civ.lib.working_days import WorkingCalendar

Kind, Phase = AssessmentRound.Kind, AssessmentRound.Phase

WORKING_DAYS = {
    Phase.SELF: 5,
    Phase.CHECK: 7,
    Phase.VISIT: 5,
    Phase.OPINION: 5,
    Phase.DECISION: 3,
    Phase.FEEDBACK: 5,
    Phase.ANSWER: 5,
}
"""各階段默認幾個工作日；反饋和異議的天數另由 objection_days 定。"""
OPTIONAL = (Phase.VISIT, Phase.OPINION)


@dataclass(frozen=True)
class PhaseDates:
    phase: str
    start_date: date
    due_date: date


@dataclass(frozen=True)
class RoundPlan:
    """要擬的考核。period 由 period_for 給出；code、title 空着時按考核期取。"""

    kind: str
    period_start: date
    period_end: date
    phases: tuple[PhaseDates, ...]
    code: str = ""
    title: str = ""
    objection_days: int = 5


class AlreadyPlanned(ValidationError):
    """這個考核期的這種考核擬過了，見 round。"""

    def __init__(self, round_: AssessmentRound) -> None:
        super().__init__(_("%(round)s已經擬過。") % {"round": round_})
        self.round = round_


def already_planned(campaign: Campaign, kind: str, start: date) -> AssessmentRound | None:
    """同一個活動、同一種、同一個考核期擬過的一次。"""
    rows = AssessmentRound.objects.filter(campaign=campaign, kind=kind, period_start=start)
    return rows.first()


def period_for(campaign: Campaign, kind: str, day: date) -> Period:
    """某日所在的考核期；總評考的是整個活動。"""
    if kind == Kind.TERM:
        return Period(f"{campaign.code}-term", _("總評"), campaign.start_date, campaign.end_date)
    return period_of(kind, day)


def propose_phases(
    start: date,
    calendar: WorkingCalendar,
    *,
    objection_days: int = 5,
    skipped: Sequence[str] = (),
) -> list[PhaseDates]:
    """從 start 起各階段首尾相接，按工作日排。skipped 是不設的階段。"""
    found, first = [], calendar.next_working(start)
    for phase, default in WORKING_DAYS.items():
        if phase in skipped:
            continue
        days = objection_days if phase == Phase.FEEDBACK else default
        due = calendar.add(first, days - 1) if days > 1 else first
        found.append(PhaseDates(phase, first, due))
        first = calendar.add(due, 1)
    return found


@transaction.atomic
def plan_round(
    *, actor: User, campaign: Campaign, plan: RoundPlan, at: datetime
) -> AssessmentRound:
    """擬一次考核，留在「籌備」，開始以前各單位看不到。

    Raises PermissionDenied、AlreadyPlanned、ValidationError。
    """
    if not policies.can_plan_round(standing_of(actor, day_of(at)), campaign):
        raise PermissionDenied(_("考核由本活動辦公室來擬，活動要在進行中。"))
    scheme = Scheme.objects.in_force(campaign, plan.period_end.year)
    if scheme is None:
        raise ValidationError(
            _("%(year)d 年還沒有使用中的考核辦法，請先啟用一份。") % {"year": plan.period_end.year}
        )
    if standing := already_planned(campaign, plan.kind, plan.period_start):
        raise AlreadyPlanned(standing)
    period = period_for(campaign, plan.kind, plan.period_end)
    round_ = AssessmentRound(
        campaign=campaign,
        scheme=scheme,
        code=plan.code or _free_code(period.label, campaign),
        title=plan.title or _("%(period)s考核") % {"period": period.name},
        kind=plan.kind,
        period_start=plan.period_start,
        period_end=plan.period_end,
        objection_days=plan.objection_days,
        created_by=actor,
        created_at=at,
    )
    round_.full_clean()
    _check_phases(plan.phases)
    round_.save()
    _write_phases(round_, plan.phases)
    note(
        actor=actor,
        round_=round_,
        action="round_planned",
        at=at,
        summary=gettext_lazy("擬定%(round)s，用%(scheme)s。"),
        scheme=scheme,
    )
    return round_


@transaction.atomic
def revise_phases(
    *, actor: User, round_id: int, phases: Sequence[PhaseDates], at: datetime
) -> AssessmentRound:
    """改還沒走完的階段的起止；走完的不動。Raises PermissionDenied、ValidationError。"""
    round_ = AssessmentRound.objects.select_for_update().get(pk=round_id)
    if not policies.can_run_round(standing_of(actor, day_of(at)), round_):
        raise PermissionDenied(_("考核由本活動辦公室安排，活動要在進行中。"))
    rows = {row.phase: row for row in round_.phases.all()}
    given = {each.phase: each for each in phases}
    kept = [
        _as_it_went(rows[phase]) or given[phase]
        for phase in WORKING_DAYS
        if phase in rows and phase in given
    ]
    _check_phases(kept)
    changes = {}
    for wanted in kept:
        row = rows[wanted.phase]
        if row.ended_at or (row.start_date, row.due_date) == (wanted.start_date, wanted.due_date):
            continue
        _refuse_shortening(round_, row, wanted)
        changes[str(row.get_phase_display())] = [
            f"{row.start_date}—{row.due_date}",
            f"{wanted.start_date}—{wanted.due_date}",
        ]
        row.start_date, row.due_date = wanted.start_date, wanted.due_date
        row.save(update_fields=["start_date", "due_date"])
    if changes:
        note(
            actor=actor,
            round_=round_,
            action="round_rescheduled",
            at=at,
            summary=gettext_lazy("改了%(round)s的日程。"),
            changes=changes,
        )
    return round_


def _as_it_went(row: RoundPhase) -> PhaseDates | None:
    """走完了的階段到真正走完的那天為止；沒走完的為空。"""
    if row.ended_at is None:
        return None
    last = min(row.due_date, day_of(row.ended_at))
    return PhaseDates(row.phase, min(row.start_date, last), last)


def _refuse_shortening(round_: AssessmentRound, row: RoundPhase, wanted: PhaseDates) -> None:
    """異議期的截止已經告訴各單位，只能往後。"""
    is_running = row.phase == round_.phase == Phase.FEEDBACK
    if is_running and wanted.due_date < row.due_date:
        raise ValidationError(
            {f"{row.phase}_due": _("異議期的截止已經告訴各單位，只能延長，不能縮短。")}
        )


def _free_code(label: str, campaign: Campaign) -> str:
    """2026-Q4；別的活動已用了同一個代碼時帶上活動的代碼。"""
    taken = AssessmentRound.objects.filter(code=label).exists()
    return f"{campaign.code}-{label}"[:40] if taken else label


def _check_phases(phases: Sequence[PhaseDates]) -> None:
    """必有的階段都有，各自首不晚於尾，後一階段不早於前一階段開始。"""
    order = list(WORKING_DAYS)
    given = [each.phase for each in phases]
    missing = [
        str(Phase(each).label) for each in order if each not in given and each not in OPTIONAL
    ]
    if missing or given != [each for each in order if each in given]:
        raise ValidationError(
            _("階段不全或次序不對：%(names)s。") % {"names": "、".join(missing) or "—"}
        )
    if faults := phase_faults(phases):
        raise ValidationError(faults)


def phase_faults(phases: Sequence[PhaseDates]) -> dict[str, str]:
    """各階段的日子哪裏不對，一次說全：{表單上的那一項: 怎麼改}。"""
    found: dict[str, str] = {}
    last: PhaseDates | None = None
    for each in phases:
        words: dict[str, str] = {"phase": str(Phase(each.phase).label)}
        if each.due_date < each.start_date:
            found[f"{each.phase}_due"] = _("「%(phase)s」截止早於開始，請改正。") % words
        if last and each.start_date < last.due_date:
            words["day"] = near_date(last.due_date, each.start_date)
            found[f"{each.phase}_start"] = (
                _("「%(phase)s」要在上一階段截止（%(day)s）以後開始。") % words
            )
        last = each
    return found


def doubtful_dates(round_: AssessmentRound) -> list[str]:
    """日程排得下、但多半不是本意的，見 doubts_of。phases 要先取好。"""
    phases = [PhaseDates(row.phase, row.start_date, row.due_date) for row in round_.phases.all()]
    return list(doubts_of(phases, round_.period_start, round_.period_end).values())


def doubts_of(phases: Sequence[PhaseDates], period_start: date, period_end: date) -> dict[str, str]:
    """日程排得下、但多半不是本意的：{表單上的那一項: 怎麼不妥}。照樣可以存，只是先說出來。

    考核期沒有完（甚至沒有開始）就開始考，各階段擠在同一天。
    """
    if not phases:
        return {}
    found: dict[str, str] = {}
    earliest = min(phases, key=lambda each: each.start_date)
    latest = max(phases, key=lambda each: each.due_date)
    first, last = earliest.start_date, latest.due_date
    words = {
        "start": near_date(period_start, first),
        "end": near_date(period_end, first),
        "first": near_date(first, period_end),
    }
    if first < period_start:
        found[f"{earliest.phase}_start"] = (
            _("考核期 %(start)s才開始，自評 %(first)s就開始：還沒有可評的。") % words
        )
    elif first <= period_end:
        found[f"{earliest.phase}_start"] = (
            _("考核期到 %(end)s才結束，自評 %(first)s就開始：這以後的工作和材料算不進這次考核。")
            % words
        )
    if last == first:
        found[f"{latest.phase}_due"] = (
            _("各階段都排在 %(first)s這一天，單位來不及填，也沒有異議期。") % words
        )
    return found


def _write_phases(round_: AssessmentRound, phases: Sequence[PhaseDates]) -> None:
    RoundPhase.objects.bulk_create(
        RoundPhase(
            round=round_, phase=each.phase, start_date=each.start_date, due_date=each.due_date
        )
        for each in phases
    )
