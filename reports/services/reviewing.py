"""送審、審核通過、退回修改：草稿 → 待審核 → 待簽發。每一步留痕，告知該辦下一步的人。"""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Seat
from campaigns.standing import office_members, standing_of
from journal.services import Message, record, source_script
from people.models import User
from reports import policies
from reports.models import Paragraph, Report
from reports.services.holding import refuse_any_held
from reports.services.opening import locked, open_draft, refuse_closed


class Changed(Exception):
    """頁面打開之後又有人改過；參數是給人看的一句話。"""


def reviewers_of(campaign: Campaign, day: date) -> list[User]:
    """當日能審核的人：辦公室主任、組長、副組長。"""
    return _seated(campaign, day, Seat.Role.OFFICE_DIRECTOR, *Seat.LEADER_ROLES)


def leaders_in(campaign: Campaign, day: date) -> list[User]:
    """當日能簽發的人：組長、副組長。"""
    return _seated(campaign, day, *Seat.LEADER_ROLES)


def _seated(campaign: Campaign, day: date, *roles: str) -> list[User]:
    seats = Seat.objects.on(day).filter(campaign=campaign, role__in=roles, user__is_active=True)
    return list({seat.user_id: seat.user for seat in seats.select_related("user")}.values())


def refuse_changed(report: Report, version: int) -> None:
    """頁上看到的改動次數與現在的不同：請人再看一遍，不替他認可沒看過的字。"""
    if report.version != version:
        raise Changed(_("您打開之後，這份彙報又有改動，請再看一遍。"))


@transaction.atomic
def submit_for_review(*, actor: User, report_id: int, version: int, at: datetime) -> Report:
    """送審：告知辦公室主任和領導。送審後仍是草稿，照意見接着改，審核通過才鎖定。

    Raises PermissionDenied、AlreadyIssued、Changed、ValidationError（送過了，沒有內容，沒有人審）。
    """
    report = open_draft(actor, report_id, at)
    refuse_changed(report, version)
    if report.is_submitted:
        raise ValidationError(_("這份彙報已經送審，等着審核。"))
    if not Paragraph.objects.filter(section__report=report, is_left_out=False).exists():
        raise ValidationError(_("這份彙報沒有任何內容，請先採用或添加段落。"))
    day = localtime(at).date()
    reviewers = [user for user in reviewers_of(report.campaign, day) if user != actor]
    if not reviewers:
        raise ValidationError(
            _("除您以外沒有能審核的人：請先在領導小組裏設好組長、副組長或辦公室主任。")
        )
    report.submitted_at, report.submitted_by = at, actor
    report.save(update_fields=["submitted_at", "submitted_by"])
    report.sections.filter(held_by=actor).update(held_by=None, held_until=None)
    with source_script():
        words = {"title": report.title}
        record(
            actor=actor,
            action="reports.submitted",
            target=report,
            at=at,
            summary=_("送審「%(title)s」。") % words,
            notify=reviewers,
            message=Message(
                title=_("請審核：%(title)s") % words,
                body=_("可以逐段提意見、改字，看好了按「審核通過」，或退回修改。"),
                url=report.get_absolute_url(),
            ),
        )
    return report


@transaction.atomic
def pass_review(*, actor: User, report_id: int, version: int, at: datetime) -> Report:
    """審核通過：文字鎖定，等領導簽發。自己送審的由別人審。

    Raises PermissionDenied、AlreadyIssued、Changed、Held（有人正在改）。
    """
    report = locked(report_id)
    refuse_closed(report)
    if not policies.can_review(standing_of(actor, localtime(at).date()), report):
        raise PermissionDenied(_("由辦公室主任、組長或副組長審核；送審的人自己不能審。"))
    refuse_changed(report, version)
    refuse_any_held(report, actor, at)
    report.state = Report.State.REVIEWED
    report.reviewed_at, report.reviewed_by = at, actor
    report.save(update_fields=["state", "reviewed_at", "reviewed_by"])
    report.sections.filter(held_by__isnull=False).update(held_by=None, held_until=None)
    day = localtime(at).date()
    with source_script():
        words = {"title": report.title}
        record(
            actor=actor,
            action="reports.reviewed",
            target=report,
            at=at,
            summary=_("審核通過「%(title)s」，文字已鎖定。") % words,
            notify=[*leaders_in(report.campaign, day), *office_members(report.campaign, day)],
            message=Message(
                title=_("待簽發：%(title)s") % words,
                body=_("已審核通過，文字已鎖定，等領導簽發；紙上簽發的由辦公室登記。"),
                url=report.get_absolute_url(),
            ),
        )
    return report


@transaction.atomic
def send_back(*, actor: User, report_id: int, reason: str, at: datetime) -> Report:
    """退回修改：回到草稿，改好再送審；理由送到辦公室每個人。

    Raises PermissionDenied、AlreadyIssued、ValidationError（沒寫理由）。
    """
    report = locked(report_id)
    if not report.is_reviewed:
        refuse_closed(report)
    if not policies.can_send_back(standing_of(actor, localtime(at).date()), report):
        raise PermissionDenied(_("送審的、審核過的彙報，由審核的人或送審的人退回修改。"))
    if not reason.strip():
        raise ValidationError(_("寫明為什麼退回、改什麼，辦公室才好改。"))
    submitter = report.submitted_by
    report.state = Report.State.DRAFT
    report.submitted_at = report.submitted_by = report.reviewed_at = report.reviewed_by = None
    report.save(
        update_fields=["state", "submitted_at", "submitted_by", "reviewed_at", "reviewed_by"]
    )
    with source_script():
        words = {"title": report.title}
        record(
            actor=actor,
            action="reports.sent_back",
            target=report,
            at=at,
            summary=_("退回修改「%(title)s」。") % words,
            reason=reason.strip(),
            notify=[submitter, *office_members(report.campaign, localtime(at).date())],
            message=Message(
                title=_("退回修改：%(title)s") % words,
                body=reason.strip(),
                url=report.get_absolute_url(),
            ),
        )
    return report
