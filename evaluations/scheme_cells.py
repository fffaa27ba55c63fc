"""考核辦法的表裏的一格：讀成值，或者說出哪裏不對、怎樣改；名字換成庫裏的行。"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from campaigns.models import Campaign, Clause, EvidenceForm, Indicator, Objective
from evaluations.schemes import Ref
from people.models import Department
from pingtan_civ.lib.scoring import ZERO
from pingtan_civ.lib.script import search_key

MOST_POINTS = Decimal(10_000)
_SEPARATORS = re.compile(r"[、,，;；\n]+")
_YES, _NO = {"是", "有", "√", "✓", "1", "true", "yes"}, {"", "否", "无", "×", "0", "false", "no"}


@dataclass(frozen=True)
class Fault:
    """讀不懂的一格：哪張表、哪一格、怎樣改。"""

    sheet: str
    cell: str
    text: str

    def __str__(self) -> str:
        return f"{self.sheet} {self.cell}　{self.text}"


class Lookup:
    """按名字找：繁簡、全半角、大小寫、空白不論。"""

    def __init__(self, what: str, rows: Iterable[tuple[Ref, Iterable[str]]]) -> None:
        self.what = what
        self._found: dict[str, tuple[int, Ref]] = {}
        self._labels: dict[str, str] = {}
        for order, (ref, names) in enumerate(rows):
            self._labels[search_key(ref.name)] = ref.name
            for name in filter(None, names):
                self._found.setdefault(search_key(name), (order, ref))

    def find(self, text: str) -> tuple[int, Ref] | None:
        return self._found.get(search_key(text))

    def near(self, text: str) -> list[str]:
        close = difflib.get_close_matches(search_key(text), self._labels, n=3, cutoff=0.4)
        return [self._labels[key] for key in close]


@dataclass(frozen=True)
class Names:
    """表裏寫名字、庫裏記主鍵的各種東西。"""

    departments: Lookup
    forms: Lookup
    indicators: Lookup
    clauses: Lookup
    objectives: Lookup

    @classmethod
    def of(cls, campaign: Campaign) -> "Names":
        """方案條文取最近一版的。五次查詢。"""
        clauses = Clause.objects.filter(version__campaign=campaign).order_by(
            "-version__number", "position"
        )
        indicators = Indicator.objects.filter(objective__campaign=campaign)
        objectives = Objective.objects.filter(campaign=campaign)
        units = Department.objects.order_by("position", "name")
        return cls(
            Lookup(
                _("單位"),
                ((Ref(row.pk, row.name), (row.name, row.short_name, row.code)) for row in units),
            ),
            Lookup(
                _("佐證形式"),
                (
                    (Ref(row.pk, row.name), (row.name, row.code))
                    for row in EvidenceForm.objects.all()
                ),
            ),
            Lookup(_("計劃指標"), _by_code(indicators)),
            Lookup(_("方案條文"), _by_code(clauses.only("code"))),
            Lookup(_("工作目標"), _by_code(objectives)),
        )


def _by_code(rows: Iterable[Any]) -> Iterator[tuple[Ref, tuple[str]]]:
    return ((Ref(row.pk, row.code), (row.code,)) for row in rows)


@dataclass(frozen=True)
class Row:
    sheet: str
    number: int
    cells: dict[str, Any]
    columns: dict[str, int]

    def address(self, key: str) -> str:
        return f"{get_column_letter(self.columns.get(key, 0) + 1)}{self.number}"

    def text(self, key: str) -> str:
        return plain(self.cells.get(key))

    def has(self, *keys: str) -> bool:
        return any(self.text(key) for key in keys)


def plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\r\n", "\n").strip()


def key_of(value: Any) -> str:
    return search_key(plain(value)).replace(" ", "")


class Cells:
    """讀一格，讀不懂的記下來，給一個不礙事的值接着讀：一次說全，不叫人改一處再傳一遍。"""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, row: Row, key: str, text: str) -> None:
        self.faults.append(Fault(row.sheet, row.address(key), text))

    def text(self, row: Row, key: str, most: int, needed: str = "") -> str:
        """needed 是空着時說的話；可空的不給。"""
        text = row.text(key)
        if not text and needed:
            self.fault(row, key, needed)
        if len(text) > most:
            self.fault(
                row,
                key,
                _("有 %(count)d 字，最多 %(most)d 字，請改短。")
                % {"count": len(text), "most": most},
            )
        return text

    def points(
        self, row: Row, key: str, *, needed: str = "", least: Decimal = ZERO
    ) -> Decimal | None:
        """一個數，最多兩位小數。空的為 None。"""
        text = row.text(key)
        if not text:
            if needed:
                self.fault(row, key, needed)
            return None
        try:
            value = Decimal(search_key(text))
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or not least <= value <= MOST_POINTS:
            self.fault(
                row, key, _("「%(text)s」不是這裏能填的數，請填數字。") % {"text": text[:40]}
            )
            return None
        if value != value.quantize(Decimal("0.01")):
            self.fault(row, key, _("最多寫兩位小數，現在是 %(text)s。") % {"text": text[:40]})
            return None
        return value

    def yes(self, row: Row, key: str) -> bool:
        text = search_key(row.text(key))
        if text not in _YES | _NO:
            words = {"text": row.text(key)[:40]}
            self.fault(row, key, _("「%(text)s」看不懂，請寫「是」或「否」。") % words)
        return text in _YES

    def choice(
        self, row: Row, key: str, choices: type[TextChoices], default: str | None = None
    ) -> str:
        """從固定的幾個裏選，寫名稱或代號都認。default 是空着時的值；不給的要填。"""
        text = row.text(key)
        if not text and default is not None:
            return default
        wanted = search_key(text)
        for value, label in choices.choices:
            if wanted in (search_key(str(label)), value):
                return value
        labels = "、".join(str(label) for label in choices.labels)
        words = {"text": text[:40], "labels": labels}
        sentence = _("「%(text)s」不在名單裏，請寫：%(labels)s。")
        self.fault(row, key, (sentence if text else _("沒有填，請寫：%(labels)s。")) % words)
        return default if default is not None else choices.values[0]

    def ref(self, row: Row, key: str, lookup: Lookup) -> Ref | None:
        found = self._refs(row, key, lookup, [row.text(key)])
        return found[0][1] if found else None

    def refs(self, row: Row, key: str, lookup: Lookup) -> tuple[Ref, ...]:
        """幾樣，用頓號隔開；照系統裏的次序排。"""
        found = self._refs(row, key, lookup, _SEPARATORS.split(row.text(key)))
        return tuple(ref for _order, ref in sorted(set(found), key=lambda pair: pair[0]))

    def _refs(self, row: Row, key: str, lookup: Lookup, texts: list[str]) -> list[tuple[int, Ref]]:
        found = []
        for text in filter(None, (each.strip() for each in texts)):
            if match := lookup.find(text):
                found.append(match)
                continue
            words = {"text": text[:40], "what": lookup.what, "near": "、".join(lookup.near(text))}
            sentence = (
                _("沒有「%(text)s」這個%(what)s。是不是：%(near)s？")
                if words["near"]
                else _("沒有「%(text)s」這個%(what)s，請改成系統裏有的。")
            )
            self.fault(row, key, sentence % words)
        return found
