"""考核評價：誰可以做什麼。只回答是或否。"""

from collections.abc import Collection

from campaigns import policies
from campaigns.models import Campaign
from campaigns.standing import Standing
from evaluations.models import (
    AssessmentRound,
    Criterion,
    Objection,
    Scorer,
    Sheet,
    SiteVisit,
    TargetLetter,
    VetoEvent,
    VetoFile,
    VetoRelease,
)

Phase = AssessmentRound.Phase
FIRST_PHASES = (Phase.CHECK, Phase.VISIT, Phase.OPINION)
"""可以初評的階段：自評截止以後，審定以前。"""


def can_record_honours(standing: Standing) -> bool:
    """記榮譽、改榮譽：管理員，或任何一個未結束活動的辦公室人員。看則人人可看。"""
    return policies.can_maintain_organisation(standing)


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


def can_manage_letters(standing: Standing, campaign: Campaign) -> bool:
    """擬訂目標責任書、送簽、起草補充書：本活動辦公室。"""
    return standing.is_office(campaign)


def can_see_all_letters(standing: Standing, campaign: Campaign) -> bool:
    """看各單位的責任書，連同擬訂中的：辦公室、組長、副組長；規則同 visible_to。"""
    return standing.is_office(campaign) or standing.is_leader(campaign)


def can_sign_letter(standing: Standing, letter: TargetLetter, signers: Collection[int]) -> bool:
    """輪到此人簽訂：先單位負責人，後組長；副組長不代簽，同一個人不簽雙方。

    signers 是這份文本上已簽的人。規則同 TargetLetterQuerySet.waiting_for。
    """
    if standing.user_id in signers:
        return False
    if letter.state == TargetLetter.State.ISSUED:
        return letter.department_id in standing.headed
    return letter.state == TargetLetter.State.HEAD_SIGNED and standing.is_chair(letter.campaign)


def can_return_letter(standing: Standing, letter: TargetLetter, signers: Collection[int]) -> bool:
    """退回辦公室修改：輪到簽訂的人不同意；或單位簽訂之前，辦公室自己撤回。"""
    if can_sign_letter(standing, letter, signers):
        return True
    is_unsigned = letter.state == TargetLetter.State.ISSUED
    return is_unsigned and can_manage_letters(standing, letter.campaign)


def can_note_succession(standing: Standing, letter: TargetLetter, signers: Collection[int]) -> bool:
    """接任的負責人知悉：責任書已簽訂，簽的是前任。"""
    return (
        letter.is_in_force
        and letter.department_id in standing.headed
        and standing.user_id not in signers
    )


def can_manage_schemes(standing: Standing, campaign: Campaign) -> bool:
    """擬、改、啟用考核辦法：本活動辦公室，活動未結束。"""
    return standing.is_office(campaign) and campaign.state != Campaign.State.CLOSED


def can_see_scheme_drafts(standing: Standing, campaign: Campaign) -> bool:
    """看擬訂中的辦法：辦公室和組長、副組長。啟用了的，看得見活動的人都看得見。"""
    return standing.is_office(campaign) or standing.is_leader(campaign)


# ── 考核 ──────────────────────────────────────────────


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
    """填自評：本單位的人，自評階段，還沒提交。"""
    return (
        sheet.department_id in standing.departments
        and sheet.round.phase == Phase.SELF
        and sheet.self_submitted_at is None
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


def can_revise_final(standing: Standing, round_: AssessmentRound, department_id: int) -> bool:
    """定稿以後隨異議的裁定改分：組長、副組長；自己單位的迴避。"""
    return (
        standing.is_leader(round_.campaign_id)
        and round_.is_frozen
        and not is_recused(standing, department_id)
    )


def can_decide_round(standing: Standing, round_: AssessmentRound) -> bool:
    """審定、公佈：組長。"""
    return standing.is_chair(round_.campaign_id)


# ── 實地考察 ──────────────────────────────────────────


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


# ── 異議和整改 ────────────────────────────────────────


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
