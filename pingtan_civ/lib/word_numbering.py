"""Word 的自動編號：段落只存「第幾個列表、第幾級」，印出的序號要自己數出來。"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from pingtan_civ.lib.numerals import to_chinese

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAX_STYLE_CHAIN = 20


def to_int(value: str | None, default: int = 0) -> int:
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


class Numbering:
    """一份文件的各個列表；照正文的次序一段一段問。"""

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
        to_int(level.get(_W + "val")) if level is not None else None,
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
        index = to_int(override.get(_W + "ilvl"))
        levels.update(_read_levels(override))
        start = override.find(_W + "startOverride")
        if start is not None:
            old = levels.get(index, _Level())
            levels[index] = _Level(
                old.format, old.text, to_int(start.get(_W + "val"), 1), old.is_legal
            )
    return _List(levels)


def _read_levels(parent: Element) -> Iterator[tuple[int, _Level]]:
    for level in parent.findall(_W + "lvl"):
        values = {_name_of(child): child.get(_W + "val") for child in level}
        yield (
            to_int(level.get(_W + "ilvl")),
            _Level(
                format=values.get("numFmt") or "decimal",
                text=values.get("lvlText") or "",
                start=to_int(values.get("start"), 1),
                is_legal="isLgl" in values,
            ),
        )


def _chinese(number: int) -> str:
    return to_chinese(number) if 0 < number <= 9999 else str(number)


def _name_of(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


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
        _chinese,
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
