"""讀 .docx：段落按次序，自動編號還原成印出的序號，表格攤平成行。"""

import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pingtan_civ.lib.plan.breakdown import flatten_table
from pingtan_civ.lib.plan.package import damaged, read_xml
from pingtan_civ.lib.word_numbering import Numbering, to_int

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_SKIPPED = {"del", "moveFrom", "instrText", "txbxContent", "fldChar", "AlternateContent"}
_MAX_DEPTH = 60


def read_docx(package: zipfile.ZipFile) -> str:
    """正文的文字，一段一行；頁眉頁腳、批註和已刪除的修訂不算。"""
    document = _part(package, "word/document.xml")
    body = document.find(_W + "body") if document is not None else None
    if body is None:
        raise damaged()
    numbers = Numbering(_part(package, "word/numbering.xml"), _part(package, "word/styles.xml"))
    return "\n".join(_lines(body, numbers, 0))


def _part(package: zipfile.ZipFile, name: str) -> Element | None:
    root = read_xml(package, name)
    if root is not None and root.tag.startswith(_STRICT):  # 嚴格模式的命名空間，摺成常用的
        for element in root.iter():
            element.tag = element.tag.replace(_STRICT, _W)
            element.attrib = {k.replace(_STRICT, _W): v for k, v in element.attrib.items()}
    return root


def _lines(parent: Element, numbers: Numbering, depth: int) -> Iterator[str]:
    for element in parent:
        if element.tag == _W + "p":
            yield from (numbers.mark(element) + _text(element)).split("\n")
        elif element.tag == _W + "tbl":
            yield from flatten_table(_table(element, numbers))
        elif _local(element) not in _SKIPPED and depth < _MAX_DEPTH:
            yield from _lines(element, numbers, depth + 1)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element, depth: int = 0) -> str:
    pieces: list[str] = []
    for child in element:
        name = _local(child)
        if name == "t":
            pieces.append(child.text or "")
        elif name in ("br", "cr"):
            pieces.append("" if child.get(_W + "type") == "page" else "\n")
        elif name == "tab":
            pieces.append("　")
        elif name == "noBreakHyphen":
            pieces.append("-")
        elif name not in _SKIPPED and name != "pPr" and depth < _MAX_DEPTH:
            pieces.append(_text(child, depth + 1))
    return "".join(pieces)


def _table(table: Element, numbers: Numbering) -> list[list[str]]:
    """表格的文字；縱向合併的格取上一行的字，橫向合併的格重複佔位。"""
    rows: list[list[str]] = []
    for row in table.findall(_W + "tr"):
        cells: list[str] = []
        for cell in row.findall(_W + "tc"):
            column = len(cells)
            text = "".join(line for line in _lines(cell, numbers, 1) if line)
            if _continues_above(cell) and rows and column < len(rows[-1]):
                text = rows[-1][column]
            cells += [text] + [""] * (_span(cell) - 1)
        rows.append(cells)
    return rows


def _continues_above(cell: Element) -> bool:
    merge = cell.find(f"{_W}tcPr/{_W}vMerge")
    return merge is not None and merge.get(_W + "val", "continue") == "continue"


def _span(cell: Element) -> int:
    span = cell.find(f"{_W}tcPr/{_W}gridSpan")
    return min(max(to_int(span.get(_W + "val")), 1), 50) if span is not None else 1
