"""讀回改過的任務分解表：先看是不是真的表格、有多大，再逐格讀成文字，公式一概不算。"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from pingtan_civ.lib.script import search_key
from pingtan_civ.lib.uploads import RefusedUpload, inspect
from tasks.services.excel.columns import COLUMNS, KEYS, MESSAGE, Column

MAX_BYTES = 3_000_000
MAX_UNPACKED = 60_000_000
MAX_ROWS = 6_000
MAX_COLUMNS = 60
_HEADING_ROWS = 10
_LONGEST_CELL = 5_000
#: 沒有這兩列就不是任務分解表。
_NEEDED = ("title", "main_task")


class UnreadableSheet(Exception):
    """讀不了的文件；參數是一句話，說為什麼、怎麼辦。"""


@dataclass(frozen=True)
class Cell:
    """一格：文字或日期，和它的地址（F7）。is_formula 的不取值。"""

    value: str | date
    address: str
    is_formula: bool = False

    @property
    def text(self) -> str:
        if isinstance(self.value, date):
            return self.value.isoformat()
        return self.value


@dataclass(frozen=True)
class SheetRow:
    """一行。number 是 Excel 裏的行號。"""

    number: int
    cells: dict[str, Cell]

    def text(self, key: str) -> str:
        cell = self.cells.get(key)
        return cell.text if cell else ""


@dataclass
class Sheet:
    """讀出的表：認得的列在哪裏，和各行。"""

    name: str
    heading_row: int
    columns: dict[str, int]
    rows: list[SheetRow] = field(default_factory=list)

    def address(self, key: str, number: int) -> str:
        return f"{get_column_letter(self.columns.get(key, 0) + 1)}{number}"


_NOT_XLSX = gettext_lazy(
    "這裏只收 .xlsx 表格，請上傳從這裏導出、改好的那一份；舊的 .xls 請先另存為 .xlsx。"
)


def read_sheet(data: bytes, name: str = "") -> Sheet:
    """讀 .xlsx。Raises UnreadableSheet：種類不對、過大、損壞、帶密碼或宏、炸彈、認不出表頭、行太多。"""
    _check_file(data, name)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            for worksheet in book.worksheets:
                worksheet.reset_dimensions()
                sheet = _read(worksheet)
                if sheet:
                    return sheet
        finally:
            book.close()
    except UnreadableSheet:
        raise
    except (
        zipfile.BadZipFile,
        ParseError,
        DefusedXmlException,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        OSError,
    ) as error:
        raise UnreadableSheet(_("這份表格損壞了，讀不出來，請重新導出再改。")) from error
    raise UnreadableSheet(
        _("沒有認出任務分解表的表頭，請保留第一行的「具體措施」「主要任務」等列名。")
    )


def _check_file(data: bytes, name: str) -> None:
    try:
        inspected = inspect(io.BytesIO(data), name, max_bytes=MAX_BYTES)
    except RefusedUpload as refusal:
        # 種類不對時只說這裏收什麼，不教人改成別的也收不下的格式。
        is_other = bool(name) and not name.lower().endswith((".xlsx", ".xlsm"))
        if is_other and len(data) <= MAX_BYTES:
            raise UnreadableSheet(_NOT_XLSX) from refusal
        raise UnreadableSheet(str(refusal)) from refusal
    if inspected.extension != "xlsx":
        raise UnreadableSheet(_NOT_XLSX)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
            raise UnreadableSheet(_("這份表格展開後過大，請只留任務分解表這一張工作表。"))


def _read(worksheet: Any) -> Sheet | None:
    rows = _rows(worksheet)
    for number, cells in rows:
        if number > _HEADING_ROWS:
            return None
        columns = _find_columns(cells)
        if columns:
            sheet = Sheet(worksheet.title, number, columns)
            for below, each in rows:
                row = _row(below, each, columns)
                if row:
                    sheet.rows.append(row)
                if len(sheet.rows) > MAX_ROWS:
                    raise UnreadableSheet(
                        _("超過 %(most)d 行，請分成幾份導入。") % {"most": MAX_ROWS}
                    )
            return sheet
    return None


def _rows(worksheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """行號和各格；行號被改得極大的文件，讀到上限就停。"""
    for number, cells in enumerate(worksheet.iter_rows(max_col=MAX_COLUMNS), 1):
        if number > MAX_ROWS * 4:
            return
        yield number, cells


def _find_columns(cells: tuple[Any, ...]) -> dict[str, int]:
    known = {_heading(column): column.key for column in [*COLUMNS, *KEYS, MESSAGE]}
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        key = known.get(search_key(str(cell.value or "")).replace(" ", ""))
        if key:
            found.setdefault(key, index)
    return found if all(key in found for key in _NEEDED) else {}


def _heading(column: Column) -> str:
    return search_key(str(column.heading)).replace(" ", "")


def _row(number: int, cells: tuple[Any, ...], columns: dict[str, int]) -> SheetRow | None:
    read = {
        key: _cell(cells[index], f"{get_column_letter(index + 1)}{number}")
        for key, index in columns.items()
        if index < len(cells) and key != MESSAGE.key
    }
    if not any(cell.text or cell.is_formula for cell in read.values()):
        return None
    return SheetRow(number, read)


def _cell(cell: Any, address: str) -> Cell:
    value = cell.value
    if getattr(cell, "data_type", "") == "f":
        return Cell("", address, is_formula=True)
    if isinstance(value, datetime):
        return Cell(value.date(), address)
    if isinstance(value, date):
        return Cell(value, address)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value)
    return Cell(text.replace("\r\n", "\n").strip()[:_LONGEST_CELL], address)
