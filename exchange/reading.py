"""讀回改過的 .xlsx：先看是不是真的表格、有多大，拆成一行一行，再認是什麼表。

拆在關得住的子進程裏做（unpacking.py）：再大、再怪的表也不佔網頁進程的內存。這裏一次只拿一行。
"""

import gzip
import json
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter

from exchange import unpacking
from exchange.cells import Cell, plain
from exchange.kinds import SheetKind, all_kinds, kind_of
from exchange.layout import HEADING_ROWS, KEY, LONGEST, MAX_COLUMNS, MESSAGE, STAMP
from pingtan_civ.lib import confined
from pingtan_civ.lib.script import search_key
from pingtan_civ.lib.upload_kinds import OFFICE_ZIP, OLE, sniff
from pingtan_civ.lib.uploads import RefusedUpload, inspect
from pingtan_civ.lib.virus_scan import refuse_infected

MAX_BYTES = 20 * 1_048_576
MAX_UNPACKED = 400_000_000
#: 工作表一行一行讀；這兩件要整個進子進程的內存，所以另有上限。二十兆的真表，文字解開不過七八十兆。
MAX_STRINGS_BYTES, MAX_STYLES_BYTES = 100_000_000, 20_000_000
_HEAD = 1 << 13
#: 子進程最多用多少秒處理器、多少內存。有人等着的（認一認、行少的）秒數少，後台的多。
QUICK_SECONDS, SECONDS, MEGABYTES = 30, 300, 512
#: 拆出來的一行最長多少字節：每格最多的字，全是四個字節的。
_LONGEST_LINE = MAX_COLUMNS * (LONGEST * 4 + 8)


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


@dataclass(frozen=True)
class _Line:
    """拆出來的一行：第幾張表、行號、各格、哪幾格是合併填下來的。"""

    sheet: int
    number: int
    cells: list[Any]
    filled: set[int]


@dataclass
class Sheet:
    """認出的一張：是什麼表、認得的列在哪裏。行由 rows() 一行一行給。"""

    kind: SheetKind
    part: str
    row_count: int
    place: int
    heading_row: int
    columns: dict[str, int]
    key_at: int | None
    stamp_at: int | None
    message_at: int | None
    #: 表頭一行各格寫的字。
    heads: list[str]
    facts: dict[str, str]
    lines: str

    @property
    def campaign(self) -> str:
        return self.facts.get("campaign", "")

    @property
    def language(self) -> str:
        return self.facts.get("language", "")

    @property
    def exported_at(self) -> str:
        return self.facts.get("exported_at", "")

    def address(self, key: str, number: int) -> str:
        return f"{get_column_letter(self.columns.get(key, 0) + 1)}{number}"

    def rows(self) -> Iterator[SheetRow]:
        """表頭以下有內容的各行；只剩隱藏鑰匙的、只有合併帶下來的算空行。"""
        for line in _lines(self.lines):
            if line.sheet == self.place and line.number > self.heading_row:
                row = self._row(line)
                if row is not None:
                    yield row

    def _row(self, line: _Line) -> SheetRow | None:
        cells, is_blank = {}, True
        for key, index in self.columns.items():
            if index < len(line.cells):
                cell = _cell(line.cells[index], f"{get_column_letter(index + 1)}{line.number}")
                cells[key] = cell
                if index not in line.filled and (cell.is_formula or cell.value not in (None, "")):
                    is_blank = False
        if is_blank:
            return None
        key, stamp = (_hidden(line.cells, place) for place in (self.key_at, self.stamp_at))
        return SheetRow(line.number, cells, key, stamp)


_NOT_XLSX = gettext_lazy(
    "這裏只收 .xlsx 表格，請上傳從這裏導出、改好的那一份；舊的 .xls 請先另存為 .xlsx。"
)
DAMAGED = gettext_lazy("這份表格損壞了，讀不出來，請重新導出再改。")
_MERGED = gettext_lazy("這份表格合併了太多單元格，請取消合併再導入。")


def inspect_workbook(file: BinaryIO, name: str) -> int:
    """查驗上傳的文件，返回字節數。

    Raises UnreadableSheet：種類不對、過大、損壞、帶密碼或宏、炸彈、有毒。
    """
    file.seek(0)
    if (head := file.read(_HEAD)) and sniff(head) not in (OFFICE_ZIP, OLE):
        raise UnreadableSheet(str(_NOT_XLSX))
    try:
        inspected = inspect(file, name, max_bytes=MAX_BYTES)
        refuse_infected(file)
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
def open_sheet(
    path: str,
    expected: SheetKind | None = None,
    *,
    most: int | None = None,
    seconds: int = QUICK_SECONDS,
) -> Iterator[Sheet]:
    """拆開 path 這份表，認出其中的一張。是什麼表看隱藏的一張，沒有的看表頭像不像 expected。

    most 是最多拆多少行：只要認出來的，不必全拆。
    Raises UnreadableSheet：損壞、認不出、拆開它太費時或太佔內存。
    """
    with tempfile.NamedTemporaryFile() as lines:
        unpacked = _unpacked(path, lines.name, most, seconds)
        yield _recognise(unpacked, lines.name, expected)


def _unpacked(path: str, target: str, most: int | None, seconds: int) -> dict[str, Any]:
    try:
        return confined.run(
            unpacking.unpack, path, target, most, seconds=seconds, megabytes=MEGABYTES
        )
    except confined.TooMuch as stopped:
        raise UnreadableSheet(stopped.sentence) from stopped
    except confined.Failed as failure:
        is_merged = failure.kind == unpacking.TooManyMerges.__name__
        raise UnreadableSheet(str(_MERGED if is_merged else DAMAGED)) from failure


def _recognise(unpacked: dict[str, Any], lines: str, expected: SheetKind | None) -> Sheet:
    facts = unpacked["facts"]
    kind = kind_of(facts.get("kind", "")) or expected
    above: Counter[int] = Counter()
    for line in _lines(lines) if kind else ():
        if line.number > HEADING_ROWS:
            continue
        above[line.sheet] += 1
        heads = [_folded(value) for value in line.cells]
        found = {
            column.key: heads.index(_folded(column.heading))
            for column in kind.columns
            if _folded(column.heading) in heads
        }
        if found and all(key in found for key in kind.needed):
            page = unpacked["sheets"][line.sheet]
            places = (
                heads.index(_folded(name)) if _folded(name) in heads else None
                for name in (KEY, STAMP, MESSAGE)
            )
            return Sheet(
                kind,
                page["part"],
                # 表頭和它上面的標題不算。
                max(page["rows"] - above[line.sheet], 0),
                line.sheet,
                line.number,
                found,
                *places,
                heads=[str(value or "") for value in line.cells],
                facts=facts,
                lines=lines,
            )
    titles = "、".join(f"「{each.title}」" for each in ([kind] if kind else all_kinds()))
    raise UnreadableSheet(
        _("沒有認出%(titles)s的表頭，請保留導出時第一行的列名。") % {"titles": titles}
    )


def _folded(heading: Any) -> str:
    return search_key(str(heading or "")).replace(" ", "")


def _lines(path: str) -> Iterator[_Line]:
    """子進程的話不可輕信：不是約好的樣子，就當這份表壞了。Raises UnreadableSheet。"""
    try:
        with gzip.open(path, "rb") as lines:
            while line := lines.readline(_LONGEST_LINE):
                sheet, number, cells, filled = json.loads(line)
                yield _Line(sheet, number, cells, set(filled))
    except (ValueError, TypeError, OSError, EOFError, zlib.error) as error:
        raise UnreadableSheet(str(DAMAGED)) from error


def _hidden(cells: list[Any], place: int | None) -> str:
    if place is None or place >= len(cells):
        return ""
    return _cell(cells[place], "").text


def _cell(value: Any, address: str) -> Cell:
    if isinstance(value, dict):
        if "formula" in value:
            return Cell("", address, is_formula=True)
        return Cell(date.fromisoformat(value["day"]), address)
    if isinstance(value, str):
        return Cell(plain(value), address)
    return Cell("" if value is None else value, address)
