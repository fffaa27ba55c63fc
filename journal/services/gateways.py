"""渠道的配置和試發。密鑰只進不出：存進去就加密，改的時候只能換，留痕只說換過。"""

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from journal import policies
from journal.changes import apply_changes
from journal.channels import vault
from journal.channels.failures import NotSent
from journal.channels.lanes import lane_for
from journal.models import Delivery, Gateway
from journal.services.recording import Message, record
from journal.services.script import source_script

logger = logging.getLogger(__name__)


@sensitive_variables("secrets", "kept")
@transaction.atomic
def save_gateway(
    *,
    actor: Any,
    gateway: Gateway,
    values: Mapping[str, Any],
    secrets: Mapping[str, str],
    at: datetime,
    forget: frozenset[str] = frozenset(),
) -> Gateway:
    """新增或修改一個渠道。secrets 裏空的沿用原來的，forget 裏的去掉。

    Raises PermissionDenied：不是管理員。
    """
    _permit(actor)
    is_new = gateway.pk is None
    if not is_new:
        gateway = Gateway.objects.select_for_update().get(pk=gateway.pk)
    changes = apply_changes(gateway, values)
    fresh = {name: value for name, value in secrets.items() if value}
    if fresh or forget:
        kept = {} if is_new else _still_open(gateway)
        together = {name: kept[name] for name in kept if name not in forget} | fresh
        gateway.sealed = vault.seal(together)
        # 換了密鑰，先前的測試不再說明什麼。
        gateway.tested_at, gateway.test_error = None, ""
        changes["密鑰"] = ["", "已更換"]
    gateway.full_clean()
    gateway.save()
    with source_script():
        words = {"name": gateway.name}
        summary = _("新增渠道「%(name)s」。") if is_new else _("修改渠道「%(name)s」。")
    record(
        actor=actor,
        action="journal.gateway_added" if is_new else "journal.gateway_changed",
        target=gateway,
        summary=summary % words,
        changes=changes,
        at=at,
    )
    return gateway


def try_gateway(*, actor: Any, gateway: Gateway, at: datetime) -> str:
    """試發一條，返回未成的原因（成了為空），並記在渠道上。短信發到本人的手機。

    Raises PermissionDenied：不是管理員。
    """
    _permit(actor)
    personal = gateway.scope == Gateway.Scope.PERSONAL
    if personal and not actor.phone:
        return _("您還沒有填手機號，請先在「我的賬號」裏填上，短信發到那裏。")
    channel = Delivery.Channel.SMS if personal else Delivery.Channel.GROUP
    problem = _try(_trial(channel, actor.phone if personal else gateway.name, gateway), at)
    _note(actor, gateway, problem, at)
    return problem


def try_mail(*, actor: Any, at: datetime) -> str:
    """給自己發一封試試，返回未成的原因（成了為空）。

    Raises PermissionDenied：不是管理員。
    """
    _permit(actor)
    if not settings.MAIL_ENABLED:
        return _("還沒有設置 EMAIL_URL，不發郵件。設好以後重啟服務再試。")
    if not actor.email:
        return _("您還沒有填郵箱，請先在「我的賬號」裏填上，試的信發到那裏。")
    return _try(_trial(Delivery.Channel.MAIL, actor.email), at)


def _trial(channel: str, address: str, gateway: Gateway | None = None) -> Delivery:
    """一次試發；不存庫。"""
    return Delivery(
        channel=channel,
        address=address,
        gateway=gateway,
        message_id=f"<{uuid.uuid4().hex}@pingtan-civ>",
    )


def _try(delivery: Delivery, at: datetime) -> str:
    """返回的原因要存庫，所以用原文；頁面上再隨讀的人轉。"""
    lane = lane_for(delivery.gateway)
    with source_script():
        try:
            lane.send(delivery, _trial_message(), at)
        except NotSent as failure:
            logger.info("試發未成：%s", failure)
            return str(failure)
        finally:
            lane.hang_up()
    return ""


def _trial_message() -> Message:
    return Message(
        title=_("這是一條測試消息"),
        body=_("看到它，說明這個渠道已經接通，不必回覆。"),
        kind="test",
    )


@transaction.atomic
def _note(actor: Any, gateway: Gateway, problem: str, at: datetime) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(tested_at=at, test_error=problem)
    with source_script():
        result = _("未成") if problem else _("已發出")
        words = {"name": gateway.name, "result": result}
        summary = _("測試渠道「%(name)s」：%(result)s。") % words
    record(actor=actor, action="journal.gateway_tested", target=gateway, summary=summary, at=at)


def _still_open(gateway: Gateway) -> dict[str, str]:
    """原來的密鑰；鑰匙換過打不開的，當作沒有。"""
    try:
        return vault.unseal(gateway.sealed)
    except NotSent:
        return {}


def _permit(actor: Any) -> None:
    if not policies.can_manage_channels(actor):
        raise PermissionDenied(_("只有管理員可以配置渠道。"))
