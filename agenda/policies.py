"""日程：誰可以做什麼。只回答是或否。"""

from campaigns.models import Campaign
from campaigns.standing import Standing


def can_edit_calendar(standing: Standing) -> bool:
    """改工作日曆：只有管理員；它牽動全局的時限。"""
    return standing.is_admin


def can_see_all(standing: Standing, campaign: Campaign) -> bool:
    """整個活動的日程：辦公室、組長、管理員。"""
    return standing.is_office(campaign) or standing.is_chair(campaign) or standing.is_admin


def departments_shown(standing: Standing, campaigns: list[Campaign]) -> frozenset[int]:
    """「本單位」看哪些單位：任職的，和分管的。"""
    charged = (standing.charge_of(campaign) for campaign in campaigns)
    return standing.departments.union(*charged)
