"""打印的頁眉：題名裏的 & 和開頭的年份都照原樣印出來。"""

import io
import re
import zipfile

import xlsxwriter

from tasks.services.excel.writing import OPTIONS, lay_out_for_print


def header_of(heading: str) -> str:
    """寫出的表裏的頁眉，連同它的控制符。"""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        lay_out_for_print(book.add_worksheet(), heading)
    sheet = zipfile.ZipFile(buffer).read("xl/worksheets/sheet1.xml").decode()
    return re.search("<oddHeader>(.*?)</oddHeader>", sheet).group(1).replace("&amp;", "&")


def test_a_title_that_begins_with_a_year_is_not_a_font_size() -> None:
    assert header_of("2026年度創建") == "&C&14 2026年度創建"


def test_an_ampersand_is_printed_as_itself() -> None:
    assert header_of("A&B") == "&C&14 A&&B"
