"""方案原文進出數據庫：成樹的方案寫成條款各行，條款各行讀回成樹。"""

from dataclasses import dataclass, field

from campaigns.models import Clause, PlanVersion
from pingtan_civ.lib.plan import types as plan_types
from pingtan_civ.lib.plan.codes import coded_items
from pingtan_civ.lib.plan.types import Item, ParsedPlan, Proposals, Section

_MARK, _HEADING, _SEPARATOR = 20, 200, 4  # 各列的長度，見 Clause


@dataclass
class WrittenItem:
    """寫好的一條和它的各款；proposals 與各款一一對應，是從原文讀出的分工和時限。"""

    row: Clause
    clauses: list[Clause] = field(default_factory=list)
    proposals: list[Proposals] = field(default_factory=list)


def write_clauses(version: PlanVersion, plan: ParsedPlan) -> list[WrittenItem]:
    """寫下一版的全部節、條、款，一字不改。三次批量寫入，與款數無關。"""
    sections = [_section_row(version, s, n) for n, s in enumerate(plan.sections, 1)]
    parents = {id(s): row for s, row in zip(plan.sections, sections, strict=True)}
    written = []
    for entry in coded_items(plan):
        row = _item_row(version, parents[id(entry.section)], entry.item, entry.code)
        written.append(
            WrittenItem(
                row,
                [_clause_row(row, clause, n) for n, clause in enumerate(entry.item.clauses, 1)],
                [c.proposals.or_else(entry.item.proposals) for c in entry.item.clauses],
            )
        )
    _place(sections, written)
    # 分三次寫：下一層要上一層的主鍵。
    Clause.objects.bulk_create(sections)
    Clause.objects.bulk_create([item.row for item in written])
    Clause.objects.bulk_create([row for item in written for row in item.clauses])
    return written


def _place(sections: list[Clause], written: list[WrittenItem]) -> None:
    """按原文次序編 position：節、其下各條、各條之下的款。"""
    position = 0
    for section in sections:
        section.position = position = position + 1
        for item in written:
            if item.row.parent is section:
                for row in [item.row, *item.clauses]:
                    row.position = position = position + 1


def _section_row(version: PlanVersion, section: Section, number: int) -> Clause:
    heading, separator = _fit(section.heading or "", section.heading_separator)
    return Clause(
        version=version,
        level=Clause.Level.SECTION,
        section_kind=str(section.kind),
        code=f"S{number}",
        mark=(section.mark or "")[:_MARK],
        heading=heading if len(heading) <= _HEADING else "",
        text="" if len(heading) <= _HEADING else heading,
        separator=separator,
        line=section.line,
    )


def _item_row(version: PlanVersion, section: Clause, item: Item, code: str) -> Clause:
    heading, separator = _fit(item.heading or "", item.heading_separator)
    long = len(heading) > _HEADING
    return Clause(
        version=version,
        parent=section,
        level=Clause.Level.ITEM,
        section_kind=section.section_kind,
        code=code,
        mark=(item.mark or "")[:_MARK],
        heading="" if long else heading,
        text=heading + separator + item.text if long else item.text,
        separator=separator,
        line=item.line,
    )


def _clause_row(item: Clause, clause: plan_types.Clause, number: int) -> Clause:
    text, separator = _fit(clause.text, clause.separator)
    mark = clause.mark or ""
    if len(mark) > _MARK:
        text, mark = mark + text, ""
    return Clause(
        version=item.version,
        parent=item,
        level=Clause.Level.CLAUSE,
        section_kind=item.section_kind,
        code=f"{item.code}.{number}",
        mark=mark,
        text=text,
        separator=separator,
        line=clause.line,
    )


def _fit(text: str, separator: str) -> tuple[str, str]:
    """標點太長（如一串省略號）時，多出來的留在正文裏，不丟字。"""
    if len(separator) <= _SEPARATOR:
        return text, separator
    return text + separator[:-_SEPARATOR], separator[-_SEPARATOR:]
