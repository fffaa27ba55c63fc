"""目標責任書：辦公室擬訂、送簽、補充、作廢。簽訂在 letter_signing。"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.standing import standing_of
from evaluations import policies
from evaluations.letter_content import changes_since, compose, content_of
from evaluations.models import LetterText, TargetLetter
from journal.services import Message, record, source_script
from people.models import Department, User
from people.services import heads_of
from reports.numbering import lock_book, next_number
from reports.paper import fingerprint
from tasks.models import WrongState

State = TargetLetter.State
#: 發號簿上的代字；號按責任書的年度排。
BOOK = "目標責任書"


def locked_letter(letter_id: int) -> TargetLetter:
    """鎖住一份責任書再取：等鎖的時候別人辦過的，取出來的已是辦過的樣子。"""
    TargetLetter.objects.select_for_update().only("pk").get(pk=letter_id)
    return TargetLetter.objects.select_related(
        "campaign", "department", "parent__text", "text"
    ).get(pk=letter_id)


def day_of(at: datetime) -> date:
    return timezone.localdate(at)


def require_state(letter: TargetLetter, *states: str) -> None:
    """不在這一步、活動已結束的不辦。Raises WrongState。"""
    if not letter.campaign.is_open:
        raise WrongState(_("這個活動不在進行中，責任書不再辦理；內容照舊可看。"))
    if letter.state not in states:
        words = {"state": letter.get_state_display()}
        raise WrongState(_("這份責任書%(state)s，現在不能辦這一步，請看過最新的情況再說。") % words)


def _permit(actor: User, campaign: Campaign, at: datetime) -> None:
    if not policies.can_manage_letters(standing_of(actor, day_of(at)), campaign):
        raise PermissionDenied(_("目標責任書由本活動辦公室擬訂和送簽。"))


@source_script()
def tell(
    *,
    actor: User,
    letter: TargetLetter,
    action: str,
    at: datetime,
    summary: str | Promise,
    reason: str = "",
    notify: Iterable[User] = (),
) -> None:
    """留一筆痕，並告訴 notify；話裏的 %(letter)s、%(unit)s 在這裏填上。"""
    said = str(summary) % {"letter": letter, "unit": letter.department.name}
    record(
        actor=actor,
        action=f"evaluations.letter_{action}",
        target=letter,
        at=at,
        summary=said,
        reason=reason,
        notify=notify,
        message=Message(title=said, body=reason, url=letter.get_absolute_url()),
    )


@transaction.atomic
def draft_letters(
    *, actor: User, campaign: Campaign, year: int, at: datetime
) -> list[TargetLetter]:
    """給這一年有任務、還沒有責任書的各單位各擬一份；返回新擬的。再按一次不重複。"""
    _permit(actor, campaign, at)
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if not campaign.is_open:
        raise WrongState(_("這個活動不在進行中，不能擬訂責任書。"))
    existing = TargetLetter.objects.standing_papers().filter(
        campaign=campaign, year=year, parent__isnull=True
    )
    wanted = compose(campaign, year).keys() - set(existing.values_list("department_id", flat=True))
    found = []
    for department in Department.objects.filter(pk__in=wanted):
        letter = TargetLetter.objects.create(
            campaign=campaign,
            department=department,
            year=year,
            moved_at=at,
            created_by=actor,
            created_at=at,
        )
        tell(
            actor=actor,
            letter=letter,
            action="drafted",
            at=at,
            summary=gettext_lazy("擬訂%(unit)s的目標責任書。"),
        )
        found.append(letter)
    return found


@transaction.atomic
def write_terms(*, actor: User, letter_id: int, terms: str, at: datetime) -> TargetLetter:
    """改擬訂中的補充條款。Raises PermissionDenied、WrongState。"""
    letter = locked_letter(letter_id)
    _permit(actor, letter.campaign, at)
    require_state(letter, State.DRAFT)
    if letter.terms == terms.strip():
        return letter
    letter.terms = terms.strip()
    letter.save(update_fields=["terms"])
    tell(
        actor=actor,
        letter=letter,
        action="terms_written",
        at=at,
        summary=gettext_lazy("改了%(letter)s的補充條款。"),
        reason=letter.terms,
    )
    return letter


@transaction.atomic
def send_letter(*, actor: User, letter_id: int, at: datetime) -> TargetLetter:
    """送簽：給號，凍結此刻的內容和哈希，告訴單位負責人。

    Raises PermissionDenied、WrongState；ValidationError：沒有內容，或單位沒有負責人可簽。
    """
    # 先鎖簿子再鎖責任書：逐份送簽和全部送簽同時辦，次序一樣才不會互相等死。
    lock_book(BOOK, TargetLetter.objects.values_list("year", flat=True).get(pk=letter_id))
    letter = locked_letter(letter_id)
    _permit(actor, letter.campaign, at)
    require_state(letter, State.DRAFT)
    heads = heads_of(letter.department_id, day_of(at))
    if not heads:
        words = {"unit": letter.department}
        raise ValidationError(_("%(unit)s現在沒有負責人在任，請先在組織架構裏任命。") % words)
    letter.number = letter.number or next_number(BOOK, letter.year)
    content = content_of(letter)
    _require_something(letter, content)
    edition = letter.text.edition + 1 if letter.text else 1
    letter.text = LetterText.objects.create(
        letter=letter,
        edition=edition,
        content=content,
        sha256=fingerprint(content),
        sent_at=at,
        sent_by=actor,
    )
    letter.move(State.ISSUED, at)
    letter.save(update_fields=["number", "text", "state", "moved_at"])
    tell(
        actor=actor,
        letter=letter,
        action="sent",
        at=at,
        summary=gettext_lazy("%(letter)s送%(unit)s簽訂。"),
        notify=heads,
    )
    return letter


def _require_something(letter: TargetLetter, content: dict[str, Any]) -> None:
    words = {"unit": letter.department}
    if letter.parent is None and not content["facts"]["duties"]:
        raise ValidationError(
            _("%(unit)s這一年沒有下達的任務，責任書沒有內容；請先下達任務，或把這一份作廢。")
            % words
        )
    if letter.parent is not None and not (content["changes"] or letter.terms):
        raise ValidationError(
            _("%(unit)s的任務和分值與已簽訂的一致，沒有要補充的；請寫補充條款，或把這一份作廢。")
            % words
        )


@transaction.atomic
def send_all(
    *, actor: User, campaign: Campaign, year: int, at: datetime
) -> tuple[list[TargetLetter], list[str]]:
    """把還沒送過簽的全部送簽；返回（送了的，沒送成的各是為什麼）。退回待修改的不在內。"""
    _permit(actor, campaign, at)
    # 鎖住簿子和名單再辦：別人剛送出、剛作廢的不在名單裏，不會半途卡住全部。
    lock_book(BOOK, year)
    drafts = TargetLetter.objects.select_for_update(of=("self",)).filter(
        campaign=campaign, year=year, state=State.DRAFT, number__isnull=True
    )
    sent, refused = [], []
    for draft in list(drafts.order_by("department__position", "pk")):
        try:
            sent.append(send_letter(actor=actor, letter_id=draft.pk, at=at))
        except ValidationError as refusal:
            refused += refusal.messages
    return sent, refused


@transaction.atomic
def draft_supplement(*, actor: User, letter_id: int, at: datetime) -> TargetLetter:
    """任務或分值變了：起草補充書。在辦的一份還沒辦完時，返回那一份。

    Raises PermissionDenied、WrongState；ValidationError：沒有變化。
    """
    parent = locked_letter(letter_id)
    _permit(actor, parent.campaign, at)
    require_state(parent, State.IN_FORCE)
    if parent.parent_id:
        raise WrongState(_("補充書不再補充：請從原來的責任書上起草。"))
    if existing := parent.supplements.filter(state__in=TargetLetter.OPEN).first():
        return existing
    if not changes_since(parent):
        raise ValidationError(_("任務和分值與已簽訂的一致，不用補充。"))
    letter = TargetLetter.objects.create(
        campaign=parent.campaign,
        department=parent.department,
        year=parent.year,
        parent=parent,
        moved_at=at,
        created_by=actor,
        created_at=at,
    )
    tell(
        actor=actor,
        letter=letter,
        action="supplement_drafted",
        at=at,
        summary=gettext_lazy("起草%(unit)s目標責任書的補充書。"),
    )
    return letter


@transaction.atomic
def void_draft(*, actor: User, letter_id: int, reason: str, at: datetime) -> TargetLetter:
    """作廢擬訂中的一份：給過的號留着，不再用。Raises PermissionDenied、WrongState、ValidationError。"""
    letter = locked_letter(letter_id)
    _permit(actor, letter.campaign, at)
    require_state(letter, State.DRAFT)
    require_reason(reason)
    letter.move(State.VOID, at)
    letter.save(update_fields=["state", "moved_at"])
    told = heads_of(letter.department_id, day_of(at)) if letter.number else []
    tell(
        actor=actor,
        letter=letter,
        action="voided",
        at=at,
        summary=gettext_lazy("作廢%(letter)s，不再簽訂。"),
        reason=reason.strip(),
        notify=told,
    )
    return letter


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError(_("寫明理由，對方要據此修改。"))
