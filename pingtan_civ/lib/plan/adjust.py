"""保存之前由人調整解析結果：改類別、改層級、拆、併、捨、留、移動標題的界限。

調整只動結構，不動文字：各行（含捨去的）順次相接，調整前後一字不差。
每次調整是一個小字典，存在草稿裏，打開頁面時在解析結果上依次重放；
指向不存在的行、或不合情理的調整不起作用，所以重放從不出錯。
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from pingtan_civ.lib.plan.codes import coded_items
from pingtan_civ.lib.plan.numbering import read_mark
from pingtan_civ.lib.plan.types import (
    Clause,
    Dropped,
    Item,
    Kind,
    Line,
    ParsedPlan,
    Proposals,
    Section,
)

SECTION, ITEM, CLAUSE = "section", "item", "clause"
LEVELS = (SECTION, ITEM, CLAUSE)
_RANK = {SECTION: 0, ITEM: 1, CLAUSE: 2}
_PUNCTUATION = re.compile(r"[，,、；;。：:！!？?]{1,3}[ \u3000]?")
_HEADING_LIMIT = 40  # 更長的一句不當標題
_HEADING_REACH = 60  # 標題的界限最多往後移這麼多字
_TITLE_LIMIT = 200

Operation = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """預覽的一行。offset 是它在全部文字中的起點，也是它穩定的名字。

    節和條的 body 是標題，款的 body 是正文；沒有印出標題的條 body 為空。
    tags 是條下獨佔一行的「（牽頭單位：…）」，跟着條走，不當作款。
    """

    key: str
    offset: int
    level: str
    mark: str
    body: str
    separator: str
    line: int
    kind: str = ""
    dropped: bool = False
    reason: str = ""
    proposals: Proposals = field(default_factory=Proposals)
    tags: tuple[Line, ...] = ()
    source: Section | Item | Clause | None = None

    @property
    def printed(self) -> str:
        return self.mark + self.body + self.separator

    @property
    def is_virtual(self) -> bool:
        """原文沒有印出這一級（如沒有標題的段落），只為成樹而設。"""
        return not self.printed

    @property
    def split_points(self) -> list[tuple[int, str, str]]:
        """可以拆開的位置：（body 中的位置，前文末尾，後文開頭）。"""
        if self.level != CLAUSE:
            return []
        ends = (match.end() for match in _PUNCTUATION.finditer(self.body))
        return [
            (end, self.body[max(0, end - 9) : end], self.body[end : end + 8])
            for end in ends
            if 1 < end < len(self.body)
        ]

    @property
    def likely_split(self) -> int | None:
        """最可能要拆的位置：頓號多半是並列，先看別的標點。"""
        points = self.split_points
        strong = [at for at, before, _after in points if before.strip()[-1:] != "、"]
        return (strong or [at for at, *_rest in points] or [None])[0]


#: 節 → 條 → 款各行。
Groups = list[tuple[Row | None, list[tuple[Row | None, list[Row]]]]]


def flatten(plan: ParsedPlan) -> list[Row]:
    """解析結果攤平成行，按原文次序；建議捨去的行也在其中。"""
    rows: list[Row] = []
    for section in plan.sections:
        rows.append(_section_row(section))
        for item in section.items:
            rows.append(_item_row(item))
            rows += [_clause_row(clause) for clause in item.clauses]
    for entry in plan.dropped:
        _insert_by_line(rows, _dropped_row(entry))
    return _numbered(rows)


def adjusted(plan: ParsedPlan, operations: Iterable[Operation]) -> list[Row]:
    """重放全部調整後的各行。"""
    rows = flatten(plan)
    for operation in operations:
        rows = apply(rows, operation)
    return rows


def apply(rows: list[Row], operation: Operation) -> list[Row]:
    """做一次調整；做不了就原樣返回。"""
    act = _ACTS.get(str(operation.get("op")))
    index = next((i for i, row in enumerate(rows) if row.key == operation.get("row")), None)
    if act is None or index is None:
        return rows
    return act(rows, index, operation.get("value"))


def rebuild(plan: ParsedPlan, rows: list[Row], title: str = "") -> ParsedPlan:
    """由各行重新成樹。沒有動過的條原樣保留。"""
    return replace(
        plan,
        title=(title or plan.title)[:_TITLE_LIMIT],
        sections=tuple(_section(head, items) for head, items in grouped(rows)),
        dropped=tuple(Dropped(r.line, r.printed, r.reason) for r in rows if r.dropped),
    )


def grouped(rows: Iterable[Row]) -> Groups:
    """留下的各行按節、條、款歸在一起；缺了節或條的地方為 None。"""
    sections: Groups = []
    for row in rows:
        if row.dropped:
            continue
        if row.level == SECTION or not sections:
            sections.append((row if row.level == SECTION else None, []))
        items = sections[-1][1]
        if row.level == ITEM or (row.level == CLAUSE and not items):
            items.append((row if row.level == ITEM else None, []))
        if row.level == CLAUSE:
            items[-1][1].append(row)
    return sections


def codes(plan: ParsedPlan, rows: Iterable[Row]) -> dict[str, str]:
    """各行的編碼（G4、G4.12）；plan 是這些行重新成的樹。"""
    items = [item for _head, items in grouped(rows) for item in items]
    found: dict[str, str] = {}
    for entry, (head, clauses) in zip(coded_items(plan), items, strict=True):
        if head:
            found[head.key] = entry.code
        found |= {row.key: f"{entry.code}.{n}" for n, row in enumerate(clauses, 1)}
    return found


def title_of(operations: Iterable[Operation]) -> str:
    """人改過的標題；沒有改過為空。"""
    titles = [str(o.get("value") or "") for o in operations if o.get("op") == "title"]
    return titles[-1].strip() if titles else ""


def joined(rows: Iterable[Row]) -> str:
    """各行順次相接的文字；任何調整都不改變它。"""
    return "".join(row.printed for row in rows)


def heading_points(rows: list[Row], index: int) -> list[tuple[int, str]]:
    """一條的標題可以止於何處：（位置，標題的樣子）；0 表示沒有標題。"""
    row, following = rows[index], _following_clause(rows, index)
    if row.level != ITEM or row.dropped:
        return []
    text = row.body + row.separator + (following.printed if following else "")
    ends = [m.end() for m in _PUNCTUATION.finditer(text[: _HEADING_REACH + 1])]
    current = len(row.body + row.separator)
    points = sorted({0, current, *ends} - ({len(text)} if following else set()))
    return [(point, text[:point].strip()) for point in points]


# ── 攤平 ──────────────────────────────────────────────


def _section_row(section: Section) -> Row:
    heading = section.heading or ""
    mark = section.mark or ""
    return Row(
        "", 0, SECTION, mark, heading, section.heading_separator, section.line,
        kind=str(section.kind), source=section,
    )  # fmt: skip


def _item_row(item: Item) -> Row:
    return Row(
        "", 0, ITEM, item.mark or "", item.heading or "", item.heading_separator, item.line,
        proposals=item.proposals, tags=item.tags, source=item,
    )  # fmt: skip


def _clause_row(clause: Clause) -> Row:
    return Row(
        "", 0, CLAUSE, clause.mark or "", clause.text, clause.separator, clause.line,
        proposals=clause.proposals, source=clause,
    )  # fmt: skip


def _dropped_row(entry: Dropped) -> Row:
    return Row("", 0, CLAUSE, "", entry.text, "", entry.line, dropped=True, reason=entry.reason)


def _insert_by_line(rows: list[Row], row: Row) -> None:
    place = next((i for i, other in enumerate(rows) if other.line > row.line), len(rows))
    rows.insert(place, row)


def _numbered(rows: list[Row]) -> list[Row]:
    numbered: list[Row] = []
    offset = 0
    for row in rows:
        numbered.append(_named(replace(row, offset=offset), {r.key for r in numbered[-3:]}))
        offset += len(row.printed)
    return numbered


def _named(row: Row, taken: set[str]) -> Row:
    """名字就是起點；空行（沒有印出的節、條）與它的第一款起點相同，加一個字母區別。"""
    key = f"{row.offset}{row.level[0]}" if row.is_virtual else str(row.offset)
    while key in taken:
        key += "x"
    return replace(row, key=key)


# ── 調整 ──────────────────────────────────────────────


def _set_kind(rows: list[Row], index: int, value: Any) -> list[Row]:
    if rows[index].level != SECTION or value not in set(Kind):
        return rows
    return _put(rows, index, replace(rows[index], kind=str(value)))


def _set_level(rows: list[Row], index: int, value: Any) -> list[Row]:
    row = rows[index]
    if value not in LEVELS or value == row.level or row.dropped:
        return rows
    if value == CLAUSE and row.is_virtual:
        return _without(rows, index)
    if value == ITEM and row.is_virtual:
        if _starts_with_item(rows, index):
            return _without(rows, index)
        return _put(rows, index, _as(row, ITEM))
    if value == ITEM and row.level == CLAUSE and not _looks_like_heading(row):
        return [*rows[:index], _opening(row, rows), *rows[index:]]
    return _put(rows, index, _as(row, str(value)))


def _split(rows: list[Row], index: int, value: Any) -> list[Row]:
    row = rows[index]
    if row.dropped or value not in {point for point, *_ in row.split_points}:
        return rows
    head, tail = row.body[:value], row.body[value:]
    body, separator = _cut_separator(head)
    left = replace(row, body=body, separator=separator, source=None)
    offset = row.offset + len(row.mark) + value
    right = replace(
        row, key=str(offset), offset=offset, mark="", body=tail, tags=(), source=None,
    )  # fmt: skip
    return [*rows[:index], left, right, *rows[index + 1 :]]


def _merge(rows: list[Row], index: int, value: Any) -> list[Row]:
    """併入緊接的上一款；中間隔着條、節或捨去的行就不併。"""
    row, previous = rows[index], rows[index - 1] if index else None
    if previous is None or {row.level, previous.level} != {CLAUSE}:
        return rows
    if row.dropped or previous.dropped:
        return rows
    merged = replace(
        previous,
        body=previous.body + previous.separator + row.mark + row.body,
        separator=row.separator,
        proposals=previous.proposals.or_else(row.proposals),
        tags=previous.tags + row.tags,
        source=None,
    )
    return [*rows[: index - 1], merged, *rows[index + 1 :]]


def _drop(rows: list[Row], index: int, value: Any) -> list[Row]:
    return _mark_dropped(rows, index, dropped=True)


def _keep(rows: list[Row], index: int, value: Any) -> list[Row]:
    return _mark_dropped(rows, index, dropped=False)


def _mark_dropped(rows: list[Row], index: int, *, dropped: bool) -> list[Row]:
    """捨去或恢復一行，連同它之下的各行。"""
    if rows[index].dropped == dropped:
        return rows
    end = index + 1
    while end < len(rows) and _RANK[rows[end].level] > _RANK[rows[index].level]:
        end += 1
    changed = [
        replace(row, dropped=dropped) if not row.reason or i == 0 else row
        for i, row in enumerate(rows[index:end])
    ]
    return rows[:index] + changed + rows[end:]


def _set_heading(rows: list[Row], index: int, value: Any) -> list[Row]:
    """移動標題與正文的界限。"""
    row = rows[index]
    current = len(row.body + row.separator)
    if value == current or value not in {point for point, _ in heading_points(rows, index)}:
        return rows
    following = _following_clause(rows, index)
    text = row.body + row.separator + (following.printed if following else "")
    heading, separator = _cut_separator(text[:value])
    head = replace(row, body=heading, separator=separator, source=None)
    rest = rows[index + 2 :] if following else rows[index + 1 :]
    if value == len(text):
        return [*rows[:index], head, *rest]
    offset = row.offset + len(row.mark) + value
    body, end = _cut_separator(text[value:], following.separator if following else None)
    clause = replace(
        following or row, key=str(offset), offset=offset, level=CLAUSE, mark="", body=body,
        separator=end, tags=following.tags if following else (), source=None,
    )  # fmt: skip
    if head.is_virtual:
        head = replace(head, key=f"{head.offset}i")
    return [*rows[:index], head, clause, *rest]


_ACTS: dict[str, Callable[[list[Row], int, Any], list[Row]]] = {
    "kind": _set_kind,
    "level": _set_level,
    "split": _split,
    "merge": _merge,
    "drop": _drop,
    "keep": _keep,
    "heading": _set_heading,
}


def _without(rows: list[Row], index: int) -> list[Row]:
    """去掉一個沒有印出的節或條；它名下的標註行交給下一行。"""
    rest = rows[index + 1 :]
    if rest and rows[index].tags:
        rest[0] = replace(rest[0], tags=rows[index].tags + rest[0].tags)
    return rows[:index] + rest


def _put(rows: list[Row], index: int, row: Row) -> list[Row]:
    return [*rows[:index], row, *rows[index + 1 :]]


def _as(row: Row, level: str) -> Row:
    kind = (row.kind or str(Kind.OTHER)) if level == SECTION else ""
    return replace(row, level=level, kind=kind, source=None)


def _opening(row: Row, rows: list[Row]) -> Row:
    """從這一款起另起一條：條本身沒有印出的標題。"""
    empty = Row("", row.offset, ITEM, "", "", "", row.line, proposals=row.proposals)
    return _named(empty, {other.key for other in rows})


def _starts_with_item(rows: list[Row], index: int) -> bool:
    return index + 1 < len(rows) and rows[index + 1].level == ITEM


def _looks_like_heading(row: Row) -> bool:
    return len(row.body) <= _HEADING_LIMIT and row.separator.strip() not in {"。", "；", ";"}


def _following_clause(rows: list[Row], index: int) -> Row | None:
    following = rows[index + 1] if index + 1 < len(rows) else None
    usable = following and following.level == CLAUSE and not following.dropped
    return following if usable else None


def _cut_separator(text: str, separator: str | None = None) -> tuple[str, str]:
    """把末尾的標點分出來；已知標點是什麼就按它分。"""
    if separator is not None and text.endswith(separator):
        return text[: len(text) - len(separator)], separator
    matches = [m for m in _PUNCTUATION.finditer(text) if m.end() == len(text)]
    cut = matches[-1].start() if matches else len(text)
    return text[:cut], text[cut:]


# ── 重新成樹 ──────────────────────────────────────────


def _section(head: Row | None, items: list[tuple[Row | None, list[Row]]]) -> Section:
    built = tuple(_item(row, clauses) for row, clauses in items)
    if head is None:
        line = built[0].line if built else 1
        return Section(None, None, Kind.OTHER, None, line, built)
    if isinstance(head.source, Section):
        return replace(head.source, kind=Kind(head.kind), items=built)
    mark = read_mark(head.mark) if head.mark else None
    return Section(
        mark.label if mark else None, mark.number if mark else None, Kind(head.kind),
        head.body or None, head.line, built, mark=head.mark or None,
        heading_separator=head.separator,
    )  # fmt: skip


def _item(head: Row | None, rows: list[Row]) -> Item:
    source = head.source if head else None
    clauses = tuple(_clause(row) for row in rows)
    # 條改成款時，原來那一條的標註行併到收留它的條。
    tags = tuple(tag for row in [head, *rows] if row for tag in row.tags)
    text = "\n".join(filter(None, [_text(rows), *(tag.text for tag in tags)]))
    if isinstance(source, Item):
        if clauses == source.clauses and tags == source.tags:
            return source
        return replace(source, text=text, clauses=clauses, tags=tags)
    if head is None:
        return Item(None, None, "", text, rows[0].line, clauses, tags)
    return Item(
        head.mark or None,
        head.body or None,
        head.separator,
        text,
        head.line,
        clauses,
        tags,
        proposals=head.proposals,
    )


def _clause(row: Row) -> Clause:
    if isinstance(row.source, Clause):
        return row.source
    return Clause(row.body, row.separator, row.line, row.mark or None, row.proposals)


def _text(rows: list[Row]) -> str:
    """一條的正文：同一行的款相接，換行處換行。"""
    parts: list[str] = []
    for previous, row in zip([None, *rows], rows, strict=False):
        if previous is not None and previous.line != row.line:
            parts.append("\n")
        parts.append(row.printed)
    return "".join(parts)
