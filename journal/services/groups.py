"""群消息：發到一個工作群的通知，沒有收件人，與所講的改動寫在同一個事務裏。"""

from datetime import datetime

from django.db import IntegrityError, transaction

from journal.models import Entry, Gateway, Notice
from journal.services.recording import Message, new_notice, queue_deliveries


def group_gateways() -> list[Gateway]:
    """現在可以發的工作群，供頁面列出來選。"""
    return list(Gateway.objects.for_groups())


@transaction.atomic
def post_to_group(
    *,
    gateway: Gateway,
    message: Message,
    at: datetime,
    key: str | None = None,
    not_before: datetime | None = None,
    entry: Entry | None = None,
) -> Notice | None:
    """往一個工作群發一條，not_before 之前不發。同一群同一 key 只有一條，再發返回 None。

    群裏的人不一定都是平台的人：message 裏只寫人人可見的話（單位、措施、時限），不寫填報的內容。
    """
    notice = new_notice(message, at=at, entry=entry, gateway=gateway, key=key or message.key)
    try:
        with transaction.atomic():
            notice.save(force_insert=True)
    except IntegrityError:
        return None
    queue_deliveries([notice], at, not_before)
    return notice
