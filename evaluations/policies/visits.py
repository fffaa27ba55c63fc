"""實地考察：誰看、誰記。"""

from campaigns.standing import Standing
from evaluations.models import SiteVisit
from evaluations.policies.rounds import is_recused, sees_whole_round


def can_see_visit(standing: Standing, visit: SiteVisit, *, is_on_team: bool) -> bool:
    """看得到全部的人、考核組的人；被考察的單位明查的看得到，暗訪的辦完才看得到。"""
    round_ = visit.sheet.round
    if is_on_team or sees_whole_round(standing, round_):
        return True
    is_own = visit.sheet.department_id in standing.departments
    return is_own and (not visit.is_covert or visit.done_at is not None)


def can_record_visit(standing: Standing, visit: SiteVisit, *, is_on_team: bool) -> bool:
    """記現場情況、傳照片、辦完：考核組的人和辦公室，辦完以前；自己單位的迴避。"""
    is_theirs = is_on_team or standing.is_office(visit.sheet.round.campaign_id)
    return (
        is_theirs and visit.done_at is None and not is_recused(standing, visit.sheet.department_id)
    )
