"""方案解析的結果：不可變、不含數據庫，頁面、命令和測試共用。"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """一節講的是什麼；字母是條款編號的首字母（P1.2、G4.12）。"""

    BASIS = "basis"
    PRINCIPLE = "principle"
    OBJECTIVE = "objective"
    TASK = "task"
    ORGANISATION = "organisation"
    OTHER = "other"

    @property
    def letter(self) -> str:
        return (
            "X"
            if self is Kind.OTHER
            else {"principle": "P", "objective": "G"}.get(self.value, self.value[0].upper())
        )


@dataclass(frozen=True)
class Problem:
    """需要人看一眼的地方。行號從 1 起；表格另記單元格地址。"""

    line: int
    message: str
    cell: str = ""


@dataclass(frozen=True)
class Dropped:
    """建議捨棄的一行及理由；捨不捨由辦公室定。"""

    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Line:
    """原文的一行。"""

    line: int
    text: str


@dataclass(frozen=True)
class Proposals:
    """從原文讀出的分工與時限建議。原文一字不動，建議只放在旁邊。

    due 是 ISO 日期；原文沒有年份、又沒有給定年份時，due 就是原文的說法（due_text）。
    """

    lead: str | None = None
    supporting: tuple[str, ...] = ()
    due: str | None = None
    due_text: str | None = None
    cycle: str | None = None
    leader: str | None = None
    owner: str | None = None

    def __bool__(self) -> bool:
        return any((self.lead, self.supporting, self.due, self.cycle, self.leader, self.owner))

    def or_else(self, other: "Proposals") -> "Proposals":
        """自己沒有的，取 other 的；時限的日期與說法成對取。"""
        mine, theirs = (self, other)
        due_from = mine if mine.due else theirs
        return Proposals(
            lead=mine.lead or theirs.lead,
            supporting=mine.supporting or theirs.supporting,
            due=due_from.due,
            due_text=due_from.due_text,
            cycle=mine.cycle or theirs.cycle,
            leader=mine.leader or theirs.leader,
            owner=mine.owner or theirs.owner,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "lead": self.lead,
            "supporting": list(self.supporting),
            "due": self.due,
            "cycle": self.cycle,
        }


@dataclass(frozen=True)
class Clause:
    """一款：能單獨落實或考核的最小一句。separator 是其後的標點，mark 是下級序號。"""

    text: str
    separator: str
    line: int
    mark: str | None = None
    proposals: Proposals = field(default_factory=Proposals)

    @property
    def printed(self) -> str:
        return (self.mark or "") + self.text


@dataclass(frozen=True)
class Item:
    """一條。text 是序號和標題之後的全部原文（多段以換行相連），標題行獨立時可為空。"""

    mark: str | None
    heading: str | None
    heading_separator: str
    text: str
    line: int
    clauses: tuple[Clause, ...] = ()
    tags: tuple[Line, ...] = ()
    proposals: Proposals = field(default_factory=Proposals)

    def as_json(self) -> dict[str, Any]:
        return {
            "mark": self.mark,
            "heading": self.heading,
            "text": self.text,
            "clauses": [clause.printed for clause in self.clauses],
            "proposals": self.proposals.as_json(),
        }


@dataclass(frozen=True)
class Section:
    """一節。number 是印出來的數字（「三」），ordinal 是它的值；mark 是完整序號（「三、」）。"""

    number: str | None
    ordinal: int | None
    kind: Kind
    heading: str | None
    line: int
    items: tuple[Item, ...] = ()
    mark: str | None = None
    heading_separator: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "kind": self.kind.value,
            "heading": self.heading,
            "items": [item.as_json() for item in self.items],
        }


@dataclass(frozen=True)
class ParsedPlan:
    """讀成樹的方案。header 是標題前後的行（地名、文號、主送），標題另存一份。"""

    title: str
    header: tuple[Line, ...]
    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]
    dropped: tuple[Dropped, ...]

    @property
    def place_line(self) -> str:
        """標題之前的一行，如「中國·平潭」；沒有則為空。"""
        for entry in self.header:
            if entry.text in self.title:
                return ""
            return entry.text
        return ""

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return tuple(c for s in self.sections for i in s.items for c in i.clauses)

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "sections": [section.as_json() for section in self.sections],
            "problems": [{"line": p.line, "message": p.message} for p in self.problems],
            "dropped": [{"line": d.line, "text": d.text, "reason": d.reason} for d in self.dropped],
        }
