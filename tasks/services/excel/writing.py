"""寫出 .xlsx：篩選出什麼就導出什麼。一律寫成文字，公式和鏈接都不認。"""

import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from campaigns.models import Campaign, Cycle
from people.models import Department
from tasks.labels import choice_label
from tasks.models import Assignment, Measure, Round
from tasks.services.excel.columns import (
    COLUMNS,
    KEYS,
    LISTS,
    SHEET,
    cell_value,
    signature,
    with_everything,
)

_RISKY = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 32_000
_SPARE_ROWS = 500
OPTIONS = {
    "constant_memory": True,
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_sheet(
    campaign: Campaign, rows: Any, *, today: date, departments: Iterable[Department]
) -> bytes:
    """把 rows（措施的查詢集，已排好序）寫成一份可改、可讀回的任務分解表。"""
    measures = list(with_everything(rows))
    progress = latest_narratives(measures)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties({"title": str(SHEET), "author": ""})
        formats = sheet_formats(book)
        sheet = book.add_worksheet(str(SHEET))
        _lay_out(sheet, campaign)
        _write_head(sheet, formats)
        for number, measure in enumerate(measures, 1):
            _write_row(sheet, number, measure, progress.get(measure.pk, ""), formats)
        names = [unit.name for unit in departments]
        _validate(sheet, len(measures) + _SPARE_ROWS, len(names))
        _write_lists(book, names)
    return buffer.getvalue()


def latest_narratives(measures: list[Measure]) -> dict[int, str]:
    """各措施牽頭單位最近一次審核通過的內容：分解表的「進展情況」。"""
    rows = (
        Round.objects.filter(
            decision=Round.Decision.ACCEPTED,
            submission__assignment__measure__in=[measure.pk for measure in measures],
            submission__assignment__role=Assignment.Role.LEAD,
        )
        .order_by("decided_at", "pk")
        .values_list("submission__assignment__measure_id", "narrative")
    )
    return dict(rows)


def sheet_formats(book: Workbook) -> Mapping[str, Format]:
    """各種格子的樣子；督辦台賬也用它。"""
    base = {"text_wrap": True, "valign": "vcenter", "border": 1, "font_size": 10}
    return {
        "head": book.add_format(base | {"bold": True, "bg_color": "#EDEBE4", "align": "center"}),
        "text": book.add_format(base | {"num_format": "@"}),
        # 引號前綴：在 Excel 裏改過再回車，也仍是文字，不變成公式。
        "quoted": book.add_format(base | {"num_format": "@", "quote_prefix": True}),
        "date": book.add_format(base | {"num_format": "yyyy-mm-dd", "align": "center"}),
        "read": book.add_format(base | {"num_format": "@", "font_color": "#666666"}),
    }


def _lay_out(sheet: Worksheet, campaign: Campaign) -> None:
    for index, column in enumerate([*COLUMNS, *KEYS]):
        hidden = {"hidden": True} if column in KEYS else {}
        sheet.set_column(index, index, column.width, None, hidden)
    sheet.freeze_panes(1, 4)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    # 頁眉裏的 & 是控制符，寫兩個才是它自己。
    sheet.set_header("&C&14" + f"{campaign.name}{SHEET}".replace("&", "&&"))
    sheet.set_footer("&C&P / &N")


def _write_head(sheet: Worksheet, formats: Mapping[str, Format]) -> None:
    for index, column in enumerate([*COLUMNS, *KEYS]):
        sheet.write_string(0, index, str(column.heading), formats["head"])


def _write_row(
    sheet: Worksheet,
    number: int,
    measure: Measure,
    narrative: str,
    formats: Mapping[str, Format],
) -> None:
    shown = {"progress": narrative, "completion": _completion(measure)}
    for index, column in enumerate(COLUMNS):
        value = shown[column.key] if column.key in shown else cell_value(column.key, measure)
        if isinstance(value, date):
            sheet.write_datetime(number, index, value, formats["date"])
        else:
            write_text(sheet, number, index, value or "", formats, is_editable=bool(column.name))
    key = (str(measure.pk), str(measure.version))
    words = (*key, signature(measure.campaign_id, measure.pk, measure.version))
    for offset, word in enumerate(words):
        sheet.write_string(number, len(COLUMNS) + offset, word)


def write_text(
    sheet: Worksheet,
    row: int,
    column: int,
    text: str,
    formats: Mapping[str, Format],
    *,
    is_editable: bool = True,
) -> None:
    """寫一格文字，像公式的也只是文字。"""
    name = "quoted" if text.startswith(_RISKY) else "text" if is_editable else "read"
    sheet.write_string(row, column, text[:_LONGEST], formats[name])


def _completion(measure: Measure) -> str:
    if measure.state == Measure.State.ISSUED and measure.asks_percent:
        return _("辦理中 %(percent)d%%") % {"percent": measure.percent}
    return choice_label(Measure.State, measure.state)


def _validate(sheet: Worksheet, rows: int, units: int) -> None:
    """牽頭科室、考核週期從名單裏選；配合科室可以多個，不限制。"""
    places = {column.key: index for index, column in enumerate(COLUMNS)}
    lists = {"lead": ("A", units), "cycle": ("B", len(Cycle.choices))}
    for key, (letter, count) in lists.items():
        sheet.data_validation(
            1,
            places[key],
            rows,
            places[key],
            {
                "validate": "list",
                "source": f"='{LISTS}'!${letter}$1:${letter}${max(count, 1)}",
                "error_title": str(_("不在名單裏")),
                "error_message": str(_("請從下拉的名單裏選。")),
            },
        )


def _write_lists(book: Workbook, names: list[str]) -> None:
    sheet = book.add_worksheet(str(LISTS))
    sheet.hide()
    labels = [str(label) for label in Cycle.labels]
    for row in range(max(len(names), len(labels))):
        for column, words in enumerate([names, labels]):
            if row < len(words):
                sheet.write_string(row, column, words[row])
