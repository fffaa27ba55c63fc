"""工作群：催辦同時發到群機器人。只有這裏認得渠道，合併渠道的那一支時只改這裏。"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from journal import services
from journal.models import Notice
from journal.services import Message, source_script


def work_groups() -> list[Any]:
    """可以發的工作群；沒有配置群機器人時為空，頁面上就不出現那個勾。"""
    find = getattr(services, "group_gateways", None)
    return list(find()) if find else []


def post_to_groups(*, text: str, at: datetime, key: str) -> int:
    """把一段話排進各群的發送隊列，返回群數。在催辦的同一事務裏調用；同一 key 只發一次。"""
    groups = work_groups()
    with source_script():
        message = Message(title=_("催報"), body=text, kind=Notice.Kind.CHASE)
    post = getattr(services, "post_to_group", None)
    for gateway in groups if post else []:
        post(gateway=gateway, message=message, at=at, key=key)
    return len(groups)
