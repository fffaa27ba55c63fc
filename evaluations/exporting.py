"""評分表和一票否決台賬導出 Excel：屏幕上是什麼就導出什麼。文字一律寫成文字，公式和鏈接都不認。"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from evaluations.models import VetoEvent
from evaluations.sheet_page import Block, Row
from evaluations.sheets import Entry, SheetView
from evaluations.veto_register import VetoRow
from pingtan_civ.templatetags.ui import in_script
from tasks.labels import choice_label
from tasks.services.excel.writing import A3, OPTIONS, lay_out_for_print, sheet_formats, write_text

Value = str | date | Decimal | None
Line = Sequence[Value]
Heads = Sequence[tuple[object, int]]
"""（表頭, 列寬）。"""


def _day(at: datetime | None) -> date | None:
    return localtime(at).date() if at else None


def _yes(is_so: bool) -> str:
    return _("是") if is_so else ""


# ── 評分表 ────────────────────────────────────────────

SHEET_HEADS: Heads = (
    (gettext_lazy("編號"), 8),
    (gettext_lazy("測評項目"), 16),
    (gettext_lazy("測評內容"), 36),
    (gettext_lazy("分值"), 9),
    (gettext_lazy("自評"), 9),
    (gettext_lazy("初評"), 9),
    (gettext_lazy("定分"), 9),
    (gettext_lazy("怎樣算的"), 36),
    (gettext_lazy("理由"), 30),
    (gettext_lazy("評分方"), 12),
    (gettext_lazy("評分人"), 10),
    (gettext_lazy("佐證"), 30),
)


def write_sheet(
    view: SheetView, blocks: Iterable[Block], said: Sequence[str], *, heading: str, only_own: bool
) -> bytes:
    """一張評分表；第二張工作表是「為什麼是這個分」。看不到初評的，那兩欄空着。"""
    blocks = list(blocks)
    rows = [_sheet_line(row) for block in blocks for row in block.rows]
    if not only_own:
        sees_first = all(row.can_see_first for block in blocks for row in block.rows)
        rows += _totals(view, sees_first=sees_first)
    pages = [(_("評分表"), SHEET_HEADS, rows)]
    if said:
        pages.append((_("為什麼是這個分"), ((_("說明"), 120),), [[each] for each in said]))
    return _write_book(heading, pages)


def _sheet_line(row: Row) -> Line:
    line, why = row.line, row.why
    sees = row.can_see_first
    return (
        line.number,
        line.domain,
        line.text,
        _("不限") if line.is_unlimited else line.full,
        _points(line.self_entry),
        _points(line.first) if sees else None,
        _points(line.result) if sees else None,
        str(in_script(why.why)) if why else "",
        why.reason if why else "",
        line.scorer_words,
        why.by if why and sees else "",
        "、".join(item.name for item in line.evidence),
    )


def _points(entry: Entry | None) -> Value:
    if entry is None:
        return None
    if entry.is_not_applicable:
        return _("不適用")
    return entry.gap_words if entry.is_waiting else entry.points


def _totals(view: SheetView, *, sees_first: bool) -> Iterator[Line]:
    """表尾：負面清單扣的分、總分和等次。"""
    if sees_first and view.result.veto:
        yield _foot(_("負面清單"), None, None, None, view.result.veto, "")
    first: Decimal | None = None
    total: Decimal | None = None
    note = ""
    if sees_first and view.is_waiting:
        note = _("還有待評的，評完才算總分和等次。")
    elif sees_first:
        first, total = view.first_total.total, view.total
        note = _("等次：%(grade)s") % {"grade": view.grade}
    yield _foot(_("總分"), view.result.full, view.self_sum, first, total, note)


def _foot(
    title: str,
    full: Decimal | None,
    own: Decimal | None,
    first: Decimal | None,
    total: Decimal | None,
    note: str,
) -> Line:
    return ("", "", title, full, own, first, total, note, "", "", "", "")


# ── 一票否決台賬 ──────────────────────────────────────

#: （表頭, 列寬, 怎樣取值）。
VETO_COLUMNS: tuple[tuple[object, int, Callable[[VetoRow], Value]], ...] = (
    (gettext_lazy("情形"), 28, lambda r: r.event.item.event_text),
    (gettext_lazy("單位"), 14, lambda r: r.event.department.name),
    (gettext_lazy("事由"), 36, lambda r: r.event.description),
    (gettext_lazy("發生日期"), 12, lambda r: r.event.date_of_event),
    (gettext_lazy("狀態"), 10, lambda r: choice_label(VetoEvent.State, r.event.state)),
    (gettext_lazy("後果"), 18, lambda r: r.effect),
    (gettext_lazy("算到哪天"), 18, lambda r: r.note),
    (gettext_lazy("認定日期"), 12, lambda r: r.event.date_confirmed),
    (gettext_lazy("認定機關"), 16, lambda r: r.event.authority),
    (gettext_lazy("認定文號"), 16, lambda r: r.event.document_number),
    (gettext_lazy("單位自報"), 9, lambda r: _yes(r.event.is_self_reported)),
    (gettext_lazy("隱瞞不報"), 9, lambda r: _yes(r.event.is_concealed)),
    (gettext_lazy("登記人"), 10, lambda r: r.event.reported_by.name),
    (gettext_lazy("登記日期"), 12, lambda r: _day(r.event.reported_at)),
    (gettext_lazy("單位說明"), 30, lambda r: r.event.statement),
    (
        gettext_lazy("決定人"),
        10,
        lambda r: r.event.decided_by.name if r.event.decided_by else "",
    ),
    (gettext_lazy("決定日期"), 12, lambda r: _day(r.event.decided_at)),
    (gettext_lazy("決定理由"), 30, lambda r: r.event.decision_reason),
    (gettext_lazy("解除日期"), 12, lambda r: r.event.released_date),
    (gettext_lazy("創建活動"), 22, lambda r: r.event.item.campaign.name),
)


def write_vetoes(rows: Iterable[VetoRow], *, today: date) -> bytes:
    """台賬，一件一行；後果和算到哪天照 today 說。"""
    name = _("一票否決台賬")
    heads = [(heading, width) for heading, width, _value in VETO_COLUMNS]
    lines = [[value(row) for _heading, _width, value in VETO_COLUMNS] for row in rows]
    return _write_book(f"{name}（{today:%Y-%m-%d}）", [(name, heads, lines)])


# ── 寫 ────────────────────────────────────────────────


def _write_book(heading: str, pages: Iterable[tuple[str, Heads, Iterable[Line]]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties({"title": heading, "author": ""})
        formats = {**sheet_formats(book), "points": _points_format(book)}
        for name, heads, lines in pages:
            sheet = book.add_worksheet(name)
            for place, (title, width) in enumerate(heads):
                sheet.set_column(place, place, width)
                sheet.write_string(0, place, str(title), formats["head"])
            for number, line in enumerate(lines, 1):
                for place, value in enumerate(line):
                    _write(sheet, number, place, value, formats)
            sheet.freeze_panes(1, 0)
            lay_out_for_print(sheet, heading, paper=A3)
    return buffer.getvalue()


def _points_format(book: Workbook) -> Format:
    looks: dict[str, Any] = {"num_format": "0.00", "valign": "vcenter", "border": 1}
    return book.add_format(looks | {"font_size": 10})


def _write(
    sheet: Worksheet, row: int, column: int, value: Value, formats: Mapping[str, Format]
) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, value, formats["date"])
    elif isinstance(value, Decimal):
        sheet.write_number(row, column, value, formats["points"])
    else:
        write_text(sheet, row, column, value or "", formats)
