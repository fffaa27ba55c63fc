"""編輯：改一段、不採用、調先後、自己加一段。改動與彙集的原文分開存。"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.services import record, source_script
from people.models import User
from reports.models import Figure, Paragraph, Report, Section
from reports.paper import pieces
from reports.prose import find_phrase, tidy
from reports.services.holding import hold, refuse_held, release
from reports.services.keeping import Cause, close_text, keep_text
from reports.services.opening import open_draft, open_paragraph, touch

TEXT_LIMIT = 5000
"""一段的字數上限；更長的應當分成幾段。"""


class Conflict(Exception):
    """打開之後別人改過這一段；paragraph 是現在庫裏的，絕不覆蓋它。"""

    def __init__(self, paragraph: Paragraph) -> None:
        words = _("%(who)s 在 %(when)s 改過這一段，您的文字沒有覆蓋它，請對照後再保存。")
        at = paragraph.edited_at
        super().__init__(
            words
            % {
                "who": paragraph.edited_by or _("另一位同事"),
                "when": f"{localtime(at):%H:%M}" if at else "",
            }
        )
        self.paragraph = paragraph


@transaction.atomic
def edit_paragraph(
    *,
    actor: User,
    paragraph_id: int,
    text: str,
    version: int,
    at: datetime,
    is_draft: bool = False,
) -> Paragraph:
    """存一段的文字。version 是打開時看到的保存次數，對不上就拋 Conflict。

    is_draft 是自動保存：照存，不留痕（人按「保存」時才記一筆），並續住這一節；人按「保存」就放開。
    改回與彙集的一樣就不算改過。
    Raises PermissionDenied、AlreadyIssued、Held、Conflict、ValidationError（空的，或太長）。
    """
    paragraph = open_paragraph(actor, paragraph_id, at)
    text = tidy(text)
    check_text(text)
    if paragraph.text != text:
        if paragraph.version != version:
            raise Conflict(paragraph)
        write(paragraph, text, actor, at, is_open=is_draft)
    if is_draft:
        hold(paragraph.section, actor, at)
    else:
        _seen(paragraph)
        close_text(paragraph)
        release(paragraph.section, actor)
        record_edit(actor, paragraph, at, "reports.edited", gettext_lazy("修改了%(place)s的一段。"))
    return paragraph


def _seen(paragraph: Paragraph) -> None:
    """人對照過新的原文，仍用自己的話：不再標「來源已更新」。"""
    if paragraph.is_stale:
        paragraph.is_stale = False
        paragraph.save(update_fields=["is_stale"])


def check_text(text: str) -> None:
    if not text:
        raise ValidationError(_("這一段是空的。不要這一段的話，請按「收起」，再用「不採用」。"))
    if len(text) > TEXT_LIMIT:
        raise ValidationError(
            _("這一段有 %(count)d 字，超過 %(limit)d 字，請分成幾段。")
            % {"count": len(text), "limit": TEXT_LIMIT}
        )


def write(
    paragraph: Paragraph,
    text: str,
    actor: User,
    at: datetime,
    *,
    cause: str = Cause.EDITED,
    is_open: bool = False,
) -> None:
    """換上新的文字，舊的一稿留底。調用前已鎖住彙報、查過沒有別人在改。"""
    keep_text(paragraph, text, actor=actor, at=at, cause=cause, is_open=is_open)
    paragraph.text = text
    paragraph.is_edited = not paragraph.is_own and text != paragraph.composed_text
    if not paragraph.is_edited:
        paragraph.is_stale = False
    paragraph.version += 1
    paragraph.edited_at, paragraph.edited_by = at, actor
    paragraph.save(
        update_fields=["text", "is_edited", "is_stale", "version", "edited_at", "edited_by"]
    )
    _follow_figures(paragraph)
    touch(paragraph.section.report, at)


def _follow_figures(paragraph: Paragraph) -> None:
    """人自己把數改成了新的，就不再算過時。"""
    for figure in paragraph.figures.all():
        if figure.is_stale and find_phrase(paragraph.text, figure.phrase) >= 0:
            figure.quoted = figure.phrase
            figure.save(update_fields=["quoted"])


@transaction.atomic
def open_for_editing(*, actor: User, paragraph_id: int, at: datetime) -> Paragraph:
    """打開一段來改：佔住它所在的一節，同一份裏別的節放開（人只在一處寫）。

    Raises PermissionDenied、AlreadyIssued、Held。
    """
    paragraph = open_paragraph(actor, paragraph_id, at)
    report: Report = paragraph.section.report
    others = report.sections.filter(held_by=actor).exclude(pk=paragraph.section_id)
    others.update(held_by=None, held_until=None)
    hold(paragraph.section, actor, at)
    return paragraph


@transaction.atomic
def close_paragraph(*, actor: User, paragraph_id: int, at: datetime) -> None:
    """收起：放開這一節；自動保存過的記一筆。已不能改的、別人接了手的，不必再說。"""
    section = (
        Section.objects.select_for_update(of=("self",))
        .select_related("report__campaign")
        .get(paragraphs=paragraph_id)
    )
    release(section, actor)
    paragraph = section.paragraphs.get(pk=paragraph_id)
    if paragraph.texts.filter(is_open=True, saved_by=actor).exists():
        paragraph.section = section
        close_text(paragraph)
        summary = gettext_lazy("修改了%(place)s的一段。")
        record_edit(actor, paragraph, at, "reports.edited", summary)


@transaction.atomic
def restore_text(*, actor: User, paragraph_id: int, number: int, at: datetime) -> Paragraph:
    """恢復以前的一稿；現在這一稿也留着。"""
    paragraph = open_paragraph(actor, paragraph_id, at)
    kept = paragraph.texts.filter(number=number).first()
    if kept is None:
        raise ValidationError(_("沒有這一稿，請回到修改記錄另選。"))
    if kept.text != paragraph.text:
        write(paragraph, kept.text, actor, at, cause=Cause.RESTORED)
        summary = gettext_lazy("把%(place)s的一段恢復為以前的一稿。")
        record_edit(actor, paragraph, at, "reports.text_restored", summary)
    return paragraph


@transaction.atomic
def replace_words(
    *, actor: User, paragraph_id: int, start: int, found: str, better: str, at: datetime
) -> Paragraph:
    """用語核對：把一處換成建議的詞，別的字不動。這裏的字已經變了就不換。"""
    paragraph = open_paragraph(actor, paragraph_id, at)
    text = paragraph.text
    if not found or text[start : start + len(found)] != found:
        raise ValidationError(_("這一處的文字剛被改過，請看一遍再換。"))
    changed = tidy(text[:start] + better + text[start + len(found) :])
    check_text(changed)
    write(paragraph, changed, actor, at)
    summary = gettext_lazy("在%(place)s把「%(found)s」改為「%(better)s」。")
    record_edit(
        actor,
        paragraph,
        at,
        "reports.reworded",
        summary,
        found=found,
        better=better or _("（刪去）"),
    )
    return paragraph


@transaction.atomic
def update_figures(*, actor: User, paragraph_id: int, at: datetime) -> Paragraph:
    """把這一段裏過時的數換成現在的，其餘的字不動。"""
    paragraph = open_paragraph(actor, paragraph_id, at)
    figures = list(paragraph.figures.all())
    cut = pieces(paragraph.text, figures)
    text = "".join(piece.figure.phrase if piece.figure else piece.text for piece in cut)
    for figure in figures:
        figure.quoted = figure.phrase
    Figure.objects.bulk_update(figures, ["quoted"])
    if text != paragraph.text:
        write(paragraph, text, actor, at)
        _seen(paragraph)
        record_edit(
            actor, paragraph, at, "reports.figures_updated", gettext_lazy("更新了%(place)s的數據。")
        )
    return paragraph


@transaction.atomic
def update_all_figures(*, actor: User, report_id: int, at: datetime) -> int:
    """全文過時的數都換成現在的；別人正在改的節跳過。返回改了幾段。"""
    report = open_draft(actor, report_id, at)
    rows = Paragraph.objects.filter(section__report=report, is_left_out=False)
    done = 0
    for row in rows.select_related("section").prefetch_related("figures"):
        stale = any(
            figure.is_stale and find_phrase(row.text, figure.quoted) >= 0
            for figure in row.figures.all()
        )
        if stale and not row.section.is_held_against(actor.pk, at):
            update_figures(actor=actor, paragraph_id=row.pk, at=at)
            done += 1
    return done


@transaction.atomic
def revert(*, actor: User, paragraph_id: int, at: datetime) -> Paragraph:
    """放棄改動，恢復彙集的原文。來源已撤回的沒有原文可恢復，改為不採用。"""
    paragraph = open_paragraph(actor, paragraph_id, at)
    if paragraph.is_own or paragraph.is_withdrawn:
        return _set_left_out(actor, paragraph, True, at)
    if paragraph.is_edited:
        write(paragraph, paragraph.composed_text, actor, at, cause=Cause.COMPILED)
        for figure in paragraph.figures.all():
            figure.quoted = figure.phrase
            figure.save(update_fields=["quoted"])
        record_edit(
            actor,
            paragraph,
            at,
            "reports.reverted",
            gettext_lazy("把%(place)s的一段恢復為彙集的原文。"),
        )
    return paragraph


@transaction.atomic
def leave_out(*, actor: User, paragraph_id: int, at: datetime) -> Paragraph:
    """不採用：不印，但留着，隨時可以恢復。"""
    return _set_left_out(actor, open_paragraph(actor, paragraph_id, at), True, at)


@transaction.atomic
def restore(*, actor: User, paragraph_id: int, at: datetime) -> Paragraph:
    """重新採用。"""
    return _set_left_out(actor, open_paragraph(actor, paragraph_id, at), False, at)


def _set_left_out(actor: User, paragraph: Paragraph, value: bool, at: datetime) -> Paragraph:
    if paragraph.is_left_out == value:
        return paragraph
    paragraph.is_left_out = value
    paragraph.save(update_fields=["is_left_out"])
    touch(paragraph.section.report, at)
    summary = (
        gettext_lazy("不採用%(place)s的一段。")
        if value
        else gettext_lazy("重新採用%(place)s的一段。")
    )
    record_edit(actor, paragraph, at, "reports.left_out" if value else "reports.restored", summary)
    return paragraph


@transaction.atomic
def move(*, actor: User, paragraph_id: int, up: bool, at: datetime) -> Paragraph:
    """在本節之內上移或下移一位；已在頭尾的不動。"""
    paragraph = open_paragraph(actor, paragraph_id, at)
    rows = list(Paragraph.objects.filter(section_id=paragraph.section_id))
    here = next(index for index, row in enumerate(rows) if row.pk == paragraph.pk)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
        places = sorted(row.position for row in rows)
        for position, row in zip(places, rows, strict=True):
            row.position = position
        Paragraph.objects.bulk_update(rows, ["position"])
        touch(paragraph.section.report, at)
    return paragraph


@transaction.atomic
def add_paragraph(
    *, actor: User, report_id: int, section_id: int, text: str, at: datetime
) -> Paragraph:
    """在一節末尾加一段自己寫的；它沒有來源，頁面上標明是辦公室所加。"""
    report = open_draft(actor, report_id, at)
    section = report.sections.select_related("held_by").get(pk=section_id)
    refuse_held(section, actor, at)
    text = tidy(text)
    check_text(text)
    touch(report, at)
    last = section.paragraphs.aggregate(last=Max("position"))["last"]
    paragraph = Paragraph.objects.create(
        section=section,
        key=f"own.{report.version}",
        text=text,
        is_own=True,
        position=0 if last is None else last + 1,
        edited_at=at,
        edited_by=actor,
    )
    paragraph.section.report = report
    record_edit(actor, paragraph, at, "reports.added", gettext_lazy("在%(place)s加了一段。"))
    return paragraph


@source_script()
def record_edit(
    actor: User,
    paragraph: Paragraph,
    at: datetime,
    action: str,
    summary: str | Promise,
    **words: str,
) -> None:
    """留痕：說清在哪一節。summary 裏可用 %(place)s 和 words 各項。"""
    report: Report = paragraph.section.report
    place = f"「{paragraph.section.heading}」" if paragraph.section.heading else _("開頭")
    record(
        actor=actor,
        action=action,
        target=report,
        at=at,
        summary=str(summary) % {"place": place, **words},
    )
