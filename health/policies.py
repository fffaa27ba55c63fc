"""運行狀況：誰可以看。只回答是或否。"""

from campaigns.standing import Standing


def can_see_health(standing: Standing) -> bool:
    """管理員，和任何一個活動的辦公室：消息發沒發到、後台活沒活着，辦公室要知道。"""
    return standing.is_admin or standing.is_any_office
