"""目標責任書：誰擬、誰看、輪到誰簽。"""

from collections.abc import Collection

from campaigns.models import Campaign
from campaigns.standing import Standing
from evaluations.models import TargetLetter


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
