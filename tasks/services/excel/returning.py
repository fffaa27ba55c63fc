"""退回的一份：原來的表不動，錯的格塗紅、加批註，行末寫明怎麼改。"""

import io

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill

from tasks.services.excel.checking import CheckedSheet
from tasks.services.excel.columns import MESSAGE

_RED = PatternFill("solid", start_color="FFF8D7DA", end_color="FFF8D7DA")
_WORDS = Font(color="FFB42318")


def annotated_copy(data: bytes, checked: CheckedSheet) -> bytes:
    """在 data 這份表上標出 checked.errors；改好之後可以直接再讀回。"""
    book = load_workbook(io.BytesIO(data), keep_links=False)
    sheet = book[checked.sheet.name]
    place = checked.sheet.columns.get(MESSAGE.key)
    column = place + 1 if place is not None else max(checked.sheet.columns.values()) + 2
    top = sheet.cell(checked.sheet.heading_row, column)
    top.value, top.font = str(MESSAGE.heading), Font(bold=True, color="FFB42318")
    sheet.column_dimensions[top.column_letter].width = MESSAGE.width
    sheet.column_dimensions[top.column_letter].hidden = False
    for row in checked.sheet.rows:
        sheet.cell(row.number, column).value = None
    by_row: dict[int, list[str]] = {}
    for error in checked.errors:
        cell = sheet[error.address]
        cell.fill = _RED
        cell.comment = Comment(error.message, _("系統"), width=320, height=120)
        by_row.setdefault(error.row, []).append(f"{error.address}：{error.message}")
    for number, lines in by_row.items():
        cell = sheet.cell(number, column)
        cell.value, cell.font = "\n".join(lines), _WORDS
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
