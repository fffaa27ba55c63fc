"""目標責任書的簽訂：單位負責人先簽，組長後簽；不同意的帶理由退回；接任的負責人知悉；核對哈希。"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Seat
from campaigns.standing import chairs_of, office_members, standing_of
from evaluations import policies
from evaluations.models import LetterSignature, LetterText, TargetLetter
from evaluations.services.letters import (
    State,
    day_of,
    locked_letter,
    require_reason,
    require_state,
    tell,
)
from journal.services import source_script
from people.models import Appointment, User
from people.services import heads_of
from tasks.models import WrongState

Role = LetterSignature.Role


@transaction.atomic
def sign_letter(*, actor: User, letter_id: int, seen: str, at: datetime) -> TargetLetter:
    """簽訂：記下誰、當時的姓名職務、時間和文本的哈希。雙方簽完即生效。

    seen 是簽的人眼前那份文本的哈希：之後又換過稿，或文本與送簽時不符，都不簽。
    連點兩下，第二下原樣返回。Raises PermissionDenied、WrongState。
    """
    letter = locked_letter(letter_id)
    if letter.text and letter.text.signatures.filter(user=actor, sha256=seen).exists():
        return letter
    require_state(letter, State.ISSUED, State.HEAD_SIGNED)
    _require_turn(actor, letter, at)
    _require_same_text(letter, seen)
    is_head = letter.state == State.ISSUED
    role = Role.HEAD if is_head else Role.CHAIR
    _write(letter, actor, role, at)
    letter.move(State.HEAD_SIGNED if is_head else State.IN_FORCE, at)
    letter.save(update_fields=["state", "moved_at"])
    day = day_of(at)
    if is_head:
        summary = gettext_lazy("%(unit)s簽訂%(letter)s，等組長簽訂。")
        told = chairs_of(letter.campaign, day)
    else:
        summary = gettext_lazy("組長簽訂%(letter)s，即日生效。")
        told = [*heads_of(letter.department_id, day), *office_members(letter.campaign, day)]
    tell(actor=actor, letter=letter, action="signed", at=at, summary=summary, notify=told)
    return letter


def signers_of(letter: TargetLetter) -> set[int]:
    """最近這份文本上簽過的人。"""
    return {row.user_id for row in letter.text.signatures.all()} if letter.text else set()


def _require_turn(actor: User, letter: TargetLetter, at: datetime) -> None:
    signers = signers_of(letter)
    if policies.can_sign_letter(standing_of(actor, day_of(at)), letter, signers):
        return
    if actor.pk in signers:
        raise PermissionDenied(_("您已代表一方簽過，同一個人不能代表雙方簽訂。"))
    raise PermissionDenied(
        _("現在輪到%(unit)s的負責人簽訂。") % {"unit": letter.department}
        if letter.state == State.ISSUED
        else _("現在輪到本活動的組長簽訂，別人不代簽。")
    )


def _require_same_text(letter: TargetLetter, seen: str) -> None:
    if not letter.text.is_intact:
        raise WrongState(_("這份文本與送簽時的校驗值不符，不能簽訂，請告訴創建辦和管理員。"))
    if letter.text.sha256 != seen:
        raise WrongState(_("您打開之後責任書換過一稿，請看過最新的再簽。"))


def _write(letter: TargetLetter, actor: User, role: str, at: datetime) -> None:
    with source_script():
        post = _post_of(letter, actor, role, at)
    LetterSignature.objects.create(
        text=letter.text,
        role=role,
        user=actor,
        name=actor.name,
        post=post,
        sha256=letter.text.sha256,
        at=at,
    )


def _post_of(letter: TargetLetter, actor: User, role: str, at: datetime) -> str:
    """憑什麼職務簽的：組長的席位，或在單位的任職。"""
    day = day_of(at)
    if role == Role.CHAIR:
        seats = Seat.objects.on(day).filter(campaign=letter.campaign, role=Seat.Role.CHAIR)
        return seats.filter(user=actor).values_list("post", flat=True).first() or ""
    posts = Appointment.objects.on(day).filter(
        user=actor, department=letter.department_id, role=Appointment.Role.HEAD
    )
    return posts.select_related("department").order_by("position", "pk")[0].title


@transaction.atomic
def return_letter(*, actor: User, letter_id: int, reason: str, at: datetime) -> TargetLetter:
    """不同意，退回辦公室修改；或單位簽訂之前辦公室自己撤回。號留着，修改後再送簽。

    Raises PermissionDenied、WrongState、ValidationError（沒寫理由）。
    """
    letter = locked_letter(letter_id)
    require_state(letter, State.ISSUED, State.HEAD_SIGNED)
    if not policies.can_return_letter(standing_of(actor, day_of(at)), letter, signers_of(letter)):
        raise PermissionDenied(_("由輪到簽訂的一方退回；單位簽訂之前，辦公室也可以撤回。"))
    require_reason(reason)
    text = letter.text
    text.returned_at, text.returned_by, text.reason = at, actor, reason.strip()
    text.save(update_fields=["returned_at", "returned_by", "reason"])
    letter.move(State.DRAFT, at)
    letter.save(update_fields=["state", "moved_at"])
    day = day_of(at)
    tell(
        actor=actor,
        letter=letter,
        action="returned",
        at=at,
        summary=gettext_lazy("退回%(letter)s，請創建辦修改後再送簽。"),
        reason=text.reason,
        notify=[*office_members(letter.campaign, day), *heads_of(letter.department_id, day)],
    )
    return letter


@transaction.atomic
def note_succession(*, actor: User, letter_id: int, at: datetime) -> TargetLetter:
    """接任的負責人寫明知悉；不知悉責任書也照樣由他承接。Raises PermissionDenied、WrongState。"""
    letter = locked_letter(letter_id)
    require_state(letter, State.IN_FORCE)
    signatures = letter.text.signatures.all()
    if any(row.user_id == actor.pk and row.role == Role.SUCCESSOR for row in signatures):
        return letter
    if not policies.can_note_succession(standing_of(actor, day_of(at)), letter, signers_of(letter)):
        raise PermissionDenied(_("由接任的單位負責人知悉；本人簽訂的不用再知悉。"))
    _write(letter, actor, Role.SUCCESSOR, at)
    tell(
        actor=actor,
        letter=letter,
        action="succession_noted",
        at=at,
        summary=gettext_lazy("%(unit)s現任負責人知悉並承接%(letter)s。"),
        notify=office_members(letter.campaign, day_of(at)),
    )
    return letter


# ── 核對 ──────────────────────────────────────────────


@dataclass(frozen=True)
class LetterFault:
    """一處對不上：哪一份、什麼對不上。"""

    letter: TargetLetter
    sentence: str


def verify_letters() -> Iterator[LetterFault]:
    """全部送過簽的責任書：內容還是送簽時的，簽的就是這份內容，生效的雙方都簽了。"""
    texts = LetterText.objects.select_related("letter__department", "letter__campaign")
    rows = texts.prefetch_related("signatures").order_by("letter", "edition")
    for text in rows.iterator(chunk_size=200):
        letter, signatures = text.letter, list(text.signatures.all())
        words = {"letter": letter, "edition": text.edition}
        if not text.is_intact:
            yield LetterFault(
                letter, _("%(letter)s第 %(edition)d 稿的內容與送簽時的哈希不符。") % words
            )
        for row in signatures:
            if row.sha256 != text.sha256:
                named = words | {"who": row.signed_as}
                yield LetterFault(
                    letter, _("%(letter)s上%(who)s所簽的不是第 %(edition)d 稿現在的文本。") % named
                )
        is_current = letter.is_in_force and letter.text_id == text.pk
        if is_current and not {row.role for row in signatures} >= set(LetterSignature.PARTIES):
            yield LetterFault(letter, _("%(letter)s標着已簽訂，卻缺一方的簽訂。") % words)
