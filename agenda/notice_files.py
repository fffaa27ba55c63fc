"""讀放假安排的文件：通知全文（.txt）、表格（.csv .xlsx），變成可以粘貼的文字。"""

import io
import re
import zipfile
from datetime import date, datetime
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from pingtan_civ.lib.office_files import office_kind
from pingtan_civ.lib.uploads import RefusedUpload

MAX_BYTES = 1_000_000
MAX_ROWS = 500
COLUMNS = 3
_YEAR = re.compile(r"(20\d{2})\s*(?:年|-|/|\.)")


class UnreadableFile(ValueError):
    """讀不了的文件；參數是一句話，說為什麼、怎麼辦。"""


def read_file(name: str, content: bytes) -> str:
    """文件變成文字，每行一天或通知原文。Raises UnreadableFile。"""
    if len(content) > MAX_BYTES:
        raise UnreadableFile(_("文件超過 1 MB，不像一年的放假安排；請核對選的文件。"))
    if name.lower().endswith(".xlsx"):
        return _read_sheet(content)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise UnreadableFile(_("看不懂文件的編碼；請在記事本裏另存為 UTF-8 文本，或直接粘貼文字。"))


def year_in(text: str) -> int | None:
    """通知裏說得最多的那個年份；一個也沒有時為 None。"""
    years = [int(year) for year in _YEAR.findall(text)]
    return max(set(years), key=lambda year: (years.count(year), year)) if years else None


def _read_sheet(content: bytes) -> str:
    file = io.BytesIO(content)
    try:
        if office_kind(file, len(content)) != "xlsx":
            raise UnreadableFile(_("這不是 Excel 表格；請另存為 .xlsx 或 .csv。"))
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(max_row=MAX_ROWS, max_col=COLUMNS, values_only=True)
        return "\n".join(",".join(_cell(value) for value in row) for row in rows)
    except (
        RefusedUpload,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        ParseError,
        IndexError,
    ) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(_("這個 Excel 文件讀不了；請另存為 .csv 或直接粘貼文字。"))


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    return re.sub(r"[,\s]+", " ", str(value)).strip() if value is not None else ""
