"""工作群：催辦同時發到群機器人，發到哪幾個由催的人選。"""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from journal.models import Gateway, Notice
from journal.services import (
    Message,
    Soundness,
    group_gateways,
    post_to_group,
    soundness,
    source_script,
)
from tasks.services.reminder_policy import quiet_until


def work_groups() -> list[Soundness]:
    """可以發的工作群，連同最近一次發到沒有；沒有配置群機器人時為空，頁面上就不出現那個勾。一次查詢。"""
    return soundness(Gateway.objects.for_groups())


def chosen_groups(ids: Collection[int]) -> list[Gateway]:
    """其中現在還能發的。"""
    return [gateway for gateway in group_gateways() if gateway.pk in ids] if ids else []


def post_to_groups(
    *,
    groups: Collection[Gateway],
    text: str,
    at: datetime,
    key: str,
    campaigns: Collection[Campaign | int],
) -> None:
    """把一段話排進各群的發送隊列。在催辦的同一事務裏調用；同一 key 只發一次。

    這些活動的免打擾時段裏先不發。
    """
    with source_script():
        message = Message(title=_("催報"), body=text, kind=Notice.Kind.CHASE)
    earliest = quiet_until(campaigns, at)
    for gateway in groups:
        post_to_group(gateway=gateway, message=message, at=at, key=key, not_before=earliest)
