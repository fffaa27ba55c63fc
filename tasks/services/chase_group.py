"""工作群：催辦同時發到群機器人。"""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from journal.models import Gateway, Notice
from journal.services import Message, failing, group_gateways, post_to_group, source_script
from tasks.services.reminder_policy import quiet_until


def work_groups() -> list[Gateway]:
    """可以發的工作群；沒有配置群機器人時為空，頁面上就不出現那個勾。"""
    return group_gateways()


def failing_groups() -> list[str]:
    """最近一次沒有發到的工作群，各叫什麼。"""
    return failing(Gateway.objects.for_groups())


def post_to_groups(
    *, text: str, at: datetime, key: str, campaigns: Collection[Campaign | int]
) -> int:
    """把一段話排進各群的發送隊列，返回群數。在催辦的同一事務裏調用；同一 key 只發一次。

    這些活動的免打擾時段裏先不發。
    """
    groups = work_groups()
    with source_script():
        message = Message(title=_("催報"), body=text, kind=Notice.Kind.CHASE)
    earliest = quiet_until(campaigns, at)
    for gateway in groups:
        post_to_group(gateway=gateway, message=message, at=at, key=key, not_before=earliest)
    return len(groups)
