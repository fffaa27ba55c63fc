"""考核辦法的 Excel：一份辦法一個工作簿，六張表。這裏定各表各列，並寫出；讀回在 scheme_reading。

一行一條測評標準；項目、指標、內容的各格只寫在它的第一行，下面空着的隨上。
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import xlsxwriter
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from evaluations.models import Criterion, Method, Scorer, Section, SystemFigure
from evaluations.schemes import (
    CriterionLine,
    Ref,
    SchemeTree,
    SectionNode,
    StandardLine,
    rule_words,
)
from journal.services import source_script
from tasks.labels import choice_label
from tasks.services.excel.writing import (
    A3,
    OPTIONS,
    lay_out_for_print,
    sheet_formats,
    write_text,
)

Value = str | Decimal | None


@dataclass(frozen=True)
class Column:
    """一列。choices 的可從下拉名單裏選。"""

    key: str
    heading: Promise
    width: int
    choices: type[TextChoices] | None = None


@dataclass(frozen=True)
class Page:
    """一張工作表。"""

    title: Promise
    columns: tuple[Column, ...]


BASICS = {
    "title": gettext_lazy("名稱"),
    "year": gettext_lazy("年度"),
    "full": gettext_lazy("基本分總分"),
    "bonus_cap": gettext_lazy("加分封頂"),
    "penalty_cap": gettext_lazy("扣分上限"),
    "note": gettext_lazy("說明"),
}
BASIC = Page(
    gettext_lazy("基本"),
    (Column("item", gettext_lazy("項"), 16), Column("value", gettext_lazy("內容"), 60)),
)
CONTENT = Page(
    gettext_lazy("測評內容"),
    (
        Column("part", gettext_lazy("計入"), 8, Section.Part),
        Column("profile", gettext_lazy("計分類別"), 10),
        Column("top_number", gettext_lazy("項目編號"), 8),
        Column("top_title", gettext_lazy("測評項目"), 18),
        Column("objective", gettext_lazy("工作目標"), 8),
        Column("sub_number", gettext_lazy("指標編號"), 8),
        Column("sub_title", gettext_lazy("測評指標"), 16),
        Column("number", gettext_lazy("內容編號"), 8),
        Column("text", gettext_lazy("測評內容"), 30),
        Column("full", gettext_lazy("分值"), 7),
        Column("rule", gettext_lazy("計分規則"), 16, Criterion.Rule),
        Column("each", gettext_lazy("每次扣"), 7),
        Column("scorer", gettext_lazy("評分方"), 10, Scorer),
        Column("scoring_department", gettext_lazy("評分科室"), 12),
        Column("figure", gettext_lazy("系統數"), 14, SystemFigure),
        Column("may_not_apply", gettext_lazy("可以不適用"), 8),
        Column("indicators", gettext_lazy("計劃指標"), 14),
        Column("survey_options", gettext_lazy("問卷選項"), 16),
        Column("note", gettext_lazy("說明"), 16),
        Column("standard_number", gettext_lazy("標準編號"), 8),
        Column("standard", gettext_lazy("測評標準"), 40),
        Column("method", gettext_lazy("測評方法"), 12, Method),
        Column("second_method", gettext_lazy("另一方法"), 12, Method),
        Column("forms", gettext_lazy("佐證形式"), 20),
        Column("clause", gettext_lazy("方案條文"), 8),
    ),
)
STEPS = Page(
    gettext_lazy("檔次"),
    (
        Column("number", gettext_lazy("內容編號"), 10),
        Column("label", gettext_lazy("檔次"), 24),
        Column("points", gettext_lazy("分數"), 10),
        Column("percent", gettext_lazy("滿分的百分之幾"), 14),
        Column("at_least", gettext_lazy("數值下限"), 10),
    ),
)
GRADES = Page(
    gettext_lazy("等次"),
    (
        Column("name", gettext_lazy("等次"), 16),
        Column("at_least", gettext_lazy("下限"), 10),
        Column("is_failing", gettext_lazy("要整改"), 10),
    ),
)
PROFILES = Page(
    gettext_lazy("類別與單位"),
    (
        Column("profile", gettext_lazy("計分類別"), 16),
        Column("department", gettext_lazy("單位"), 30),
    ),
)
COMMON = gettext_lazy("共同")
"""計分類別這一列裏，人人都考的寫這兩個字。"""
_SPARE_ROWS = 300


@source_script()
def write_workbook(tree: SchemeTree, *, year: int) -> bytes:
    """一份辦法寫成 .xlsx。表頭和選項一律用源文（繁體），讀回時繁簡都認。"""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties({"title": tree.title, "author": ""})
        formats = {**sheet_formats(book), "number": _number_format(book)}
        _write_guide(book, tree, formats)
        for page, rows in (
            (BASIC, _basic_rows(tree, year)),
            (CONTENT, _content_rows(tree)),
            (STEPS, _step_rows(tree)),
            (GRADES, _grade_rows(tree)),
            (PROFILES, _profile_rows(tree)),
        ):
            _write_page(book, page, tree.title, rows, formats)
    return buffer.getvalue()


# ── 各表的行 ──────────────────────────────────────────


def _basic_rows(tree: SchemeTree, year: int) -> Iterator[dict[str, Value]]:
    values: dict[str, Value] = {
        "title": tree.title,
        "year": Decimal(year),
        "full": tree.full,
        "bonus_cap": tree.bonus_cap,
        "penalty_cap": tree.penalty_cap,
        "note": tree.note,
    }
    for key, heading in BASICS.items():
        yield {"item": str(heading), "value": values[key]}


def _content_rows(tree: SchemeTree) -> Iterator[dict[str, Value]]:
    for top in tree.sections:
        head: dict[str, Value] = {
            "part": choice_label(Section.Part, top.part.value),
            "profile": top.profile or str(COMMON),
            "top_number": top.number,
            "top_title": top.title,
            "objective": top.objective.name if top.objective else "",
        }
        rows = [*_criteria_rows(top)]
        for sub in top.children:
            rows += _headed({"sub_number": sub.number, "sub_title": sub.title}, _criteria_rows(sub))
        yield from _headed(head, rows)


def _headed(head: dict[str, Value], rows: Iterable[dict[str, Value]]) -> Iterator[dict[str, Value]]:
    """上一層的各格寫在第一行；下面什麼也沒有的，自己佔一行。"""
    for row in rows:
        yield head | row
        head = {}
    if head:
        yield head


def _criteria_rows(section: SectionNode) -> Iterator[dict[str, Value]]:
    for line in section.criteria:
        yield from _headed(_criterion_cells(line), map(_standard_cells, line.standards))


def _criterion_cells(line: CriterionLine) -> dict[str, Value]:
    return {
        "number": line.number,
        "text": line.text,
        "full": line.full,
        "rule": choice_label(Criterion.Rule, line.rule.kind.value),
        "each": line.rule.each or None,
        "scorer": choice_label(Scorer, line.scorer),
        "scoring_department": line.scoring_department.name if line.scoring_department else "",
        "figure": choice_label(SystemFigure, line.figure),
        "may_not_apply": _("是") if line.may_not_apply else "",
        "indicators": _names(line.indicators),
        "survey_options": line.survey_options,
        "note": line.note,
    }


def _standard_cells(line: StandardLine) -> dict[str, Value]:
    return {
        "standard_number": line.number,
        "standard": line.text,
        "method": choice_label(Method, line.method),
        "second_method": choice_label(Method, line.second_method),
        "forms": _names(line.forms),
        "clause": line.clause.name if line.clause else "",
    }


def _names(refs: Sequence[Ref]) -> str:
    return "、".join(ref.name for ref in refs)


def _step_rows(tree: SchemeTree) -> Iterator[dict[str, Value]]:
    for line in tree.all_criteria():
        for step in line.rule.steps:
            yield {
                "number": line.number,
                "label": step.label,
                "points": step.points,
                "percent": step.percent,
                "at_least": step.at_least,
            }


def _grade_rows(tree: SchemeTree) -> Iterator[dict[str, Value]]:
    for line in tree.grades:
        failing = _("是") if line.is_failing else ""
        yield {"name": line.name, "at_least": line.at_least, "is_failing": failing}


def _profile_rows(tree: SchemeTree) -> Iterator[dict[str, Value]]:
    for line in tree.profiles:
        units = [each.name for each in line.departments] or [""]
        for unit in units:
            yield {"profile": line.name, "department": unit}


# ── 寫 ────────────────────────────────────────────────


def _write_page(
    book: Workbook,
    page: Page,
    heading: str,
    rows: Iterable[dict[str, Value]],
    formats: Mapping[str, Format],
) -> None:
    sheet = book.add_worksheet(str(page.title))
    lay_out_for_print(sheet, heading, paper=A3)
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(page.columns):
        sheet.set_column(index, index, column.width)
        sheet.write_string(0, index, str(column.heading), formats["head"])
        if column.choices:
            labels = [str(label) for label in column.choices.labels]
            sheet.data_validation(
                1, index, _SPARE_ROWS, index, {"validate": "list", "source": labels}
            )
    for number, row in enumerate(rows, 1):
        for index, column in enumerate(page.columns):
            _write_cell(sheet, number, index, row.get(column.key), formats)


def _write_cell(
    sheet: Worksheet, row: int, column: int, value: Value, formats: Mapping[str, Format]
) -> None:
    if isinstance(value, Decimal):
        sheet.write_number(row, column, float(value), formats["number"])
    else:
        write_text(sheet, row, column, value or "", formats)


def _write_guide(book: Workbook, tree: SchemeTree, formats: Mapping[str, Format]) -> None:
    """頭一張：怎樣填，和現在各條怎樣計分（只供看）。"""
    sheet = book.add_worksheet(_("說明"))
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 100)
    lines = [
        (
            _("怎樣填"),
            _("改好後在「考核辦法」頁導入，系統讀成一份新的草稿；這一張只供看，不導入。"),
        ),
        ("", _("有一格讀不懂，整份都不導入，並逐格說明在哪張表、哪一格、怎樣改。")),
        (
            str(CONTENT.title),
            _("一行一條測評標準。項目、指標、內容的各格只寫在它的第一行，下面空着就是同上。"),
        ),
        ("", _("計分類別寫「共同」的人人都考；只考一類的寫那一類的名稱。")),
        ("", _("佐證形式、計劃指標有幾樣的，用頓號隔開。")),
        (str(STEPS.title), _("每一檔寫分數或滿分的百分之幾，只寫一樣；按數值分檔的另寫下限。")),
        (str(GRADES.title), _("最低的一等下限寫 0。")),
        (str(PROFILES.title), _("一行一個單位；一個單位只屬一類，沒有列出的不參加考核。")),
        (_("各條怎樣計分"), ""),
        *((each.number, rule_words(each.rule)) for each in tree.all_criteria()),
    ]
    for number, (name, words) in enumerate(lines):
        write_text(sheet, number, 0, name, formats)
        write_text(sheet, number, 1, words, formats)


def _number_format(book: Workbook) -> Format:
    return book.add_format({"valign": "vcenter", "border": 1, "font_size": 10})
