"""問卷和主管部門的意見：誰記、誰看。"""

from campaigns.standing import Standing
from evaluations.models import Sheet
from evaluations.policies.rounds import (
    FIRST_PHASES,
    can_see_first_scores,
    can_see_sheet,
    is_recused,
)


def can_collect(standing: Standing, sheet: Sheet) -> bool:
    """記、更正、撤下：本活動辦公室，初評的階段；本單位的迴避。"""
    return (
        standing.is_office(sheet.round.campaign_id)
        and sheet.round.phase in FIRST_PHASES
        and not is_recused(standing, sheet.department_id)
    )


def can_see_collected(standing: Standing, sheet: Sheet) -> bool:
    """看：看得到這張表的初評的人。單位等審定以後。"""
    return can_see_sheet(standing, sheet.round, sheet.department_id) and can_see_first_scores(
        standing, sheet.round
    )
