"""讀回改過的 .xlsx：先看是不是真的表格、有多大、是什麼表，再一行一行讀；公式一概不算。

合併的格子只有左上角有值，照人看到的填滿。整份文件不進內存，一次只拿一行。
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from exchange.cells import LONGEST, Cell, plain
from exchange.kinds import SheetKind, all_kinds, kind_of
from exchange.writing import KEY, LISTS, META, STAMP
from pingtan_civ.lib.script import search_key
from pingtan_civ.lib.uploads import RefusedUpload, inspect

MAX_BYTES = 20 * 1_048_576
MAX_UNPACKED = 400_000_000
#: 工作表一行一行讀；這兩件要整個進內存，所以另有上限。二十兆的真表，文字解開不過七八十兆。
MAX_STRINGS_BYTES, MAX_STYLES_BYTES = 100_000_000, 20_000_000
MAX_COLUMNS = 60
_HEADING_ROWS = 10
#: 空行太多的表讀到這裏為止。
_MAX_BLANK = 20_000
_MAX_MERGES = 20_000
_CHUNK = 1 << 20
# 有的軟件給每個元素都帶前綴（x:row），屬性用單引號。
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?\bref=[\"']([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)[\"']")
#: 退回的一份裏附上的一列。
MESSAGE = "需要修改的地方"


class UnreadableSheet(Exception):
    """讀不了的文件；參數是一句話，說為什麼、怎麼辦。"""


@dataclass(frozen=True)
class SheetRow:
    """一行。number 是 Excel 裏的行號；key、stamp 是隱藏的鑰匙。"""

    number: int
    cells: dict[str, Cell]
    key: str = ""
    stamp: str = ""

    def text(self, column: str) -> str:
        cell = self.cells.get(column)
        return cell.text if cell else ""


@dataclass
class Sheet:
    """讀出的表：是什麼表、認得的列在哪裏。行由 rows() 一行一行給。"""

    kind: SheetKind
    name: str
    heading_row: int
    columns: dict[str, int]
    key_at: int | None
    stamp_at: int | None
    message_at: int | None
    width: int
    campaign: str = ""
    language: str = ""
    exported_at: str = ""
    row_count: int = 0
    _worksheet: Any = None
    _merges: list[tuple[int, int, int]] = field(default_factory=list)

    def address(self, key: str, number: int) -> str:
        return f"{get_column_letter(self.columns.get(key, 0) + 1)}{number}"

    def rows(self) -> Iterator[SheetRow]:
        """有內容的各行；只剩隱藏鑰匙的行算空行。"""
        blank = 0
        for number, values, filled in self._lines():
            row = self._row(number, values, filled)
            if row is None:
                blank += 1
                if blank > _MAX_BLANK:
                    return
                continue
            blank = 0
            yield row

    def _lines(self) -> Iterator[tuple[int, list[Any], set[int]]]:
        """Raises UnreadableSheet：讀到一半才看出壞了。"""
        lines = _values(self._worksheet, self._merges, self.heading_row)
        while True:
            try:
                line = next(lines)
            except StopIteration:
                return
            except _BROKEN as error:
                raise UnreadableSheet(_damaged()) from error
            yield line

    def _row(self, number: int, values: list[Any], filled: set[int]) -> SheetRow | None:
        cells = {
            key: _cell(values[index], f"{get_column_letter(index + 1)}{number}")
            for key, index in self.columns.items()
            if index < len(values)
        }
        own = [
            cells[key]
            for key, index in self.columns.items()
            if key in cells and index not in filled
        ]
        # 只有合併帶下來的、沒有一格是自己的，人看着也是空行。
        if not any(cell.is_formula or cell.value not in (None, "") for cell in own):
            return None
        key, stamp = (_hidden(values, place) for place in (self.key_at, self.stamp_at))
        return SheetRow(number, cells, key, stamp)


_NOT_XLSX = gettext_lazy(
    "這裏只收 .xlsx 表格，請上傳從這裏導出、改好的那一份；舊的 .xls 請先另存為 .xlsx。"
)
_BROKEN = (
    zipfile.BadZipFile,
    ParseError,
    DefusedXmlException,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    EOFError,
    OSError,
    zlib.error,
)


def inspect_workbook(file: BinaryIO, name: str) -> int:
    """查驗上傳的文件，返回字節數。Raises UnreadableSheet：種類不對、過大、損壞、帶密碼或宏、炸彈。"""
    try:
        inspected = inspect(file, name, max_bytes=MAX_BYTES)
    except RefusedUpload as refusal:
        # 種類不對時只說這裏收什麼，不教人改成別的也收不下的格式。
        if name and not name.lower().endswith((".xlsx", ".xlsm")):
            raise UnreadableSheet(str(_NOT_XLSX)) from refusal
        raise UnreadableSheet(str(refusal)) from refusal
    if inspected.extension != "xlsx":
        raise UnreadableSheet(str(_NOT_XLSX))
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        if _is_huge(archive.infolist()):
            raise UnreadableSheet(_("這份表格展開後過大，請只留這一張工作表，或分成幾份。"))
    file.seek(0)
    return inspected.size


def _is_huge(parts: list[zipfile.ZipInfo]) -> bool:
    """一行一行讀得完的只看總數；要整個進內存的（文字、樣式和別的說明）各有上限。"""
    strings = whole = 0
    for part in parts:
        name = part.filename.lower()
        if "sharedstrings" in name:
            strings += part.file_size
        elif name.endswith((".xml", ".rels")) and "worksheets/sheet" not in name:
            whole += part.file_size
    total = sum(part.file_size for part in parts)
    return total > MAX_UNPACKED or strings > MAX_STRINGS_BYTES or whole > MAX_STYLES_BYTES


@contextmanager
def open_sheet(file: BinaryIO, expected: SheetKind | None = None) -> Iterator[Sheet]:
    """打開認出的那一張。是什麼表看隱藏的一張，沒有的看表頭像不像 expected。

    Raises UnreadableSheet：損壞、認不出、行太多。
    """
    try:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except _BROKEN as error:
        raise UnreadableSheet(_damaged()) from error
    try:
        yield _recognise(file, book, expected)
    except UnreadableSheet:
        raise
    except (zipfile.BadZipFile, ParseError, DefusedXmlException) as error:
        raise UnreadableSheet(_damaged()) from error
    finally:
        book.close()


def _damaged() -> str:
    return _("這份表格損壞了，讀不出來，請重新導出再改。")


def _recognise(file: BinaryIO, book: Any, expected: SheetKind | None) -> Sheet:
    try:
        facts = _facts(book)
        kind = kind_of(facts.get("kind", "")) or expected
        for worksheet in book.worksheets:
            if worksheet.title in (META, LISTS) or not hasattr(worksheet, "reset_dimensions"):
                continue
            worksheet.reset_dimensions()
            sheet = _headed(worksheet, kind) if kind else None
            if sheet is None:
                continue
            sheet.campaign = facts.get("campaign", "")
            sheet.language = facts.get("language", "")
            sheet.exported_at = facts.get("exported_at", "")
            sheet.row_count, sheet._merges = _scan(file, worksheet)
            return sheet
    except _BROKEN as error:
        raise UnreadableSheet(_damaged()) from error
    titles = "、".join(f"「{each.title}」" for each in ([kind] if kind else all_kinds()))
    raise UnreadableSheet(
        _("沒有認出%(titles)s的表頭，請保留導出時第一行的列名。") % {"titles": titles}
    )


def _facts(book: Any) -> dict[str, str]:
    if META not in book.sheetnames:
        return {}
    page = book[META]
    page.reset_dimensions()
    rows = page.iter_rows(max_row=10, max_col=2, values_only=True)
    return {str(row[0]): str(row[1] or "") for row in rows if row and row[0]}


def _headed(worksheet: Any, kind: SheetKind) -> Sheet | None:
    for number, values in enumerate(
        worksheet.iter_rows(max_row=_HEADING_ROWS, max_col=MAX_COLUMNS, values_only=True), 1
    ):
        heads = [_key(value) for value in values]
        found = {
            column.key: heads.index(_key(column.heading))
            for column in kind.columns
            if _key(column.heading) in heads
        }
        if found and all(key in found for key in kind.needed):
            places = [
                heads.index(_key(name)) if _key(name) in heads else None
                for name in (KEY, STAMP, MESSAGE)
            ]
            width = max([*found.values(), *(place for place in places if place is not None)]) + 1
            return Sheet(
                kind, worksheet.title, number, found, *places, width=width, _worksheet=worksheet
            )
    return None


def _key(heading: Any) -> str:
    return search_key(str(heading or "")).replace(" ", "")


def _scan(file: BinaryIO, worksheet: Any) -> tuple[int, list[tuple[int, int, int]]]:
    """流水看一遍原文：有多少行，合併了哪些格。只讀方式打開的表不告訴我們這些。"""
    rows, merges, tail = 0, [], b""
    file.seek(0)
    with zipfile.ZipFile(file) as archive, archive.open(worksheet._worksheet_path) as source:
        while chunk := source.read(_CHUNK):
            text = tail + chunk
            cut = text.rfind(b"<")
            text, tail = (text[:cut], text[cut:]) if cut > 0 else (text, b"")
            rows += sum(1 for _found in _ROW.finditer(text))
            merges += _MERGE.findall(text)
    merges += _MERGE.findall(tail)
    if len(merges) > _MAX_MERGES:
        raise UnreadableSheet(_("這份表格合併了太多單元格，請取消合併再導入。"))
    ranges = (range_boundaries(each.decode()) for each in merges)
    return rows, sorted((top, left, bottom) for left, top, _right, bottom in ranges if bottom > top)


def _values(
    worksheet: Any, merges: list[tuple[int, int, int]], heading_row: int
) -> Iterator[tuple[int, list[Any], set[int]]]:
    """表頭以下各行的格；合併的往下填滿，填的是哪幾格一併給出。"""
    waiting = iter(merges)
    coming = next(waiting, None)
    active: list[tuple[int, int, Any]] = []
    rows = worksheet.iter_rows(min_row=1, max_col=MAX_COLUMNS)
    for number, cells in enumerate(rows, 1):
        values = list(cells)
        active = [each for each in active if each[0] >= number]
        filled = set()
        for _bottom, left, held in active:
            if left < len(values) and values[left].value is None:
                values[left] = held
                filled.add(left)
        while coming and coming[0] <= number:
            top, left, bottom = coming
            if top == number and left <= len(values):
                # 橫跨幾列的，值屬於最左一列。
                active.append((bottom, left - 1, values[left - 1]))
            coming = next(waiting, None)
        if number > heading_row:
            yield number, values, filled


def _hidden(values: list[Any], place: int | None) -> str:
    if place is None or place >= len(values):
        return ""
    return _cell(values[place], "").text


def _cell(cell: Any, address: str) -> Cell:
    value = cell.value
    if getattr(cell, "data_type", "") == "f":
        return Cell("", address, is_formula=True)
    if isinstance(value, datetime):
        return Cell(value.date(), address)
    if isinstance(value, date):
        return Cell(value, address)
    if isinstance(value, bool):
        return Cell("是" if value else "否", address)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        return Cell(value, address)
    return Cell("" if value is None else plain(str(value))[:LONGEST], address)
