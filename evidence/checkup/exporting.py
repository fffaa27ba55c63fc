"""體檢導出 Excel：頁面上列出什麼就導出什麼。一律寫成文字，公式和鏈接都不認。"""

import io
from collections.abc import Iterable
from datetime import date

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evidence.checkup.telling import Line
from tasks.services.excel.writing import OPTIONS, lay_out_for_print, sheet_formats, write_text

#: （表頭, 列寬, 取哪一項）。
COLUMNS = [
    (gettext_lazy("單位"), 16, "unit"),
    (gettext_lazy("程度"), 8, "level_label"),
    (gettext_lazy("規則"), 20, "rule"),
    (gettext_lazy("措施編號"), 10, "measure"),
    (gettext_lazy("具體措施"), 32, "title"),
    (gettext_lazy("期"), 14, "period"),
    (gettext_lazy("哪裏不合"), 48, "sentence"),
    (gettext_lazy("怎麼辦"), 36, "cure"),
]


def write_findings(lines: Iterable[Line], *, today: date) -> bytes:
    """寫成一份 .xlsx。"""
    buffer = io.BytesIO()
    name = _("佐證體檢")
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties({"title": name, "author": ""})
        formats = sheet_formats(book)
        sheet = book.add_worksheet(name)
        for index, (heading, width, _key) in enumerate(COLUMNS):
            sheet.set_column(index, index, width)
            sheet.write_string(0, index, str(heading), formats["head"])
        for number, line in enumerate(lines, 1):
            for index, (_heading, _width, key) in enumerate(COLUMNS):
                write_text(sheet, number, index, getattr(line, key), formats)
        sheet.freeze_panes(1, 2)
        lay_out_for_print(sheet, f"{name}（{today:%Y-%m-%d}）")
    return buffer.getvalue()
