"""分解表上選中多行一起辦：改牽頭、時限、責任領導，中止、恢復、撤銷、刪除草擬。

每一行各辦各的：能辦的辦成，不能辦的按行說明理由（與批量下達同一做法）。
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from journal.services import Message, record, source_script
from people.models import User
from tasks.models import Assignment, ChangeRequest, Measure, WrongState
from tasks.services.breakdown import Invalid, Values, apply_changes, permit, staff_on
from tasks.services.deadlines import fit_submissions
from tasks.services.issuing import refresh_measure, settle_pending, sync_assignments


@dataclass
class Outcome:
    """辦成了哪些，哪些沒有、為什麼。unchanged 是本來就是這樣的。"""

    done: list[Measure] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    unchanged: int = 0


def _each(
    actor: User, measure_ids: Iterable[int], at: datetime, act: Callable[[Measure], bool]
) -> Outcome:
    """逐行辦；一行被拒絕時只退回這一行。先後固定，兩個人同時批量辦不會互相等死。"""
    outcome = Outcome()
    measures = (
        Measure.objects.select_for_update(of=("self",))
        .filter(pk__in=list(measure_ids))
        .select_related("campaign", "main_task", "objective", "lead_department")
        .order_by("pk")
    )
    for measure in measures:
        permit(actor, measure.campaign, at)
        try:
            with transaction.atomic():
                if act(measure):
                    outcome.done.append(measure)
                else:
                    outcome.unchanged += 1
        except (Invalid, WrongState) as refusal:
            outcome.refused[measure.pk] = str(refusal)
    return outcome


@transaction.atomic
def change_many(
    *, actor: User, measure_ids: Iterable[int], values: Values, at: datetime, reason: str = ""
) -> Outcome:
    """把同樣的改動寫進多行，例如 {"lead_department": 殯儀館}。

    Raises PermissionDenied。改時限要帶理由，由表單保證。
    """
    return _each(
        actor, measure_ids, at, lambda row: bool(apply_changes(actor, row, values, at, reason))
    )


@transaction.atomic
def suspend(*, actor: User, measure_ids: Iterable[int], reason: str, at: datetime) -> Outcome:
    """中止辦理中的措施：不再催、不計分母，可以恢復。知會各單位。"""

    def act(measure: Measure) -> bool:
        _expect(measure, Measure.State.ISSUED, _("「%(code)s」不在辦理中，不能中止。"))
        staff = staff_on(measure, at)
        measure.assignments.live().update(state=Assignment.State.SUSPENDED)
        _settle(actor, measure, Measure.State.SUSPENDED, "suspended", reason, staff, at)
        return True

    return _each(actor, measure_ids, at, act)


@transaction.atomic
def resume(*, actor: User, measure_ids: Iterable[int], reason: str, at: datetime) -> Outcome:
    """恢復已中止的措施，各單位的任務回到中止前的一步；中止期間改過的單位和時限一併生效。"""

    def act(measure: Measure) -> bool:
        _expect(measure, Measure.State.SUSPENDED, _("「%(code)s」沒有中止，不用恢復。"))
        if not measure.lead_department_id or not measure.due_date:
            raise WrongState(
                _("「%(code)s」缺牽頭單位或完成時限，補上後再恢復。") % {"code": measure.code}
            )
        old_due = _restore_assignments(measure)
        measure.state = Measure.State.ISSUED
        measure.save(update_fields=["state"])
        sync_assignments(actor=actor, measure=measure, at=at)
        fit_submissions(measure, old_due=old_due, at=at)
        staff = staff_on(measure, at)
        _settle(actor, measure, Measure.State.ISSUED, "resumed", reason, staff, at)
        return True

    return _each(actor, measure_ids, at, act)


def _restore_assignments(measure: Measure) -> date | None:
    """各單位的任務回到中止前的一步；返回中止前的完成時限。"""
    old_due = None
    for assignment in measure.assignments.filter(state=Assignment.State.SUSPENDED):
        if assignment.role == Assignment.Role.LEAD:
            old_due = assignment.due_date
        assignment.state = _state_before(assignment)
        assignment.save(update_fields=["state"])
    return old_due


def _state_before(assignment: Assignment) -> str:
    pending = assignment.change_requests.filter(
        kind=ChangeRequest.Kind.OBJECTION, state=ChangeRequest.State.PENDING
    )
    if pending.exists():
        return Assignment.State.OBJECTED
    if assignment.acknowledged_at:
        return Assignment.State.ACKNOWLEDGED
    return Assignment.State.ISSUED


@transaction.atomic
def cancel(*, actor: User, measure_ids: Iterable[int], reason: str, at: datetime) -> Outcome:
    """撤銷措施：留在表上備查，不再辦、不計分母，不能恢復。知會各單位。"""

    def act(measure: Measure) -> bool:
        if measure.state in (Measure.State.CANCELLED, Measure.State.CLOSED):
            raise WrongState(
                _("「%(code)s」%(state)s，不能再撤銷。")
                % {"code": measure.code, "state": measure.get_state_display()}
            )
        staff = staff_on(measure, at)
        going = measure.assignments.filter(state__in=[*Assignment.LIVE, Assignment.State.SUSPENDED])
        settle_pending(going, actor=actor, reason=reason, at=at)
        going.update(state=Assignment.State.CANCELLED)
        _settle(actor, measure, Measure.State.CANCELLED, "cancelled", reason, staff, at)
        return True

    return _each(actor, measure_ids, at, act)


@transaction.atomic
def delete_drafts(*, actor: User, measure_ids: Iterable[int], at: datetime) -> Outcome:
    """刪去從未下達的措施。下達過的只能撤銷：單位報過的東西不刪。"""

    def act(measure: Measure) -> bool:
        if measure.state != Measure.State.DRAFT or measure.assignments.exists():
            raise WrongState(
                _("「%(code)s」下達過，不能刪除；不再辦的請撤銷。") % {"code": measure.code}
            )
        with source_script():
            record(
                actor=actor,
                action="tasks.measure_deleted",
                target=measure,
                topic=measure.campaign,
                at=at,
                summary=_("刪去未下達的措施 %(code)s「%(title)s」。")
                % {"code": measure.code, "title": measure.title},
            )
        measure.delete()
        return True

    return _each(actor, measure_ids, at, act)


def _expect(measure: Measure, state: str, sentence: str) -> None:
    if measure.state != state:
        raise WrongState(sentence % {"code": measure.code})


@source_script()
def _settle(
    actor: User,
    measure: Measure,
    state: str,
    step: str,
    reason: str,
    staff: list[User],
    at: datetime,
) -> None:
    old = measure.get_state_display()
    measure.state = state
    measure.version += 1
    measure.save(update_fields=["state", "version"])
    refresh_measure(measure)
    words = {
        "suspended": _("%(code)s 中止辦理：%(title)s"),
        "resumed": _("%(code)s 恢復辦理：%(title)s"),
        "cancelled": _("%(code)s 已撤銷：%(title)s"),
    }[step] % {"code": measure.code, "title": measure.title}
    record(
        actor=actor,
        action=f"tasks.measure_{step}",
        target=measure,
        at=at,
        summary=words,
        reason=reason,
        changes={"state": [str(old), str(measure.get_state_display())]},
        notify=staff,
        message=Message(title=words, body=reason, url=measure.get_absolute_url()),
    )
