"""延期：到不了時限的，在時限之前報進展和原因，由辦公室裁定；原時限留着。"""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from people.models import User
from pingtan_civ.lib.dates import long_date
from supervision import policies
from supervision.models import Extension, Order, Round, office_is_tied
from supervision.services.orders import locked_order
from supervision.services.telling import day_of, deciders, handlers, leaders, tell
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete

State = Extension.State


@transaction.atomic
def ask_extension(
    *,
    actor: User,
    order_id: int,
    progress: str,
    reason: str,
    proposed_date: date,
    at: datetime,
) -> Extension:
    """申請延期，須在時限屆滿之前。裁定之前原時限照走。

    Raises PermissionDenied、WrongState（已過時限、已送簽，或已有一份待裁定）、Incomplete。
    """
    order = locked_order(order_id)
    _permit_asking(actor, order, at)
    if errors := _why_not(order, proposed_date, "proposed_date") | _why_bare(progress, reason):
        raise Incomplete(errors)
    asked = Extension.objects.create(
        order=order,
        round=order.current,
        progress=progress.strip(),
        reason=reason.strip(),
        previous_date=order.due_date,
        proposed_date=proposed_date,
        requested_by=actor,
        requested_at=at,
    )
    tell(
        actor=actor,
        order=order,
        action="extension_asked",
        at=at,
        summary=gettext_lazy("%(unit)s申請把 %(number)s 延至 %(day)s。"),
        title=gettext_lazy("請裁定：%(unit)s申請把 %(number)s 延至 %(day)s"),
        reason=asked.reason,
        day=long_date(proposed_date),
        notify=deciders(order, actor, at),
    )
    return asked


def _why_bare(progress: str, reason: str) -> dict[str, str]:
    errors = {}
    if not progress.strip():
        errors["progress"] = _("寫明到目前為止辦到哪一步。")
    if not reason.strip():
        errors["reason"] = _("寫明為什麼到時辦不結，辦公室要據此裁定。")
    return errors


def _permit_asking(actor: User, order: Order, at: datetime) -> None:
    if not policies.can_answer(standing_of(actor, day_of(at)), order):
        raise PermissionDenied(_("延期由承辦單位申請。"))
    order.require(*Order.IN_HAND)
    if order.current.submitted_at:
        raise WrongState(_("%(report)s已經送簽，不用再申請延期。") % {"report": order.words.report})
    if day_of(at) > order.due_date:
        raise WrongState(
            _("時限 %(due)s已過，不能再申請延期；請儘快%(give)s，在%(report)s裏說明原因。")
            % {
                "due": long_date(order.due_date),
                "give": order.words.give,
                "report": order.words.report,
            }
        )
    if order.extensions.filter(state=State.PENDING).exists():
        raise WrongState(_("已有一份延期申請待裁定，請等辦公室裁定，或先撤回它。"))


def _why_not(order: Order, wanted: date, name: str) -> dict[str, str]:
    if wanted <= order.due_date:
        words = {"due": long_date(order.due_date)}
        return {name: _("延到的日期要晚於現在的時限 %(due)s。") % words}
    if wanted > order.campaign.end_date:
        words = {"end": long_date(order.campaign.end_date)}
        return {name: _("延到的日期晚於活動結束日 %(end)s，請改早。") % words}
    return {}


def _locked(extension_id: int) -> Extension:
    """先鎖單子再取申請，處處如此。"""
    order = locked_order(Extension.objects.values_list("order_id", flat=True).get(pk=extension_id))
    extension = Extension.objects.select_for_update().get(pk=extension_id)
    extension.order = order
    if extension.state != State.PENDING:
        raise WrongState(_("這份申請已經裁定或撤回，請刷新看看。"))
    order.require(*Order.IN_HAND)
    return extension


def permit_deciding(actor: User, extension: Extension, at: datetime) -> None:
    """裁定延期的是辦公室，自己申請的除外；辦公室沒有別人時是組長。Raises PermissionDenied。"""
    order, standing = extension.order, standing_of(actor, day_of(at))
    is_tied = office_is_tied(order, [extension.requested_by_id], day_of(at))
    if policies.can_decide_extension(standing, order, extension, is_office_tied=is_tied):
        return
    if actor.pk != extension.requested_by_id or not standing.is_office(order.campaign_id):
        raise PermissionDenied(_("延期由本活動辦公室裁定。"))
    if is_tied:
        raise PermissionDenied(_("您申請的延期不能由您裁定；辦公室沒有別的人，請組長裁定。"))
    raise PermissionDenied(_("您申請的延期不能由您裁定，請辦公室的另一位來裁定。"))


@transaction.atomic
def decide_extension(
    *,
    actor: User,
    extension_id: int,
    is_approved: bool,
    reason: str,
    at: datetime,
    granted_date: date | None = None,
) -> Extension:
    """裁定延期，理由必填。同意的，時限改為 granted_date（默認所申請的），延期次數加一。

    Raises PermissionDenied、WrongState、Incomplete。
    """
    asked = Extension.objects.select_related("order__campaign").get(pk=extension_id)
    permit_deciding(actor, asked, at)
    extension = _locked(extension_id)
    order = extension.order
    granted = granted_date or extension.proposed_date
    errors = _why_not(order, granted, "granted_date") if is_approved else {}
    if not reason.strip():
        errors["reason"] = _("寫明裁定理由，單位要看到。")
    if errors:
        raise Incomplete(errors)
    extension.state = State.APPROVED if is_approved else State.REFUSED
    extension.decided_by, extension.decided_at = actor, at
    extension.decision_reason = reason.strip()
    if is_approved:
        extension.granted_date = granted
        _move(order, granted)
    extension.save()
    tell(
        actor=actor,
        order=order,
        action="extension_decided",
        at=at,
        summary=gettext_lazy("延期申請：%(outcome)s。%(number)s 的時限是 %(due)s。"),
        title=gettext_lazy("延期申請%(outcome)s：%(number)s，時限 %(due)s"),
        reason=extension.decision_reason,
        outcome=State(extension.state).label,
        due=long_date(order.due_date),
        notify=[*handlers(order, at), *leaders(order, at)],
    )
    return extension


def _move(order: Order, day: date) -> None:
    """時限改到定下的那一天；從此是個日期，放假安排公佈時不再按工作日重算。"""
    order.due_date, order.limit_days = day, None
    order.extended_times += 1
    order.version += 1
    order.save(update_fields=["due_date", "limit_days", "extended_times", "version"])
    Round.objects.filter(pk=order.current_id).update(due_date=day, limit_days=None)


@transaction.atomic
def withdraw_extension(*, actor: User, extension_id: int, at: datetime) -> Extension:
    """承辦單位撤回待裁定的申請。Raises PermissionDenied、WrongState。"""
    order = Extension.objects.select_related("order").get(pk=extension_id).order
    if not policies.can_answer(standing_of(actor, day_of(at)), order):
        raise PermissionDenied(_("延期申請由承辦單位撤回。"))
    extension = _locked(extension_id)
    extension.state, extension.decided_at = State.WITHDRAWN, at
    extension.save(update_fields=["state", "decided_at"])
    tell(
        actor=actor,
        order=extension.order,
        action="extension_withdrawn",
        at=at,
        summary=gettext_lazy("%(unit)s撤回延期申請。"),
    )
    return extension
