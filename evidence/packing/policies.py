"""誰可以做資料包：本活動辦公室和組長、副組長；單位負責人只能做本單位的。

能不能看一份佐證另問 tasks（readable_by）：做得了包，也只放得進自己看得到的。
"""

from campaigns.models import Campaign
from campaigns.standing import Standing
from evidence.packing.scope import Scope


def can_pack_all(standing: Standing, campaign: Campaign | int) -> bool:
    return standing.is_office(campaign) or standing.is_leader(campaign)


def can_pack(standing: Standing, campaign: Campaign | int) -> bool:
    return can_pack_all(standing, campaign) or bool(standing.headed)


def can_pack_scope(standing: Standing, scope: Scope) -> bool:
    """這個範圍他能不能做。"""
    if can_pack_all(standing, scope.campaign_id):
        return True
    return bool(scope.departments) and set(scope.departments) <= standing.headed
