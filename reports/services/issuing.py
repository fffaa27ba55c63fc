"""簽發：凍結文字、數據和來源；印發之後的更正是新的一份，寫明取代哪一份。"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Seat
from campaigns.standing import standing_of
from journal.services import Message, record, source_script
from people.models import Appointment, User
from people.services import holders
from pingtan_civ.lib.dates import long_date
from reports import policies
from reports.drafts import read_draft, with_names
from reports.models import Figure, Paragraph, ParagraphSource, Report, Section
from reports.numbering import full_number, issue_book, next_number
from reports.paper import Paper, fingerprint
from reports.prose import ended
from reports.services.opening import locked, refuse_closed
from reports.services.reviewing import refuse_changed
from tasks.models import Assignment, Round


@transaction.atomic
def issue(
    *,
    actor: User,
    report_id: int,
    version: int,
    at: datetime,
    signed_name: str = "",
    signed_on: date | None = None,
) -> Report:
    """簽發審核通過的一份：給期號，凍結全文並記下哈希，告知領導小組和各單位。

    組長、副組長在平台上簽發；領導在紙上簽了的，辦公室登記 signed_name 和 signed_on 後印發。
    成文日期是簽發的那一天。version 是確認頁上看到的改動次數，之後又有變動就請人再看一遍。
    Raises PermissionDenied、AlreadyIssued、Changed、ValidationError（沒審核、日期不合、沒有內容）。
    """
    campaign_id = Report.objects.values_list("campaign_id", flat=True).get(pk=report_id)
    # 先鎖活動再鎖彙報：同一活動的期號一個一個發，不重不漏。
    Campaign.objects.select_for_update().get(pk=campaign_id)
    report = locked(report_id)
    if not report.is_reviewed:
        refuse_closed(report)
    day = _check_signature(report, actor, at, signed_name, signed_on)
    refuse_changed(report, version)
    _check_sources(report)
    _take_numbers(report, day.year)
    report.state, report.issued_at, report.issued_by = Report.State.ISSUED, at, actor
    report.signed_name, report.signed_on = signed_name.strip(), signed_on
    signer = report.signed_name or str(actor)
    printed = with_names(replace(read_draft(report), day=day.isoformat(), signer=signer))
    if not printed.sections:
        raise ValidationError(_("這份彙報沒有任何內容，請先採用或添加段落。"))
    report.snapshot = printed.as_json()
    report.sha256 = fingerprint(report.snapshot)
    report.save()
    _record_issued(actor, report, at)
    return report


def _check_signature(
    report: Report, actor: User, at: datetime, signed_name: str, signed_on: date | None
) -> date:
    """誰簽的、哪一天簽的；返回成文日期。"""
    today = localtime(at).date()
    standing = standing_of(actor, today)
    seated = standing.is_leader(report.campaign_id) or standing.is_office(report.campaign_id)
    if not seated:
        raise PermissionDenied(_("由組長、副組長簽發；紙上簽發的由辦公室登記。"))
    if not report.is_reviewed:
        raise ValidationError(_("這份彙報還沒有審核通過，請先送審。"))
    if not signed_name.strip() and signed_on is None:
        if not policies.can_sign(standing, report):
            raise PermissionDenied(_("由組長、副組長簽發；紙上簽發的，請登記簽發人和日期。"))
        return today
    if not policies.can_register_signature(standing, report):
        raise PermissionDenied(_("紙上簽發由本活動辦公室登記。"))
    if not signed_name.strip():
        raise ValidationError({"signed_name": _("寫明是哪位領導簽發的。")})
    if signed_on is None:
        raise ValidationError({"signed_on": _("寫明是哪一天簽發的。")})
    if signed_on > today:
        raise ValidationError({"signed_on": _("簽發日期還沒有到，請核對。")})
    leaders = leaders_on(report.campaign_id, signed_on)
    if leaders and signed_name.strip() not in leaders:
        raise ValidationError(
            {
                "signed_name": _("%(day)s的組長、副組長是%(names)s。請寫其中簽字的一位的姓名。")
                % {"day": long_date(signed_on), "names": "、".join(leaders)}
            }
        )
    drafted = localtime(report.created_at).date()
    if signed_on < drafted:
        raise ValidationError(
            {
                "signed_on": _("這份彙報 %(day)s才開始編，簽發不會更早，請核對。")
                % {"day": long_date(drafted)}
            }
        )
    return signed_on


def leaders_on(campaign_id: int, day: date) -> list[str]:
    """那天在任的組長、副組長的姓名，組長在前；彙報由他們簽發。席位空缺的不列。"""
    seats = Seat.objects.on(day).filter(
        campaign=campaign_id, role__in=Seat.LEADER_ROLES, user__isnull=False
    )
    ranked = sorted(
        seats.select_related("user"), key=lambda seat: (seat.role != Seat.Role.CHAIR, seat.pk)
    )
    return list(dict.fromkeys(str(seat.user) for seat in ranked))


def _check_sources(report: Report) -> None:
    """彙集之後被撤回通過的，不能就這樣印出去。"""
    lost = ParagraphSource.objects.filter(
        paragraph__section__report=report,
        paragraph__is_left_out=False,
        paragraph__is_withdrawn=False,
        round__isnull=False,
    ).exclude(round__decision=Round.Decision.ACCEPTED)
    if lost.exists():
        raise ValidationError(_("有的段落所據的報送已被撤回通過，請退回修改，重新彙集後再送審。"))


def _take_numbers(report: Report, year: int) -> None:
    """期號一年一套；提綱定了發文代字的，另從那本發號簿取發文字號。"""
    report.year = year
    report.number = next_number(issue_book(report.campaign_id, report.kind), year)
    mark = report.outline.mark if report.outline else ""
    if mark:
        report.document_number = full_number(mark, year, next_number(mark, year))


@source_script()
def _record_issued(actor: User, report: Report, at: datetime) -> None:
    words = {"title": report.title, "number": report.number, "who": report.signed_name}
    summary = _("簽發第 %(number)s 期「%(title)s」，全文和數據已凍結。") % words
    if report.signed_on:
        words["day"] = long_date(report.signed_on)
        summary = _(
            "登記 %(who)s %(day)s紙上簽發，印發第 %(number)s 期「%(title)s」，全文和數據已凍結。"
        )
        summary %= words
    record(
        actor=actor,
        action="reports.issued",
        target=report,
        at=at,
        summary=summary,
        notify=_readers(report.campaign, localtime(at).date()),
        message=Message(
            title=_("已印發：%(title)s") % words,
            body=report.correction_note,
            url=report.get_absolute_url(),
        ),
    )


def _readers(campaign: Campaign, day: date) -> list[User]:
    """印發後告訴誰：領導小組當日在任的人，和有任務的各單位負責人。"""
    seats = Seat.objects.on(day).filter(campaign=campaign, user__isnull=False)
    units = Assignment.objects.filter(measure__campaign=campaign).values_list(
        "department_id", flat=True
    )
    heads = holders(set(units), day, role=Appointment.Role.HEAD).values()
    seated = [seat.user for seat in seats.select_related("user")]
    return [*seated, *(head for group in heads for head in group)]


def is_intact(report: Report) -> bool:
    """快照與哈希相符，且每個計數都等於它的清單。"""
    if not report.is_issued or fingerprint(report.snapshot) != report.sha256:
        return False
    return all(figure.adds_up for figure in Paper.from_json(report.snapshot).figures())


@transaction.atomic
def correct(*, actor: User, report_id: int, note: str, at: datetime) -> Report:
    """對已印發的一份出更正版：照印發時的全文另起一份草稿，原件一字不動。

    Raises PermissionDenied、ValidationError（沒寫更正什麼，或已有更正版）。
    """
    original = (
        Report.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=report_id)
    )
    if not policies.can_correct(standing_of(actor, localtime(at).date()), original):
        raise PermissionDenied(_("只有本活動辦公室能對已印發的彙報出更正版。"))
    if not note.strip():
        raise ValidationError(_("寫明更正什麼，印出來的更正版上要有這句話。"))
    if original.corrections.exclude(state=Report.State.DISCARDED).exists():
        raise ValidationError(_("這份彙報已有更正版，請在更正版上改。"))
    report = _copy(original, actor, note.strip(), at)
    _copy_paragraphs(original, report)
    with source_script():
        record(
            actor=actor,
            action="reports.corrected",
            target=report,
            at=at,
            summary=_("為第 %(number)s 期起草更正版。") % {"number": original.number},
            reason=note,
        )
    return report


def _copy(original: Report, actor: User, note: str, at: datetime) -> Report:
    kept = (
        *("campaign", "kind", "outline", "chapters", "title", "salutation", "signature", "script"),
        *("head_text", "copied_to", "has_seal_place", "prints_marks", "annexes", "cutoff_at"),
    )
    return Report.objects.create(
        **{name: getattr(original, name) for name in kept},
        period_start=original.period_start,
        period_end=original.period_end,
        edition=original.edition + 1,
        supersedes=original,
        correction_note=correction_words(original, note),
        created_at=at,
        created_by=actor,
        saved_at=at,
    )


def correction_words(original: Report, note: str) -> str:
    """印在更正版開頭的一句話；是文件的內容，不隨界面的繁簡變。"""
    day = long_date(localtime(original.issued_at).date())
    return f"本件更正並取代{day}印發的第{original.number}期。{ended(note)}"


def _copy_paragraphs(original: Report, report: Report) -> None:
    """章節、段落、來源、數據逐行照抄；之後各改各的。"""
    sections = _copied(Section, original.sections.order_by("position", "pk"), report=report)
    paragraphs = _copied(
        Paragraph, Paragraph.objects.filter(section__in=sections), section=sections
    )
    for model in (ParagraphSource, Figure):
        _copied(model, model.objects.filter(paragraph__in=paragraphs), paragraph=paragraphs)


def _copied(
    model: type[Model], rows: Iterable[Any], **parents: Report | dict[int, Any]
) -> dict[int, Any]:
    """照抄這些行，換上新的上級；返回 {原來的主鍵: 新行}。"""
    copies = {}
    for row in rows:
        old, row.pk = row.pk, None
        for name, parent in parents.items():
            mapped = parent[getattr(row, f"{name}_id")] if isinstance(parent, dict) else parent
            setattr(row, name, mapped)
        copies[old] = row
    model._default_manager.bulk_create(copies.values())
    return copies
