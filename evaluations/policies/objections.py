"""異議和整改：誰提、誰答覆、誰裁定、誰下達整改；給過分的人迴避。"""

from campaigns.standing import Standing
from evaluations.models import Objection, Sheet
from evaluations.policies.rounds import can_plan_round, is_recused


def can_see_objection(standing: Standing, objection: Objection) -> bool:
    """與 ObjectionQuerySet.visible_to 同一規則：本單位的人，辦公室，組長、副組長。"""
    sheet = objection.sheet
    campaign_id = sheet.round.campaign_id
    return (
        sheet.department_id in standing.departments
        or standing.is_office(campaign_id)
        or standing.is_leader(campaign_id)
    )


def can_object(standing: Standing, sheet: Sheet) -> bool:
    """提異議、補佐證、撤回：本單位負責人。時候對不對由服務說。"""
    return sheet.department_id in standing.headed


def gave_the_score(standing: Standing, objection: Objection) -> bool:
    """有爭議的分是本人給的：他不能一個人把自己評的再評一遍。"""
    return bool(objection.score and objection.score.by_id == standing.user_id)


def can_answer_objection(
    standing: Standing, objection: Objection, *, is_office_tied: bool = False
) -> bool:
    """寫答覆、提意見：本活動辦公室；給分的人和本單位的人迴避。

    is_office_tied：辦公室的人都要迴避。這時給分的人可以寫，由領導小組裁定，不是他一個人說了算。
    """
    sheet = objection.sheet
    if not standing.is_office(sheet.round.campaign_id) or is_recused(standing, sheet.department_id):
        return False
    return is_office_tied or not gave_the_score(standing, objection)


def can_decide_objection(
    standing: Standing, objection: Objection, *, is_chair_tied: bool = False
) -> bool:
    """裁定：組長；給分的人、寫答覆的人、本單位的人迴避。

    is_chair_tied：組長要迴避（或席位空着），由副組長裁定。
    """
    sheet = objection.sheet
    is_leader = standing.is_chair(sheet.round.campaign_id) or (
        is_chair_tied and standing.is_leader(sheet.round.campaign_id)
    )
    return (
        is_leader
        and not is_recused(standing, sheet.department_id)
        and not gave_the_score(standing, objection)
        and objection.answered_by_id != standing.user_id
    )


def can_order_rectification(
    standing: Standing, sheet: Sheet, *, is_visit_done: bool = False
) -> bool:
    """從評分表下達整改：本活動辦公室，活動進行中，審定以後；考察發現的，辦完考察就可以。"""
    is_told = sheet.round.is_frozen or is_visit_done
    return can_plan_round(standing, sheet.round.campaign) and is_told
