"""Word 裏的版記：貼在末頁版心底邊的一張表，辦公室改字就行，不會跟着正文跑。"""

from docx.oxml import OxmlElement
from lxml import etree

from reports.rendering import layout
from reports.rendering.document import OfficialDocument
from reports.rendering.text import one_line, width_in_characters
from reports.rendering.word_xml import add, add_text, keep_next

_WIDTH = round(layout.TYPE_AREA_WIDTH_MM * layout.PT_PER_MM * layout.TWIPS_PER_PT)
_CHARACTER = layout.SIZE_4_PT * layout.TWIPS_PER_PT
_INSET = round(layout.IMPRINT_INSET_CHARACTERS * _CHARACTER)


def imprint_table(document: OfficialDocument, *, at_the_foot: bool) -> etree._Element:
    """抄送一行、印發一行，首末粗線、中間細線（7.4）。

    `at_the_foot` 為假時接在正文之後，整張在一頁上：末頁有腳註，貼底邊會壓住它。
    """
    table = OxmlElement("w:tbl")
    _set_properties(table, at_the_foot=at_the_foot)
    add(add(table, "tblGrid"), "gridCol", w=_WIDTH)
    if document.copied_text:
        label = document.label("copied")
        hang = round(width_in_characters(label) * _CHARACTER)
        paragraph = _row(table)
        properties = paragraph[0]
        add(properties, "ind", left=_INSET + hang, right=_INSET, hanging=hang)
        add_text(add(paragraph, "r"), label + document.copied_text)
    by = one_line(document.imprint.printed_by) if document.imprint else ""
    if by or document.printed_text:
        paragraph = _row(table)
        properties = paragraph[0]
        add(add(properties, "tabs"), "tab", val="right", pos=_WIDTH - _INSET)
        add(properties, "ind", left=_INSET, right=_INSET)
        add_text(add(paragraph, "r"), by)
        add(add(paragraph, "r"), "tab")
        add_text(add(paragraph, "r"), document.printed_text)
    if not at_the_foot:
        for paragraph in table.iterfind(".//{*}p"):
            keep_next(paragraph)
    return table


def _set_properties(table: etree._Element, *, at_the_foot: bool) -> None:
    properties = add(table, "tblPr")
    if at_the_foot:
        # 橫向從紙邊量：從版心量的，LibreOffice 見它與版心等寬，就接在正文後面，不貼底邊。
        left = round(layout.MARGIN_LEFT_MM * layout.PT_PER_MM * layout.TWIPS_PER_PT)
        add(
            properties, "tblpPr",
            vertAnchor="margin", horzAnchor="page", tblpX=left, tblpYSpec="bottom",
        )  # fmt: skip
        add(properties, "tblOverlap", val="never")
    add(properties, "tblW", w=_WIDTH, type="dxa")
    borders = add(properties, "tblBorders")
    for side, mm in (
        ("top", layout.IMPRINT_THICK_MM),
        ("bottom", layout.IMPRINT_THICK_MM),
        ("insideH", layout.IMPRINT_THIN_MM),
    ):
        # 框線以八分之一磅計。
        eighths = round(mm * layout.PT_PER_MM * 8)
        add(borders, side, val="single", sz=eighths, space=0, color="000000")
    add(properties, "tblLayout", type="fixed")
    # 格內不留邊：LibreOffice 把貼邊的表往左挪一個格邊；左右各空的一字由段落縮進。
    margins = add(properties, "tblCellMar")
    add(margins, "left", w=0, type="dxa")
    add(margins, "right", w=0, type="dxa")


def _row(table: etree._Element) -> etree._Element:
    """表的一行；返回其中的段落。"""
    row = add(table, "tr")
    add(add(row, "trPr"), "cantSplit")
    cell = add(row, "tc")
    add(add(cell, "tcPr"), "tcW", w=_WIDTH, type="dxa")
    paragraph = add(cell, "p")
    add(add(paragraph, "pPr"), "pStyle", val="Imprint")
    return paragraph
