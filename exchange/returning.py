"""退回的一份：原來的表不動，錯的格塗紅、加批註，行末寫明怎麼改；改好直接再導入。"""

from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill

from exchange.reading import MESSAGE, Sheet

_RED = PatternFill("solid", start_color="FFF8D7DA", end_color="FFF8D7DA")
_WORDS = Font(color="FFB42318")


def annotated_copy(
    source: BinaryIO, target: BinaryIO, sheet: Sheet, errors: list[dict[str, Any]]
) -> None:
    """在 source 這份表上標出 errors，存到 target。合併了的格標在左上角那一格上。"""
    source.seek(0)
    book = load_workbook(source, keep_links=False)
    page = book[sheet.name]
    place = sheet.message_at
    column = place + 1 if place is not None else sheet.width + 1
    top = page.cell(sheet.heading_row, column)
    top.value, top.font = MESSAGE, Font(bold=True, color="FFB42318")
    page.column_dimensions[top.column_letter].width = 48
    page.column_dimensions[top.column_letter].hidden = False
    if place is not None:
        for number in range(sheet.heading_row + 1, page.max_row + 1):
            page.cell(number, column).value = None
    by_row: dict[int, list[str]] = {}
    for error in errors:
        cell = _anchor(page, error["address"])
        cell.fill = _RED
        cell.comment = Comment(error["message"], _("系統"), width=320, height=120)
        by_row.setdefault(error["row"], []).append(f"{error['address']}：{error['message']}")
    for number, lines in by_row.items():
        cell = page.cell(number, column)
        cell.value, cell.font = "\n".join(lines), _WORDS
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    book.save(target)


def _anchor(page: Any, address: str) -> Any:
    for merged in page.merged_cells.ranges:
        if address in merged:
            return page.cell(merged.min_row, merged.min_col)
    return page[address]
