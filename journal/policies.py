"""發件台和渠道：誰可以看、誰可以配置。只回答是或否。

本應用不認識領導小組，「辦公室的人也可以看發件台」由上層登記進來（campaigns.apps）。
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from journal.models import Notice

Reads = Callable[[Any, date], bool]
_readers: list[Reads] = []


def register_outbox_reader(check: Reads) -> None:
    """登記一條「誰還可以看發件台」的判斷；重複登記只算一次。"""
    if check not in _readers:
        _readers.append(check)


def can_manage_channels(user: Any) -> bool:
    """配置渠道、試發：只有管理員。密鑰能冒平台的名義說話。"""
    return user.is_active and user.is_superuser


def can_see_outbox(user: Any, on: date) -> bool:
    """看發件台、重新發送：管理員，或上層登記的人。看得到誰收到沒收到，不等於看得到說了什麼。"""
    return user.is_active and (user.is_superuser or any(check(user, on) for check in _readers))


def can_read_title(user: Any, notice: Notice) -> bool:
    """發件台上顯不顯示標題。

    提醒、催辦和群消息本來就是辦公室和系統說的話；辦理消息是本人與上級之間的，
    別的活動的辦公室不能從這裏讀到。管理員在系統管理裏本就看得到標題。正文誰也不給看。
    """
    return (
        user.is_superuser
        or notice.recipient_id in {None, user.pk}
        or notice.kind in {Notice.Kind.CHASE, Notice.Kind.DIGEST}
    )
