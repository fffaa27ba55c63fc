"""一格：讀出來是什麼、怎樣算相同、怎樣讀成系統裏的東西。讀不懂就說清楚怎麼改。"""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from exchange.layout import LONGEST
from pingtan_civ.lib.dates import parse_date
from pingtan_civ.lib.script import search_key

Value = str | date | int | None
#: 這麼多個以內算少，說錯時全列出來。
FEW = 6
SEPARATORS = re.compile(r"[、,，;；\n]+")
_YES = {"是", "有", "√", "✓", "1", "true", "y", "yes"}
_NO = {"否", "无", "×", "0", "false", "n", "no"}


class NotUnderstood(Exception):
    """一格讀不懂；參數是寫在格旁的一句話，說該怎麼改。"""


@dataclass(frozen=True)
class Cell:
    """一格：文字或日期，和它的地址（F7）。is_formula 的不取值。"""

    value: Value
    address: str = ""
    is_formula: bool = False

    @property
    def text(self) -> str:
        return plain(self.value)


def plain(value: Value) -> str:
    """一格寫成文字，換行照舊：日期寫 2026-12-10，空的是空字符串。"""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()[:LONGEST]


def squeezed(value: Value) -> str:
    """同上，空白一概併成一個空格。"""
    return " ".join(plain(value).split())


def is_same(one: str, other: str) -> bool:
    """繁簡、全半角、大小寫、空白不論的相同。"""
    return one == other or search_key(one) == search_key(other)


class Named:
    """按名字找：完全相同的，或唯一的別名相同的；找不到時給幾個相近的。"""

    def __init__(self, rows: Iterable[tuple[Any, list[str]]] = ()) -> None:
        self._found: dict[str, list[Any]] = {}
        self.labels: list[str] = []
        for row, names in rows:
            self.add(row, names)

    def add(self, row: Any, names: list[str]) -> None:
        self.labels.append(names[0])
        for name in dict.fromkeys(search_key(name) for name in names if name):
            self._found.setdefault(name, []).append(row)

    def find(self, text: str) -> Any:
        matches = self._found.get(search_key(text), [])
        if len(matches) > 1:
            raise NotUnderstood(
                _("「%(text)s」不止一個，請寫全：%(labels)s。")
                % {"text": text, "labels": "、".join(self.near(text))}
            )
        return matches[0] if matches else None

    def near(self, text: str) -> list[str]:
        keys = {search_key(label): label for label in self.labels}
        close = difflib.get_close_matches(search_key(text), keys, n=3, cutoff=0.4)
        # 名單短的全列出來；長的沒有相近的就不亂猜。
        return [keys[key] for key in close] or (self.labels if len(self.labels) <= FEW else [])

    def pick(self, text: str, what: str) -> Any:
        """空的為 None；找不到時 Raises NotUnderstood，帶幾個相近的。"""
        if not text:
            return None
        found = self.find(text)
        if found is None:
            raise unknown(what, text, self.near(text))
        return found


def unknown(what: str, text: str, near: list[str]) -> NotUnderstood:
    words = {"text": text[:60], "what": what, "near": "、".join(near)}
    if near:
        sentence = _("沒有「%(text)s」這個%(what)s。是不是：%(near)s？請改成其中一個。")
        return NotUnderstood(sentence % words)
    return NotUnderstood(_("沒有「%(text)s」這個%(what)s，請改成系統裏有的。") % words)


# ── 常用的讀法 ────────────────────────────────────────


def read_text(_names: Any, cell: Cell) -> str:
    return squeezed(cell.value)


def read_prose(_names: Any, cell: Cell) -> str:
    return cell.text


def read_yes(_names: Any, cell: Cell) -> bool:
    text = search_key(cell.text)
    if not text or text in _NO:
        return False
    if text in _YES:
        return True
    raise NotUnderstood(_("「%(text)s」看不懂，請寫「是」或「否」。") % {"text": cell.text[:40]})


def yes(value: bool) -> str:
    return _("是") if value else _("否")


def read_day(_names: Any, cell: Cell) -> date | None:
    """一個日子；沒有寫年份的不猜。"""
    if isinstance(cell.value, date):
        return cell.value
    if not cell.text:
        return None
    try:
        days = {parse_date(cell.text, year) for year in (2000, 2004)}
    except ValueError as error:
        raise NotUnderstood(str(error)) from error
    if len(days) > 1:
        raise NotUnderstood(
            _("「%(text)s」沒有寫年份，請寫成 2026-12-10 這樣。") % {"text": cell.text[:40]}
        )
    return days.pop()


def read_number(_names: Any, cell: Cell) -> int | None:
    text = search_key(cell.text)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII):
        raise NotUnderstood(
            _("「%(text)s」不是整數，請填 0 以上的整數。") % {"text": cell.text[:40]}
        )
    return int(text)


def choice_reader(choices: Any, what: Any, empty: str = "") -> Callable[[Any, Cell], str]:
    """從固定的幾個裏選：寫標籤或代號都認，繁簡不論。"""

    def read(_names: Any, cell: Cell) -> str:
        if not cell.text:
            return empty
        wanted = search_key(cell.text)
        for value, label in choices.choices:
            if wanted in (search_key(str(label)), value):
                return value
        # 標籤隨語言變：兩種寫法都比過還沒有，才算沒有。
        raise unknown(str(what), cell.text, [str(label) for label in choices.labels])

    return read
