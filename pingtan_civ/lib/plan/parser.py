"""方案原文讀成樹：節 → 條 → 款。任何文字都不會使它報錯；拿不準的，記成問題。"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from pingtan_civ.lib.plan import clauses, headings, proposals
from pingtan_civ.lib.plan.checks import find_problems
from pingtan_civ.lib.plan.footer import find_dropped
from pingtan_civ.lib.plan.numbering import CHINESE, Mark, read_mark
from pingtan_civ.lib.plan.script import fold
from pingtan_civ.lib.plan.types import (
    Clause,
    Dropped,
    Item,
    Kind,
    Line,
    ParsedPlan,
    Problem,
    Proposals,
    Section,
)

_NEWLINE = re.compile(r"\r\n|\r|\n")
_FINISHED = '。;:!?」』”")]】》…'
_WRAPPED_FROM = 25  # 短於此的行不會是被硬折的
_SUB_HEADING_LIMIT = 40


@dataclass
class _Block:
    """一個自然段：可由幾行硬折的文字拼成，記得每一行從哪個字開始。"""

    line: int
    text: str
    mark: Mark | None
    starts: list[tuple[int, int]] = field(default_factory=list)

    @property
    def rest(self) -> str:
        return self.text[self.mark.end :] if self.mark else self.text

    def line_at(self, offset: int) -> int:
        """正文第 offset 個字在原文的第幾行。"""
        offset += self.mark.end if self.mark else 0
        index = bisect_right(self.starts, (offset, 1 << 60)) - 1
        return self.starts[max(index, 0)][1]


@dataclass
class _Group:
    """一節的各段；head 是標題那一段。"""

    head: _Block | None
    blocks: list[_Block] = field(default_factory=list)


def parse_plan(text: str, year: int | None = None) -> ParsedPlan:
    """讀成樹。行號從 1 起；year 用來把「6月底前」定成日期，不給則保留原文說法。"""
    lines = _NEWLINE.split(text)
    dropped = find_dropped(lines)
    kept = [Line(i + 1, t.strip()) for i, t in enumerate(lines) if t.strip() and i not in dropped]
    opening, preamble, body = _open(kept)
    groups = _groups(_blocks(body))
    sections = [*_basis(preamble, bool(groups), year)]
    sections += [_section(group, year) for group in groups]
    header = tuple(kept[: opening.size])
    plan = ParsedPlan(
        title=opening.title,
        header=header,
        sections=tuple(sections),
        problems=(),
        dropped=tuple(Dropped(i + 1, lines[i].strip(), r) for i, r in sorted(dropped.items())),
    )
    problems = [*find_problems(plan), *_mixed(groups)]
    return replace(plan, problems=tuple(sorted(problems, key=lambda problem: problem.line)))


def _open(kept: list[Line]) -> tuple[headings.Opening, list[Line], list[Line]]:
    """分成題名等開頭幾行、引言和正文。"""
    first = next(
        (
            i
            for i, entry in enumerate(kept)
            if read_mark(entry.text) or headings.is_bare_heading(entry.text)
        ),
        len(kept),
    )
    opening = headings.read_opening([entry.text for entry in kept[:first]])
    return opening, kept[opening.size : first], kept[first:]


def _blocks(lines: Iterable[Line]) -> list[_Block]:
    """行拼成段：上一行沒有說完、這一行又沒有序號的，是被硬折的同一段。"""
    found: list[_Block] = []
    parts: list[list[str]] = []
    previous = ""
    for entry in lines:
        mark = read_mark(entry.text)
        if found and mark is None and _is_wrapped(previous, entry.text):
            found[-1].starts.append((sum(map(len, parts[-1])), entry.line))
            parts[-1].append(entry.text)
        else:
            found.append(_Block(entry.line, entry.text, mark, [(0, entry.line)]))
            parts.append([entry.text])
        previous = entry.text
    for block, texts in zip(found, parts, strict=True):
        block.text = "".join(texts)
    return found


def _is_wrapped(previous: str, text: str) -> bool:
    return (
        len(previous) >= _WRAPPED_FROM
        and fold(previous[-1]) not in _FINISHED
        and not headings.is_bare_heading(text)
        and not proposals.is_tag_line(text)
    )


def _groups(blocks: list[_Block]) -> list[_Group]:
    """按最高一級的序號分節；沒有「一、」一級的，看獨行的標題，再沒有就是一節。"""
    ranks = [block.mark.rank for block in blocks if block.mark]
    top = min(ranks, default=None)
    if top is not None and top > CHINESE:
        top = None
    groups: list[_Group] = []
    for block in blocks:
        if _starts_section(block, groups, top):
            groups.append(_Group(block))
        else:
            if not groups:
                groups.append(_Group(None))
            groups[-1].blocks.append(block)
    return groups


def _starts_section(block: _Block, groups: list[_Group], top: float | None) -> bool:
    if top is None:
        return block.mark is None and headings.is_bare_heading(block.text)
    if block.mark is None:
        return False
    return block.mark.rank == top or _continues_sections(block, block.mark, groups)


def _continues_sections(block: _Block, mark: Mark, groups: list[_Group]) -> bool:
    """「一、」之後的「（二）」：節裏沒有（一），號又接得上，是同一級的另一種寫法。"""
    head = groups[-1].head if groups else None
    if head is None or head.mark is None or mark.number != head.mark.number + 1 or mark.number < 2:
        return False
    siblings = any(b.mark and b.mark.rank == mark.rank for b in groups[-1].blocks)
    return not siblings and headings.kind_of(block.rest) is not Kind.OTHER and len(block.rest) <= 24


def _basis(preamble: Sequence[Line], has_sections: bool, year: int | None) -> list[Section]:
    """第一節之前的引言是依據；全文沒有一個序號的，只好算其他。"""
    if not preamble:
        return []
    kind = Kind.BASIS if has_sections else Kind.OTHER
    items = tuple(_item([block], False, year, kind) for block in _blocks(preamble))
    return [Section(None, None, kind, None, preamble[0].line, items)]


def _section(group: _Group, year: int | None) -> Section:
    head, blocks = group.head, group.blocks
    if head is None:
        items = _items(blocks, year)
        return Section(None, None, Kind.OTHER, None, blocks[0].line, items)
    headed = headings.section_heading(head.rest)
    if not blocks and not headed.body and headed.separator and headed.separator in "。；;":
        headed = headings.Headed(None, "", head.rest)  # 「一、成立領導小組。」自成一條
    if headed.body:
        body = _Block(
            head.line, headed.body, None, _shifted(head, len(head.text) - len(headed.body))
        )
        blocks = [body, *blocks]
    return Section(
        number=head.mark.label if head.mark else None,
        ordinal=head.mark.number if head.mark else None,
        kind=headings.kind_of(headed.heading),
        heading=headed.heading,
        line=head.line,
        items=_items(blocks, year),
        mark=head.mark.printed if head.mark else None,
        heading_separator=headed.separator,
    )


def _shifted(block: _Block, by: int) -> list[tuple[int, int]]:
    """去掉開頭 by 個字之後，各行的起點。"""
    starts = [(start - by, line) for start, line in block.starts]
    before = [line for start, line in starts if start <= 0]
    return [(0, before[-1] if before else block.line), *((s, n) for s, n in starts if s > 0)]


def _items(blocks: list[_Block], year: int | None) -> tuple[Item, ...]:
    """一節之內分條：最高一級的序號是條，更低的是條裏的款；序號之前的段落各自成條。"""
    ranks = [block.mark.rank for block in blocks if block.mark]
    rank = min(ranks, default=None)
    runs: list[list[_Block]] = []
    marked = False
    for block in blocks:
        is_item = bool(
            block.mark and (block.mark.rank == rank or _continues_items(block.mark, runs))
        )
        marked = marked or is_item
        starts = is_item or not runs or not (marked or block.mark or _is_tag(block))
        if starts:
            runs.append([block])
        else:
            runs[-1].append(block)
    loose = _mostly_headed(runs)
    return tuple(_item(run, loose, year) for run in runs)


def _is_tag(block: _Block) -> bool:
    return proposals.is_tag_line(block.text)


def _continues_items(mark: Mark, runs: list[list[_Block]]) -> bool:
    """「1、」之後的「（2）」：這一條裏沒有（1），號又接得上，是同一級。"""
    head = runs[-1][0].mark if runs else None
    if head is None or mark.number < 2 or mark.number != head.number + 1:
        return False
    return not any(block.mark and block.mark.rank == mark.rank for block in runs[-1][1:])


def _mostly_headed(runs: list[list[_Block]]) -> bool:
    """兄弟多數有標題的，其餘從寬認。"""
    marked = [run[0] for run in runs if run[0].mark]
    headed = sum(1 for block in marked if headings.split_heading(block.rest).heading)
    return headed * 2 > len(marked)


def _item(run: list[_Block], loose: bool, year: int | None, kind: Kind = Kind.OTHER) -> Item:
    first, others = run[0], run[1:]
    headed = headings.split_heading(first.rest, loose=loose) if first.mark else None
    if headed is None or headed.heading is None:
        headed = _heading_alone(first, others)
    paragraphs: list[_Block] = []
    if headed.body:
        cut = len(first.text) - len(headed.body)
        paragraphs.append(_Block(first.line, headed.body, None, _shifted(first, cut)))
    units = [[block] for block in paragraphs]
    for block in others:
        if block.mark is None and _is_tag(block) and units:
            units[-1].append(block)
        elif not (block.mark is None and _is_tag(block)):
            units.append([block])
    found = tuple(c for unit in units for c in _unit_clauses(unit, year, kind))
    text = "\n".join(filter(None, [headed.body, *(block.text for block in others)]))
    return Item(
        mark=first.mark.printed if first.mark else None,
        heading=headed.heading,
        heading_separator=headed.separator,
        text=text,
        line=first.line,
        clauses=found,
        tags=tuple(Line(b.line, b.text) for b in others if b.mark is None and _is_tag(b)),
        proposals=_item_proposals(f"{headed.heading or ''}\n{text}", found, year),
    )


def _unit_clauses(unit: list[_Block], year: int | None, kind: Kind) -> list[Clause]:
    """一個自然段連同其後的標註行；段末和標註行的分工，屬於整段。"""
    block, tags = unit[0], unit[1:]
    found = _clauses(block, year, is_basis=kind is Kind.BASIS)
    closing = proposals.closing_tag(block.rest)
    shared = proposals.read_proposals("\n".join([closing, *(tag.text for tag in tags)]), year)
    if not shared:
        return found
    return [replace(c, proposals=c.proposals.or_else(shared)) for c in found]


def _item_proposals(text: str, found: Sequence[Clause], year: int | None) -> Proposals:
    """整條的建議。下級各有各的分工時，只取一致的，免得張冠李戴。"""
    subs = [clause.proposals for clause in found]
    if sum(1 for clause in found if clause.mark) < 2:
        return proposals.read_proposals(text, year)
    fields = {}
    for name in ("lead", "supporting", "due", "due_text", "cycle", "leader", "owner"):
        values = {value for sub in subs if (value := getattr(sub, name))}
        if len(values) == 1:
            fields[name] = values.pop()
    if "lead" not in fields:
        fields.pop("supporting", None)
    return Proposals(**fields)


def _heading_alone(first: _Block, others: list[_Block]) -> headings.Headed:
    """「（一）加強組織領導」獨佔一行、下面另有正文的，是標題。"""
    rest = first.rest
    stripped = rest.rstrip("。：: 　")
    is_heading = (
        first.mark is not None
        and any(not _is_tag(block) for block in others)
        and len(stripped) <= _SUB_HEADING_LIMIT
        and clauses.sentence_end(stripped) == -1
        and not rest.endswith(("，", ",", "、"))
        and (not rest.endswith((":", "：")) or headings.is_heading(stripped))
        and (not rest.endswith("。") or headings.is_heading(stripped))
    )
    if is_heading and stripped:
        return headings.Headed(stripped, rest[len(stripped) :].strip(), "")
    return headings.Headed(None, "", rest)


def _clauses(block: _Block, year: int | None, *, is_basis: bool = False) -> list[Clause]:
    """一段切成款；下級序號記在第一款上，短標題不單獨成款，句後的標註歸前一款。"""
    text = block.rest
    pieces = clauses.split(text, is_basis=is_basis)
    spans: list[clauses.Piece] = []
    for piece in pieces:
        before = spans[-1] if spans else None
        words = text[piece.start : piece.end]
        if before is None:
            spans.append(piece)
        elif proposals.is_tag(words) or (
            block.mark and len(spans) == 1 and _is_sub_heading(text, before)
        ):
            spans[-1] = clauses.Piece(before.start, piece.end, piece.separator)
        else:
            spans.append(piece)
    return [
        Clause(
            text=text[span.start : span.end],
            separator=span.separator,
            line=block.line_at(span.start),
            mark=block.mark.printed if block.mark and index == 0 else None,
            proposals=proposals.read_proposals(text[span.start : span.end], year),
        )
        for index, span in enumerate(spans)
    ]


def _is_sub_heading(text: str, piece: clauses.Piece) -> bool:
    return piece.separator in ("。", "：", ":") and headings.is_heading(
        text[piece.start : piece.end]
    )


def _mixed(groups: Sequence[_Group]) -> list[Problem]:
    """同一節的條用了幾種序號：照收，但提一句。"""
    found = []
    for group in groups:
        marks = [block.mark for block in group.blocks if block.mark]
        rank = min((mark.rank for mark in marks), default=None)
        styles = dict.fromkeys(_style(mark) for mark in marks if mark.rank == rank)
        if len(styles) > 1:
            line = next(
                b.line for b in group.blocks if b.mark and _style(b.mark) == list(styles)[1]
            )
            shown = "、".join(f"「{style}」" for style in styles)
            found.append(Problem(line, f"同一級的序號有幾種寫法（{shown}），已按同一級處理。"))
    return found


def _style(mark: Mark) -> str:
    return fold(mark.printed).replace(fold(mark.label), "1" if mark.label.isdigit() else "一")
