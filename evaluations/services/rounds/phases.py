"""考核往下走：開始、一步一步、公佈。走之前看還有什麼沒辦完（見 remaining.py），有理由才走；組長也可以退回來。"""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import chairs_of, standing_of
from evaluations import policies
from evaluations.figures import FigureValue, read_figures
from evaluations.findings import outcome_of, to_json
from evaluations.models import (
    AssessmentRound,
    Criterion,
    ProfileDepartment,
    RoundPhase,
    Score,
    Scorer,
    Sheet,
)
from evaluations.services.rounds.remaining import require_finished
from evaluations.services.rounds.scoring import put_scores
from evaluations.services.rounds.telling import day_of, note, office, tell_departments
from journal.services import source_script
from people.models import DepartmentPeriod, User
from people.services import holders
from pingtan_civ.lib.dates import near_date
from tasks.models import WrongState
from workdays.services import calendar

Phase = AssessmentRound.Phase


# ── 開始 ──────────────────────────────────────────────


@transaction.atomic
def start_round(*, actor: User, round_id: int, at: datetime) -> AssessmentRound:
    """開始自評：給辦法裏每個在考核期裏存在的單位一張表，告訴他們。

    Raises PermissionDenied、WrongState、ValidationError（沒有單位可考）。
    """
    round_ = locked_round(round_id)
    _permit(actor, round_, at)
    if round_.phase != Phase.PLANNED:
        raise WrongState(_("這次考核已經開始了。"))
    members = (
        ProfileDepartment.objects.filter(scheme=round_.scheme)
        .exclude(department__in=_gone(round_))
        .select_related("department", "profile")
        .order_by("department__position", "department_id")
    )
    sheets = Sheet.objects.bulk_create(
        Sheet(
            round=round_,
            department=member.department,
            department_name=member.department.name,
            profile=member.profile,
        )
        for member in members
    )
    if not sheets:
        raise ValidationError(_("辦法裏還沒有參加考核的單位，請先在辦法裏選好。"))
    _enter(round_, Phase.SELF)
    due = round_.phases.get(phase=Phase.SELF).due_date
    entry = note(
        actor=actor,
        round_=round_,
        action="round_started",
        at=at,
        summary=gettext_lazy("%(round)s開始，%(count)d 個單位自評。"),
        count=len(sheets),
    )
    tell_departments(
        round_=round_,
        sheets=sheets,
        title=gettext_lazy("%(round)s開始自評，請%(unit)s在 %(due)s前提交。"),
        at=at,
        entry=entry,
        due=near_date(due, day_of(at)),
    )
    return round_


def _gone(round_: AssessmentRound) -> set[int]:
    """有存續記錄、而考核期裏一天也不在的單位。"""
    within = Q(start_date__isnull=True) | Q(start_date__lte=round_.period_end)
    within &= Q(end_date__isnull=True) | Q(end_date__gte=round_.period_start)
    rows = DepartmentPeriod.objects.order_by()
    recorded = set(rows.values_list("department_id", flat=True))
    return recorded - set(rows.filter(within).values_list("department_id", flat=True))


# ── 往下一步 ──────────────────────────────────────────


def next_phase(round_: AssessmentRound) -> str | None:
    """下一個階段；不設的跳過。已公佈的沒有下一個。"""
    order = list(Phase)
    present = {row.phase for row in round_.phases.all()} | {Phase.PUBLISHED}
    later = order[order.index(Phase(round_.phase)) + 1 :]
    return next((phase for phase in later if phase in present), None)


@transaction.atomic
def advance_round(*, actor: User, round_id: int, at: datetime, reason: str = "") -> AssessmentRound:
    """辦公室把考核往下走一步：自評→初評→考察→徵求意見→審定，反饋→答覆異議。

    審定、公佈另有 decide_round、publish_round。進初評時系統取數自動填好。
    Raises PermissionDenied、WrongState、Unfinished（沒有理由而還有沒辦完的）。
    """
    round_ = locked_round(round_id)
    _permit(actor, round_, at)
    if round_.phase not in STEPS:
        raise WrongState(_("這一步不由這裏走：開始、審定、公佈各有自己的按鈕。"))
    if round_.phase == Phase.FEEDBACK:
        _require_window_over(round_, at)
    require_finished(round_, reason)
    following = next_phase(round_)
    leave(round_, at)
    if round_.phase == Phase.SELF:
        # 自評裏退回而沒有再交的，與沒有交過的一樣過期了；要補填，創建辦另行開放。
        round_.sheets.filter(self_submitted_at=None).update(self_returned_at=None)
    _enter(round_, following)
    if following == Phase.CHECK:
        fill_figures(round_, at)
    note(
        actor=actor,
        round_=round_,
        action="round_advanced",
        at=at,
        summary=gettext_lazy("%(round)s進入「%(phase)s」。"),
        reason=reason.strip(),
        notify=_concerned(round_, at),
        phase=Phase(following).label,
    )
    return round_


STEPS = (*policies.FIRST_PHASES, Phase.SELF, Phase.FEEDBACK)


def _require_window_over(round_: AssessmentRound, at: datetime) -> None:
    """異議期沒過，誰也不能提前收。"""
    due = round_.phases.get(phase=Phase.FEEDBACK).due_date
    if day_of(at) <= due:
        raise WrongState(
            _("異議期到 %(day)s為止，過了才能往下走。") % {"day": near_date(due, day_of(at))}
        )


def _concerned(round_: AssessmentRound, at: datetime) -> list[User]:
    """進了這一階段有事要辦的人。"""
    on = day_of(at)
    if round_.phase == Phase.DECISION:
        return chairs_of(round_.campaign, on)
    if round_.phase == Phase.CHECK:
        rows = Criterion.objects.filter(section__scheme=round_.scheme_id, scorer=Scorer.DEPARTMENT)
        units = set(rows.values_list("scoring_department_id", flat=True))
        staff = [person for people in holders(units, on).values() for person in people]
        return [*office(round_, at), *staff]
    return office(round_, at)


# ── 退回重新核對 ──────────────────────────────────────

RECHECK_DAYS = 3
"""組長退回以後，至少給創建辦幾個工作日重新核對。"""


@transaction.atomic
def return_round(*, actor: User, round_id: int, reason: str, at: datetime) -> AssessmentRound:
    """組長不審定，退回創建辦重新核對：回到審定的上一個階段，時限順延，告訴創建辦為什麼。

    Raises PermissionDenied、WrongState。
    """
    round_ = locked_round(round_id)
    if not policies.can_decide_round(standing_of(actor, day_of(at)), round_):
        raise PermissionDenied(_("送審的結果由組長退回。"))
    if round_.phase != Phase.DECISION:
        raise WrongState(_("只有等着審定的結果可以退回；審定以後走異議。"))
    if not reason.strip():
        raise WrongState(_("退回要寫明哪裏要重新核對。"))
    present = {row.phase for row in round_.phases.all()}
    back = [phase for phase in policies.FIRST_PHASES if phase in present][-1]
    _enter(round_, back)
    _reopen(round_, day_of(at))
    note(
        actor=actor,
        round_=round_,
        action="round_returned",
        at=at,
        summary=gettext_lazy("%(round)s沒有審定，退回創建辦重新核對（回到「%(phase)s」）。"),
        reason=reason.strip(),
        notify=office(round_, at),
        phase=Phase(back).label,
    )
    return round_


def _reopen(round_: AssessmentRound, today: date) -> None:
    """當前階段重新打開，給足重新核對的日子；後面的階段擠着的依次後移，天數不變。"""
    order = list(Phase)
    rows = sorted(round_.phases.all(), key=lambda row: order.index(Phase(row.phase)))
    here = next(place for place, row in enumerate(rows) if row.phase == round_.phase)
    reopened, *later = rows[here:]
    reopened.ended_at = None
    reopened.due_date = max(reopened.due_date, calendar().add(today, RECHECK_DAYS))
    last = reopened.due_date
    for row in later:
        if row.start_date <= last:
            days = calendar().between(row.start_date, row.due_date)
            row.start_date = calendar().add(last, 1)
            row.due_date = calendar().add(row.start_date, days)
        last = row.due_date
    for row in (reopened, *later):
        row.save(update_fields=["start_date", "due_date", "ended_at"])


# ── 系統取數 ──────────────────────────────────────────


@transaction.atomic
def refresh_figures(*, actor: User, round_id: int, at: datetime) -> int:
    """辦公室重新取數（補審了幾份之後）。返回改了幾條。Raises PermissionDenied、WrongState。"""
    round_ = locked_round(round_id)
    _permit(actor, round_, at)
    if round_.phase not in policies.FIRST_PHASES:
        raise WrongState(_("系統取數只在初評的各階段更新。"))
    changed = fill_figures(round_, at)
    if changed:
        note(
            actor=actor,
            round_=round_,
            action="figures_refreshed",
            at=at,
            summary=gettext_lazy("%(round)s重新取數，改了 %(count)d 條。"),
            count=changed,
        )
    return changed


@source_script()
def fill_figures(round_: AssessmentRound, at: datetime) -> int:
    """把系統的數填進初評，數沒有變的不動。分母為 0 的記不適用。返回改了幾條。"""
    criteria = list(
        Criterion.objects.filter(section__scheme=round_.scheme_id, scorer=Scorer.SYSTEM)
        .select_related("section__parent")
        .prefetch_related("steps")
    )
    sheets = list(round_.sheets.all())
    values = read_figures(
        round_,
        [sheet.department_id for sheet in sheets],
        {row.figure for row in criteria},
        on=day_of(at),
    )
    held = {
        (row.sheet_id, row.criterion_id): row
        for row in Score.objects.filter(
            sheet__round=round_, criterion__in=criteria, stage=Score.Stage.FIRST, replaced_at=None
        )
    }
    fresh = []
    for row in criteria:
        profile_id = (row.section.parent or row.section).profile_id
        for sheet in sheets:
            if profile_id not in (None, sheet.profile_id):
                continue
            value = values.get((sheet.department_id, row.figure), FigureValue())
            score = _figure_score(sheet, row, value, at)
            old = held.get((sheet.pk, row.pk))
            if old is None or (old.finding, old.is_not_applicable, old.reason) != (
                score.finding,
                score.is_not_applicable,
                score.reason,
            ):
                fresh.append(score)
    put_scores(fresh, at)
    return len(fresh)


def _figure_score(sheet: Sheet, row: Criterion, value: FigureValue, at: datetime) -> Score:
    rule = row.scoring_rule()
    finding = value.finding(rule)
    reason = (
        _("考核期裏沒有到期的，不適用。")
        if finding is None
        else _("%(figure)s：%(planned)d 件裏有 %(done)d 件。")
        % {
            "figure": row.get_figure_display(),
            "planned": value.planned,
            "done": value.done,
        }
    )
    outcome = outcome_of(rule, finding)
    return Score(
        sheet=sheet,
        criterion=row,
        stage=Score.Stage.FIRST,
        finding=to_json(finding),
        is_not_applicable=finding is None,
        hundredths=int(outcome.points.scaleb(2)),
        reason=reason,
        by=None,
        at=at,
    )


# ── 公佈 ──────────────────────────────────────────────


@transaction.atomic
def publish_round(
    *, actor: User, round_id: int, is_open_to_all: bool, at: datetime
) -> AssessmentRound:
    """組長公佈結果，並定給誰看：只給領導小組，還是全局。Raises PermissionDenied、WrongState。"""
    round_ = locked_round(round_id)
    if not policies.can_decide_round(standing_of(actor, day_of(at)), round_):
        raise PermissionDenied(_("結果由組長公佈。"))
    if round_.phase != Phase.ANSWER:
        raise WrongState(_("答覆異議之後才能公佈。"))
    require_finished(round_)
    leave(round_, at)
    round_.phase, round_.published_at, round_.is_open_to_all = Phase.PUBLISHED, at, is_open_to_all
    round_.save(update_fields=["phase", "published_at", "is_open_to_all"])
    entry = note(
        actor=actor,
        round_=round_,
        action="round_published",
        at=at,
        summary=gettext_lazy("公佈%(round)s的結果，全局可見。")
        if is_open_to_all
        else gettext_lazy("公佈%(round)s的結果，只給領導小組，各單位看自己的。"),
        notify=office(round_, at),
    )
    tell_departments(
        round_=round_,
        sheets=round_.sheets.all(),
        title=gettext_lazy("%(round)s的結果已公佈。"),
        at=at,
        entry=entry,
    )
    return round_


# ── 共用 ──────────────────────────────────────────────


def locked_round(round_id: int) -> AssessmentRound:
    """鎖住一次考核和它的全部評分表：先表後考核，與評分（只鎖一張表）不會互相等死。"""
    list(Sheet.objects.select_for_update().filter(round=round_id).order_by("pk"))
    rows = AssessmentRound.objects.select_for_update(of=("self",))
    return rows.select_related("campaign", "scheme").get(pk=round_id)


def leave(round_: AssessmentRound, at: datetime) -> None:
    """這一階段走完了。"""
    RoundPhase.objects.filter(round=round_, phase=round_.phase).update(ended_at=at)


def _enter(round_: AssessmentRound, phase: str) -> None:
    round_.phase = phase
    round_.save(update_fields=["phase"])


def open_feedback(round_: AssessmentRound, at: datetime) -> RoundPhase:
    """反饋之日起給足 objection_days 個工作日提異議，答覆的時限隨之順延。"""
    _enter(round_, Phase.FEEDBACK)
    feedback = round_.phases.get(phase=Phase.FEEDBACK)
    today = day_of(at)
    feedback.start_date, feedback.due_date = today, calendar().add(today, round_.objection_days)
    feedback.save(update_fields=["start_date", "due_date"])
    answer = round_.phases.get(phase=Phase.ANSWER)
    days = calendar().between(answer.start_date, answer.due_date)
    answer.start_date = calendar().add(feedback.due_date, 1)
    answer.due_date = max(answer.due_date, calendar().add(answer.start_date, days))
    answer.save(update_fields=["start_date", "due_date"])
    return feedback


def _permit(actor: User, round_: AssessmentRound, at: datetime) -> None:
    if not policies.can_run_round(standing_of(actor, day_of(at)), round_):
        raise PermissionDenied(_("考核由本活動辦公室安排，活動要在進行中。"))
