"""創建活動：誰可以做什麼。只回答是或否。"""

from datetime import date

from campaigns.models import Campaign, Seat
from campaigns.standing import Standing, standing_of
from people.models import User


def can_create_campaign(standing: Standing) -> bool:
    """任何一個活動的辦公室人員、組長，或管理員。"""
    roles = {role for roles in standing.seats.values() for role in roles}
    return standing.is_admin or bool(roles & {*Seat.OFFICE_ROLES, Seat.Role.CHAIR})


def can_manage_campaign(standing: Standing, campaign: Campaign) -> bool:
    """維護活動信息、席位：本活動辦公室或管理員。"""
    return standing.is_admin or standing.is_office(campaign)


def can_import_plan(standing: Standing, campaign: Campaign) -> bool:
    """導入方案：本活動辦公室，活動未結束。"""
    return standing.is_office(campaign) and campaign.state != Campaign.State.CLOSED


def can_edit_indicators(standing: Standing, campaign: Campaign) -> bool:
    return can_import_plan(standing, campaign)


def can_maintain_organisation(standing: Standing) -> bool:
    """設單位、任免、開停賬號：管理員，或任何一個未結束活動的辦公室人員。"""
    if standing.is_admin:
        return True
    return any(
        standing.is_office(campaign_id) for campaign_id in standing.seats.keys() - standing.closed
    )


def can_maintain_evidence_sets(standing: Standing) -> bool:
    """維護常用佐證要求：各活動共用，任何一個未結束活動的辦公室人員，或管理員。"""
    return can_maintain_organisation(standing)


def maintains_organisation(user: User, on: date) -> bool:
    """同上，供 people 應用調用（在 campaigns.apps 登記）。"""
    return can_maintain_organisation(standing_of(user, on))


def works_in_an_office(user: User, on: date) -> bool:
    """任何一個活動的辦公室人員；供 journal 的發件台調用（在 campaigns.apps 登記）。"""
    return standing_of(user, on).is_any_office
