"""預覽用的分頁：按每面 22 行、每行 28 字估算，與排好的 PDF 大致相同，不求逐行一致。"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import ceil

from reports.rendering import (
    Annex,
    Block,
    Heading,
    OfficialDocument,
    PageBreak,
    Paragraph,
    Picture,
    RedHead,
    Table,
    layout,
)
from reports.rendering.document import Head
from reports.rendering.text import width_in_characters

LINES, CHARACTERS = layout.LINES_PER_PAGE, layout.CHARACTERS_PER_LINE
INDENT = layout.INDENT_CHARACTERS
TITLE_SIZE = 1.37
TITLE_LINE = 1.15
#: 各種成分佔幾行。
HEAD_LINES = {"red": 10.0, "bulletin": 9.0}
PICTURE_LINES, CELL_LINE = 11.0, layout.TABLE_LINE_PT / layout.LINE_PT
CELL_INSET = 2 * layout.TABLE_CELL_INSET_PT / layout.LINE_PT
TABLE_GAP = 0.5


@dataclass(frozen=True)
class Line:
    """預覽裏的一塊：kind 是 head title place salutation h2 h3 p cont attach sign date source，
    和 annex（附件的標識）annex_title table picture imprint；後幾種另帶內容 item。"""

    kind: str
    text: str
    item: Head | Table | Picture | OfficialDocument | None = None
    label: str = ""


@dataclass
class Page:
    number: int
    lines: list[Line] = field(default_factory=list)
    used: float = 0

    @property
    def is_odd(self) -> bool:
        return self.number % 2 == 1


def paginate(document: OfficialDocument) -> list[Page]:
    """一頁一頁的內容。標題不留在頁末；段落、表格按行切開續到下一頁。"""
    pages = [Page(1)]
    for line in _lines(document):
        if line.kind in ("annex", "break") and pages[-1].lines:
            pages.append(Page(pages[-1].number + 1))
        if line.kind != "break":
            _place(pages, line)
    return pages


def _lines(document: OfficialDocument) -> Iterator[Line]:
    if document.head:
        yield Line("head", "", document.head, document.label("signer"))
    yield Line("title", document.title)
    if document.place_line:
        yield Line("place", document.place_line)
    if document.salutation:
        yield Line("salutation", document.salutation)
    for block in document.body:
        yield from _block_lines(block)
    yield from _ending(document)
    for position, annex in enumerate(document.annexes, 1):
        yield from _annex_lines(annex, document.annex_mark(position))
    if document.sources:
        if document.annexes:
            yield Line("break", "")
        yield Line("h2", document.label("sources"))
        yield from (Line("source", f"{note.number}.{note.text}") for note in document.sources)
    if document.imprint:
        yield Line("imprint", document.copied_text, document, document.label("copied"))


def _ending(document: OfficialDocument) -> Iterator[Line]:
    """附件說明、落款。"""
    names = document.attachment_names
    for number, name in enumerate(names, 1):
        mark = f"{number}." if len(names) > 1 else ""
        label = f"{document.label('annex')}：" if number == 1 else "　　　"
        yield Line("attach", f"{label}{mark}{name}")
    if document.signature:
        yield Line("sign", document.signature)
    if document.date:
        yield Line("date", document.date_text)


def _annex_lines(annex: Annex, mark: str) -> Iterator[Line]:
    yield Line("annex", mark)
    yield Line("annex_title", annex.title)
    for block in annex.blocks:
        yield from _block_lines(block)


def _block_lines(block: Block) -> Iterator[Line]:
    match block:
        case Heading():
            yield Line("h2" if block.level == 1 else "h3", block.text)
        case Paragraph():
            for runs in block.lines():
                yield Line("p", "".join(run.text for run in runs))
        case Table():
            yield Line("table", block.caption, block)
        case Picture():
            yield Line("picture", block.caption, block)
        case PageBreak():
            yield Line("break", "")


def _place(pages: list[Page], line: Line) -> None:
    page, height = pages[-1], _height(line)
    room = LINES - page.used
    # 標題後面至少還要放得下一行正文，免得標題孤零零留在頁末。
    wanted = height + 1 if line.kind in ("h2", "h3") else height
    if wanted <= room:
        _put(page, line, height)
    elif line.kind in ("p", "cont", "source") and room >= 1:
        head, rest = _split(line, int(room))
        _put(page, head, int(room))
        _next(pages, rest)
    elif isinstance(line.item, Table):
        _place_table(pages, line, line.item)
    elif page.lines and height <= LINES:
        _next(pages, line)
    else:
        _put(page, line, room)


def _next(pages: list[Page], line: Line) -> None:
    pages.append(Page(pages[-1].number + 1))
    _place(pages, line)


def _place_table(pages: list[Page], line: Line, table: Table) -> None:
    """放得下幾行放幾行，表頭在下一頁重複。"""
    room = LINES - pages[-1].used - _caption(table) - _row_height(table, ()) - TABLE_GAP
    fitting = 0
    for row in table.rows:
        room -= _row_height(table, row)
        if room < 0:
            break
        fitting += 1
    if not fitting and pages[-1].lines:
        _next(pages, line)
        return
    fitting = max(fitting, 1)
    part = replace(table, rows=table.rows[:fitting])
    _put(pages[-1], Line("table", line.text, part), _table_height(part))
    if rest := table.rows[fitting:]:
        _next(pages, Line("table", "", replace(table, caption="", rows=rest)))


def _put(page: Page, line: Line, height: float) -> None:
    page.lines.append(line)
    page.used += height


def _height(line: Line) -> float:
    width = width_in_characters(line.text)
    if isinstance(line.item, Table):
        return _table_height(line.item)
    match line.kind:
        case "title" | "annex_title":
            return ceil(width * TITLE_SIZE / CHARACTERS) * TITLE_LINE + 1
        case "head":
            return HEAD_LINES["red" if isinstance(line.item, RedHead) else "bulletin"]
        case "picture":
            return PICTURE_LINES
        case "annex":
            return 1 + layout.BLANK_LINES_AFTER_ANNEX_MARK
        case "imprint":
            return ceil(width / CHARACTERS) + 1
    indent = 0 if line.kind in ("cont", "place", "salutation") else INDENT
    return max(ceil((width + indent) / CHARACTERS), 1)


def _table_height(table: Table) -> float:
    rows = sum(_row_height(table, row) for row in table.rows)
    return _caption(table) + _row_height(table, ()) + rows + TABLE_GAP


def _caption(table: Table) -> int:
    return 1 if table.caption else 0


def _row_height(table: Table, row: tuple[str, ...]) -> float:
    """一行表格佔正文的幾行；空的一行即表頭。"""
    cells = row or tuple(column.title for column in table.columns)
    widths = layout.fit_widths(tuple(column.width_mm for column in table.columns))
    most = max(map(layout.lines_in_cell, cells, widths))
    return most * CELL_LINE + CELL_INSET


def _split(line: Line, lines: int) -> tuple[Line, Line]:
    """在第 lines 行的行末切開。"""
    budget = lines * CHARACTERS - INDENT
    width, end = 0.0, len(line.text)
    for index, character in enumerate(line.text):
        width += width_in_characters(character)
        if width > budget:
            end = index
            break
    return Line(line.kind, line.text[:end]), Line("cont", line.text[end:])
