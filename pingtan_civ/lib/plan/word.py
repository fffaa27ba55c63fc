"""讀 .docx：段落按次序，自動編號還原成印出的序號，表格攤平成行。"""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from pingtan_civ.lib.plan.breakdown import flatten_table
from pingtan_civ.lib.plan.numbering import chinese_numeral
from pingtan_civ.lib.plan.package import damaged, read_xml

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_SKIPPED = {"del", "moveFrom", "instrText", "txbxContent", "fldChar", "AlternateContent"}
_MAX_DEPTH = 60
_MAX_STYLE_CHAIN = 20


def read_docx(package: zipfile.ZipFile) -> str:
    """正文的文字，一段一行；頁眉頁腳、批註和已刪除的修訂不算。"""
    document = _part(package, "word/document.xml")
    body = document.find(_W + "body") if document is not None else None
    if body is None:
        raise damaged()
    numbers = _Numbering(_part(package, "word/numbering.xml"), _part(package, "word/styles.xml"))
    return "\n".join(_lines(body, numbers, 0))


def _part(package: zipfile.ZipFile, name: str) -> Element | None:
    root = read_xml(package, name)
    if root is not None and root.tag.startswith(_STRICT):  # 嚴格模式的命名空間，摺成常用的
        for element in root.iter():
            element.tag = element.tag.replace(_STRICT, _W)
            element.attrib = {k.replace(_STRICT, _W): v for k, v in element.attrib.items()}
    return root


def _lines(parent: Element, numbers: "_Numbering", depth: int) -> Iterator[str]:
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


def _table(table: Element, numbers: "_Numbering") -> list[list[str]]:
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
    return min(max(_int(span.get(_W + "val")), 1), 50) if span is not None else 1


def _int(value: str | None, default: int = 0) -> int:
    try:
        return int(value or default)
    except ValueError:
        return default


@dataclass
class _Level:
    format: str = "decimal"
    text: str = ""
    start: int = 1
    is_legal: bool = False


@dataclass
class _List:
    """一個編號列表：各級樣式和數到哪了。"""

    levels: dict[int, _Level]
    counts: dict[int, int] = field(default_factory=dict)

    def next(self, level: int) -> str:
        style = self.levels.get(level)
        if style is None:
            return ""
        self.counts[level] = self.counts.get(level, style.start - 1) + 1
        for deeper in [n for n in self.counts if n > level]:
            del self.counts[deeper]
        if style.format in ("bullet", "none"):
            return "" if style.format == "bullet" else style.text
        text = style.text
        for index in range(9):
            if f"%{index + 1}" in text:
                text = text.replace(f"%{index + 1}", self._shown(index, style))
        return text

    def _shown(self, index: int, style: _Level) -> str:
        own = self.levels.get(index, _Level())
        number = self.counts.get(index, own.start)
        return _FORMATS.get("decimal" if style.is_legal else own.format, str)(number)


class _Numbering:
    """Word 的自動編號：段落只存「第幾個列表、第幾級」，序號要自己數出來。"""

    def __init__(self, numbering: Element | None, styles: Element | None) -> None:
        self._lists = dict(_read_lists(numbering)) if numbering is not None else {}
        self._styles = dict(_read_styles(styles)) if styles is not None else {}

    def mark(self, paragraph: Element) -> str:
        """這一段印出的序號；沒有編號則為空。"""
        number, level = self._reference(paragraph.find(_W + "pPr"))
        found = self._lists.get(number or "")
        return found.next(level) if found else ""

    def _reference(self, properties: Element | None) -> tuple[str | None, int]:
        number, level = _num_pr(properties)
        style = properties.find(_W + "pStyle") if properties is not None else None
        name = style.get(_W + "val") if style is not None else None
        for _ in range(_MAX_STYLE_CHAIN):
            if number is not None or name not in self._styles:
                break
            base, styled_number, styled_level = self._styles[name]
            number, level = styled_number, level if level is not None else styled_level
            name = base
        return number, level or 0


def _num_pr(properties: Element | None) -> tuple[str | None, int | None]:
    found = properties.find(_W + "numPr") if properties is not None else None
    if found is None:
        return None, None
    number, level = found.find(_W + "numId"), found.find(_W + "ilvl")
    return (
        number.get(_W + "val") if number is not None else None,
        _int(level.get(_W + "val")) if level is not None else None,
    )


def _read_styles(
    styles: Element,
) -> Iterator[tuple[str, tuple[str | None, str | None, int | None]]]:
    for style in styles.iter(_W + "style"):
        base = style.find(_W + "basedOn")
        number, level = _num_pr(style.find(_W + "pPr"))
        yield (
            style.get(_W + "styleId", ""),
            (base.get(_W + "val") if base is not None else None, number, level),
        )


def _read_lists(numbering: Element) -> Iterator[tuple[str, _List]]:
    """numId → 列表。同一抽象列表的幾個 numId 接着數，重設了起點的另數。"""
    abstract = {
        a.get(_W + "abstractNumId", ""): _List(dict(_read_levels(a)))
        for a in numbering.iter(_W + "abstractNum")
    }
    for num in numbering.iter(_W + "num"):
        reference = num.find(_W + "abstractNumId")
        base = abstract.get(reference.get(_W + "val", "") if reference is not None else "")
        if base is None:
            continue
        overrides = num.findall(_W + "lvlOverride")
        yield num.get(_W + "numId", ""), _overridden(base, overrides) if overrides else base


def _overridden(base: _List, overrides: list[Element]) -> _List:
    levels = dict(base.levels)
    for override in overrides:
        index = _int(override.get(_W + "ilvl"))
        levels.update(_read_levels(override))
        start = override.find(_W + "startOverride")
        if start is not None:
            old = levels.get(index, _Level())
            levels[index] = _Level(
                old.format, old.text, _int(start.get(_W + "val"), 1), old.is_legal
            )
    return _List(levels)


def _read_levels(parent: Element) -> Iterator[tuple[int, _Level]]:
    for level in parent.findall(_W + "lvl"):
        values = {_local(child): child.get(_W + "val") for child in level}
        yield (
            _int(level.get(_W + "ilvl")),
            _Level(
                format=values.get("numFmt") or "decimal",
                text=values.get("lvlText") or "",
                start=_int(values.get("start"), 1),
                is_legal="isLgl" in values,
            ),
        )


def _circled(number: int) -> str:
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else f"({number})"


def _letters(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26)


def _roman(number: int) -> str:
    values = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    result = ""
    for value, letters in values:
        while number >= value and len(result) < 20:
            result, number = result + letters, number - value
    return result


_FORMATS: dict[str, Callable[[int], str]] = {
    **dict.fromkeys(
        (
            "chineseCounting", "chineseCountingThousand", "chineseLegalSimplified",
            "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting",
            "ideographDigital", "koreanCounting",
        ),
        chinese_numeral,
    ),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedParen": lambda number: f"({number})",
    "decimalEnclosedFullstop": lambda number: f"{number}.",
    "decimalZero": lambda number: f"{number:02d}",
    "lowerLetter": _letters,
    "upperLetter": lambda number: _letters(number).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
}  # fmt: skip
