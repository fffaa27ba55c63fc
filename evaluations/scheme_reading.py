"""讀回考核辦法的 .xlsx：一格一格讀，讀不懂的說在哪張表、哪一格、怎樣改；公式一概不算。

不寫庫。有一處讀不懂就沒有樹（要麼整份，要麼一格不要）。
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl import load_workbook

from evaluations import scheme_sheets as sheets
from evaluations.collecting import options_fault
from evaluations.models import Criterion, Method, Scorer, Section, SystemFigure
from evaluations.scheme_cells import MOST_POINTS, Cells, Fault, Names, Row, key_of, plain
from evaluations.schemes import (
    CriterionLine,
    GradeLine,
    ProfileLine,
    Ref,
    SchemeTree,
    SectionNode,
    StandardLine,
)
from pingtan_civ.lib.scoring import ZERO, Part, Rule, RuleKind, Step
from pingtan_civ.lib.script import search_key
from pingtan_civ.lib.uploads import RefusedUpload, inspect

MAX_BYTES = 5 * 1_048_576
#: 展開後這麼大；文字要整個進內存。
MAX_UNPACKED = 60_000_000
MAX_ROWS, MAX_COLUMNS = 5_000, 60
FIRST_YEAR, LAST_YEAR = 2000, 2100
_HEADING_ROWS = 10
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


#: 項目、測評內容只寫在第一行的格。
_TOP_CELLS = ("part", "profile", "objective")
_CRITERION_CELLS = (
    "full",
    "rule",
    "each",
    "scorer",
    "scoring_department",
    "figure",
    "may_not_apply",
    "indicators",
    "survey_options",
    "note",
)


class UnreadableScheme(Exception):
    """整份讀不了；參數是一句話，說為什麼、怎麼辦。"""


@dataclass(frozen=True)
class Found:
    """讀出的一份。有 faults 就沒有 tree。"""

    tree: SchemeTree | None
    year: int | None
    faults: tuple[Fault, ...]


def read_workbook(file: BinaryIO, name: str, names: Names) -> Found:
    """讀一份。Raises UnreadableScheme：不是 .xlsx、過大、損壞、少了要有的表或列。"""
    _inspect(file, name)
    try:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except _BROKEN as error:
        raise UnreadableScheme(_damaged()) from error
    try:
        return _Reader(book, names).read()
    finally:
        book.close()


def _damaged() -> str:
    return _("這份表格損壞了，讀不出來，請重新導出再改。")


def _not_xlsx() -> str:
    return _("這裏只收 .xlsx 表格，請先另存為 .xlsx 再導入。")


def _inspect(file: BinaryIO, name: str) -> None:
    try:
        inspected = inspect(file, name, max_bytes=MAX_BYTES)
    except RefusedUpload as refusal:
        # 種類不對時只說這裏收什麼，不教人改成別的也收不下的格式。
        is_other = not name.lower().endswith((".xlsx", ".xlsm"))
        raise UnreadableScheme(_not_xlsx() if is_other else str(refusal)) from refusal
    if inspected.extension != "xlsx":
        raise UnreadableScheme(_not_xlsx())
    with zipfile.ZipFile(file) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
            raise UnreadableScheme(_("這份表格展開後過大，請只留考核辦法的幾張表。"))
    file.seek(0)


# ── 一張一張 ──────────────────────────────────────────


@dataclass
class _Open:
    """正在讀的一項：還會往裏添下一層和內容。"""

    node: SectionNode
    head: Row
    children: list["_Open"] = field(default_factory=list)
    criteria: list[CriterionLine] = field(default_factory=list)
    last: Row | None = None
    """正在讀的那一條測評內容的第一行。"""

    def closed(self) -> SectionNode:
        return replace(
            self.node,
            children=tuple(child.closed() for child in self.children),
            criteria=tuple(self.criteria),
        )


class _Reader(Cells):
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

    def _rows(self, page: sheets.Page, needed: Iterable[str]) -> Iterator[Row]:
        """一張表裏有內容的各行。Raises UnreadableScheme：沒有這張表、少了要有的列、行太多。"""
        worksheet = self._worksheet(page)
        columns: dict[str, int] = {}
        for number, cells in enumerate(_lines(worksheet), 1):
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
            if any(plain(value) for value in row.cells.values()):
                yield row
        if not columns:
            raise UnreadableScheme(
                _("「%(sheet)s」裏沒有認出表頭，請保留導出時第一行的列名。")
                % {"sheet": worksheet.title}
            )

    def _worksheet(self, page: sheets.Page) -> Any:
        for worksheet in self.book.worksheets:
            if key_of(worksheet.title) == key_of(page.title) and hasattr(worksheet, "iter_rows"):
                worksheet.reset_dimensions()
                return worksheet
        raise UnreadableScheme(
            _("沒有「%(sheet)s」這張表，請照導出的樣子保留各張表的名稱。") % {"sheet": page.title}
        )

    def _row(self, sheet: str, number: int, columns: dict[str, int], cells: Any) -> Row:
        found, formulas = {}, []
        for key, index in columns.items():
            cell = cells[index] if index < len(cells) else None
            found[key] = getattr(cell, "value", None)
            if getattr(cell, "data_type", "") == "f":
                found[key] = None
                formulas.append(key)
        row = Row(sheet, number, found, columns)
        for key in formulas:
            self.fault(row, key, _("這一格是公式，請改寫成它的結果。"))
        return row

    def _once(self, row: Row, key: str, kind: str, text: str) -> None:
        """同一種編號、名稱只能用一次。"""
        if not text:
            return
        held = self.seen.setdefault((kind, search_key(text)), row.address(key))
        if held != row.address(key):
            sentence = _("「%(text)s」在 %(cell)s 已經寫過，請改成各不相同。")
            self.fault(row, key, sentence % {"text": text[:40], "cell": held})

    # 基本、類別、等次、檔次

    def _basics(self) -> tuple[str, int | None, dict[str, Any]]:
        found = {
            key_of(row.text("item")): row for row in self._rows(sheets.BASIC, ["item", "value"])
        }
        by_key = {key: found.get(key_of(heading)) for key, heading in sheets.BASICS.items()}
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

    def _year(self, row: Row | None) -> int | None:
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

    def _steps(self) -> dict[str, list[tuple[Row, Step]]]:
        found: dict[str, list[tuple[Row, Step]]] = {}
        for row in self._rows(sheets.STEPS, ["number", "label"]):
            number = self.text(row, "number", 20, _("填寫這一檔屬於哪一條測評內容的編號。"))
            label = self.text(row, "label", 60, _("填寫檔次的名稱。"))
            self._once(row, "label", f"step {number}", label)
            found.setdefault(search_key(number), []).append((row, self._step(row, label)))
        return found

    def _step(self, row: Row, label: str) -> Step:
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
        self, profiles: tuple[ProfileLine, ...], steps: dict[str, list[tuple[Row, Step]]]
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
        row: Row,
        tops: list[_Open],
        profiles: tuple[ProfileLine, ...],
        steps: dict[str, list[tuple[Row, Step]]],
    ) -> None:
        """一行：新的項目、指標、內容各開一個，接着是標準；空着的隨上一行。"""
        if row.has("top_number", "top_title") and not _is_same(row, "top_number", tops):
            tops.append(_Open(self._top(row, profiles), row))
        if not tops:
            self.fault(row, "top_number", _("填寫這一行屬於哪個測評項目。"))
            return
        top = tops[-1]
        self._same_as(row, top.head, _TOP_CELLS, top.node.title)
        if row.has("sub_number", "sub_title") and not _is_same(row, "sub_number", top.children):
            number = self._number(row, "sub_number", "section")
            title = self.text(row, "sub_title", 200, _("填寫測評指標的名稱。"))
            node = SectionNode(number, title, top.node.part, top.node.profile)
            top.children.append(_Open(node, row))
        place = top.children[-1] if top.children else top
        held = place.criteria[-1].number if place.criteria else ""
        if row.has("number", "text") and (not held or row.text("number") != held):
            place.criteria.append(self._criterion(row, steps))
            place.last = row
        self._same_as(row, place.last, _CRITERION_CELLS, held)
        if row.has("standard_number", "standard"):
            self._standard(row, place)

    def _same_as(self, row: Row, head: Row | None, keys: Iterable[str], name: str) -> None:
        """續行裏只有第一行才算數的格：空着或照抄第一行的可以，寫了別的說出來，不悄悄丟掉。"""
        for key in keys:
            if head and row is not head and row.has(key) and row.text(key) != head.text(key):
                sentence = _(
                    "這一格只在「%(name)s」的第一行（%(cell)s）算數，請改那一格，這裏空着。"
                )
                self.fault(row, key, sentence % {"name": name, "cell": head.address(key)})

    def _number(self, row: Row, key: str, kind: str) -> str:
        number = self.text(row, key, 20, _("填寫編號。"))
        self._once(row, key, kind, number)
        return number

    def _top(self, row: Row, profiles: tuple[ProfileLine, ...]) -> SectionNode:
        return SectionNode(
            number=self._number(row, "top_number", "section"),
            title=self.text(row, "top_title", 200, _("填寫測評項目的名稱。")),
            part=Part(self.choice(row, "part", Section.Part, Section.Part.BASE)),
            profile=self._profile(row, profiles),
            objective=self.ref(row, "objective", self.names.objectives),
        )

    def _profile(self, row: Row, profiles: tuple[ProfileLine, ...]) -> str:
        text = row.text("profile")
        if not text or search_key(text) == search_key(str(sheets.COMMON)):
            return ""
        for profile in profiles:
            if search_key(profile.name) == search_key(text):
                return profile.name
        sentence = _("「類別與單位」裏沒有「%(text)s」這一類；人人都考的寫「共同」。")
        self.fault(row, "profile", sentence % {"text": text[:40]})
        return ""

    def _criterion(self, row: Row, steps: dict[str, list[tuple[Row, Step]]]) -> CriterionLine:
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
            survey_options=self._survey_options(row),
            note=self.text(row, "note", 300),
        )
        self._check_scorer(row, line)
        return line

    def _survey_options(self, row: Row) -> str:
        text = self.text(row, "survey_options", 120)
        if sentence := options_fault(text):
            self.fault(row, "survey_options", sentence)
        return text

    def _check_scorer(self, row: Row, line: CriterionLine) -> None:
        if (line.scorer == Scorer.DEPARTMENT) != row.has("scoring_department"):
            sentence = _("評分方是「指定科室」時，請選評分科室；不是時不選。")
            self.fault(row, "scoring_department", sentence)
        if (line.scorer == Scorer.SYSTEM) != row.has("figure"):
            sentence = _("評分方是「系統取數」時，請選用哪個數；不是時不選。")
            self.fault(row, "figure", sentence)

    def _standard(self, row: Row, place: _Open) -> None:
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


def _lines(worksheet: Any) -> Iterator[Any]:
    """一行一行的格。Raises UnreadableScheme：讀到一半才看出壞了。"""
    lines = worksheet.iter_rows(max_col=MAX_COLUMNS)
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except _BROKEN as error:
            raise UnreadableScheme(_damaged()) from error
        yield line


def _headings(page: sheets.Page, values: list[Any], needed: Iterable[str]) -> dict[str, int]:
    heads = [key_of(value) for value in values]
    found = {
        column.key: heads.index(key_of(column.heading))
        for column in page.columns
        if key_of(column.heading) in heads
    }
    return found if all(key in found for key in needed) else {}


def _is_same(row: Row, key: str, opened: list[_Open]) -> bool:
    """這一行寫的就是正在讀的那一項（每行都重複寫編號的表也認）。"""
    return bool(opened) and bool(row.text(key)) and opened[-1].node.number == row.text(key)
