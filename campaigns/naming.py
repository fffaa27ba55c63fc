"""公文的落款：活動自己定的，沒有另定時是本局名稱加「創建工作領導小組辦公室」。"""

from campaigns.models import Campaign
from people.naming import office_name


def signature_of(campaign: Campaign) -> str:
    """催辦單和督辦通知單上署的名；另定的照原樣，至多一次查詢。"""
    return campaign.signature or office_name()
