"""徵詢函：發出、記答覆、撤回。答覆一個單位、一種情形一格。"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.standing import office_members, standing_of
from evaluations import policies
from evaluations.models import AuthorityInquiry, InquiryAnswer, VetoItem
from journal.changes import shown
from journal.services import record, source_script
from people.models import Department, User
from workdays.services import calendar

DEFAULT_DAYS = 10
"""請主管部門在多少個工作日內答覆。"""


@dataclass(frozen=True)
class Reply:
    """一格的答覆。answer 為空的是還沒有答覆。"""

    answer: str
    note: str = ""


@transaction.atomic
def ask_authority(
    *,
    actor: User,
    campaign: Campaign,
    authority: str,
    items: Collection[VetoItem],
    departments: Collection[Department],
    period: tuple[date, date],
    days: int,
    at: datetime,
) -> AuthorityInquiry:
    """發一張徵詢函，時限從今天起數 days 個工作日。Raises PermissionDenied、ValidationError。"""
    permit(actor, campaign, at)
    if not items or not departments:
        raise ValidationError(_("至少選一種情形、一個單位。"))
    today = localdate(at)
    inquiry = AuthorityInquiry(
        campaign=campaign,
        authority=authority,
        period_start=period[0],
        period_end=period[1],
        asked_date=today,
        due_date=calendar().add(today, days),
        asked_by=actor,
    )
    inquiry.full_clean()
    inquiry.save()
    inquiry.items.set(items)
    InquiryAnswer.objects.bulk_create(
        InquiryAnswer(inquiry=inquiry, department=unit, item=item)
        for unit in departments
        for item in items
    )
    said = gettext_lazy("徵詢%(authority)s：%(units)s個單位，%(items)s種情形。")
    _tell(actor, inquiry, "asked", said, at, units=len(departments), items=len(items))
    return inquiry


@transaction.atomic
def record_replies(
    *,
    actor: User,
    inquiry_id: int,
    replies: dict[int, Reply],
    answered_date: date,
    document_number: str,
    at: datetime,
) -> AuthorityInquiry:
    """記主管部門的答覆：replies 的鍵是 InquiryAnswer 的主鍵。「未確認」的不動；改記過的留痕。

    Raises PermissionDenied、ValidationError。
    """
    inquiry = locked_inquiry(inquiry_id)
    permit(actor, inquiry.campaign, at)
    require_running(inquiry)
    if not inquiry.asked_date <= answered_date <= localdate(at):
        raise ValidationError({"answered_date": _("答覆日期應在發函之後、今天之前。")})
    paper = {"answered_date": answered_date, "document_number": document_number}
    changes: dict[str, list[str]] = {}
    for row in inquiry.answers.select_related("department", "item"):
        reply = replies.get(row.pk)
        if reply and reply.answer and (reply.answer, reply.note) != (row.answer, row.note):
            before = shown(row, "answer")
            _answer(row, reply, actor, paper)
            changes[f"{row.department}{row.item}"] = [before, shown(row, "answer")]
    if changes:
        said = gettext_lazy("登記%(authority)s的答覆：%(count)s項。")
        notify = office_members(inquiry.campaign, localdate(at))
        _tell(
            actor, inquiry, "answered", said, at,
            notify=notify, changes=changes, count=len(changes),
        )  # fmt: skip
    return inquiry


def _answer(row: InquiryAnswer, reply: Reply, actor: User, paper: Mapping[str, Any]) -> None:
    if row.event_id and reply.answer != InquiryAnswer.Answer.EVENT:
        raise ValidationError(
            _("%(unit)s已據答覆登記事件，不能改成「無」；不成立的，請領導小組在事件裏決定。")
            % {"unit": row.department}
        )
    row.answer, row.note, row.recorded_by = reply.answer, reply.note, actor
    for name, value in paper.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()


@transaction.atomic
def withdraw_inquiry(
    *, actor: User, inquiry_id: int, reason: str, at: datetime
) -> AuthorityInquiry:
    """撤回發錯的函；已有答覆的不能撤。Raises PermissionDenied、ValidationError。"""
    inquiry = locked_inquiry(inquiry_id)
    permit(actor, inquiry.campaign, at)
    require_running(inquiry)
    if inquiry.answers.exclude(answer="").exists():
        raise ValidationError(_("已經有了答覆，這張函不能撤回。"))
    inquiry.withdrawn_at = at
    inquiry.save(update_fields=["withdrawn_at"])
    said = gettext_lazy("撤回向%(authority)s的徵詢函。")
    _tell(actor, inquiry, "withdrawn", said, at, reason=reason)
    return inquiry


def locked_inquiry(inquiry_id: int) -> AuthorityInquiry:
    """鎖住這張函；各步都先鎖它，同時辦的依次進來。"""
    rows = AuthorityInquiry.objects.select_for_update(of=("self",)).select_related("campaign")
    return rows.get(pk=inquiry_id)


def require_running(inquiry: AuthorityInquiry) -> None:
    """撤回的函不再辦。Raises ValidationError。"""
    if inquiry.withdrawn_at:
        raise ValidationError(_("這張徵詢函已撤回。"))


def permit(actor: User, campaign: Campaign, at: datetime) -> None:
    """徵詢函只由辦公室辦。Raises PermissionDenied。"""
    standing = standing_of(actor, localdate(at))
    if not policies.can_maintain_negative_list(standing, campaign):
        raise PermissionDenied(_("徵詢函由本活動辦公室在活動結束前辦理。"))


@source_script()
def _tell(
    actor: User,
    inquiry: AuthorityInquiry,
    action: str,
    said: Promise,
    at: datetime,
    *,
    reason: str = "",
    notify: Collection[User] = (),
    changes: dict[str, list[str]] | None = None,
    **words: object,
) -> None:
    record(
        actor=actor,
        action=f"evaluations.inquiry_{action}",
        target=inquiry,
        at=at,
        summary=str(said) % {"authority": inquiry.authority, **words},
        reason=reason,
        changes=changes,
        notify=notify,
    )
