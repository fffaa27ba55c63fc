"""送審、審核、簽發前的核對清單：還有哪些地方該看一眼。都只提醒，不攔人。"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from pingtan_civ.lib.script import simplify
from reports.annexes import annexes_of
from reports.drafts import paper_of
from reports.editor import Editor
from reports.models import Report
from reports.rendering.fonts import missing_characters, missing_sentence
from reports.services.holding import held_words
from reports.wording import glossary_of, hints_of
from tasks.models import Assignment, Measure, Submission

UNFILLED = re.compile(
    r"××+|XX+|xx+|[＿_]{2,}|待補(?![報正])|待定|待填|（\s*）|〔\s*〕|「\s*」"
    r"|(?<=[一-鿿，、])[ 　]+(?=[項個件次人場處份%％年月日])"
)
"""還沒填的數和空：「　項」「××」「待補」「（　）」。"""


@dataclass(frozen=True)
class Check:
    """一條。url 指向要看的那一段。"""

    text: str
    is_fine: bool = False
    url: str = ""


def issue_checks(editor: Editor) -> list[Check]:
    """從編製頁現成的內容看得出的；先列要看的，全都好了才說好。"""
    return _or_fine([*_of_editor(editor)])


def all_checks(editor: Editor, now: datetime) -> list[Check]:
    """全部：另查未點名的單位、缺字、照片說明和用語，比編製頁多幾次查詢。"""
    report = editor.report
    return _or_fine(
        [
            *_of_editor(editor),
            *_of_units(editor, now),
            *_of_correction(editor),
            *_of_printing(editor),
            *_of_annexes(report),
            *_of_wording(editor, now),
        ]
    )


def _or_fine(found: list[Check]) -> list[Check]:
    return found or [Check(_("數據和來源都與此刻一致，沒有要處理的。"), is_fine=True)]


def report_url(report: Report, view: str) -> str:
    return reverse(f"reports:{view}", args=[report.campaign.code, report.pk])


def _of_editor(editor: Editor) -> Iterator[Check]:
    yield from _of_rows(editor)
    yield from _of_report(editor)
    yield from _of_remarks(editor)
    yield from _of_held(editor)
    yield from _of_objectives(editor)


def _of_rows(editor: Editor) -> Iterator[Check]:
    for part in editor.parts:
        for row in part.rows:
            paragraph = row.paragraph
            if paragraph.is_left_out:
                continue
            words = {"place": part.printed or _("開頭")}
            url = f"{editor.report.get_absolute_url()}#p{paragraph.pk}"
            if paragraph.is_withdrawn:
                text = _("「%(place)s」有一段的來源已撤回，文字是您改過留下的。")
                yield Check(text % words, url=url)
            elif row.lost_source:
                text = _("「%(place)s」有一段的來源剛被撤回通過，請先重新彙集。")
                yield Check(text % words, url=url)
            elif paragraph.is_stale:
                text = _("「%(place)s」有一段在您改過之後，來源又更新了。")
                yield Check(text % words, url=url)
            elif row.stale_figures:
                text = _("「%(place)s」有一段寫的數與現在的數據不同。")
                yield Check(text % words, url=url)
            if blank := UNFILLED.search(paragraph.text):
                words["blank"] = _around(paragraph.text, blank)
                text = _("「%(place)s」有還沒填的地方：%(blank)s")
                yield Check(text % words, url=url)


def _around(text: str, found: re.Match[str]) -> str:
    """前後各幾個字，看得出是哪裏。"""
    return f"…{text[max(0, found.start() - 6) : found.end() + 6]}…"


def _of_objectives(editor: Editor) -> Iterator[Check]:
    """一項措施也沒有的工作目標，併成一條。"""
    bare = [part for part in editor.parts if part.has_no_measure]
    if not bare:
        return
    text = _("有 %(count)d 項工作目標還沒有對應的措施：%(names)s。")
    names = "".join(_("「%(place)s」") % {"place": part.heading} for part in bare)
    url = f"{editor.report.get_absolute_url()}#s{bare[0].pk}"
    yield Check(text % {"count": len(bare), "names": names}, url=url)


def _of_report(editor: Editor) -> Iterator[Check]:
    report = editor.report
    if editor.newly_accepted:
        text = _("數據截止之後又審核通過了 %(count)d 件，重新彙集後才會納入。")
        count = {"count": editor.newly_accepted}
        yield Check(text % count, url=report.get_absolute_url())
    if not report.signature:
        yield Check(_("沒有寫落款單位。"), url=report.get_absolute_url())


def _of_remarks(editor: Editor) -> Iterator[Check]:
    url = f"{editor.report.get_absolute_url()}#remarks"
    waiting = editor.waiting
    if waiting.comments:
        text = _("有 %(count)d 條意見還沒有辦結。")
        yield Check(text % {"count": waiting.comments}, url=url)
    if waiting.suggestions:
        text = _("有 %(count)d 條改字建議還沒有處理。")
        yield Check(text % {"count": waiting.suggestions}, url=url)


def _of_held(editor: Editor) -> Iterator[Check]:
    for part in editor.parts:
        if part.held_by and part.held_until:
            url = f"{editor.report.get_absolute_url()}#s{part.pk}"
            yield Check(held_words(part.held_by, part.heading, part.held_until), url=url)


def _of_units(editor: Editor, now: datetime) -> Iterator[Check]:
    """期內到期還沒有審核通過的單位，文中沒有點到名。簡報只說動態，不點名。"""
    report = editor.report
    if report.kind == Report.Kind.BULLETIN:
        return
    rows = Submission.objects.filter(
        assignment__measure__campaign=report.campaign,
        assignment__measure__state=Measure.State.ISSUED,
        assignment__state__in=Assignment.LIVE,
        period_start__lte=report.period_end,
        period_end__gte=report.period_start,
        due_date__lt=localtime(now).date(),
    ).exclude(state=Submission.State.ACCEPTED)
    units = rows.values_list("assignment__department__name", flat=True).order_by(
        "assignment__department__position", "assignment__department_id"
    )
    text = "\n".join(row.paragraph.text for row in editor.rows if not row.paragraph.is_left_out)
    missing = [name for name in dict.fromkeys(units) if name not in text]
    if missing:
        words = {"names": "、".join(missing)}
        yield Check(
            _("到期未報而文中沒有點到的單位：%(names)s。") % words, url=report.get_absolute_url()
        )


def _of_correction(editor: Editor) -> Iterator[Check]:
    """更正版的正文還與原件一字不差：更正說明寫了，文字忘了改。"""
    report, original = editor.report, editor.report.supersedes
    if not original or report.annexes or not _same_head(report, original):
        return
    texts = [row.paragraph.text for row in editor.rows if not row.paragraph.is_left_out]
    before = [row.text for section in paper_of(original).sections for row in section.paragraphs]
    if texts == [text for text in before if text != original.correction_note]:
        yield Check(
            _("更正版的正文與原件還一字不差，請先改好再送。"), url=report.get_absolute_url()
        )


def _same_head(one: Report, other: Report) -> bool:
    names = ("title", "salutation", "signature", "period_start", "period_end", "annexes")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _of_printing(editor: Editor) -> Iterator[Check]:
    """字體裏沒有的字：PDF 排不出來。"""
    report = editor.report
    headings = [part.printed for part in editor.parts]
    texts = [row.paragraph.text for row in editor.rows if not row.paragraph.is_left_out]
    text = "".join([report.title, report.salutation, report.signature, *headings, *texts])
    if report.script == Report.Script.HANS:
        text = simplify(text)
    if missing := missing_characters(text, report.script):
        url = report_url(report, "report-preview")
        yield Check(missing_sentence(missing), url=url)


def _of_annexes(report: Report) -> Iterator[Check]:
    """沒有說明的照片；沒選帶照片的附件就不查。"""
    for annex in annexes_of(report, only_pictures=True):
        bare = [picture for picture in annex.pictures if not picture.caption]
        if bare:
            words = {"title": annex.title, "count": len(bare)}
            yield Check(
                _("附件「%(title)s」有 %(count)d 張照片沒有說明。") % words,
                url=report_url(report, "report-settings"),
            )


def _of_wording(editor: Editor, now: datetime) -> Iterator[Check]:
    report = editor.report
    printed = [row.paragraph for row in editor.rows if not row.paragraph.is_left_out]
    hints = hints_of(printed, glossary_of(report.campaign, localtime(now).date()))
    if hints:
        text = _("用語核對有 %(count)d 處提示，如「%(found)s」。")
        words = {"count": len(hints), "found": hints[0].found}
        yield Check(text % words, url=report_url(report, "report-wording"))
