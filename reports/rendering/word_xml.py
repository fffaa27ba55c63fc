"""寫 Word 的零件：元素、文字、縮進、表格的一行。次序照 ECMA-376，錯了 Word 會說文件損壞。"""

from collections.abc import Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml import etree

from reports.rendering import layout
from reports.rendering.text import clean

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def red_rule() -> etree._Element:
    """段落下的紅線：與版心等寬，在字號之下 4 毫米。"""
    border = make("pBdr")
    add(
        border, "bottom", val="single", sz=round(layout.RED_RULE_PT * 8),
        space=round(layout.rule_space_pt()), color=layout.RED,
    )  # fmt: skip
    return border


def make(tag: str, **attributes: Any) -> etree._Element:
    element = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), str(value))
    return element


def add(parent: etree._Element, tag: str, **attributes: Any) -> etree._Element:
    element = etree.SubElement(parent, qn(f"w:{tag}"))
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), str(value))
    return element


def add_text(run: etree._Element, text: str) -> None:
    """文字一律清理過才寫：XML 不許的控制字符會讓整份文件打不開。"""
    for position, line in enumerate(clean(text).split("\n")):
        if position:
            add(run, "br")
        element = add(run, "t")
        element.text = line
        if line != line.strip():
            element.set(_SPACE, "preserve")


# CT_PPr 的元素有固定次序（ECMA-376 17.3.1.26），這裡用到的按次序列出。
_ORDER = [
    qn(f"w:{tag}")
    for tag in (
        *("pStyle", "keepNext", "keepLines", "pageBreakBefore", "numPr", "pBdr", "tabs"),
        *("snapToGrid", "spacing", "ind", "jc"),
    )
]


def insert(properties: etree._Element, element: etree._Element) -> None:
    for old in properties.findall(element.tag):
        properties.remove(old)
    rank = _ORDER.index(element.tag)
    at = sum(1 for child in properties if _ORDER.index(child.tag) < rank)
    properties.insert(at, element)


def keep_next(paragraph: etree._Element) -> None:
    insert(paragraph.find(qn("w:pPr")), make("keepNext"))


def indent_by(
    paragraph: etree._Element, *, left: float = 0, right: float = 0, hanging: float = 0
) -> None:
    """按字數縮進；同時寫出長度，供不認字數的軟件使用。"""
    unit = layout.CHARACTER_PT * layout.TWIPS_PER_PT
    attributes = {
        "leftChars": round(left * 100),
        "left": round(left * unit),
        "rightChars": round(right * 100),
        "right": round(right * unit),
    }
    if hanging:
        attributes |= {"hangingChars": round(hanging * 100), "hanging": round(hanging * unit)}
    else:
        attributes |= {"firstLineChars": 0, "firstLine": 0}
    insert(paragraph.find(qn("w:pPr")), make("ind", **attributes))


def add_row(
    table: etree._Element,
    cells: tuple[str, ...],
    widths: list[int],
    aligns: Sequence[str],
    *,
    header: bool = False,
    whole: bool = True,
) -> None:
    row = add(table, "tr")
    properties = add(row, "trPr")
    if whole:
        add(properties, "cantSplit")
    if header:
        add(properties, "tblHeader")
    style = "TableHeading" if header else "TableText"
    for text, width, align in zip(cells, widths, aligns, strict=True):
        cell = add(row, "tc")
        cell_properties = add(cell, "tcPr")
        add(cell_properties, "tcW", w=width, type="dxa")
        add(cell_properties, "vAlign", val="center")
        paragraph = add(cell, "p")
        paragraph_properties = add(paragraph, "pPr")
        add(paragraph_properties, "pStyle", val=style)
        add(paragraph_properties, "jc", val=align)
        if text:
            add_text(add(paragraph, "r"), text)
