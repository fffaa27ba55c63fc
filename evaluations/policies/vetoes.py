"""負面清單和一票否決：誰列清單、登記、說明、認定、解除。"""

from campaigns.models import Campaign
from campaigns.standing import Standing
from evaluations.models import VetoEvent, VetoFile, VetoRelease


def can_maintain_negative_list(standing: Standing, campaign: Campaign) -> bool:
    """列清單、停用、發徵詢函、記答覆：本活動辦公室，活動未結束。"""
    return standing.is_office(campaign) and campaign.state != Campaign.State.CLOSED


def sees_all_vetoes(standing: Standing, campaign: Campaign | int) -> bool:
    """看全部單位的事和徵詢：辦公室和領導。管理員不因管理而看。"""
    return standing.is_office(campaign) or standing.is_leader(campaign)


def can_see_veto(standing: Standing, event: VetoEvent) -> bool:
    """與 VetoEventQuerySet.visible_to 同一規則。"""
    return can_see_vetoes_of(standing, event.item.campaign_id, event.department_id)


def can_see_vetoes_of(standing: Standing, campaign: Campaign | int, department_id: int) -> bool:
    """看一個單位有哪些事：本單位的人，辦公室和領導；與 can_see_veto 同一規則。"""
    return department_id in standing.departments or sees_all_vetoes(standing, campaign)


def is_own_veto(standing: Standing, event: VetoEvent) -> bool:
    return event.department_id in standing.departments


def can_register_veto(standing: Standing, campaign: Campaign, department_id: int) -> bool:
    """登記一件事：辦公室登記任何單位的，單位的人自報本單位的。"""
    if campaign.state == Campaign.State.CLOSED:
        return False
    return standing.is_office(campaign) or department_id in standing.departments


def can_open_veto_form(standing: Standing, campaign: Campaign) -> bool:
    """有事可登記的人：辦公室，或在單位任職的人。領導是決定的一方，不從這裏自報。"""
    if campaign.state == Campaign.State.CLOSED:
        return False
    is_staff = bool(standing.departments) and not standing.is_leader(campaign)
    return standing.is_office(campaign) or is_staff


def can_correct_veto(standing: Standing, event: VetoEvent) -> bool:
    """改登記的內容：認定以前，辦公室。"""
    return event.is_pending and standing.is_office(event.item.campaign_id)


def can_state_on_veto(standing: Standing, event: VetoEvent) -> bool:
    """寫單位說明：認定以前，本單位的人。"""
    return event.is_pending and is_own_veto(standing, event)


def can_attach_to_veto(standing: Standing, event: VetoEvent) -> bool:
    """加材料：辦公室隨時，本單位在認定以前。"""
    return standing.is_office(event.item.campaign_id) or can_state_on_veto(standing, event)


def can_detach_from_veto(standing: Standing, file: VetoFile) -> bool:
    """撤下材料：誰加的誰撤，辦公室都可以。file.event.item 要先取好。"""
    is_mine = file.added_by_id == standing.user_id
    is_office = standing.is_office(file.event.item.campaign_id)
    return can_attach_to_veto(standing, file.event) and (is_mine or is_office)


def can_decide_veto(standing: Standing, event: VetoEvent) -> bool:
    """認定或不成立：組長、副組長；本單位的人和登記的人迴避。"""
    return (
        event.is_pending and event.reported_by_id != standing.user_id and _judges(standing, event)
    )


def can_propose_release(standing: Standing, event: VetoEvent) -> bool:
    return event.state == VetoEvent.State.UPHELD and standing.is_office(event.item.campaign_id)


def can_confirm_release(standing: Standing, release: VetoRelease) -> bool:
    """確認解除：組長、副組長；本單位的人和提出的人迴避。release.event.item 要先取好。"""
    return (
        release.state == VetoRelease.State.PENDING
        and release.proposed_by_id != standing.user_id
        and _judges(standing, release.event)
    )


def _judges(standing: Standing, event: VetoEvent) -> bool:
    return standing.is_leader(event.item.campaign_id) and not is_own_veto(standing, event)
