"""問卷和主管部門的意見：誰記、誰看。"""

from campaigns.standing import Standing
from evaluations.models import Sheet
from evaluations.policies.rounds import FIRST_PHASES, is_recused


def can_collect(standing: Standing, sheet: Sheet) -> bool:
    """記、更正、撤下：本活動辦公室，初評的階段；本單位的迴避。"""
    return (
        standing.is_office(sheet.round.campaign_id)
        and sheet.round.phase in FIRST_PHASES
        and not is_recused(standing, sheet.department_id)
    )


def can_see_collected(standing: Standing, sheet: Sheet) -> bool:
    """看各份和掃描件：辦公室和領導，審定以後還有本單位的人。

    結果全局可見時，別的單位只看得到合起來的數：掃描件上有答卷的人，意見是對這個單位說的。
    """
    round_ = sheet.round
    if standing.is_office(round_.campaign_id) or standing.is_leader(round_.campaign_id):
        return True
    return round_.is_frozen and sheet.department_id in standing.departments
