"""寫出 .xlsx：屏幕上是什麼就寫什麼，一行一行寫，再多也不佔內存。公式和鏈接都不認。"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

import xlsxwriter
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from exchange.cells import Value
from exchange.kinds import Column, Scope, SheetKind, batches, size_of
from exchange.layout import KEY, LISTS, LONGEST, META, STAMP
from exchange.stamps import write_stamp
from tasks.services.excel.writing import A3, OPTIONS, RISKY, lay_out_for_print

_SPARE_ROWS = 500
#: 一行字多高（磅），一格最多顯示幾行。
_LINE, _MOST_LINES = 14, 12
#: 寫進臨時文件而不是內存，一行寫完就放手。
_FLAT = OPTIONS | {"in_memory": False, "constant_memory": True}

Tell = Callable[[int, int], None]


def write_workbook(
    kind: SheetKind, scope: Scope, target: str | BinaryIO, *, at: datetime, tell: Tell | None = None
) -> int:
    """寫一份；返回行數。tell(已寫, 共) 報進度。查詢次數只隨批數增長。"""
    rows = kind.listing(scope)
    total = size_of(rows) if tell else 0
    names = kind.names(scope)
    with xlsxwriter.Workbook(target, _FLAT) as book:
        book.set_properties({"title": str(kind.title), "author": ""})
        formats = _formats(book)
        sheet = book.add_worksheet(sheet_name(kind))
        _lay_out(sheet, kind, scope)
        _write_head(sheet, kind, formats)
        count = 0
        for batch in batches(rows):
            kind.dress(scope, batch)
            for row in batch:
                count += 1
                _write_row(sheet, count, kind, scope, row, formats)
            if tell:
                tell(count, max(total, count))
        sheet.autofilter(0, 0, max(count, 1), len(kind.columns) + 1)
        _write_lists(book, sheet, kind, names, count)
        _write_meta(book, kind, scope, at)
    return count


def sheet_name(kind: SheetKind) -> str:
    return str(kind.title)[:31]


def _formats(book: Workbook) -> Mapping[str, Format]:
    base = {"text_wrap": True, "valign": "vcenter", "border": 1, "font_size": 10}
    grey = {"bg_color": "#F1EFE9", "font_color": "#5F5B52"}
    text, day = {"num_format": "@"}, {"num_format": "yyyy-mm-dd", "align": "center"}
    # 引號前綴：在 Excel 裏改過再回車，也仍是文字，不變成公式。
    quoted = text | {"quote_prefix": True}
    found = {"head": base | {"bold": True, "bg_color": "#E4DFD3", "align": "center"}}
    found["head_grey"] = found["head"] | grey
    for name, look in {"text": text, "quoted": quoted, "date": day, "number": {}}.items():
        found[name] = base | look
        found[f"{name}_grey"] = base | look | grey
    return {name: book.add_format(look) for name, look in found.items()}


def _lay_out(sheet: Worksheet, kind: SheetKind, scope: Scope) -> None:
    for index, column in enumerate(kind.columns):
        sheet.set_column(index, index, column.width)
    last = len(kind.columns)
    sheet.set_column(last, last + 1, 10, None, {"hidden": True})
    sheet.freeze_panes(1, kind.frozen)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    name = scope.campaign.name if scope.campaign and kind.of_campaign else ""
    lay_out_for_print(sheet, f"{name}{kind.title}", paper=A3)


def _write_head(sheet: Worksheet, kind: SheetKind, formats: Mapping[str, Format]) -> None:
    """灰的只供看；說明寫在表頭的批註裏，指着就看得到。"""
    for index, column in enumerate(kind.columns):
        look = "head" if column.read else "head_grey"
        sheet.write_string(0, index, str(column.heading), formats[look])
        hint = str(column.hint) or ("" if column.read else _("這一列只供看，改了也不導入。"))
        if hint:
            sheet.write_comment(0, index, hint, {"x_scale": 1.6, "author": ""})
    for offset, heading in enumerate([KEY, STAMP]):
        sheet.write_string(0, len(kind.columns) + offset, heading, formats["head_grey"])


def _write_row(
    sheet: Worksheet,
    number: int,
    kind: SheetKind,
    scope: Scope,
    row: Any,
    formats: Mapping[str, Format],
) -> None:
    values = [column.show(row) for column in kind.columns]
    if (lines := _lines(kind.columns, values)) > 1:
        sheet.set_row(number, _LINE * min(lines, _MOST_LINES))
    for index, (column, value) in enumerate(zip(kind.columns, values, strict=True)):
        _write_cell(sheet, number, index, value, formats, "" if column.is_editable else "_grey")
    sheet.write_number(number, len(values), row.pk)
    stamp = write_stamp(kind.code, campaign_code(scope), row.pk, words_of(kind, values))
    sheet.write_string(number, len(values) + 1, stamp)


def _lines(columns: Sequence[Column], values: Sequence[Value]) -> int:
    """這一行最高的格有幾行字。不寫明行高，有的軟件就按一行顯示，下面的字蓋住別的。"""
    most = 1
    for column, value in zip(columns, values, strict=True):
        if isinstance(value, str) and len(value) * 2 > column.width:
            # 漢字佔兩格、三個字節，西文佔一格、一個字節，取平均正好是寬度。
            wide = (len(value.encode()) + len(value)) // 2
            most = max(most, -(-wide // column.width) + value.count("\n"))
    return most


def words_of(kind: SheetKind, values: Sequence[Value]) -> list[str]:
    return [column.words(value) for column, value in zip(kind.columns, values, strict=True)]


def campaign_code(scope: Scope) -> str:
    return scope.campaign.code if scope.campaign else ""


def _write_cell(
    sheet: Worksheet,
    row: int,
    column: int,
    value: Value,
    formats: Mapping[str, Format],
    grey: str,
) -> None:
    """一格。像公式的也只是文字。"""
    if isinstance(value, date):
        sheet.write_datetime(row, column, value, formats[f"date{grey}"])
    elif isinstance(value, int):
        sheet.write_number(row, column, value, formats[f"number{grey}"])
    else:
        text = value or ""
        look = "quoted" if text.startswith(RISKY) else "text"
        sheet.write_string(row, column, text[:LONGEST], formats[f"{look}{grey}"])


def _write_lists(book: Workbook, sheet: Worksheet, kind: SheetKind, names: Any, count: int) -> None:
    """能選的列給下拉的名單；名單寫在隱藏的一張裏，再長也放得下。"""
    lists = [
        (index, [str(option) for option in column.options(names)])
        for index, column in enumerate(kind.columns)
        if column.options
    ]
    page = book.add_worksheet(LISTS)
    page.hide()
    longest = max((len(options) for _index, options in lists), default=0)
    for line in range(longest):
        for place, (_index, options) in enumerate(lists):
            if line < len(options):
                page.write_string(line, place, options[line])
    for place, (index, options) in enumerate(lists):
        _validate(sheet, kind.columns[index], index, count, place, len(options))


def _validate(
    sheet: Worksheet, column: Column, index: int, count: int, place: int, length: int
) -> None:
    letter = xlsxwriter.utility.xl_col_to_name(place)
    sheet.data_validation(
        1,
        index,
        count + _SPARE_ROWS,
        index,
        {
            "validate": "list",
            "source": f"='{LISTS}'!${letter}$1:${letter}${max(length, 1)}",
            "error_title": _("不在名單裏"),
            "error_message": _("請從下拉的名單裏選。"),
        },
    )


def _write_meta(book: Workbook, kind: SheetKind, scope: Scope, at: datetime) -> None:
    """憑這一張認得出是什麼表、哪個活動的、何時導出的；不看文件名。"""
    page = book.add_worksheet(META)
    page.very_hidden()
    facts = {
        "kind": kind.code,
        "campaign": campaign_code(scope),
        "language": get_language() or "",
        "exported_at": at.isoformat(timespec="seconds"),
    }
    for line, (name, value) in enumerate(facts.items()):
        page.write_string(line, 0, name)
        page.write_string(line, 1, value)
