"""把 .xlsx 拆成一行一行，寫進一個壓縮的文件。只在子進程裏運行（見 reading.py、confined.py）。

公式一概不算；合併的格子只有左上角有值，照人看到的填滿；整行都空的不算一行。
一次只拿一行；文字總表由 openpyxl 整個裝進來，佔多少由子進程的上限管。
"""

import gzip
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from exchange.layout import HEADING_ROWS, KEY, LISTS, LONGEST, MAX_COLUMNS, META, STAMP

#: 接連這麼多空行，就讀到這裏為止。
_MAX_BLANK = 20_000
_MAX_MERGES = 20_000
_MAX_FACTS = 10
_CHUNK = 1 << 20
# 有的軟件給每個元素都帶前綴（x:row），屬性用單引號。
_ROW_END = re.compile(rb"</(?:\w+:)?row\s*>")
_FILLED = re.compile(rb"<(?:\w+:)?c((?:\s[^<>]*)?)>\s*<(?:\w+:)?(?:v|is|f)[\s/>]")
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})\d")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?\bref=[\"']([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)[\"']")


class TooManyMerges(Exception):
    """合併的格子太多。"""


def unpack(path: str, target: str, most: int | None) -> dict[str, Any]:
    """各張工作表的行寫進 target：一行一個 JSON，[第幾張, 行號, [各格], [合併填下來的是哪幾格]]。

    most 是每張最多寫幾行，None 為全部。返回 facts（隱藏的那一張寫着什麼）、sheets（各張在包裏的
    路徑、有內容的行數）。
    """
    sheets: list[dict[str, Any]] = []
    # 給它打開的文件：只給路徑，它先要看擴展名。
    with (
        open(path, "rb") as file,
        gzip.open(target, "wt", encoding="utf-8", compresslevel=1) as lines,
    ):
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        for page in book.worksheets:
            if page.title in (META, LISTS) or not hasattr(page, "reset_dimensions"):
                continue
            page.reset_dimensions()
            rows, merges = _scan(path, page, _hidden_columns(page))
            for number, cells, filled in _filled_rows(page, merges, most):
                row = [len(sheets), number, [_plain(cell) for cell in cells], sorted(filled)]
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            sheets.append({"part": page._worksheet_path, "rows": rows})
        return {"facts": _facts(book), "sheets": sheets}


def _facts(book: Any) -> dict[str, str]:
    if META not in book.sheetnames:
        return {}
    page = book[META]
    page.reset_dimensions()
    rows = page.iter_rows(max_row=_MAX_FACTS, max_col=2, values_only=True)
    return {str(row[0]): str(row[1] or "") for row in rows if row and row[0]}


def _hidden_columns(page: Any) -> set[bytes]:
    """隱藏的兩列在哪裏：清空了內容、只剩鑰匙的行不算一行。"""
    heads = page.iter_rows(max_row=HEADING_ROWS, max_col=MAX_COLUMNS, values_only=True)
    return {
        get_column_letter(place).encode()
        for values in heads
        for place, value in enumerate(values, 1)
        if value in (KEY, STAMP)
    }


def _scan(path: str, page: Any, hidden: set[bytes]) -> tuple[int, list[tuple[int, int, int]]]:
    """流水看一遍原文：有多少行有內容，合併了哪些格。只讀方式打開的表不告訴我們這些。"""
    rows, merges, tail = 0, [], b""
    with zipfile.ZipFile(path) as archive, archive.open(page._worksheet_path) as source:
        while chunk := source.read(_CHUNK):
            *whole, tail = _ROW_END.split(tail + chunk)
            rows += sum(_has_words(row, hidden) for row in whole)
            if not whole and len(tail) > _CHUNK:
                merges += _MERGE.findall(tail)
                tail = tail[tail.rfind(b"<") :]
    merges += _MERGE.findall(tail)
    if len(merges) > _MAX_MERGES:
        raise TooManyMerges
    ranges = (range_boundaries(each.decode()) for each in merges)
    return rows, sorted((top, left, bottom) for left, top, _right, bottom in ranges if bottom > top)


def _has_words(row: bytes, hidden: set[bytes]) -> bool:
    for cell in _FILLED.finditer(row):
        place = _PLACE.search(cell[1])
        if place is None or place[1] not in hidden:
            return True
    return False


def _filled_rows(
    page: Any, merges: list[tuple[int, int, int]], most: int | None
) -> Iterator[tuple[int, list[Any], set[int]]]:
    """有內容的各行；合併的往下填滿，填的是哪幾格一併給出。"""
    waiting = iter(merges)
    coming = next(waiting, None)
    active: list[tuple[int, int, Any]] = []
    blank = given = 0
    for number, cells in enumerate(page.iter_rows(max_col=MAX_COLUMNS), 1):
        values = list(cells)
        own = any(cell.value not in (None, "") for cell in values)
        blank = 0 if own else blank + 1
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
        if own:
            given += 1
            yield number, values, filled
        if blank > _MAX_BLANK or given == most:
            return


def _plain(cell: Any) -> Any:
    """一格寫成 JSON：日期是 {"day": …}，公式是 {"formula": …}（不給內容），別的是字、數、空。"""
    value = cell.value
    if getattr(cell, "data_type", "") == "f":
        return {"formula": True}
    if isinstance(value, datetime):
        return {"day": value.date().isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, int):
        return value
    return str(value)[:LONGEST]
