"""考核辦法：誰擬、誰看擬訂中的。"""

from campaigns.models import Campaign
from campaigns.standing import Standing


def can_manage_schemes(standing: Standing, campaign: Campaign) -> bool:
    """擬、改、啟用考核辦法：本活動辦公室，活動未結束。"""
    return standing.is_office(campaign) and campaign.state != Campaign.State.CLOSED


def can_see_scheme_drafts(standing: Standing, campaign: Campaign) -> bool:
    """看擬訂中的辦法：辦公室和組長、副組長。啟用了的，看得見活動的人都看得見。"""
    return standing.is_office(campaign) or standing.is_leader(campaign)
