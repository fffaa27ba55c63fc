"""體檢：誰看得到哪些單位的。只回答，不查庫。"""

from campaigns.models import Campaign
from campaigns.standing import Standing

EVERYONE = None
"""全部單位。"""


def scope_of(standing: Standing, campaign: Campaign) -> frozenset[int] | None:
    """看得到哪些單位的體檢：創建辦、組長看全部（None），副組長看分管的，其餘看本單位的。

    管理員不因管理員身份看得到：毛病裏說的是還沒通過的東西。
    """
    if standing.is_office(campaign) or standing.is_chair(campaign):
        return EVERYONE
    return standing.departments | standing.charge_of(campaign)


def can_see_checkup(standing: Standing, campaign: Campaign) -> bool:
    """進得了體檢的門：全部單位的，或至少看得到一個單位的。"""
    scope = scope_of(standing, campaign)
    return scope is EVERYONE or bool(scope)


def can_see_department(standing: Standing, campaign: Campaign, department_id: int) -> bool:
    scope = scope_of(standing, campaign)
    return scope is EVERYONE or department_id in scope
