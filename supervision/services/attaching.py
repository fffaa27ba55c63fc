"""督辦的附件和佐證：收文件走填報佐證同一條路（按內容只存一份、圖片轉正壓小去位置）。"""

from datetime import datetime
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from people.models import User
from pingtan_civ.lib.uploads import RefusedUpload
from supervision import policies
from supervision.models import Attachment, Order, Round
from supervision.services.answering import permit_answering
from supervision.services.orders import locked_order
from supervision.services.telling import day_of, tell
from tasks.models import WrongState
from tasks.services.evidence import Received, receive

MOST_FILES = 30


def attach(*, actor: User, order_id: int, file: BinaryIO, name: str, at: datetime) -> Attachment:
    """加一份文件：辦公室加的是單子的附件，承辦單位加的是當前一輪反饋的佐證。

    同一輪裏已有同一份內容時返回已有的。Raises RefusedUpload、PermissionDenied、WrongState。
    """
    order = Order.objects.select_related("campaign", "lead_department", "current").get(pk=order_id)
    _place(actor, order, at)
    received = receive(file, name)
    with transaction.atomic():
        order = locked_order(order_id)
        return _hang(actor, order, _place(actor, order, at), received, at)


def _place(actor: User, order: Order, at: datetime) -> Round | None:
    """掛在哪一輪上；辦公室的附件不屬任何一輪。一人兩邊都在的，單子在辦時算承辦單位的。"""
    standing = standing_of(actor, day_of(at))
    if policies.can_answer(standing, order) and order.state == Order.State.ACCEPTED:
        permit_answering(actor, order, at)
        return order.current
    if policies.can_manage(standing, order.campaign):
        order.require(*Order.LIVE)
        return None
    if not policies.can_answer(standing, order):
        raise PermissionDenied(_("附件由辦公室加，佐證由承辦單位加。"))
    permit_answering(actor, order, at)
    return order.current


def _hang(
    actor: User, order: Order, round_: Round | None, received: Received, at: datetime
) -> Attachment:
    here = order.attachments.filter(round=round_, removed_at__isnull=True)
    stored = received.keep(at)
    existing = here.filter(file=stored).first()
    if existing:
        return existing
    if here.count() >= MOST_FILES:
        raise RefusedUpload(
            _("已有 %(most)d 件，不能再加；同類的請合成一份再傳。") % {"most": MOST_FILES}
        )
    added = Attachment.objects.create(
        order=order, round=round_, file=stored, name=received.name, added_at=at, added_by=actor
    )
    if round_ is None:
        tell(
            actor=actor,
            order=order,
            action="attached",
            at=at,
            summary=gettext_lazy("加附件「%(name)s」。"),
            name=added.name,
        )
    return added


@transaction.atomic
def detach(*, actor: User, attachment_id: int, at: datetime) -> Attachment:
    """撤下一份還沒送簽的佐證，或辦公室的附件；文件和記錄都留着。"""
    found = Attachment.objects.get(pk=attachment_id)
    order = locked_order(found.order_id)
    found = Attachment.objects.select_for_update().get(pk=attachment_id)
    if found.round_id is None:
        if not policies.can_manage(standing_of(actor, day_of(at)), order.campaign):
            raise PermissionDenied(_("辦公室加的附件由辦公室撤下。"))
        order.require(*Order.LIVE)
    else:
        permit_answering(actor, order, at)
        if found.round_id != order.current_id:
            raise WrongState(_("這份佐證屬於已簽發的一輪，留作記錄，不能撤下。"))
    if found.removed_at is None:
        found.removed_at = at
        found.save(update_fields=["removed_at"])
    return found
