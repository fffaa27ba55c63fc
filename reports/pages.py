"""預覽用的分頁：按每面 22 行、每行 28 字估算，與排好的 PDF 大致相同，不求逐行一致。"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from reports.rendering import Block, Heading, OfficialDocument, Paragraph
from reports.rendering.text import width_in_characters

LINES, CHARACTERS = 22, 28
INDENT = 2
TITLE_SIZE = 1.37
TITLE_LINE = 1.15


@dataclass(frozen=True)
class Line:
    """預覽裏的一塊：kind 是 title place salutation h2 h3 p cont sign date source。"""

    kind: str
    text: str


@dataclass
class Page:
    number: int
    lines: list[Line] = field(default_factory=list)
    used: float = 0

    @property
    def is_odd(self) -> bool:
        return self.number % 2 == 1


def paginate(document: OfficialDocument) -> list[Page]:
    """一頁一頁的內容。標題不留在頁末；段落按行切開續到下一頁。"""
    pages = [Page(1)]
    for line in _lines(document):
        _place(pages, line)
    return pages


def _lines(document: OfficialDocument) -> Iterator[Line]:
    yield Line("title", document.title)
    if document.place_line:
        yield Line("place", document.place_line)
    if document.salutation:
        yield Line("salutation", document.salutation)
    for block in document.body:
        yield from _block_lines(block)
    if document.signature:
        yield Line("sign", document.signature)
    if document.date:
        yield Line("date", document.date_text)
    if document.sources:
        yield Line("h2", document.label("sources"))
        yield from (Line("source", f"{note.number}.{note.text}") for note in document.sources)


def _block_lines(block: Block) -> Iterator[Line]:
    if isinstance(block, Heading):
        yield Line("h2" if block.level == 1 else "h3", block.text)
    elif isinstance(block, Paragraph):
        for runs in block.lines():
            yield Line("p", "".join(run.text for run in runs))


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
        pages.append(Page(page.number + 1))
        _place(pages, rest)
    elif page.lines and height <= LINES:
        pages.append(Page(page.number + 1))
        _put(pages[-1], line, height)
    else:
        _put(page, line, room)


def _put(page: Page, line: Line, height: float) -> None:
    page.lines.append(line)
    page.used += height


def _height(line: Line) -> float:
    width = width_in_characters(line.text)
    if line.kind == "title":
        return ceil(width * TITLE_SIZE / CHARACTERS) * TITLE_LINE + 1
    indent = 0 if line.kind in ("cont", "place", "salutation") else INDENT
    return max(ceil((width + indent) / CHARACTERS), 1)


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
