"""讀回考核辦法的 .xlsx：一格一格讀，讀不懂的說在哪張表、哪一格、怎樣改；公式一概不算。

不寫庫。有一處讀不懂就沒有樹（要麼整份，要麼一格不要）。
"""

import difflib
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from campaigns.models import Campaign, Clause, EvidenceForm, Indicator, Objective
from evaluations import scheme_sheets as sheets
from evaluations.models import Criterion, Method, Scorer, Section, SystemFigure
from evaluations.schemes import (
    CriterionLine,
    GradeLine,
    ProfileLine,
    Ref,
    SchemeTree,
    SectionNode,
    StandardLine,
)
from people.models import Department
from pingtan_civ.lib.scoring import ZERO, Part, Rule, RuleKind, Step
from pingtan_civ.lib.script import search_key
from pingtan_civ.lib.uploads import RefusedUpload, inspect

MAX_BYTES = 5 * 1_048_576
#: 展開後這麼大；文字要整個進內存。
MAX_UNPACKED = 60_000_000
MAX_ROWS, MAX_COLUMNS = 5_000, 60
MOST_POINTS = Decimal(10_000)
FIRST_YEAR, LAST_YEAR = 2000, 2100
_HEADING_ROWS = 10
_SEPARATORS = re.compile(r"[、,，;；\n]+")
_YES, _NO = {"是", "有", "√", "✓", "1", "true", "yes"}, {"", "否", "无", "×", "0", "false", "no"}
#: openpyxl 讀壞了的表時拋出的各種錯。
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


class UnreadableScheme(Exception):
    """整份讀不了；參數是一句話，說為什麼、怎麼辦。"""


@dataclass(frozen=True)
class Fault:
    """讀不懂的一格：哪張表、哪一格、怎樣改。"""

    sheet: str
    cell: str
    text: str

    def __str__(self) -> str:
        return f"{self.sheet} {self.cell}　{self.text}"


@dataclass(frozen=True)
class Found:
    """讀出的一份。有 faults 就沒有 tree。"""

    tree: SchemeTree | None
    year: int | None
    faults: tuple[Fault, ...]


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


def read_workbook(file: BinaryIO, name: str, names: Names) -> Found:
    """讀一份。Raises UnreadableScheme：不是 .xlsx、過大、損壞、少了要有的表或列。"""
    _inspect(file, name)
    try:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except _BROKEN as error:
        raise UnreadableScheme(_damaged()) from error
    try:
        return _Reader(book, names).read()
    except UnreadableScheme:
        raise
    except _BROKEN as error:
        raise UnreadableScheme(_damaged()) from error
    finally:
        book.close()


def _damaged() -> str:
    return _("這份表格損壞了，讀不出來，請重新導出再改。")


def _inspect(file: BinaryIO, name: str) -> None:
    try:
        inspected = inspect(file, name, max_bytes=MAX_BYTES)
    except RefusedUpload as refusal:
        raise UnreadableScheme(str(refusal)) from refusal
    if inspected.extension != "xlsx":
        raise UnreadableScheme(_("這裏只收 .xlsx 表格，請先另存為 .xlsx 再導入。"))
    with zipfile.ZipFile(file) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
            raise UnreadableScheme(_("這份表格展開後過大，請只留考核辦法的幾張表。"))
    file.seek(0)


# ── 一行一格 ──────────────────────────────────────────


@dataclass(frozen=True)
class _Row:
    sheet: str
    number: int
    cells: dict[str, Any]
    columns: dict[str, int]

    def address(self, key: str) -> str:
        return f"{get_column_letter(self.columns.get(key, 0) + 1)}{self.number}"

    def text(self, key: str) -> str:
        return _plain(self.cells.get(key))

    def has(self, *keys: str) -> bool:
        return any(self.text(key) for key in keys)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\r\n", "\n").strip()


def _key(value: Any) -> str:
    return search_key(_plain(value)).replace(" ", "")


class _Cells:
    """讀一格，讀不懂的記下來，給一個不礙事的值接着讀：一次說全，不叫人改一處再傳一遍。"""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, row: _Row, key: str, text: str) -> None:
        self.faults.append(Fault(row.sheet, row.address(key), text))

    def text(self, row: _Row, key: str, most: int, needed: str = "") -> str:
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
        self, row: _Row, key: str, *, needed: str = "", least: Decimal = ZERO
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

    def yes(self, row: _Row, key: str) -> bool:
        text = search_key(row.text(key))
        if text not in _YES | _NO:
            words = {"text": row.text(key)[:40]}
            self.fault(row, key, _("「%(text)s」看不懂，請寫「是」或「否」。") % words)
        return text in _YES

    def choice(
        self, row: _Row, key: str, choices: type[TextChoices], default: str | None = None
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

    def ref(self, row: _Row, key: str, lookup: Lookup) -> Ref | None:
        found = self._refs(row, key, lookup, [row.text(key)])
        return found[0][1] if found else None

    def refs(self, row: _Row, key: str, lookup: Lookup) -> tuple[Ref, ...]:
        """幾樣，用頓號隔開；照系統裏的次序排。"""
        found = self._refs(row, key, lookup, _SEPARATORS.split(row.text(key)))
        return tuple(ref for _order, ref in sorted(set(found), key=lambda pair: pair[0]))

    def _refs(self, row: _Row, key: str, lookup: Lookup, texts: list[str]) -> list[tuple[int, Ref]]:
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


# ── 一張一張 ──────────────────────────────────────────


@dataclass
class _Open:
    """正在讀的一項：還會往裏添下一層和內容。"""

    node: SectionNode
    children: list["_Open"] = field(default_factory=list)
    criteria: list[CriterionLine] = field(default_factory=list)

    def closed(self) -> SectionNode:
        return replace(
            self.node,
            children=tuple(child.closed() for child in self.children),
            criteria=tuple(self.criteria),
        )


class _Reader(_Cells):
    def __init__(self, book: Any, names: Names) -> None:
        super().__init__()
        self.book = book
        self.names = names
        self.seen: dict[tuple[str, str], str] = {}

    def read(self) -> Found:
        title, year, basics = self._basics()
        profiles = self._profiles()
        grades = self._grades()
        steps = self._steps()
        sections = self._sections(profiles, steps)
        tree = SchemeTree(
            title=title, profiles=profiles, grades=grades, sections=sections, **basics
        )
        faults = tuple(self.faults)
        return Found(None if faults else tree, year, faults)

    # 表和行

    def _rows(self, page: sheets.Page, needed: Iterable[str]) -> Iterator[_Row]:
        """一張表裏有內容的各行。Raises UnreadableScheme：沒有這張表、少了要有的列、行太多。"""
        worksheet = self._worksheet(page)
        columns: dict[str, int] = {}
        for number, cells in enumerate(worksheet.iter_rows(max_col=MAX_COLUMNS), 1):
            if number > MAX_ROWS:
                raise UnreadableScheme(
                    _("「%(sheet)s」超過 %(most)d 行，不像一份考核辦法。")
                    % {"sheet": worksheet.title, "most": MAX_ROWS}
                )
            if not columns:
                columns = _headings(page, [cell.value for cell in cells], needed)
                if not columns and number >= _HEADING_ROWS:
                    break
                continue
            row = self._row(worksheet.title, number, columns, cells)
            if any(_plain(value) for value in row.cells.values()):
                yield row
        if not columns:
            raise UnreadableScheme(
                _("「%(sheet)s」裏沒有認出表頭，請保留導出時第一行的列名。")
                % {"sheet": worksheet.title}
            )

    def _worksheet(self, page: sheets.Page) -> Any:
        for worksheet in self.book.worksheets:
            if _key(worksheet.title) == _key(page.title) and hasattr(worksheet, "iter_rows"):
                worksheet.reset_dimensions()
                return worksheet
        raise UnreadableScheme(
            _("沒有「%(sheet)s」這張表，請照導出的樣子保留各張表的名稱。") % {"sheet": page.title}
        )

    def _row(self, sheet: str, number: int, columns: dict[str, int], cells: Any) -> _Row:
        found, formulas = {}, []
        for key, index in columns.items():
            cell = cells[index] if index < len(cells) else None
            found[key] = getattr(cell, "value", None)
            if getattr(cell, "data_type", "") == "f":
                found[key] = None
                formulas.append(key)
        row = _Row(sheet, number, found, columns)
        for key in formulas:
            self.fault(row, key, _("這一格是公式，請改寫成它的結果。"))
        return row

    def _once(self, row: _Row, key: str, kind: str, text: str) -> None:
        """同一種編號、名稱只能用一次。"""
        if not text:
            return
        held = self.seen.setdefault((kind, search_key(text)), row.address(key))
        if held != row.address(key):
            sentence = _("「%(text)s」在 %(cell)s 已經寫過，請改成各不相同。")
            self.fault(row, key, sentence % {"text": text[:40], "cell": held})

    # 基本、類別、等次、檔次

    def _basics(self) -> tuple[str, int | None, dict[str, Any]]:
        found = {_key(row.text("item")): row for row in self._rows(sheets.BASIC, ["item", "value"])}
        by_key = {key: found.get(_key(heading)) for key, heading in sheets.BASICS.items()}
        for key in ("title", "full"):
            if by_key[key] is None:
                raise UnreadableScheme(
                    _("「%(sheet)s」裏少了「%(item)s」一行。")
                    % {"sheet": sheets.BASIC.title, "item": sheets.BASICS[key]}
                )
        title = self.text(by_key["title"], "value", 100, _("填寫辦法的名稱。"))
        year = self._year(by_key["year"])
        full = self.points(by_key["full"], "value", needed=_("填寫基本分總分，如 100。"))
        if full == 0:
            self.fault(by_key["full"], "value", _("總分要大於 0。"))
        caps = {
            key: self.points(by_key[key], "value") if by_key[key] else None
            for key in ("bonus_cap", "penalty_cap")
        }
        note = self.text(by_key["note"], "value", 2000) if by_key["note"] else ""
        return title, year, {"full": full or ZERO, "note": note, **caps}

    def _year(self, row: _Row | None) -> int | None:
        if row is None or not row.text("value"):
            return None
        text = search_key(row.text("value")).removesuffix("年")
        if not re.fullmatch(r"\d{4}", text, re.ASCII) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
            self.fault(row, "value", _("年度請寫四位數字，如 2026。"))
            return None
        return int(text)

    def _profiles(self) -> tuple[ProfileLine, ...]:
        members: dict[str, list[tuple[int, Ref]]] = {}
        for row in self._rows(sheets.PROFILES, ["profile", "department"]):
            name = self.text(row, "profile", 40, _("填寫計分類別。"))
            held = members.setdefault(name, [])
            text = row.text("department")
            self._once(row, "department", "department", text)
            held += self._refs(row, "department", self.names.departments, [text])
        return tuple(
            ProfileLine(name, tuple(ref for _order, ref in sorted(units, key=lambda u: u[0])))
            for name, units in members.items()
            if name
        )

    def _grades(self) -> tuple[GradeLine, ...]:
        found = []
        for row in self._rows(sheets.GRADES, ["name", "at_least"]):
            name = self.text(row, "name", 20, _("填寫等次的名稱。"))
            least = self.points(row, "at_least", needed=_("填寫下限；最低的一等寫 0。"))
            self._once(row, "name", "grade", name)
            self._once(row, "at_least", "limit", str(least if least is not None else ""))
            found.append(GradeLine(name, least or ZERO, self.yes(row, "is_failing")))
        return tuple(sorted(found, key=lambda grade: -grade.at_least))

    def _steps(self) -> dict[str, list[tuple[_Row, Step]]]:
        found: dict[str, list[tuple[_Row, Step]]] = {}
        for row in self._rows(sheets.STEPS, ["number", "label"]):
            number = self.text(row, "number", 20, _("填寫這一檔屬於哪一條測評內容的編號。"))
            label = self.text(row, "label", 60, _("填寫檔次的名稱。"))
            self._once(row, "label", f"step {number}", label)
            found.setdefault(search_key(number), []).append((row, self._step(row, label)))
        return found

    def _step(self, row: _Row, label: str) -> Step:
        step = Step(
            label=label,
            points=self.points(row, "points"),
            percent=self.points(row, "percent"),
            at_least=self.points(row, "at_least", least=-MOST_POINTS),
        )
        if row.has("points") == row.has("percent"):
            self.fault(row, "points", _("每一檔寫分數或滿分的百分之幾，只寫一樣。"))
        elif step.percent is not None and step.percent > 100:
            self.fault(row, "percent", _("百分比不超過 100。"))
        return step

    # 測評內容

    def _sections(
        self, profiles: tuple[ProfileLine, ...], steps: dict[str, list[tuple[_Row, Step]]]
    ) -> tuple[SectionNode, ...]:
        tops: list[_Open] = []
        for row in self._rows(sheets.CONTENT, ["top_number", "top_title", "number", "text"]):
            self._take(row, tops, profiles, steps)
        for rows in steps.values():
            for row, _step in rows:
                sentence = _("「測評內容」裏沒有編號為「%(number)s」的一條。")
                self.fault(row, "number", sentence % {"number": row.text("number")[:40]})
        return tuple(each.closed() for each in tops)

    def _take(
        self,
        row: _Row,
        tops: list[_Open],
        profiles: tuple[ProfileLine, ...],
        steps: dict[str, list[tuple[_Row, Step]]],
    ) -> None:
        """一行：新的項目、指標、內容各開一個，接着是標準；空着的隨上一行。"""
        if row.has("top_number", "top_title") and not _is_same(row, "top_number", tops):
            tops.append(_Open(self._top(row, profiles)))
        if not tops:
            self.fault(row, "top_number", _("填寫這一行屬於哪個測評項目。"))
            return
        top = tops[-1]
        if row.has("sub_number", "sub_title") and not _is_same(row, "sub_number", top.children):
            number = self._number(row, "sub_number", "section")
            title = self.text(row, "sub_title", 200, _("填寫測評指標的名稱。"))
            node = SectionNode(number, title, top.node.part, top.node.profile)
            top.children.append(_Open(node))
        place = top.children[-1] if top.children else top
        held = place.criteria[-1].number if place.criteria else ""
        if row.has("number", "text") and (not held or row.text("number") != held):
            place.criteria.append(self._criterion(row, steps))
        if row.has("standard_number", "standard"):
            self._standard(row, place)

    def _number(self, row: _Row, key: str, kind: str) -> str:
        number = self.text(row, key, 20, _("填寫編號。"))
        self._once(row, key, kind, number)
        return number

    def _top(self, row: _Row, profiles: tuple[ProfileLine, ...]) -> SectionNode:
        return SectionNode(
            number=self._number(row, "top_number", "section"),
            title=self.text(row, "top_title", 200, _("填寫測評項目的名稱。")),
            part=Part(self.choice(row, "part", Section.Part, Section.Part.BASE)),
            profile=self._profile(row, profiles),
            objective=self.ref(row, "objective", self.names.objectives),
        )

    def _profile(self, row: _Row, profiles: tuple[ProfileLine, ...]) -> str:
        text = row.text("profile")
        if not text or search_key(text) == search_key(str(sheets.COMMON)):
            return ""
        for profile in profiles:
            if search_key(profile.name) == search_key(text):
                return profile.name
        sentence = _("「類別與單位」裏沒有「%(text)s」這一類；人人都考的寫「共同」。")
        self.fault(row, "profile", sentence % {"text": text[:40]})
        return ""

    def _criterion(self, row: _Row, steps: dict[str, list[tuple[_Row, Step]]]) -> CriterionLine:
        number = self._number(row, "number", "criterion")
        kind = RuleKind(self.choice(row, "rule", Criterion.Rule))
        own = steps.pop(search_key(number), [])
        line = CriterionLine(
            number=number,
            text=self.text(row, "text", 500, _("填寫測評內容。")),
            rule=Rule(
                kind,
                full=self.points(row, "full", needed=_("填寫分值；加分、扣分不設上限的寫 0。"))
                or ZERO,
                each=self.points(row, "each") or ZERO,
                steps=tuple(step for _row, step in own),
            ),
            scorer=self.choice(row, "scorer", Scorer, Scorer.OFFICE),
            scoring_department=self.ref(row, "scoring_department", self.names.departments),
            figure=self.choice(row, "figure", SystemFigure, ""),
            may_not_apply=self.yes(row, "may_not_apply"),
            indicators=self.refs(row, "indicators", self.names.indicators),
            note=self.text(row, "note", 300),
        )
        self._check_scorer(row, line)
        return line

    def _check_scorer(self, row: _Row, line: CriterionLine) -> None:
        if (line.scorer == Scorer.DEPARTMENT) != row.has("scoring_department"):
            sentence = _("評分方是「指定科室」時，請選評分科室；不是時不選。")
            self.fault(row, "scoring_department", sentence)
        if (line.scorer == Scorer.SYSTEM) != row.has("figure"):
            sentence = _("評分方是「系統取數」時，請選用哪個數；不是時不選。")
            self.fault(row, "figure", sentence)

    def _standard(self, row: _Row, place: _Open) -> None:
        if not place.criteria:
            self.fault(row, "number", _("填寫這條標準屬於哪一條測評內容。"))
            return
        criterion = place.criteria[-1]
        number = self.text(row, "standard_number", 20, _("填寫編號。"))
        self._once(row, "standard_number", f"standard {criterion.number}", number)
        standard = StandardLine(
            number=number,
            text=self.text(row, "standard", 500, _("填寫測評標準。")),
            method=self.choice(row, "method", Method, Method.PAPERS),
            second_method=self.choice(row, "second_method", Method, ""),
            forms=self.refs(row, "forms", self.names.forms),
            clause=self.ref(row, "clause", self.names.clauses),
        )
        place.criteria[-1] = replace(criterion, standards=(*criterion.standards, standard))


def _headings(page: sheets.Page, values: list[Any], needed: Iterable[str]) -> dict[str, int]:
    heads = [_key(value) for value in values]
    found = {
        column.key: heads.index(_key(column.heading))
        for column in page.columns
        if _key(column.heading) in heads
    }
    return found if all(key in found for key in needed) else {}


def _is_same(row: _Row, key: str, opened: list[_Open]) -> bool:
    """這一行寫的就是正在讀的那一項（每行都重複寫編號的表也認）。"""
    return bool(opened) and bool(row.text(key)) and opened[-1].node.number == row.text(key)
