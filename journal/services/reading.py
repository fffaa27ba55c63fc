"""讀消息：只改閱讀時間，不留痕（看沒看過不是辦理）。"""

from datetime import datetime
from typing import Any

from journal.models import Notice


def mark_read(*, notice: Notice, at: datetime) -> None:
    """標為已讀；已讀過的保留第一次閱讀的時間。"""
    Notice.objects.filter(pk=notice.pk, read_at__isnull=True).update(read_at=at)


def mark_all_read(*, reader: Any, through: datetime, at: datetime) -> int:
    """把 through 為止的未讀消息都標為已讀，返回條數；其間新到的不算，免得沒看就過去了。"""
    unread = Notice.objects.unread(reader).filter(created_at__lte=through)
    return unread.update(read_at=at)
