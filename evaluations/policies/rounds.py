"""一次考核：誰走哪一步、誰看、誰評哪一欄；沒有人評自己的單位。"""

from collections.abc import Collection

from campaigns.models import Campaign
from campaigns.standing import Standing
from evaluations.models import AssessmentRound, Criterion, Scorer, Sheet

Phase = AssessmentRound.Phase
FIRST_PHASES = (Phase.CHECK, Phase.VISIT, Phase.OPINION)
"""可以初評的階段：自評截止以後，審定以前。"""


def can_plan_round(standing: Standing, campaign: Campaign) -> bool:
    """擬考核、往下走一步、安排考察：本活動辦公室，活動進行中。"""
    return standing.is_office(campaign) and campaign.is_open


def can_run_round(standing: Standing, round_: AssessmentRound) -> bool:
    return can_plan_round(standing, round_.campaign)


def sees_whole_round(standing: Standing, round_: AssessmentRound) -> bool:
    """全部評分表和結果：辦公室、組長、副組長；公佈時定為全局可見的，人人可看。"""
    if standing.is_office(round_.campaign_id) or standing.is_leader(round_.campaign_id):
        return True
    return round_.phase == Phase.PUBLISHED and round_.is_open_to_all


def can_see_round(standing: Standing, round_: AssessmentRound) -> bool:
    """知道有這次考核：籌備時只有辦公室和領導，開始以後單位的人都知道。"""
    if sees_whole_round(standing, round_):
        return True
    return round_.phase != Phase.PLANNED and bool(standing.departments)


def can_see_sheet(standing: Standing, round_: AssessmentRound, department_id: int) -> bool:
    """整張評分表：看得到全部的人，和本單位的人。"""
    return sees_whole_round(standing, round_) or (
        round_.phase != Phase.PLANNED and department_id in standing.departments
    )


def can_see_first_scores(standing: Standing, round_: AssessmentRound) -> bool:
    """初評和定分：單位要等審定以後（反饋）才看，此前只看自評。"""
    return round_.is_frozen or sees_whole_round(standing, round_)


def is_recused(standing: Standing, department_id: int) -> bool:
    """本單位的事要迴避：自評之外，沒有人評自己的單位。"""
    return department_id in standing.departments


def can_self_score(standing: Standing, sheet: Sheet) -> bool:
    """填自評：本單位的人，還沒提交；自評階段，或初評裏退回補正、開放補填的。"""
    if sheet.department_id not in standing.departments or sheet.self_submitted_at:
        return False
    phase = sheet.round.phase
    return phase == Phase.SELF or (phase == Phase.CHECK and sheet.self_returned_at is not None)


def can_be_returned(sheet: Sheet) -> bool:
    """交了的自評還退得回去，過期未交的可以開放補填：材料初評走完以前。"""
    is_handed_in = sheet.self_submitted_at is not None
    return sheet.is_past_due or (is_handed_in and sheet.round.phase in (Phase.SELF, Phase.CHECK))


def can_withdraw_self(standing: Standing, sheet: Sheet) -> bool:
    """撤回提交：本單位負責人，自評階段走完以前。"""
    return (
        sheet.department_id in standing.headed
        and sheet.self_submitted_at is not None
        and sheet.round.phase == Phase.SELF
    )


def can_submit_self(standing: Standing, sheet: Sheet) -> bool:
    """提交自評：本單位負責人。"""
    return can_self_score(standing, sheet) and sheet.department_id in standing.headed


def can_score_first(
    standing: Standing,
    round_: AssessmentRound,
    department_id: int,
    scorer: str,
    scoring_department_id: int | None = None,
    *,
    is_on_team: bool = False,
) -> bool:
    """初評一條：按辦法寫明的評分方；is_on_team 是此人在考察這個單位的考核組裏。

    評分科室自己的那張表，它負責的各條由辦公室評：自己不評自己，也不能沒有人評。
    """
    if round_.phase not in FIRST_PHASES or is_recused(standing, department_id):
        return False
    is_office = standing.is_office(round_.campaign_id)
    if scorer == Scorer.DEPARTMENT and scoring_department_id != department_id:
        return scoring_department_id in standing.departments
    if scorer == Scorer.INSPECTION:
        return is_office or is_on_team
    return is_office and scorer != Scorer.SYSTEM


def can_score_criterion(
    standing: Standing, sheet: Sheet, criterion: Criterion, teams: Collection[int] = ()
) -> bool:
    """同上，給已取好的行用；teams 是此人在哪幾個單位的考核組裏。"""
    return can_score_first(
        standing,
        sheet.round,
        sheet.department_id,
        criterion.scorer,
        criterion.scoring_department_id,
        is_on_team=sheet.department_id in teams,
    )


def can_set_final(standing: Standing, round_: AssessmentRound, department_id: int) -> bool:
    """改定分：組長、副組長，審定階段；自己單位的迴避。"""
    return (
        standing.is_leader(round_.campaign_id)
        and round_.phase == Phase.DECISION
        and not is_recused(standing, department_id)
    )


def can_decide_round(standing: Standing, round_: AssessmentRound) -> bool:
    """審定、公佈：組長。"""
    return standing.is_chair(round_.campaign_id)
