"""彙報：誰可以做什麼。只回答是或否。

辦公室寫，領導提意見、審核和簽發，各單位讀印發的；來源各有各的權限，在來源的頁上查。
"""

from campaigns.models import Campaign, Seat
from campaigns.standing import Standing
from reports.models import Report


def can_compile(standing: Standing, campaign: Campaign) -> bool:
    """編、改、送審：本活動辦公室。活動結束後仍要出總結，所以不看活動狀態。"""
    return standing.is_office(campaign)


def can_edit(standing: Standing, report: Report) -> bool:
    """改一份草稿；審核通過後文字鎖定，印發後誰也不能改。"""
    return report.is_draft and standing.is_office(report.campaign_id)


def can_comment(standing: Standing, report: Report) -> bool:
    """草稿上提意見、答覆意見：領導和辦公室。"""
    return report.is_draft and can_read_history(standing, report)


def can_read_history(standing: Standing, report: Report) -> bool:
    """看審閱的意見、歷次文字和經過：領導和辦公室；各單位只讀印發的。"""
    return standing.is_office(report.campaign_id) or standing.is_leader(report.campaign_id)


def can_suggest(standing: Standing, report: Report) -> bool:
    """在草稿上改字，作為建議交辦公室採納：組長、副組長。"""
    return report.is_draft and standing.is_leader(report.campaign_id)


def is_reviewer(standing: Standing, campaign_id: int) -> bool:
    """能審核的席位：辦公室主任、組長、副組長。"""
    is_director = Seat.Role.OFFICE_DIRECTOR in standing.seats.get(campaign_id, ())
    return is_director or standing.is_leader(campaign_id)


def can_review(standing: Standing, report: Report) -> bool:
    """審核送審的一份；自己送審的由別人審。"""
    is_own = report.submitted_by_id == standing.user_id
    return report.is_submitted and not is_own and is_reviewer(standing, report.campaign_id)


def can_send_back(standing: Standing, report: Report) -> bool:
    """退回修改：審核的人；送審的人也可以要回來。已審核、沒簽發的同樣。"""
    if not (report.is_submitted or report.is_reviewed):
        return False
    is_own = report.submitted_by_id == standing.user_id and standing.is_office(report.campaign_id)
    return is_own or is_reviewer(standing, report.campaign_id)


def can_sign(standing: Standing, report: Report) -> bool:
    """在平台上簽發：組長、副組長。"""
    return report.is_reviewed and standing.is_leader(report.campaign_id)


def can_register_signature(standing: Standing, report: Report) -> bool:
    """領導在紙上簽了，由辦公室登記後印發。"""
    return report.is_reviewed and standing.is_office(report.campaign_id)


def can_correct(standing: Standing, report: Report) -> bool:
    """對已印發的出更正版。"""
    return report.is_issued and standing.is_office(report.campaign_id)
