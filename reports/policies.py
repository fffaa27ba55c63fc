"""情況彙報：誰可以做什麼。只回答是或否。"""

from campaigns.models import Campaign
from campaigns.standing import Standing
from reports.models import Report


def can_compile(standing: Standing, campaign: Campaign) -> bool:
    """編、改、簽發：本活動辦公室。活動結束後仍要出總結，所以不看活動狀態。"""
    return standing.is_office(campaign)


def can_edit(standing: Standing, report: Report) -> bool:
    """改一份草稿；印發後誰也不能改。"""
    return report.is_draft and standing.is_office(report.campaign_id)


def can_correct(standing: Standing, report: Report) -> bool:
    """對已印發的出更正版。"""
    return report.is_issued and standing.is_office(report.campaign_id)
