"""渠道還通不通：看最近的一次，是測試還是真發的，發到了沒有。"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from journal.models import Delivery, Gateway
from journal.services.script import source_script


@dataclass(frozen=True)
class Soundness:
    """一個渠道最近的一次。at 為空是從沒發過也沒測過；reason 是沒有發到的原因，發到了為空。"""

    gateway: Gateway
    at: datetime | None = None
    reason: str = ""

    @property
    def has_failed(self) -> bool:
        return bool(self.reason)


def soundness(gateways: QuerySet[Gateway]) -> list[Soundness]:
    """各渠道最近的一次。一次查詢。"""
    unfinished = (Delivery.State.SENDING, Delivery.State.CANCELLED)
    tried = Delivery.objects.filter(gateway=OuterRef("pk"), attempts__gt=0)
    tried = tried.exclude(state__in=unfinished).order_by("-pk")
    latest = {
        "last_at": Coalesce("sent_at", "notice__created_at"),
        "last_state": F("state"),
        "last_reason": F("last_error"),
    }
    rows = gateways.annotate(
        **{name: Subquery(tried.values(found=value)[:1]) for name, value in latest.items()}
    )
    return [_judge(row) for row in rows]


def failing(gateways: QuerySet[Gateway]) -> list[str]:
    """最近一次沒有發到的，各叫什麼。"""
    return [each.gateway.name for each in soundness(gateways) if each.has_failed]


def _judge(gateway: Any) -> Soundness:
    """gateway 帶着 soundness 標上的最近一次投遞。"""
    moments: Iterable[datetime | None] = (gateway.tested_at, gateway.last_at)
    at = max((moment for moment in moments if moment), default=None)
    if at is None or at == gateway.tested_at:
        return Soundness(gateway, at, gateway.test_error)
    if gateway.last_state == Delivery.State.SENT:
        return Soundness(gateway, at)
    with source_script():
        unclear = _("結果不明。")
    return Soundness(gateway, at, gateway.last_reason or unclear)
