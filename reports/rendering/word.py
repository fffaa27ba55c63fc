"""公文寫成 Word：真正的樣式、標題層級、重複的表頭、單雙頁分開的頁碼，辦公室拿去就能改。

段落和表格直接拼 XML：python-docx 逐格取單元格是平方級的，一千行的表要十幾秒。
"""

from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt
from docx.text.paragraph import Paragraph as WordParagraph
from lxml import etree

from reports.rendering import layout, word_styles
from reports.rendering.document import (
    Annex,
    Block,
    Heading,
    OfficialDocument,
    PageBreak,
    Paragraph,
    Picture,
    Run,
    SourceNote,
    Table,
)
from reports.rendering.pictures import prepare
from reports.rendering.text import break_title, clean, one_line, width_in_characters

TWIPS_PER_MM = layout.PT_PER_MM * layout.TWIPS_PER_PT
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def to_docx(document: OfficialDocument) -> bytes:
    """排成 .docx。不挑字：印不出的字由對方電腦上的字體決定。Raises UnreadablePicture."""
    word = Document()
    word_styles.apply(word, document.script)
    _set_page(word)
    _set_footers(word, document.page_number_style)
    _set_properties(word, document)
    _Writer(word, document).write()
    target = BytesIO()
    word.save(target)
    return target.getvalue()


def _set_page(word: WordDocument) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(layout.PAGE_WIDTH_MM), Mm(layout.PAGE_HEIGHT_MM)
    section.top_margin, section.bottom_margin = (
        Mm(layout.MARGIN_TOP_MM),
        Mm(layout.MARGIN_BOTTOM_MM),
    )
    section.left_margin, section.right_margin = (
        Mm(layout.MARGIN_LEFT_MM),
        Mm(layout.MARGIN_RIGHT_MM),
    )
    section.footer_distance = Mm(layout.FOOTER_DISTANCE_MM)
    properties = section._sectPr
    for grid in properties.findall(qn("w:docGrid")):
        properties.remove(grid)
    # linesAndChars 加負字距會讓 LibreOffice 一字占兩格；字距寫在樣式裡，這裡只定行。
    _add(properties, "docGrid", type="lines", linePitch=layout.GRID_LINE_PITCH_TWIPS)


def _set_footers(word: WordDocument, style: str) -> None:
    section = word.sections[0]
    indent = layout.PAGE_NUMBER_INDENT_CHARACTERS
    inset = {"rightChars": indent * 100, "right": round(indent * layout.SIZE_4_PT * 20)}
    if style == "centred":
        _write_page_number(section.footer.paragraphs[0], "center", {})
        return
    word.settings.odd_and_even_pages_header_footer = True
    _write_page_number(section.footer.paragraphs[0], "right", inset)
    mirrored = {"leftChars": inset["rightChars"], "left": inset["right"]}
    _write_page_number(section.even_page_footer.paragraphs[0], "left", mirrored)


def _write_page_number(paragraph: WordParagraph, align: str, indent: dict[str, int]) -> None:
    element = paragraph._p
    for child in list(element):
        element.remove(child)
    properties = _add(element, "pPr")
    _add(properties, "pStyle", val="Footer")
    if indent:
        _add(properties, "ind", **indent)
    _add(properties, "jc", val=align)
    _add_text(_add(element, "r"), "— ")
    for kind in ("begin", None, "separate", "text", "end"):
        run = _add(element, "r")
        if kind is None:
            instruction = _add(run, "instrText")
            instruction.set(_SPACE, "preserve")
            instruction.text = " PAGE "
        elif kind == "text":
            _add_text(run, "1")
        else:
            _add(run, "fldChar", fldCharType=kind)
    _add_text(_add(element, "r"), " —")


def _set_properties(word: WordDocument, document: OfficialDocument) -> None:
    """標題和語言留給檔案系統；作者留空，經手人在系統的留痕裡，不在外發的文件裡。"""
    properties = word.core_properties
    properties.title = one_line(document.title)[:255]
    properties.language = word_styles.LANGUAGES[document.script]
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.keywords = properties.subject = properties.category = ""
    made = datetime.combine(document.date, time()) if document.date else datetime(2000, 1, 1)  # noqa: DTZ001
    properties.created = properties.modified = made


class _Writer:
    """按公文的順序把各成分寫進正文。"""

    def __init__(self, word: WordDocument, document: OfficialDocument) -> None:
        self.word = word
        self.document = document
        self.faces = word_styles.FACES[document.script]
        self.body = word.element.body
        self.end = self.body.find(qn("w:sectPr"))
        self.source_numbers = frozenset(note.number for note in document.sources)
        self.tables = 0

    def write(self) -> None:
        self.front()
        for block in self.document.body:
            self.block(block)
        self.attachments()
        self.closing()
        self.signature()
        for position, annex in enumerate(self.document.annexes, start=1):
            self.annex(annex, self.document.annex_mark(position))
        if self.document.sources:
            self.sources(self.document.sources)

    # —— 段落的零件 ——

    def paragraph(self, style: str, text: str = "") -> etree._Element:
        element = OxmlElement("w:p")
        self.end.addprevious(element)
        _add(_add(element, "pPr"), "pStyle", val=style)
        if text:
            _add_text(_add(element, "r"), text)
        return element

    def blank(self, lines: int, style: str = "BodyText") -> None:
        for _line in range(lines):
            self.paragraph(style)

    def title(self, style: str, title: str) -> None:
        lines = break_title(title, layout.TITLE_CHARACTERS_PER_LINE, layout.TITLE_MOST_LINES)
        run = _add(self.paragraph(style), "r")
        for position, line in enumerate(lines):
            if position:
                _add(run, "br")
            _add_text(run, line)

    # —— 各種成分 ——

    def front(self) -> None:
        document = self.document
        if one_line(document.title):
            self.title("Title", document.title)
        if document.place_line:
            self.paragraph("Subtitle", one_line(document.place_line))
        if one_line(document.title):
            self.blank(layout.BLANK_LINES_AFTER_TITLE, "Salutation")
        if document.salutation:
            self.paragraph("Salutation", one_line(document.salutation))

    def block(self, block: Block) -> None:
        match block:
            case Heading():
                self.paragraph(f"Heading{block.level}", one_line(block.text))
            case Paragraph():
                self.paragraphs(block)
            case Table():
                self.table(block)
            case Picture():
                self.picture(block)
            case PageBreak():
                _add(_add(self.paragraph("BodyText"), "r"), "br", type="page")
            case _:
                raise TypeError(f"正文裡不能放 {type(block).__name__}。")

    def paragraphs(self, block: Paragraph) -> None:
        element = None
        for line in block.lines():
            element = self.paragraph("BodyText")
            for run in line:
                self.run(element, run)
        if element is not None:
            self.references(element, [n for n in block.source_refs if n in self.source_numbers])

    def run(self, paragraph: etree._Element, run: Run) -> None:
        element = _add(paragraph, "r")
        if run.bold or run.face != "body":
            properties = _add(element, "rPr")
            if run.face != "body":
                face = getattr(self.faces, run.face)
                _add(properties, "rFonts", ascii=face, hAnsi=face, eastAsia=face, cs=face)
            if run.bold:
                _add(properties, "b")
        _add_text(element, run.text)

    def references(self, paragraph: etree._Element, numbers: list[int]) -> None:
        """段末上標 [1,2]，點開跳到來源說明。"""
        for position, number in enumerate(numbers):
            opening = "[" if position == 0 else ","
            closing = "]" if position == len(numbers) - 1 else ""
            link = _add(paragraph, "hyperlink", anchor=f"source_{number}", history=1)
            run = _add(link, "r")
            _add(_add(run, "rPr"), "vertAlign", val="superscript")
            _add_text(run, f"{opening}{number}{closing}")

    def table(self, block: Table) -> None:
        if block.caption:
            _keep_next(self.paragraph("Caption", one_line(block.caption)))
        millimetres = layout.fit_widths(tuple(column.width_mm for column in block.columns))
        widths = [round(width * TWIPS_PER_MM) for width in millimetres]
        table = OxmlElement("w:tbl")
        self.end.addprevious(table)
        properties = _add(table, "tblPr")
        _add(properties, "tblStyle", val="TableGrid")
        _add(properties, "tblW", w=sum(widths), type="dxa")
        _add(properties, "jc", val="center")
        _add(properties, "tblLayout", type="fixed")
        _add(properties, "tblLook", val="0020", firstRow=1)
        if block.caption:
            _add(properties, "tblCaption", val=one_line(block.caption))
        grid = _add(table, "tblGrid")
        for width in widths:
            _add(grid, "gridCol", w=width)
        aligns = [column.align for column in block.columns]
        titles = tuple(column.title for column in block.columns)
        _add_row(table, titles, widths, ["center"] * len(widths), header=True)
        for row in block.rows:
            whole = not layout.row_may_break(zip(row, millimetres, strict=True))
            _add_row(table, row, widths, aligns, whole=whole)
        # 兩張表之間必須隔一段，否則 Word 會把它們併成一張。
        self.paragraph("TableText")

    def picture(self, block: Picture) -> None:
        prepared = prepare(block)
        element = self.paragraph("Picture")
        caption = one_line(block.caption)
        if not caption:
            element.find(qn("w:pPr")).append(_make("keepNext", val=0))
        run = WordParagraph(element, self.word._body).add_run()
        shape = run.add_picture(
            BytesIO(prepared.data), Pt(prepared.width_pt), Emu(round(prepared.height_pt * 12700))
        )
        shape._inline.docPr.set("descr", caption)
        if caption:
            self.paragraph("PictureCaption", caption)
        self.blank(1, "PictureCaption")

    def attachments(self) -> None:
        """附件說明：左空二字，回行與上一行的名稱對齊，名稱後不加標點。"""
        names = self.document.attachment_names
        if not names:
            return
        self.blank(layout.BLANK_LINES_BEFORE_ATTACHMENTS)
        label = self.document.label("annex") + "："
        numbered = len(names) > 1
        hang = width_in_characters(label) + (1 if numbered else 0)
        for position, name in enumerate(names, start=1):
            left = layout.INDENT_CHARACTERS + hang
            back = hang if position == 1 else 1 if numbered else 0
            mark = (label if position == 1 else "") + (f"{position}." if numbered else "")
            element = self.paragraph("AttachmentList", mark + one_line(name))
            _indent(element, left=left, hanging=back)
            _keep_next(element)

    def closing(self) -> None:
        """簽字處的各行不分在兩頁。"""
        before = len(self.body.findall(qn("w:tbl")))
        for block in self.document.closing:
            self.block(block)
        for table in self.body.findall(qn("w:tbl"))[before:]:
            for row in table.findall(qn("w:tr"))[:-1]:
                for element in row.iter(qn("w:p")):
                    _keep_next(element)

    def signature(self) -> None:
        name, day = one_line(self.document.signature or ""), self.document.date_text
        if not name and not day:
            return
        self.keep_ending_together()
        for _line in range(layout.BLANK_LINES_BEFORE_SIGNATURE):
            _keep_next(self.paragraph("BodyText"))
        name_right, date_left = layout.signature_positions(
            width_in_characters(name), width_in_characters(day)
        )
        if name:
            element = self.paragraph("Signature", name)
            _indent(element, right=name_right)
            if day:
                _keep_next(element)
        if day:
            right = layout.date_right(date_left, width_in_characters(day))
            _indent(self.paragraph("Date", day), right=right)

    def keep_ending_together(self) -> None:
        """落款不獨占一頁：正文最後一段（及附件說明）與它同頁。"""
        previous = self.end.getprevious()
        while previous is not None and previous.tag == qn("w:p"):
            _keep_next(previous)
            style = previous.find(qn("w:pPr")).find(qn("w:pStyle")).get(qn("w:val"))
            written = previous.find(f".//{qn('w:t')}") is not None
            if written and style != "AttachmentList":
                return
            previous = previous.getprevious()

    def annex(self, annex: Annex, mark: str) -> None:
        element = self.paragraph("AnnexMark", mark)
        _insert(element.find(qn("w:pPr")), _make("pageBreakBefore"))
        self.blank(layout.BLANK_LINES_AFTER_ANNEX_MARK, "AnnexMark")
        self.title("AnnexTitle", annex.title)
        self.blank(layout.BLANK_LINES_AFTER_TITLE)
        for block in annex.blocks:
            self.block(block)

    def sources(self, notes: tuple[SourceNote, ...]) -> None:
        heading = self.paragraph("Heading1", self.document.label("sources"))
        _insert(heading.find(qn("w:pPr")), _make("pageBreakBefore"))
        for position, note in enumerate(notes):
            element = self.paragraph("SourceNote")
            _indent(element, left=2, hanging=2)
            _add(element, "bookmarkStart", id=position, name=f"source_{note.number}")
            _add_text(_add(element, "r"), f"[{note.number}] {one_line(note.text)}")
            _add(element, "bookmarkEnd", id=position)


# —— XML 的零件 ——


def _make(tag: str, **attributes: Any) -> etree._Element:
    element = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), str(value))
    return element


def _add(parent: etree._Element, tag: str, **attributes: Any) -> etree._Element:
    element = etree.SubElement(parent, qn(f"w:{tag}"))
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), str(value))
    return element


def _add_text(run: etree._Element, text: str) -> None:
    """文字一律清理過才寫：XML 不許的控制字符會讓整份文件打不開。"""
    for position, line in enumerate(clean(text).split("\n")):
        if position:
            _add(run, "br")
        element = _add(run, "t")
        element.text = line
        if line != line.strip():
            element.set(_SPACE, "preserve")


# CT_PPr 的元素有固定次序（ECMA-376 17.3.1.26），這裡用到的按次序列出。
_ORDER = [
    qn(f"w:{tag}")
    for tag in ("pStyle", "keepNext", "keepLines", "pageBreakBefore", "snapToGrid", "ind", "jc")
]


def _insert(properties: etree._Element, element: etree._Element) -> None:
    for old in properties.findall(element.tag):
        properties.remove(old)
    rank = _ORDER.index(element.tag)
    at = sum(1 for child in properties if _ORDER.index(child.tag) < rank)
    properties.insert(at, element)


def _keep_next(paragraph: etree._Element) -> None:
    _insert(paragraph.find(qn("w:pPr")), _make("keepNext"))


def _indent(
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
    _insert(paragraph.find(qn("w:pPr")), _make("ind", **attributes))


def _add_row(
    table: etree._Element,
    cells: tuple[str, ...],
    widths: list[int],
    aligns: Sequence[str],
    *,
    header: bool = False,
    whole: bool = True,
) -> None:
    row = _add(table, "tr")
    properties = _add(row, "trPr")
    if whole:
        _add(properties, "cantSplit")
    if header:
        _add(properties, "tblHeader")
    style = "TableHeading" if header else "TableText"
    for text, width, align in zip(cells, widths, aligns, strict=True):
        cell = _add(row, "tc")
        cell_properties = _add(cell, "tcPr")
        _add(cell_properties, "tcW", w=width, type="dxa")
        _add(cell_properties, "vAlign", val="center")
        paragraph = _add(cell, "p")
        paragraph_properties = _add(paragraph, "pPr")
        _add(paragraph_properties, "pStyle", val=style)
        _add(paragraph_properties, "jc", val=align)
        if text:
            _add_text(_add(paragraph, "r"), text)
