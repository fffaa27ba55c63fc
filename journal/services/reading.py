"""讀消息：只改閱讀時間，不留痕（看沒看過不是辦理）。"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from journal.models import Notice
from journal.services.recording import Message

# 有的通知存下的只是頭幾行，打開時由登記的人按那一刻寫全。
Reading = Callable[[Notice, datetime], Message | None]
_readings: dict[str, Reading] = {}


def register_reading(kind: str, reading: Reading) -> None:
    """登記某類通知打開時怎麼寫。應用啟動時調用一次；返回 None 即用存下的。"""
    _readings[kind] = reading


def message_to_read(notice: Notice, at: datetime) -> Message:
    """打開這條通知時給人看的話。"""
    reading = _readings.get(notice.kind)
    message = reading(notice, at) if reading else None
    return message or Message(notice.title, notice.body, notice.url, notice.kind)


def mark_read(*, notice: Notice, at: datetime) -> None:
    """標為已讀；已讀過的保留第一次閱讀的時間。"""
    Notice.objects.filter(pk=notice.pk, read_at__isnull=True).update(read_at=at)


def mark_all_read(*, reader: Any, through: datetime, at: datetime) -> int:
    """把 through 為止的未讀消息都標為已讀，返回條數；其間新到的不算，免得沒看就過去了。"""
    unread = Notice.objects.unread(reader).filter(created_at__lte=through)
    return unread.update(read_at=at)
