"""簽收、異議、延期：單位可以說話，辦公室帶理由裁定，全部留痕。"""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import office_members, standing_of
from journal.services import Message, record, source_script
from people.models import User
from people.services import staff_of
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.periods import ONCE
from tasks import policies
from tasks.models import Assignment, ChangeRequest, Measure, Submission, WrongState
from tasks.services.handing_in import Incomplete, locked_submission
from tasks.services.issuing import (
    lock_measures,
    refresh_measure,
    set_due_date,
    sync_assignments,
)
from workdays.services import calendar


def _locked_assignment(assignment_id: int) -> Assignment:
    lock_measures(assignments=assignment_id)
    return (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("measure__campaign", "department")
        .get(pk=assignment_id)
    )


def _locked_request(request_id: int) -> ChangeRequest:
    lock_measures(assignments__change_requests=request_id)
    return (
        ChangeRequest.objects.select_for_update(of=("self",))
        .select_related("assignment__measure__campaign", "assignment__department", "submission")
        .get(pk=request_id)
    )


def _permit(actor: User, assignment: Assignment, at: datetime) -> None:
    if not policies.can_acknowledge(standing_of(actor, at.date()), assignment):
        raise PermissionDenied(
            _("這項任務下達給%(unit)s，只有該單位的人能辦。") % {"unit": assignment.department.name}
        )


@transaction.atomic
def acknowledge(*, actor: User, assignment_id: int, at: datetime) -> Assignment:
    """簽收。Raises PermissionDenied、WrongState（已簽收，或任務、活動已不在進行）。"""
    assignment = _locked_assignment(assignment_id)
    _permit(actor, assignment, at)
    assignment.require_in_progress()
    assignment.acknowledge(by=actor, at=at)
    with source_script():
        record(
            actor=actor,
            action="tasks.acknowledged",
            target=assignment,
            topic=assignment.measure,
            at=at,
            summary=_("%(unit)s簽收。") % {"unit": assignment.department.name},
        )
    return assignment


@transaction.atomic
def raise_objection(
    *,
    actor: User,
    assignment_id: int,
    reason: str,
    at: datetime,
    proposed_department_id: int | None = None,
) -> ChangeRequest:
    """提異議「非本科室職責」，可建議改由誰辦。待裁定期間任務仍在本單位名下，時限照走。

    Raises PermissionDenied、WrongState、Incomplete（沒寫理由，或建議給了本單位自己）。
    """
    assignment = _locked_assignment(assignment_id)
    errors = {}
    if not reason.strip():
        errors["reason"] = _("寫明為什麼不屬本單位職責，辦公室要據此裁定。")
    if proposed_department_id == assignment.department_id:
        errors["proposed_department"] = _("建議改由的單位就是本單位，請另選或留空。")
    if errors:
        raise Incomplete(errors)
    _permit(actor, assignment, at)
    assignment.require_in_progress()
    assignment.object()
    request = ChangeRequest.objects.create(
        assignment=assignment,
        kind=ChangeRequest.Kind.OBJECTION,
        reason=reason,
        proposed_department_id=proposed_department_id,
        requested_by=actor,
        requested_at=at,
    )
    _tell_office(actor, request, at, gettext_lazy("%(unit)s提出異議：非本單位職責。"))
    return request


@transaction.atomic
def ask_extension(
    *, actor: User, submission_id: int, proposed_date: date, reason: str, at: datetime
) -> ChangeRequest:
    """申請延期。批准之前原時限照走。

    Raises PermissionDenied、WrongState（已報出，或已有一份待裁定）、Incomplete。
    """
    submission = locked_submission(submission_id)
    assignment = submission.assignment
    errors = {}
    if not reason.strip():
        errors["reason"] = _("寫明為什麼要延期，辦公室要據此裁定。")
    if proposed_date <= submission.due_date:
        errors["proposed_date"] = _("申請的日期要晚於原時限 %(due)s。") % {
            "due": long_date(submission.due_date)
        }
    elif proposed_date > assignment.measure.campaign.end_date:
        errors["proposed_date"] = _("申請的日期晚於活動結束日 %(end)s，請改早。") % {
            "end": long_date(assignment.measure.campaign.end_date)
        }
    if errors:
        raise Incomplete(errors)
    _permit(actor, assignment, at)
    assignment.require_in_progress()
    if submission.state != Submission.State.OPEN:
        raise WrongState(_("這一期已經報出，不用再申請延期。"))
    if assignment.change_requests.filter(
        kind=ChangeRequest.Kind.EXTENSION, state=ChangeRequest.State.PENDING
    ).exists():
        raise WrongState(_("已有一份延期申請待裁定，請等辦公室答覆，或先撤回它。"))
    request = ChangeRequest.objects.create(
        assignment=assignment,
        submission=submission,
        kind=ChangeRequest.Kind.EXTENSION,
        reason=reason,
        proposed_date=proposed_date,
        previous_date=submission.due_date,
        requested_by=actor,
        requested_at=at,
    )
    # 只報一次的沒有期名可說，說的就是完成時限。
    sentence = (
        gettext_lazy("%(unit)s申請把完成時限延至 %(date)s。")
        if submission.label == ONCE
        else gettext_lazy("%(unit)s申請把%(period)s延至 %(date)s。")
    )
    _tell_office(actor, request, at, sentence)
    return request


@source_script()
def _tell_office(
    actor: User, request: ChangeRequest, at: datetime, sentence: str | Promise
) -> None:
    measure = request.assignment.measure
    words = {
        "unit": request.assignment.department.name,
        "period": request.submission.name if request.submission else "",
        "date": long_date(request.proposed_date) if request.proposed_date else "",
    }
    summary = str(sentence) % words
    record(
        actor=actor,
        action=f"tasks.{request.kind}_raised",
        target=request,
        topic=measure,
        at=at,
        summary=summary,
        reason=request.reason,
        notify=office_members(measure.campaign, at.date()),
        message=Message(
            title=_("請裁定：%(code)s %(summary)s") % {"code": measure.code, "summary": summary},
            body=request.reason,
            url=measure.get_absolute_url(),
        ),
    )


@transaction.atomic
def decide_request(
    *,
    actor: User,
    request_id: int,
    is_approved: bool,
    reason: str,
    at: datetime,
    granted_date: date | None = None,
    new_department_id: int | None = None,
) -> ChangeRequest:
    """裁定一份異議或延期，理由必填。

    同意延期：時限改為 granted_date（默認所申請的日期）。同意異議：撤銷本單位的任務；
    牽頭任務要同時定新的牽頭單位（默認採納建議的）。不同意異議：任務退回待簽收，簽收
    時限從裁定之日重新算。
    Raises PermissionDenied、WrongState（已裁定，或任務已中止、不再由該單位辦）、Incomplete。
    """
    request = _locked_request(request_id)
    measure = request.assignment.measure
    if not policies.can_decide_request(standing_of(actor, at.date()), measure.campaign):
        raise PermissionDenied(_("異議和延期由本活動辦公室裁定。"))
    if request.state != ChangeRequest.State.PENDING:
        raise WrongState(_("這份申請已經裁定或撤回，請刷新看看。"))
    _require_decidable(request.assignment)
    if not reason.strip():
        raise Incomplete({"reason": _("寫明裁定理由，單位要看到。")})
    request.state = ChangeRequest.State.APPROVED if is_approved else ChangeRequest.State.REFUSED
    request.decided_by, request.decided_at, request.decision_reason = actor, at, reason
    if request.kind == ChangeRequest.Kind.EXTENSION:
        _settle_extension(request, is_approved, granted_date)
        request.save()
    else:
        # 先存下裁定：隨後撤銷任務時，還待裁定的申請都要隨之了結。
        request.save()
        _settle_objection(actor, request, is_approved, new_department_id, at)
    _tell_department(actor, request, at)
    return request


def _require_decidable(assignment: Assignment) -> None:
    if assignment.measure.state == Measure.State.SUSPENDED:
        raise WrongState(_("先恢復這項任務再裁定。"))
    assignment.require_in_progress()


def _settle_extension(request: ChangeRequest, is_approved: bool, granted_date: date | None) -> None:
    if not is_approved:
        return
    request.granted_date = granted_date or request.proposed_date
    end = request.assignment.measure.campaign.end_date
    refusal = ""
    if request.granted_date <= request.submission.due_date:
        refusal = _("准予的日期要晚於原時限 %(due)s。") % {
            "due": long_date(request.submission.due_date)
        }
    elif request.granted_date > end:
        refusal = _("准予的日期晚於活動結束日 %(end)s，請改早。") % {"end": long_date(end)}
    if refusal:
        raise Incomplete({"granted_date": refusal})
    move_due_date(request.submission, request.granted_date)


def move_due_date(submission: Submission, due_date: date) -> None:
    """把一期的時限改到新日期；超過在辦的牽頭任務的完成時限時，措施的時限隨之改。"""
    set_due_date(submission, due_date)
    assignment = submission.assignment
    measure = assignment.measure
    if due_date > assignment.due_date:
        assignment.due_date = due_date
        assignment.save(update_fields=["due_date"])
        if assignment.role == Assignment.Role.LEAD and assignment.is_live:
            measure.due_date = due_date
            measure.version += 1
            measure.save(update_fields=["due_date", "version"])
    refresh_measure(measure)


def _settle_objection(
    actor: User,
    request: ChangeRequest,
    is_approved: bool,
    new_department_id: int | None,
    at: datetime,
) -> None:
    assignment, measure = request.assignment, request.assignment.measure
    if not is_approved:
        _ask_to_sign_again(assignment, at)
        return
    if assignment.role == Assignment.Role.LEAD:
        new_lead = new_department_id or request.proposed_department_id
        if not new_lead or new_lead == assignment.department_id:
            raise Incomplete({"new_department": _("同意後由誰牽頭？請選定新的牽頭單位。")})
        measure.supporting_departments.remove(new_lead)
        measure.lead_department_id = new_lead
        measure.version += 1
        measure.save(update_fields=["lead_department", "version"])
    else:
        measure.supporting_departments.remove(assignment.department_id)
        if new_department_id:
            measure.supporting_departments.add(new_department_id)
    sync_assignments(actor=actor, measure=measure, at=at)


def _ask_to_sign_again(assignment: Assignment, at: datetime) -> None:
    days = assignment.measure.campaign.acknowledge_days
    assignment.state = Assignment.State.ISSUED
    assignment.acknowledged_at = assignment.acknowledged_by = None
    assignment.acknowledge_due_date = calendar().add(at.date(), days)
    assignment.save(
        update_fields=["state", "acknowledged_at", "acknowledged_by", "acknowledge_due_date"]
    )


@source_script()
def _tell_department(actor: User, request: ChangeRequest, at: datetime) -> None:
    measure = request.assignment.measure
    words = {
        "code": measure.code,
        "kind": request.get_kind_display(),
        "unit": request.assignment.department.name,
        "outcome": request.get_state_display(),
    }
    record(
        actor=actor,
        action=f"tasks.{request.kind}_decided",
        target=request,
        topic=measure,
        at=at,
        summary=_("對%(unit)s的%(kind)s：%(outcome)s。") % words,
        reason=request.decision_reason,
        notify=staff_of(request.assignment.department_id, at.date()),
        message=Message(
            title=_("%(code)s 的%(kind)s：辦公室%(outcome)s") % words,
            body=request.decision_reason,
            url=measure.get_absolute_url(),
        ),
    )


@transaction.atomic
def withdraw_request(*, actor: User, request_id: int, at: datetime) -> ChangeRequest:
    """本單位撤回待裁定的異議或延期；任務已停的只了結申請，不讓任務活過來。

    Raises PermissionDenied、WrongState（已裁定或撤回）。
    """
    request = _locked_request(request_id)
    _permit(actor, request.assignment, at)
    if request.state != ChangeRequest.State.PENDING:
        raise WrongState(_("這份申請已經裁定或撤回，請刷新看看。"))
    request.state = ChangeRequest.State.WITHDRAWN
    request.save(update_fields=["state"])
    is_objected = request.assignment.state == Assignment.State.OBJECTED
    if request.kind == ChangeRequest.Kind.OBJECTION and is_objected:
        request.assignment.state = Assignment.State.ISSUED
        request.assignment.save(update_fields=["state"])
    with source_script():
        record(
            actor=actor,
            action=f"tasks.{request.kind}_withdrawn",
            target=request,
            topic=request.assignment.measure,
            at=at,
            summary=_("%(unit)s撤回%(kind)s。")
            % {"unit": request.assignment.department.name, "kind": request.get_kind_display()},
        )
    return request
