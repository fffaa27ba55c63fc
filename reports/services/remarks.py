"""審閱：意見、答覆、辦結；領導改字作為建議，辦公室採納或不採納。"""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.standing import office_members, standing_of
from journal.services import Message, record, source_script
from people.models import User
from reports import policies
from reports.models import Comment, Paragraph, Report, Suggestion
from reports.prose import tidy
from reports.services.editing import Conflict, check_text, write
from reports.services.keeping import Cause
from reports.services.opening import locked, open_paragraph, refuse_closed

QUOTE = Comment._meta.get_field("quote").max_length or 200


class Moved(ValidationError):
    """提建議之後這一段又改過：三份文字都擺出來，由人定。"""

    def __init__(self) -> None:
        super().__init__(
            _("提建議之後這一段又改過，沒有直接蓋掉。請對照三份文字，定下要用的再採納。")
        )


def _open_for_remarks(actor: User, report_id: int, at: datetime) -> Report:
    report = locked(report_id)
    refuse_closed(report)
    if not policies.can_comment(standing_of(actor, localtime(at).date()), report):
        raise PermissionDenied(_("由領導和辦公室在草稿上提意見。"))
    return report


@transaction.atomic
def add_comment(
    *,
    actor: User,
    report_id: int,
    body: str,
    at: datetime,
    paragraph_id: int | None = None,
    quote: str | None = None,
) -> Comment:
    """提一條意見，對一段或對全文。quote 是針對的文字，不寫取這一段的開頭；段落再改，引文不變。

    Raises PermissionDenied、AlreadyIssued、ValidationError（沒寫）。
    """
    report = _open_for_remarks(actor, report_id, at)
    rows = Paragraph.objects.filter(section__report=report)
    paragraph = rows.get(pk=paragraph_id) if paragraph_id else None
    if quote is None:
        quote = paragraph.text if paragraph else ""
    comment = Comment.objects.create(
        report=report,
        paragraph=paragraph,
        quote=quote[:QUOTE],
        body=_said(body),
        author=actor,
        created_at=at,
    )
    _tell(actor, comment, at, office_members(report.campaign, localtime(at).date()))
    return comment


@transaction.atomic
def reply(*, actor: User, comment_id: int, body: str, at: datetime) -> Comment:
    """答覆一條意見；告知提的人和答過的人。"""
    first, report = _opened(actor, comment_id, at)
    answer = Comment.objects.create(
        report=report,
        paragraph_id=first.paragraph_id,
        reply_to=first,
        body=_said(body),
        author=actor,
        created_at=at,
    )
    people = [first.author, *(row.author for row in first.replies.select_related("author"))]
    _tell(actor, answer, at, people)
    return answer


@transaction.atomic
def settle(*, actor: User, comment_id: int, at: datetime) -> Comment:
    """辦結一條意見；告知提的人。已辦結的不動。"""
    comment, report = _opened(actor, comment_id, at)
    if not comment.is_open:
        return comment
    comment.settled_at, comment.settled_by = at, actor
    comment.save(update_fields=["settled_at", "settled_by"])
    with source_script():
        record(
            actor=actor,
            action="reports.comment_settled",
            target=report,
            at=at,
            summary=_("辦結意見「%(words)s」。") % {"words": comment.body[:60].rstrip("。")},
            notify=[comment.author],
            message=Message(
                title=_("您的意見已辦結：%(title)s") % {"title": report.title},
                body=comment.body,
                url=_place(report, comment.paragraph_id),
            ),
        )
    return comment


def _opened(actor: User, comment_id: int, at: datetime) -> tuple[Comment, Report]:
    """一條意見（答覆的歸到原來那一條）和鎖住的彙報。"""
    comment = Comment.objects.select_related("author", "reply_to__author").get(pk=comment_id)
    comment = comment.reply_to or comment
    return comment, _open_for_remarks(actor, comment.report_id, at)


def _said(body: str) -> str:
    body = tidy(body)
    if not body:
        raise ValidationError(_("寫下意見再提交。"))
    limit = Comment._meta.get_field("body").max_length or 1000
    if len(body) > limit:
        raise ValidationError(
            _("意見有 %(count)d 字，超過 %(limit)d 字，請分成幾條。")
            % {"count": len(body), "limit": limit}
        )
    return body


@source_script()
def _tell(actor: User, comment: Comment, at: datetime, people: list[User]) -> None:
    report = comment.report
    words = {"title": report.title, "words": comment.body[:60]}
    is_answer = comment.reply_to_id is not None
    summary = _("答覆意見：%(words)s") if is_answer else _("提意見：%(words)s")
    title = _("有人答覆意見：%(title)s") if is_answer else _("有新的意見：%(title)s")
    record(
        actor=actor,
        action="reports.comment_answered" if is_answer else "reports.commented",
        target=report,
        at=at,
        summary=summary % words,
        notify=people,
        message=Message(
            title=title % words, body=comment.body, url=_place(report, comment.paragraph_id)
        ),
    )


def _place(report: Report, paragraph_id: int | None) -> str:
    return f"{report.get_absolute_url()}#{f'p{paragraph_id}' if paragraph_id else 'remarks'}"


# —— 修改建議 ——


@transaction.atomic
def suggest(
    *, actor: User, paragraph_id: int, text: str, reason: str, base_text: str, at: datetime
) -> Suggestion:
    """領導在一段上改字，作為建議；正文不動，辦公室採納了才改。base_text 是他打開時的文字。

    Raises PermissionDenied、AlreadyIssued、ValidationError（沒改，空的，太長）。
    """
    report_id = Paragraph.objects.values_list("section__report_id", flat=True).get(pk=paragraph_id)
    report = locked(report_id)
    refuse_closed(report)
    day = localtime(at).date()
    if not policies.can_suggest(standing_of(actor, day), report):
        raise PermissionDenied(_("改字建議由組長、副組長提；辦公室直接改。"))
    text, base_text = tidy(text), tidy(base_text)
    check_text(text)
    if text == base_text:
        raise ValidationError({"text": _("文字沒有改動。只想說一句的，請用「提意見」。")})
    paragraph = Paragraph.objects.select_related("section").get(pk=paragraph_id)
    paragraph.section.report = report
    suggestion = Suggestion.objects.create(
        paragraph=paragraph,
        base_text=base_text,
        text=text,
        reason=reason.strip(),
        author=actor,
        created_at=at,
    )
    with source_script():
        record(
            actor=actor,
            action="reports.suggested",
            target=report,
            at=at,
            summary=_("對「%(place)s」的一段提出改字建議。") % {"place": str(paragraph.section)},
            reason=suggestion.reason,
            notify=office_members(report.campaign, day),
            message=Message(
                title=_("有改字建議：%(title)s") % {"title": report.title},
                body=suggestion.reason,
                url=_place(report, paragraph.pk),
            ),
        )
    return suggestion


@transaction.atomic
def take_suggestion(
    *,
    actor: User,
    suggestion_id: int,
    at: datetime,
    merged: str | None = None,
    version: int | None = None,
) -> Suggestion:
    """採納：正文換成建議的文字。提建議之後正文又改過的拋 Moved，由人對照後給出 merged。

    version 是定 merged 時看到的保存次數。Raises Held、Conflict、AlreadyIssued、PermissionDenied。
    """
    suggestion, paragraph = _pending(actor, suggestion_id, at)
    text = suggestion.text if merged is None else tidy(merged)
    check_text(text)
    if merged is None and paragraph.text not in (suggestion.base_text, suggestion.text):
        raise Moved
    if merged is not None and version != paragraph.version and paragraph.text != text:
        raise Conflict(paragraph)
    if paragraph.text != text:
        write(paragraph, text, actor, at, cause=Cause.SUGGESTED)
    return _decide(suggestion, paragraph, actor, at, Suggestion.State.TAKEN, "")


@transaction.atomic
def decline_suggestion(*, actor: User, suggestion_id: int, note: str, at: datetime) -> Suggestion:
    """不採納：正文不動，說明送給提建議的人。"""
    if not note.strip():
        raise ValidationError({"note": _("寫一句為什麼不採納，提建議的領導看得到。")})
    suggestion, paragraph = _pending(actor, suggestion_id, at)
    return _decide(suggestion, paragraph, actor, at, Suggestion.State.DECLINED, note.strip())


def _pending(actor: User, suggestion_id: int, at: datetime) -> tuple[Suggestion, Paragraph]:
    paragraph_id = Suggestion.objects.values_list("paragraph_id", flat=True).get(pk=suggestion_id)
    paragraph = open_paragraph(actor, paragraph_id, at)
    suggestion = Suggestion.objects.select_related("author").get(pk=suggestion_id)
    if suggestion.state != Suggestion.State.PENDING:
        raise ValidationError(_("這條建議已經處理過了。"))
    return suggestion, paragraph


@source_script()
def _decide(
    suggestion: Suggestion, paragraph: Paragraph, actor: User, at: datetime, state: str, note: str
) -> Suggestion:
    report = paragraph.section.report
    suggestion.state, suggestion.note = state, note
    suggestion.decided_at, suggestion.decided_by = at, actor
    suggestion.save(update_fields=["state", "note", "decided_at", "decided_by"])
    taken = state == Suggestion.State.TAKEN
    words = {"who": suggestion.author, "place": str(paragraph.section)}
    summary = (
        _("採納%(who)s對「%(place)s」一段的改字建議。")
        if taken
        else _("沒有採納%(who)s對「%(place)s」一段的改字建議。")
    )
    title = _("您的改字建議已採納：%(title)s") if taken else _("您的改字建議沒有採納：%(title)s")
    record(
        actor=actor,
        action="reports.suggestion_taken" if taken else "reports.suggestion_declined",
        target=report,
        at=at,
        summary=summary % words,
        reason=note,
        notify=[suggestion.author],
        message=Message(
            title=title % {"title": report.title}, body=note, url=_place(report, paragraph.pk)
        ),
    )
    return suggestion
