"""考核推薦：誰可以做什麼。只回答是或否。"""

from campaigns.models import Campaign, Seat
from campaigns.standing import Standing
from recommendations.models import Attachment, Candidate, Programme, PublicityObjection

State = Programme.State
VOTING_ROLES = (Seat.Role.CHAIR, Seat.Role.DEPUTY, Seat.Role.MEMBER)
"""有表決權的席位：組長、副組長、成員。辦公室的人不因辦公室的席位表決。"""


def is_voter(standing: Standing, campaign: Campaign | int) -> bool:
    key = campaign if isinstance(campaign, int) else campaign.pk
    return bool(standing.seats.get(key, frozenset()) & set(VOTING_ROLES))


def can_manage(standing: Standing, campaign: Campaign) -> bool:
    """擬項目、定條件、往下走一步、報送、記批覆：本活動辦公室，活動進行中。"""
    return standing.is_office(campaign) and campaign.is_open


def can_see_drafts(standing: Standing, campaign: Campaign | int) -> bool:
    """擬訂中的項目、全部對象、異議的內容：辦公室和組長、副組長。"""
    return standing.is_office(campaign) or standing.is_leader(campaign)


def can_see_programme(standing: Standing, programme: Programme) -> bool:
    """與 ProgrammeQuerySet.visible_to 同一規則。"""
    return programme.state != State.DRAFT or can_see_drafts(standing, programme.campaign_id)


def is_own(standing: Standing, candidate: Candidate) -> bool:
    """本單位的，或就是本人。"""
    return (
        candidate.department_id in standing.departments or candidate.person_id == standing.user_id
    )


def can_see_candidate(standing: Standing, candidate: Candidate) -> bool:
    """與 CandidateQuerySet.visible_to 同一規則。programme 要先取好。"""
    programme = candidate.programme
    if can_see_drafts(standing, programme.campaign_id) or is_own(standing, candidate):
        return True
    is_member = Seat.Role.MEMBER in standing.seats.get(programme.campaign_id, frozenset())
    if is_member and programme.state not in (State.DRAFT, State.OPEN):
        return True
    return programme.is_public and candidate.is_on_list


def can_see_whole_candidate(standing: Standing, candidate: Candidate) -> bool:
    """條件、佐證、材料：表決的人、辦公室、本單位和本人。別人只看公示的那些。"""
    campaign = candidate.programme.campaign_id
    return (
        is_own(standing, candidate)
        or is_voter(standing, campaign)
        or can_see_drafts(standing, campaign)
    )


def can_see_votes(standing: Standing, campaign: Campaign | int) -> bool:
    """記名表決只給領導小組和辦公室看。"""
    return is_voter(standing, campaign) or can_see_drafts(standing, campaign)


def is_nominator(standing: Standing, programme: Programme, department_id: int) -> bool:
    """推薦這個單位的：它的負責人，和辦公室；活動要在進行中。到沒到時候另看。"""
    is_able = department_id in standing.headed or standing.is_office(programme.campaign_id)
    return programme.campaign.is_open and is_able


def is_any_nominator(standing: Standing, programme: Programme) -> bool:
    is_able = bool(standing.headed) or standing.is_office(programme.campaign_id)
    return programme.campaign.is_open and is_able


def can_nominate(standing: Standing, programme: Programme, department_id: int) -> bool:
    """推薦：單位負責人推薦本單位和本單位的人；辦公室也可以。活動結束了的不再推薦。"""
    return programme.state == State.OPEN and is_nominator(standing, programme, department_id)


def can_open_nomination(standing: Standing, programme: Programme) -> bool:
    return programme.state == State.OPEN and is_any_nominator(standing, programme)


def can_edit_candidate(standing: Standing, candidate: Candidate) -> bool:
    """改事蹟、加材料、撤回：提交表決以前，本單位負責人和辦公室。"""
    return candidate.state == Candidate.State.NOMINATED and can_nominate(
        standing, candidate.programme, candidate.department_id
    )


def is_examiner(standing: Standing, candidate: Candidate) -> bool:
    """認定條件的：辦公室；本單位的、本人的迴避。到沒到時候另看。"""
    return can_manage(standing, candidate.programme.campaign) and not is_own(standing, candidate)


def can_rule(standing: Standing, candidate: Candidate) -> bool:
    """逐條確認、豁免：提交表決以前。"""
    is_time = candidate.state == Candidate.State.NOMINATED
    return is_time and candidate.programme.state == State.OPEN and is_examiner(standing, candidate)


def can_exclude(standing: Standing, candidate: Candidate) -> bool:
    """提交表決以後、報送以前取消一個：辦公室。"""
    return (
        candidate.state in (Candidate.State.BALLOTED, Candidate.State.PASSED)
        and candidate.programme.state in (State.VOTING, State.PUBLICITY)
        and can_manage(standing, candidate.programme.campaign)
    )


def can_recuse(standing: Standing, candidate: Candidate) -> bool:
    """聲明迴避：有表決權的人，這個對象在表決的時候。項目中止了的不再表決。"""
    programme = candidate.programme
    return (
        candidate.state == Candidate.State.BALLOTED
        and programme.state == State.VOTING
        and programme.campaign.is_open
        and is_voter(standing, programme.campaign_id)
    )


def can_object(standing: Standing, candidate: Candidate) -> bool:
    """公示的對象，公示期內局裏的人都可以反映；辦公室代為登記外面來的，期滿以後也可以補登。"""
    programme = candidate.programme
    is_time = programme.is_in_publicity(standing.on) or standing.is_office(programme.campaign_id)
    return (
        programme.state == State.PUBLICITY
        and programme.campaign.is_open
        and candidate.state == Candidate.State.PASSED
        and is_time
        and can_see_candidate(standing, candidate)
    )


def can_see_objections(standing: Standing, candidate: Candidate) -> bool:
    """異議的內容和反映人：辦公室、組長、副組長；被反映的一方迴避。"""
    return can_see_drafts(standing, candidate.programme.campaign_id) and not is_own(
        standing, candidate
    )


def is_decider(standing: Standing, objection: PublicityObjection) -> bool:
    """認定異議的：辦公室、組長、副組長；登記的人和被反映的一方迴避。"""
    candidate = objection.candidate
    return (
        objection.recorded_by_id != standing.user_id
        and candidate.programme.campaign.is_open
        and can_see_objections(standing, candidate)
    )


def can_decide_objection(standing: Standing, objection: PublicityObjection) -> bool:
    """認定成立不成立：認定過的不再改。"""
    return objection.is_open and is_decider(standing, objection)


def can_answer(standing: Standing, candidate: Candidate) -> bool:
    """記上級的批覆：辦公室，報送以後。"""
    return candidate.state == Candidate.State.SUBMITTED and can_manage(
        standing, candidate.programme.campaign
    )


def can_read_file(standing: Standing, attachment: Attachment) -> bool:
    """核查材料只給看異議的人；別的給看得見全部材料的人。"""
    if attachment.part == Attachment.Part.OBJECTION:
        return can_see_objections(standing, attachment.candidate)
    return can_see_whole_candidate(standing, attachment.candidate)


def can_attach(standing: Standing, candidate: Candidate, part: str) -> bool:
    """事蹟佐證隨事蹟改；核查材料、批覆由辦公室加。"""
    if part == Attachment.Part.DEEDS:
        return can_edit_candidate(standing, candidate)
    if part == Attachment.Part.OBJECTION:
        is_listed = candidate.state == Candidate.State.PASSED
        is_public = (
            candidate.programme.state == State.PUBLICITY and candidate.programme.campaign.is_open
        )
        return is_listed and is_public and can_see_objections(standing, candidate)
    is_sent = candidate.programme.state in (State.SUBMITTED, State.ANSWERED)
    return is_sent and candidate.is_on_list and standing.is_office(candidate.programme.campaign_id)
