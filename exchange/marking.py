"""在原來的 .xlsx 上標出錯處。只在子進程裏運行（見 returning.py、confined.py），不引入 Django。

不重做這份表：包裏的各件照抄，只在工作表的原文裏添一列「需要修改的地方」，加一條條件格式和幾個批註，
人寫的、人設的一概不動。工作表流水地抄，多少行都不佔內存。

哪一格塗紅由條件格式看同一行寫的話決定，不動格子自己的格式：行排了序、話刪去了，紅也跟着走。
"""

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import (
    column_index_from_string,
    coordinate_to_tuple,
    get_column_letter,
    range_boundaries,
)

from exchange.layout import LONGEST, MESSAGE

_CHUNK = 1 << 20
_INK, _PAINT = "FFB42318", "FFF8D7DA"
_MESSAGE_WIDTH = 48
_ROW_END = re.compile(rb"</(?:\w+:)?row\s*>")
_ROW_START = re.compile(rb"<(?P<p>(?:\w+:)?)row(?=[\s/>])[^<>]*>")
_CELL = re.compile(
    rb"<(?P<p>(?:\w+:)?)c(?P<facts>(?:\s[^<>]*?)?)(?:/>|>.*?</(?P=p)c\s*>)", re.DOTALL
)
_CONTENT = re.compile(rb"<(?:\w+:)?(?:v|is|f)[\s/>]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?\bref=[\"']([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)[\"']")
_NUMBER = re.compile(rb"\sr=[\"'](\d+)[\"']")
_PLACE = re.compile(rb"\sr=[\"']([A-Z]{1,3})\d+[\"']")
_SPANS = re.compile(rb"\sspans=(?:\"[^\"]*\"|'[^']*')")
_FORMATTING = re.compile(
    rb"<(?P<p>(?:\w+:)?)conditionalFormatting\b.*?</(?P=p)conditionalFormatting\s*>", re.DOTALL
)
_OURS = 'FIND("【"'
#: 工作表裏條件格式、批註的圖形之後才許出現的元素（ECMA-376 規定了先後）。
_AFTER_SHAPES = [
    *("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems"),
    *("tableParts", "extLst"),
]
_AFTER_FORMATTING = [
    *("dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter"),
    *("rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags"),
    *("drawing", "legacyDrawing", *_AFTER_SHAPES),
]
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_SPACES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"{spaces}><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    '<v:shape id="pt_{row}_{column}" type="#_x0000_t202" style="position:absolute;width:240pt;'
    'height:90pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"{spaces}>'
    '<v:fill color2="#ffffe1"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{right}, 15, {row}, 2, {far}, 15, {low}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_SHAPES = re.compile(rb"<(?P<p>\w+):shape\b.*?</(?P=p):shape\s*>", re.DOTALL)
_AT = re.compile(rb"<\w+:Row>(\d+)</\w+:Row>\s*<\w+:Column>(\d+)</\w+:Column>")
_COMMENTS = re.compile(
    rb"<(?P<p>(?:\w+:)?)comment(?P<facts>\s[^<>]*)>.*?</(?P=p)comment\s*>", re.DOTALL
)
_AUTHORS = re.compile(rb"<(?:\w+:)?author(?:/>|>([^<]*)</)")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass
class Marks:
    """標什麼：lines 是各行末尾寫的話，cells 是各格（地址）的批註。"""

    heading_row: int
    #: 認得的各列，從第幾列到第幾列；已有「需要修改的地方」的，是第幾列。
    first: int
    last: int
    column: int | None
    lines: dict[int, str]
    cells: dict[str, str]
    #: 我們的批註署什麼名；以前標的（繁簡都算）先去掉。
    author: str
    authors: list[str]


def mark(path: str, target: str, part: str, facts: dict[str, Any]) -> None:
    """path 是原件，part 是工作表在包裏的路徑，facts 是 Marks 的各項；標好的寫到 target。"""
    marks = Marks(**facts)
    with (
        zipfile.ZipFile(path) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        package = _Package(source)
        shape = _shape_of(source, part)
        looks = _Looks(package)
        column = marks.column or max(shape.columns, marks.last) + 1
        marks.cells = _anchored(marks.cells, shape)
        drawing = _comment(package, part, shape.tail, marks)
        sheet = _Sheet(marks, column, looks, shape, drawing)
        for info in source.infolist():
            if info.filename == part:
                with source.open(info) as old, made.open(part, "w") as new:
                    for piece in sheet.pieces(old):
                        new.write(piece)
            elif info.filename in package.changed:
                made.writestr(info.filename, package.changed.pop(info.filename))
            else:
                with source.open(info) as old, made.open(info.filename, "w") as new:
                    while chunk := old.read(_CHUNK):
                        new.write(chunk)
        for name, text in package.changed.items():
            made.writestr(name, text)


# ── 工作表 ────────────────────────────────────────────


@dataclass(frozen=True)
class _Shape:
    """這張工作表寫到第幾列、第幾行，最後一行之後的原文。"""

    columns: int
    rows: int
    tail: bytes


def _rows(source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """原文按行切開：（一段, 是不是以一行結尾）。第一段連着開頭，最後一段是末行以後的。"""
    tail = b""
    while chunk := source.read(_CHUNK):
        text, seen = tail + chunk, 0
        for end in _ROW_END.finditer(text):
            yield text[seen : end.end()], True
            seen = end.end()
        tail = text[seen:]
    yield tail, False


def _shape_of(archive: zipfile.ZipFile, part: str) -> _Shape:
    columns = number = 0
    with archive.open(part) as source:
        for piece, is_row in _rows(source):
            if not is_row:
                return _Shape(columns, number, piece)
            number = _last_row(piece, number)[1]
            filled = (place for place, cell in _cells(piece) if _CONTENT.search(cell[0]))
            columns = max(columns, *filled, 0)
    raise AssertionError


def _anchored(cells: dict[str, str], shape: _Shape) -> dict[str, str]:
    """合併了的格，批註在看得見的左上角那一格上。"""
    found = {coordinate_to_tuple(address): words for address, words in cells.items()}
    rows = {row for row, _column in found}
    for merged in _MERGED.findall(shape.tail):
        left, top, right, bottom = range_boundaries(merged.decode())
        for row in rows.intersection(range(top, min(bottom, shape.rows) + 1)):
            for column in range(left, right + 1):
                if (row, column) != (top, left) and (words := found.pop((row, column), "")):
                    held = found.get((top, left))
                    found[top, left] = f"{held}\n{words}" if held else words
    return {f"{get_column_letter(column)}{row}": words for (row, column), words in found.items()}


def _last_row(piece: bytes, number: int) -> tuple[re.Match[bytes], int]:
    """這一段裏以 </row> 結尾的那一行和它的行號；沒有寫行號的接着上一行數。"""
    for start in _ROW_START.finditer(piece):
        given = _NUMBER.search(start[0])
        number = int(given[1]) if given else number + 1
    return start, number


def _cells(row: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    """一行裏的各格：第幾列（沒有寫的接着數）。"""
    place = 0
    for cell in _CELL.finditer(row):
        given = _PLACE.search(cell["facts"])
        place = column_index_from_string(given[1].decode()) if given else place + 1
        yield place, cell


class _Sheet:
    """抄一遍工作表，邊抄邊添。"""

    def __init__(
        self, marks: Marks, column: int, looks: "_Looks", shape: _Shape, drawing: str
    ) -> None:
        self._marks, self._column, self._looks = marks, column, looks
        self._shape, self._drawing = shape, drawing

    def pieces(self, source: BinaryIO) -> Iterator[bytes]:
        number, is_first = 0, True
        for piece, is_row in _rows(source):
            if is_first:
                head, start, rest = piece.partition(_opening(piece))
                yield self._with_column(head)
                piece, is_first = start + rest, False
            if is_row:
                start_tag, number = _last_row(piece, number)
                yield self._with_words(piece, start_tag, number)
            else:
                yield self._with_looks(piece)

    def _with_words(self, piece: bytes, start: re.Match[bytes], number: int) -> bytes:
        """添上（或換掉、去掉上一次的）這一行末尾的話。"""
        is_heading = number == self._marks.heading_row
        words = MESSAGE if is_heading else self._marks.lines.get(number, "")
        if not words and (self._marks.column is None or number < self._marks.heading_row):
            return piece
        at = until = piece.rfind(b"</")
        for place, cell in _cells(piece[start.end() :]):
            if place >= self._column:
                at = start.end() + cell.start()
                until = start.end() + cell.end() if place == self._column else at
                break
        prefix = start["p"].decode()
        cell_text = _inline(
            prefix,
            f"{get_column_letter(self._column)}{number}",
            words,
            self._looks.heading if is_heading else self._looks.words,
        )
        tag = _SPANS.sub(b"", start[0])
        return b"".join(
            [piece[: start.start()], tag, piece[start.end() : at], cell_text, piece[until:]]
        )

    def _with_column(self, head: bytes) -> bytes:
        """「需要修改的地方」一列放寬、不隱藏；原來一段寫明寬度的列裏有它，就把那一段拆開。"""
        prefix = _prefix(head)
        ours = (
            f'<{prefix}col min="{self._column}" max="{self._column}" '
            f'width="{_MESSAGE_WIDTH}" customWidth="1"/>'
        ).encode()
        found = re.search(rb"<(?:\w+:)?cols\s*>(.*?)</(?:\w+:)?cols\s*>", head, re.DOTALL)
        if found is None:
            return head + f"<{prefix}cols>".encode() + ours + f"</{prefix}cols>".encode()
        columns = [(self._column, ours)]
        for each in re.findall(rb"<(?:\w+:)?col\s[^<>]*>", found[1]):
            low, high = (_attribute(each, name) for name in ("min", "max"))
            for first, last in _without(int(low), int(high), self._column):
                text = re.sub(rb"\bmin=[\"']\d+[\"']", b'min="%d"' % first, each)
                columns.append((first, re.sub(rb"\bmax=[\"']\d+[\"']", b'max="%d"' % last, text)))
        joined = b"".join(text for _first, text in sorted(columns))
        return head[: found.start(1)] + joined + head[found.end(1) :]

    def _with_looks(self, tail: bytes) -> bytes:
        """末行以後：換上這一次的條件格式，掛上批註的圖形。"""
        prefix = _prefix(tail, b"</")
        tail = _FORMATTING.sub(lambda each: b"" if _OURS in _read(each[0]) else each[0], tail)
        first, heading_row = get_column_letter(self._marks.first), self._marks.heading_row
        area = f"{first}{heading_row + 1}:{get_column_letter(self._marks.last)}{self._shape.rows}"
        formula = (
            f'ISNUMBER(FIND("【"&{first}${heading_row}&"】",'
            f"${get_column_letter(self._column)}{heading_row + 1}))"
        )
        tail = _before(
            tail,
            _AFTER_FORMATTING,
            f'<{prefix}conditionalFormatting sqref="{area}"><{prefix}cfRule type="expression" '
            f'dxfId="{self._looks.paint}" priority="1"><{prefix}formula>{escape(formula)}'
            f"</{prefix}formula></{prefix}cfRule></{prefix}conditionalFormatting>",
        )
        if not self._drawing:
            return tail
        return _before(
            tail,
            _AFTER_SHAPES,
            f'<{prefix}legacyDrawing xmlns:r="{_OFFICE}" r:id="{self._drawing}"/>',
        )


def _opening(piece: bytes) -> bytes:
    found = re.search(rb"<(?:\w+:)?sheetData\b", piece)
    if found is None:
        raise ValueError("工作表裏沒有 sheetData。")
    return found[0]


def _prefix(text: bytes, before: bytes = b"<") -> str:
    """這份文件給元素帶的前綴，多半沒有。"""
    found = re.search(before + rb"((?:\w+:)?)(?:worksheet|sheetData|styleSheet|comments)\b", text)
    return found[1].decode() if found else ""


def _attribute(tag: bytes, name: str) -> str:
    found = re.search(rb"\s%s=[\"']([^\"']*)[\"']" % name.encode(), tag)
    return found[1].decode() if found else ""


def _without(low: int, high: int, column: int) -> list[tuple[int, int]]:
    """[low, high] 去掉 column 之後剩下的一兩段。"""
    if not low <= column <= high:
        return [(low, high)]
    return [pair for pair in ((low, column - 1), (column + 1, high)) if pair[0] <= pair[1]]


def _before(text: bytes, names: list[str], element: str) -> bytes:
    """放在這幾種元素的最前一個之前；一個也沒有就放在末尾的標籤之前。"""
    found = re.search(rb"<(?:\w+:)?(?:%s)[\s/>]" % "|".join(names).encode(), text)
    at = found.start() if found else text.rindex(b"</")
    return text[:at] + element.encode() + text[at:]


def _inline(prefix: str, address: str, words: str, look: int) -> bytes:
    if not words:
        return b""
    return (
        f'<{prefix}c r="{address}" s="{look}" t="inlineStr"><{prefix}is>'
        f'<{prefix}t xml:space="preserve">{_text(words)}</{prefix}t></{prefix}is></{prefix}c>'
    ).encode()


def _read(text: bytes) -> str:
    """XML 裏的字；有的軟件把漢字寫成 &#12304; 這樣。"""
    return html.unescape(text.decode("utf-8", "replace"))


def _text(words: str) -> str:
    return escape(_ILLEGAL.sub("", words)[:LONGEST])


# ── 包裏的別的件 ──────────────────────────────────────


class _Package:
    """要改的小件：改好的記在 changed，別的照抄。"""

    def __init__(self, source: zipfile.ZipFile) -> None:
        self._source = source
        self._names = set(source.namelist())
        self.changed: dict[str, bytes] = {}

    def read(self, name: str) -> bytes:
        if name in self.changed:
            return self.changed[name]
        return self._source.read(name) if name in self._names else b""

    def named(self, ending: str) -> str:
        """包裏唯一的那一件：樣式。"""
        return next(name for name in self._names if name.lower().endswith(ending))

    def fresh(self, folder: str, stem: str, extension: str) -> str:
        names = (
            f"{folder}/{stem}{number}.{extension}" for number in range(1, len(self._names) + 2)
        )
        return next(name for name in names if name not in self._names)

    def declare(self, element: str) -> None:
        name = "[Content_Types].xml"
        text = self.read(name)
        if element.encode() not in text:
            at = text.rindex(b"</")
            self.changed[name] = text[:at] + element.encode() + text[at:]


class _Looks:
    """樣式表裏添三樣：那一列的字、那一列的表頭、塗紅。"""

    def __init__(self, package: _Package) -> None:
        name = package.named("styles.xml")
        self._text = package.read(name)
        self._p = _prefix(self._text)
        self.words = self._look("")
        self.heading = self._look(f"<{self._p}b/>")
        self.paint = self._add(
            "dxfs",
            "dxf",
            f'<{self._p}dxf><{self._p}fill><{self._p}patternFill patternType="solid">'
            f'<{self._p}fgColor rgb="{_PAINT}"/><{self._p}bgColor rgb="{_PAINT}"/>'
            f"</{self._p}patternFill></{self._p}fill></{self._p}dxf>",
        )
        package.changed[name] = self._text

    def _look(self, bold: str) -> int:
        p = self._p
        font = self._add(
            "fonts",
            "font",
            f'<{p}font>{bold}<{p}sz val="10"/><{p}color rgb="{_INK}"/></{p}font>',
        )
        return self._add(
            "cellXfs",
            "xf",
            f'<{p}xf numFmtId="49" fontId="{font}" fillId="0" borderId="0" xfId="0" '
            f'applyNumberFormat="1" applyFont="1" applyAlignment="1">'
            f'<{p}alignment vertical="top" wrapText="1"/></{p}xf>',
        )

    def _add(self, group: str, name: str, element: str) -> int:
        """添進一組，返回是第幾個。"""
        p = self._p.encode()
        found = re.search(
            rb"<%s%s(?P<facts>(?:\s[^<>]*?)?)(?:/>|>(?P<inner>.*?)</%s%s\s*>)"
            % (p, group.encode(), p, group.encode()),
            self._text,
            re.DOTALL,
        )
        inner = (found["inner"] or b"") if found else b""
        count = len(re.findall(rb"<%s%s[\s/>]" % (p, name.encode()), inner))
        whole = (
            f'<{self._p}{group} count="{count + 1}">'.encode()
            + inner
            + element.encode()
            + f"</{self._p}{group}>".encode()
        )
        if found:
            self._text = self._text[: found.start()] + whole + self._text[found.end() :]
        else:
            after = ["tableStyles", "colors", "extLst"]
            self._text = _before(self._text, after, whole.decode())
        return count


# ── 批註 ──────────────────────────────────────────────


def _comment(package: _Package, part: str, tail: bytes, marks: Marks) -> str:
    """寫上批註；人自己寫的批註不動，那一格就只寫在行末。返回要在工作表裏掛上的圖形，已掛着的為空。"""
    relations = _Relations(package, part)
    drawn = re.search(rb"<(?:\w+:)?legacyDrawing(\s[^<>]*)>", tail)
    hung = re.search(rb"\w+:id=[\"']([^\"']*)[\"']", drawn[1]) if drawn else None
    shapes = relations.target(hung[1].decode()) if hung else ""
    notes = relations.of_type("comments")
    kept, text, gone = _without_ours(package.read(notes) if notes else b"", marks)
    fresh = {address: words for address, words in marks.cells.items() if address not in kept}
    if not fresh and not gone:
        return ""
    added = ""
    if not notes:
        notes = package.fresh("xl", "comments", "xml")
        relations.add("comments", notes)
        package.declare(
            f'<Override PartName="/{notes}" ContentType="application/vnd.openxmlformats-'
            'officedocument.spreadsheetml.comments+xml"/>'
        )
    if not shapes:
        shapes = package.fresh("xl/drawings", "vmlDrawing", "vml")
        added = relations.add("vmlDrawing", shapes)
        if b'"vml"' not in package.read("[Content_Types].xml").lower():
            package.declare(
                '<Default Extension="vml" ContentType="application/vnd.openxmlformats-'
                'officedocument.vmlDrawing"/>'
            )
    package.changed[notes] = _with_notes(text, fresh, marks.author)
    package.changed[shapes] = _with_shapes(package.read(shapes), gone, list(fresh))
    return added


def _without_ours(text: bytes, marks: Marks) -> tuple[set[str], bytes, set[str]]:
    """（別人批註着的格, 去掉我們以前寫的之後的原文, 去掉的是哪幾格）。"""
    names = [_read(each) for each in _AUTHORS.findall(text)]
    ours = [[author] for author in marks.authors]
    kept, gone = set(), set()

    def sift(each: re.Match[bytes]) -> bytes:
        number, address = (_attribute(each["facts"], name) for name in ("authorId", "ref"))
        is_ours = number.isdigit() and names[int(number) : int(number) + 1] in ours
        (gone if is_ours else kept).add(address)
        return b"" if is_ours else each[0]

    return kept, _COMMENTS.sub(sift, text), gone


def _with_notes(text: bytes, notes: dict[str, str], author: str) -> bytes:
    text = (
        text
        or (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{_MAIN}">'
            "<authors></authors><commentList></commentList></comments>"
        ).encode()
    )
    p = _prefix(text)
    for group in ("authors", "commentList"):
        text = re.sub(
            rb"<%s%s\s*/>" % (p.encode(), group.encode()),
            f"<{p}{group}></{p}{group}>".encode(),
            text,
        )
    number = len(_AUTHORS.findall(text))
    lines = "".join(
        f'<{p}comment ref="{address}" authorId="{number}"><{p}text><{p}r><{p}t xml:space="preserve">'
        f"{_text(words)}</{p}t></{p}r></{p}text></{p}comment>"
        for address, words in notes.items()
    )
    text = _at_the_end(text, f"{p}authors", f"<{p}author>{escape(author)}</{p}author>")
    return _at_the_end(text, f"{p}commentList", lines)


def _at_the_end(text: bytes, name: str, element: str) -> bytes:
    at = text.rindex(f"</{name}".encode())
    return text[:at] + element.encode() + text[at:]


def _with_shapes(text: bytes, gone: set[str], fresh: list[str]) -> bytes:
    places = {tuple(place - 1 for place in coordinate_to_tuple(address)) for address in gone}

    def sift(shape: re.Match[bytes]) -> bytes:
        at = _AT.search(shape[0])
        return b"" if at and (int(at[1]), int(at[2])) in places else shape[0]

    text = (
        _SHAPES.sub(sift, text)
        or (
            "<xml" + "".join(f' xmlns:{p}="{uri}"' for p, uri in _SPACES.items()) + "></xml>"
        ).encode()
    )
    spaces = "".join(
        f' xmlns:{p}="{uri}"'
        for p, uri in _SPACES.items()
        if f'xmlns:{p}="{uri}"'.encode() not in text
    )
    made = "" if b'"_x0000_t202"' in text else _SHAPE_TYPE.format(spaces=spaces)
    for address in fresh:
        row, column = (place - 1 for place in coordinate_to_tuple(address))
        made += _SHAPE.format(
            row=row, column=column, right=column + 1, far=column + 4, low=row + 6, spaces=spaces
        )
    at = text.rindex(b"</")
    return text[:at] + made.encode() + text[at:]


class _Relations:
    """工作表的關係：哪個編號是包裏的哪一件。"""

    def __init__(self, package: _Package, part: str) -> None:
        self._package = package
        self._folder, name = posixpath.split(part)
        self._name = f"{self._folder}/_rels/{name}.rels"

    def _tags(self) -> list[bytes]:
        return re.findall(rb"<(?:\w+:)?Relationship\s[^<>]*>", self._package.read(self._name))

    def _path(self, tag: bytes) -> str:
        target = _attribute(tag, "Target")
        return posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/")

    def target(self, number: str) -> str:
        return next(
            (self._path(tag) for tag in self._tags() if _attribute(tag, "Id") == number), ""
        )

    def of_type(self, kind: str) -> str:
        ending = f"/{kind}"
        found = (tag for tag in self._tags() if _attribute(tag, "Type").endswith(ending))
        return next((self._path(tag) for tag in found), "")

    def add(self, kind: str, target: str) -> str:
        used = {_attribute(tag, "Id") for tag in self._tags()}
        number = next(name for at in range(len(used) + 1) if (name := f"pt{at}") not in used)
        text = (
            self._package.read(self._name)
            or (
                f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
                f'<Relationships xmlns="{_PACKAGE}"></Relationships>'
            ).encode()
        )
        p = re.search(rb"<((?:\w+:)?)Relationships\b", text)[1].decode()
        text = re.sub(
            rb"(<(?:\w+:)?Relationships\b[^<>]*?)/>", rb"\1></%sRelationships>" % p.encode(), text
        )
        self._package.changed[self._name] = _at_the_end(
            text,
            f"{p}Relationships",
            f'<{p}Relationship Id="{number}" Type="{_OFFICE}/{kind}" Target={quoteattr("/" + target)}/>',
        )
        return number
