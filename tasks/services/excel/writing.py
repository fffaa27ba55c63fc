"""寫出 .xlsx：一律寫成文字，公式和鏈接都不認。"""

from collections.abc import Mapping

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

#: 以這些開頭的文字，Excel 會當成公式。
RISKY = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 32_000
#: 紙張在 Excel 裏的代號。
A3, A4 = 8, 9
OPTIONS = {
    "constant_memory": True,
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def sheet_formats(book: Workbook) -> Mapping[str, Format]:
    """各種格子的樣子。"""
    base = {"text_wrap": True, "valign": "vcenter", "border": 1, "font_size": 10}
    return {
        "head": book.add_format(base | {"bold": True, "bg_color": "#EDEBE4", "align": "center"}),
        "text": book.add_format(base | {"num_format": "@"}),
        # 引號前綴：在 Excel 裏改過再回車，也仍是文字，不變成公式。
        "quoted": book.add_format(base | {"num_format": "@", "quote_prefix": True}),
        "date": book.add_format(base | {"num_format": "yyyy-mm-dd", "align": "center"}),
        "read": book.add_format(base | {"num_format": "@", "font_color": "#666666"}),
    }


def lay_out_for_print(sheet: Worksheet, heading: str, *, paper: int = A4) -> None:
    """打印的樣子：橫排，一頁寬，每頁重複表頭；頁眉是題名，頁腳是頁碼。"""
    sheet.set_landscape()
    sheet.set_paper(paper)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    # 頁眉裏的 & 是控制符，寫兩個才是它自己；字號後面空一格，題名開頭的年份才不會也當成字號。
    sheet.set_header("&C&14 " + heading.replace("&", "&&"))
    sheet.set_footer("&C&P / &N")


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
    name = "quoted" if text.startswith(RISKY) else "text" if is_editable else "read"
    sheet.write_string(row, column, text[:_LONGEST], formats[name])
