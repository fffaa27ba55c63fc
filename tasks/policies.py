"""任務：誰可以做什麼。都問 Standing（今天的身份），只回答是或否。"""

from campaigns.models import Campaign
from campaigns.standing import Standing
from tasks.models import Assignment, EvidenceLink, Measure, Round, Submission


def can_break_down(standing: Standing, campaign: Campaign) -> bool:
    """編分解表、下達、催辦、延期：本活動辦公室，活動未結束。"""
    return standing.is_office(campaign) and campaign.state != Campaign.State.CLOSED


def can_set_reminders(standing: Standing, campaign: Campaign) -> bool:
    """改提醒規則、看誰會收到什麼：本活動辦公室，活動未結束。"""
    return can_break_down(standing, campaign)


def can_see_measure(standing: Standing, measure: Measure) -> bool:
    """與 MeasureQuerySet.visible_to 同一規則。"""
    if standing.is_office(measure.campaign_id) or standing.is_leader(measure.campaign_id):
        return True
    staff = bool(
        standing.is_admin or standing.departments or standing.seats.get(measure.campaign_id)
    )
    return staff and measure.state != Measure.State.DRAFT


def is_own(standing: Standing, assignment: Assignment) -> bool:
    return assignment.department_id in standing.departments


def can_acknowledge(standing: Standing, assignment: Assignment) -> bool:
    """簽收、提異議、申請延期：本單位的負責人或經辦人。"""
    return is_own(standing, assignment)


can_object = can_ask_extension = can_acknowledge


def can_fill_in(standing: Standing, submission: Submission) -> bool:
    """填報：本單位的經辦人；負責人也可以代填。"""
    return is_own(standing, submission.assignment)


def can_endorse(standing: Standing, round_: Round) -> bool:
    """初審：本單位負責人，且不是本人報出的。

    報出的人就是唯一負責人時（round_.by_colleague），由本單位另一位同事復核。單位只有
    一個人時報出即視為初審，不會走到這裏。
    """
    if round_.submitted_by_id == standing.user_id:
        return False
    department_id = round_.submission.assignment.department_id
    if department_id in standing.headed:
        return True
    return round_.by_colleague and department_id in standing.clerked


def can_review(standing: Standing, round_: Round) -> bool:
    """審核：本活動辦公室，且不是本人報出或初審的。"""
    return standing.is_office(_campaign_id(round_.submission)) and standing.user_id not in (
        round_.submitted_by_id,
        round_.endorsed_by_id,
    )


def can_decide_request(standing: Standing, campaign: Campaign) -> bool:
    """裁定異議和延期：本活動辦公室。"""
    return can_break_down(standing, campaign)


def can_see_chase_board(standing: Standing, campaign: Campaign) -> bool:
    """看催報台：本活動辦公室（活動結束後只看）；催辦另看 can_break_down。"""
    return standing.is_office(campaign)


def can_see_chases(standing: Standing, submission: Submission) -> bool:
    """看一份報送的催辦和答覆：本單位的人，和過問它的上級。"""
    department_id = submission.assignment.department_id
    return department_id in standing.departments or standing.oversees(
        _campaign_id(submission), department_id
    )


def can_answer_chase(standing: Standing, submission: Submission) -> bool:
    """答覆催辦：只有被催單位的人。"""
    return is_own(standing, submission.assignment)


def can_read_round(standing: Standing, round_: Round) -> bool:
    """看一輪的內容和佐證：本單位隨時；辦公室和分管領導在初審之後；旁人只在審核通過之後。

    管理員不因管理員身份看得到未通過的內容。
    """
    if _reads_before_acceptance(standing, round_):
        return True
    accepted = round_.decision == Round.Decision.ACCEPTED
    return accepted and can_see_measure(standing, round_.submission.assignment.measure)


def can_read_evidence(standing: Standing, link: EvidenceLink) -> bool:
    """看一件佐證：旁人只看採用了的；不採用的往往正因為不宜外傳，只有本單位和上級看得到。"""
    if _reads_before_acceptance(standing, link.round):
        return True
    return link.state == EvidenceLink.State.ACCEPTED and can_read_round(standing, link.round)


def can_read_ticks(standing: Standing, round_: Round) -> bool:
    """看審核時逐條看的結果：與經過裏說的一樣，只給本單位和過問它的上級。"""
    return _reads_before_acceptance(standing, round_)


def _reads_before_acceptance(standing: Standing, round_: Round) -> bool:
    submission = round_.submission
    if is_own(standing, submission.assignment):
        return True
    return round_.endorsed_at is not None and standing.oversees(
        _campaign_id(submission), submission.assignment.department_id
    )


def _campaign_id(submission: Submission) -> int:
    return submission.assignment.measure.campaign_id
