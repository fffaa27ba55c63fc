"""條款編號：B0.1、P1.2、G4.12、T3.1、O1.1。字母是節的類別，其後是條和款的次序。"""

from collections import Counter
from dataclasses import dataclass

from pingtan_civ.lib.plan.types import Clause, Item, Kind, ParsedPlan, Section


@dataclass(frozen=True)
class CodedItem:
    code: str
    section: Section
    item: Item


@dataclass(frozen=True)
class CodedClause:
    """帶編號的一款。code、text、kind 三樣供修訂比對。"""

    code: str
    kind: Kind
    section: Section
    item: Item
    clause: Clause

    @property
    def text(self) -> str:
        return self.clause.text


def coded_items(plan: ParsedPlan) -> tuple[CodedItem, ...]:
    """每一條的編號。同類的節有幾個時連續編；引言和各類第一節序號之前的段落從 0 編起。"""
    last: Counter[Kind] = Counter()
    seen: set[Kind] = set()
    found = []
    for section in plan.sections:
        first = section.items[0] if section.items else None
        marked = any(item.mark for item in section.items)
        from_zero = section.kind is Kind.BASIS or (marked and first and first.mark is None)
        if section.kind not in seen and from_zero:
            last[section.kind] = -1
        seen.add(section.kind)
        for item in section.items:
            last[section.kind] += 1
            found.append(CodedItem(f"{section.kind.letter}{last[section.kind]}", section, item))
    return tuple(found)


def coded(plan: ParsedPlan) -> tuple[CodedClause, ...]:
    """每一款的編號；同一份方案裏不重複。"""
    return tuple(
        CodedClause(f"{entry.code}.{number}", entry.section.kind, entry.section, entry.item, clause)
        for entry in coded_items(plan)
        for number, clause in enumerate(entry.item.clauses, start=1)
    )
