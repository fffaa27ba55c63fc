"""一件負面清單上的事：登記或自報、單位說明、認定或不成立、解除。每一步留痕，什麼也不刪。

認定和解除都要兩個人：登記的人不能認定，提出解除的人不能確認；本單位的人迴避。
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import chairs_of, leaders_of, office_members, standing_of
from evaluations import policies
from evaluations.models import InquiryAnswer, VetoEvent, VetoFile, VetoItem, VetoRelease
from journal.changes import apply_changes
from journal.services import Message, record, source_script
from people.models import Department, User
from people.services import staff_of

State = VetoEvent.State
MOVED_ON = gettext_lazy("這件事剛由別人辦過，現在是「%(state)s」，請刷新看看。")


@transaction.atomic
def register_event(
    *,
    actor: User,
    item: VetoItem,
    department: Department,
    values: Mapping[str, Any],
    at: datetime,
    answer: InquiryAnswer | None = None,
) -> VetoEvent:
    """登記一件事，等領導小組認定。本單位的人登記的算自報，通知辦公室和領導。

    answer 是據以登記的那份「有情況」的答覆。Raises PermissionDenied、ValidationError。
    """
    item = (
        VetoItem.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=item.pk)
    )
    standing = standing_of(actor, localdate(at))
    if not policies.can_register_veto(standing, item.campaign, department.pk):
        raise PermissionDenied(_("事件由辦公室登記，或由本單位的人自報。"))
    if item.retired_at:
        raise ValidationError({"item": _("這一項已停用，請在清單上另選一項。")})
    is_own = department.pk in standing.departments
    event = VetoEvent(
        item=item,
        department=department,
        is_self_reported=is_own,
        reported_by=actor,
        reported_at=at,
        **values,
    )
    _check_facts(event, at)
    event.save()
    if answer:
        _link(answer, event)
    _tell(
        actor,
        event,
        "veto_reported",
        gettext_lazy("%(unit)s自報%(item)s，待認定。")
        if is_own
        else gettext_lazy("登記%(unit)s%(item)s，待認定。"),
        at,
        reason=event.description,
        notify=[*_deciders(event, at), *_office(event, at), *_staff(event, at)],
    )
    return event


def _link(answer: InquiryAnswer, event: VetoEvent) -> None:
    """答覆連上據它登記的事；登的是別的單位、別的情形、答覆改過了的不連。"""
    InquiryAnswer.objects.filter(
        pk=answer.pk,
        department=event.department,
        item=event.item,
        answer=InquiryAnswer.Answer.EVENT,
        event__isnull=True,
    ).update(event=event)


@transaction.atomic
def correct_event(
    *, actor: User, event_id: int, values: Mapping[str, Any], at: datetime
) -> VetoEvent:
    """認定以前改登記的內容，改了什麼都留痕。Raises PermissionDenied、ValidationError。"""
    event = locked_event(event_id)
    _require_state(event, State.PENDING)
    if not policies.can_correct_veto(standing_of(actor, localdate(at)), event):
        raise PermissionDenied(_("登記的內容由辦公室在認定以前更正。"))
    changes = apply_changes(event, values)
    if not changes:
        return event
    _check_facts(event, at)
    event.save(update_fields=list(values))
    said = gettext_lazy("更正%(unit)s%(item)s的登記。")
    _tell(actor, event, "veto_corrected", said, at, changes=changes)
    return event


@transaction.atomic
def state_case(*, actor: User, event_id: int, text: str, at: datetime) -> VetoEvent:
    """單位說明情況，認定以前可以重寫，寫過的都在記錄裏。Raises PermissionDenied、ValidationError。"""
    event = locked_event(event_id)
    _require_state(event, State.PENDING)
    if not policies.can_state_on_veto(standing_of(actor, localdate(at)), event):
        raise PermissionDenied(_("說明由涉及的單位寫。"))
    event.statement, event.stated_by, event.stated_at = text, actor, at
    event.full_clean()
    event.save(update_fields=["statement", "stated_by", "stated_at"])
    _tell(
        actor,
        event,
        "veto_stated",
        gettext_lazy("%(unit)s就%(item)s一事作了說明。"),
        at,
        reason=text,
        notify=[*_deciders(event, at), *_office(event, at)],
    )
    return event


@transaction.atomic
def uphold(
    *, actor: User, event_id: int, confirmed: Mapping[str, Any], reason: str, at: datetime
) -> VetoEvent:
    """認定。confirmed 是認定日期、機關、文號和是否隱瞞；及時自報的不能算隱瞞。

    清單上寫明由別的機關認定的，要有認定文號，或已上傳的認定文書。
    Raises PermissionDenied、ValidationError。
    """
    event = _to_decide(actor, event_id, at)
    for name, value in confirmed.items():
        setattr(event, name, value)
    if event.date_confirmed is None:
        raise ValidationError({"date_confirmed": _("寫明主管部門哪天認定的。")})
    if event.is_concealed and event.was_reported_in_time:
        raise ValidationError({"is_concealed": _("單位按時自報了，不能算隱瞞不報。")})
    _require_finding(event)
    _check_facts(event, at)
    said = gettext_lazy("認定%(unit)s%(item)s。")
    return _decide(actor, event, State.UPHELD, reason, said, at)


@transaction.atomic
def dismiss(*, actor: User, event_id: int, reason: str, at: datetime) -> VetoEvent:
    """不成立。Raises PermissionDenied、ValidationError。"""
    event = _to_decide(actor, event_id, at)
    said = gettext_lazy("%(unit)s%(item)s一事不成立。")
    return _decide(actor, event, State.DISMISSED, reason, said, at)


def _to_decide(actor: User, event_id: int, at: datetime) -> VetoEvent:
    event = locked_event(event_id)
    _require_state(event, State.PENDING)
    if not policies.can_decide_veto(standing_of(actor, localdate(at)), event):
        raise PermissionDenied(_("由組長或副組長決定；登記的人和本單位的人迴避。"))
    return event


def _decide(
    actor: User, event: VetoEvent, state: str, reason: str, said: Promise, at: datetime
) -> VetoEvent:
    if not reason.strip():
        raise ValidationError({"reason": _("寫明決定的理由。")})
    event.decide(state, actor=actor, reason=reason, at=at)
    event.save()
    notify = [*_office(event, at), *_staff(event, at)]
    _tell(actor, event, f"veto_{state}", said, at, reason=reason, notify=notify)
    return event


@transaction.atomic
def propose_release(
    *, actor: User, event_id: int, reason: str, at: datetime, no_paper_reason: str = ""
) -> VetoRelease:
    """提出解除，等另一個人確認；附處理結果或復查意見，沒有的寫明原因。

    Raises PermissionDenied、ValidationError。
    """
    event = locked_event(event_id)
    _require_state(event, State.UPHELD)
    if not policies.can_propose_release(standing_of(actor, localdate(at)), event):
        raise PermissionDenied(_("解除由辦公室提出。"))
    if event.releases.filter(state=VetoRelease.State.PENDING).exists():
        raise ValidationError(_("已經提出解除，等領導確認，不用再提。"))
    release = VetoRelease(
        event=event,
        reason=reason,
        no_paper_reason=no_paper_reason.strip(),
        proposed_by=actor,
        proposed_at=at,
    )
    _require_result(release)
    release.full_clean()
    release.save()
    said = gettext_lazy("提出解除：%(unit)s%(item)s，待確認。")
    _tell(
        actor, event, "veto_release_proposed", said, at, reason=reason,
        notify=_deciders(event, at),
    )  # fmt: skip
    return release


@transaction.atomic
def settle_release(
    *, actor: User, release_id: int, is_agreed: bool, reason: str, at: datetime
) -> VetoRelease:
    """確認解除，或不同意：由提出人以外的一位領導定。Raises PermissionDenied、ValidationError。"""
    release = _pending_release(release_id)
    event = release.event
    if not policies.can_confirm_release(standing_of(actor, localdate(at)), release):
        raise PermissionDenied(_("由組長或副組長確認；提出的人和本單位的人迴避。"))
    if not is_agreed and not reason.strip():
        raise ValidationError({"reason": _("不同意的，寫明理由。")})
    if is_agreed:
        _require_result(release)
    release.state = VetoRelease.State.CONFIRMED if is_agreed else VetoRelease.State.REFUSED
    release.decided_by, release.decided_at, release.decision_reason = actor, at, reason
    release.save(update_fields=["state", "decided_by", "decided_at", "decision_reason"])
    said = gettext_lazy("不同意解除：%(unit)s%(item)s。")
    if is_agreed:
        event.state, event.released_date = State.RELEASED, localdate(at)
        event.save(update_fields=["state", "released_date"])
        said = gettext_lazy("已解除：%(unit)s%(item)s。")
    notify = [*_office(event, at), *_staff(event, at), release.proposed_by]
    _tell(actor, event, f"veto_release_{release.state}", said, at, reason=reason, notify=notify)
    return release


@transaction.atomic
def withdraw_release(*, actor: User, release_id: int, at: datetime) -> VetoRelease:
    """提出的人撤回。Raises PermissionDenied、ValidationError。"""
    release = _pending_release(release_id)
    if release.proposed_by_id != actor.pk:
        raise PermissionDenied(_("誰提出的由誰撤回。"))
    release.state = VetoRelease.State.WITHDRAWN
    release.save(update_fields=["state"])
    said = gettext_lazy("撤回解除的動議：%(unit)s%(item)s。")
    _tell(actor, release.event, "veto_release_withdrawn", said, at)
    return release


def locked_event(event_id: int) -> VetoEvent:
    """鎖住這件事；各步都先鎖它，同時辦的依次進來。"""
    rows = VetoEvent.objects.select_for_update(of=("self",)).with_everything()
    return rows.get(pk=event_id)


def _pending_release(release_id: int) -> VetoRelease:
    found = VetoRelease.objects.get(pk=release_id)
    event = locked_event(found.event_id)
    release = VetoRelease.objects.select_related("proposed_by").get(pk=release_id)
    release.event = event
    if release.state != VetoRelease.State.PENDING:
        raise ValidationError(MOVED_ON % {"state": release.get_state_display()})
    return release


def _require_state(event: VetoEvent, state: str) -> None:
    if event.state != state:
        raise ValidationError(MOVED_ON % {"state": event.get_state_display()})


def _holds(event: VetoEvent, kind: str) -> bool:
    return event.files.filter(kind=kind, removed_at__isnull=True).exists()


def _require_finding(event: VetoEvent) -> None:
    if not event.item.authority or event.document_number.strip():
        return
    if not _holds(event, VetoFile.Kind.FINDING):
        raise ValidationError(
            {
                "document_number": _(
                    "這一項由%(authority)s認定，請寫明認定文號，或請辦公室先在材料裏上傳認定文書。"
                )
                % {"authority": event.item.authority}
            }
        )


def _require_result(release: VetoRelease) -> None:
    if not release.no_paper_reason and not _holds(release.event, VetoFile.Kind.RESULT):
        raise ValidationError(
            {"no_paper_reason": _("請附處理結果或復查意見；沒有的，寫明為什麼沒有。")}
        )


def _check_facts(event: VetoEvent, at: datetime) -> None:
    event.full_clean()
    for name in ("date_of_event", "date_confirmed"):
        day: date | None = getattr(event, name)
        if day and day > localdate(at):
            raise ValidationError({name: _("這一天還沒有到，請核對。")})


def _deciders(event: VetoEvent, at: datetime) -> list[User]:
    """組長，和分管這個單位的副組長。"""
    campaign, day = event.item.campaign, localdate(at)
    return [*chairs_of(campaign, day), *leaders_of(campaign, event.department_id, day)]


def _office(event: VetoEvent, at: datetime) -> list[User]:
    return office_members(event.item.campaign, localdate(at))


def _staff(event: VetoEvent, at: datetime) -> list[User]:
    return staff_of(event.department_id, localdate(at))


@source_script()
def _tell(
    actor: User,
    event: VetoEvent,
    action: str,
    said: Promise,
    at: datetime,
    *,
    reason: str = "",
    notify: Iterable[User] = (),
    changes: dict[str, list[Any]] | None = None,
) -> None:
    summary = str(said) % {"unit": event.department, "item": event.item}
    record(
        actor=actor,
        action=f"evaluations.{action}",
        target=event,
        at=at,
        summary=summary,
        reason=reason,
        changes=changes,
        notify=notify,
        message=Message(title=summary, body=reason, url=event.get_absolute_url()),
    )
