"""公文寫成 Word：真正的樣式、標題層級、重複的表頭、單雙頁分開的頁碼，辦公室拿去就能改。

段落和表格直接拼 XML：python-docx 逐格取單元格是平方級的，一千行的表要十幾秒。
"""

import tempfile
from collections.abc import Callable
from datetime import datetime, time
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.shape import CT_Inline
from docx.shared import Mm
from docx.text.paragraph import Paragraph as WordParagraph
from lxml import etree

from reports.rendering import layout, word_styles
from reports.rendering.document import (
    Annex,
    Block,
    BulletinHead,
    Heading,
    OfficialDocument,
    PageBreak,
    Paragraph,
    Picture,
    RedHead,
    Run,
    SourceNote,
    Table,
)
from reports.rendering.pictures import (
    Prepared,
    UnreadablePicture,
    absent_sentence,
    prepare,
)
from reports.rendering.text import break_title, one_line, width_in_characters
from reports.rendering.word_imprint import imprint_table
from reports.rendering.word_numbering import NO_LIST, HeadingNumbers, number_paragraph
from reports.rendering.word_package import PicturePart, add_footnotes, save
from reports.rendering.word_xml import (
    add,
    add_row,
    add_text,
    indent_by,
    insert,
    keep_next,
    make,
    red_rule,
)

TWIPS_PER_MM = layout.PT_PER_MM * layout.TWIPS_PER_PT
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


Missing = Literal["refuse", "mark"]
#: 排完一個成分說一聲：排了幾個、共幾個。
Tell = Callable[[int, int], None]


def to_docx(document: OfficialDocument, *, missing: Missing = "refuse") -> bytes:
    """排成 .docx。不挑字：印不出的字由對方電腦上的字體決定。

    讀不出的照片：`refuse` 拋出 UnreadablePicture，`mark` 在原處印一句話。
    """
    target = BytesIO()
    write_docx(document, target, missing=missing)
    return target.getvalue()


def write_docx(
    document: OfficialDocument,
    target: BinaryIO,
    *,
    missing: Missing = "refuse",
    tell: Tell | None = None,
) -> None:
    """同 to_docx，寫進一個打開的文件；照片一張一張過手，多少張都不佔內存。"""
    word = Document()
    word_styles.apply(word, document.script)
    _set_page(word)
    _set_footers(word, document.page_number_style)
    _set_properties(word, document)
    with tempfile.TemporaryDirectory(prefix="official-") as folder:
        writer = _Writer(word, document, Path(folder), missing, tell)
        writer.write()
        writer.numbers.add_to(word, writer.faces)
        if writer.footnotes:
            add_footnotes(word, writer.footnotes)
        save(word, target)


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
    add(properties, "docGrid", type="lines", linePitch=layout.GRID_LINE_PITCH_TWIPS)


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
    properties = add(element, "pPr")
    add(properties, "pStyle", val="Footer")
    if indent:
        add(properties, "ind", **indent)
    add(properties, "jc", val=align)
    add_text(add(element, "r"), "— ")
    for kind in ("begin", None, "separate", "text", "end"):
        run = add(element, "r")
        if kind is None:
            instruction = add(run, "instrText")
            instruction.set(_SPACE, "preserve")
            instruction.text = " PAGE "
        elif kind == "text":
            add_text(run, "1")
        else:
            add(run, "fldChar", fldCharType=kind)
    add_text(add(element, "r"), " —")


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

    def __init__(
        self,
        word: WordDocument,
        document: OfficialDocument,
        folder: Path,
        missing: Missing,
        tell: Tell | None,
    ) -> None:
        self.word = word
        self.document = document
        self.folder = folder
        self.missing = missing
        self.tell = tell
        self.done = 0
        self.total = sum(1 for _block in document.all_blocks())
        self.pictures = 0
        self.footnotes: list[str] = []
        self.footnotes_before_last_page = 0
        self.numbers = HeadingNumbers()
        self.faces = word_styles.FACES[document.script]
        self.body = word.element.body
        self.end = self.body.find(qn("w:sectPr"))
        self.source_numbers = frozenset(note.number for note in document.listed_sources)

    def write(self) -> None:
        self.front()
        for block in self.document.body:
            self.block(block)
        self.attachments()
        self.closing()
        self.signature()
        for position, annex in enumerate(self.document.annexes, start=1):
            self.annex(annex, self.document.annex_mark(position))
        if self.document.listed_sources:
            self.sources(self.document.listed_sources)
        self.imprint()

    # —— 段落的零件 ——

    def paragraph(self, style: str, text: str = "") -> etree._Element:
        element = OxmlElement("w:p")
        self.end.addprevious(element)
        add(add(element, "pPr"), "pStyle", val=style)
        if text:
            add_text(add(element, "r"), text)
        return element

    def blank(self, lines: int, style: str = "BodyText") -> None:
        for _line in range(lines):
            self.paragraph(style)

    def title(self, style: str, title: str) -> None:
        lines = break_title(title, layout.TITLE_CHARACTERS_PER_LINE, layout.TITLE_MOST_LINES)
        run = add(self.paragraph(style), "r")
        for position, line in enumerate(lines):
            if position:
                add(run, "br")
            add_text(run, line)

    # —— 各種成分 ——

    def head(self) -> None:
        """紅頭或報頭：到紅線下空二行為止。"""
        match self.document.head:
            case RedHead() as head:
                size = layout.mark_size(head.mark)
                self.mark("RedHead", head.mark, size)
                self.blank(layout.BLANK_LINES_BEFORE_NUMBER, "Salutation")
                self.shorten_last(size)
                self.number_line(head)
            case BulletinHead() as head:
                size = layout.mark_size(head.name, layout.BULLETIN_MOST_PT)
                self.mark("BulletinHead", head.name, size)
                self.blank(layout.BULLETIN_BLANK_LINES, "Salutation")
                self.shorten_last(size)
                if head.issue:
                    self.paragraph("DocumentNumber", one_line(head.issue))
                    self.blank(layout.BULLETIN_BLANK_LINES, "Salutation")
                self.two_ends([Run(one_line(head.unit))], [Run(one_line(head.day))])
            case _:
                return
        self.blank(layout.BLANK_LINES_BEFORE_TITLE, "Salutation")

    def mark(self, style: str, text: str, size: float) -> None:
        """發文機關標志；字號隨字數，寫在這一處，不在樣式裏。"""
        element = self.paragraph(style)
        line = round(size * 1.2 * layout.TWIPS_PER_PT)
        top = layout.MARK_TOP_MM if style == "RedHead" else layout.BULLETIN_TOP_MM
        # 一行的高比字高，字在行的正中：上面多出的一半從空白裏扣去。
        before = round((top * layout.PT_PER_MM - size * 0.1) * layout.TWIPS_PER_PT)
        spacing = make("spacing", before=before, after=0, line=line, lineRule="exact")
        insert(element.find(qn("w:pPr")), spacing)
        run = add(element, "r")
        properties = add(run, "rPr")
        add(properties, "sz", val=round(size * 2))
        add(properties, "szCs", val=round(size * 2))
        add_text(run, one_line(text))

    def shorten_last(self, size: float) -> None:
        """標志一行比字高出的下一半，從它下面的空行裏扣去。"""
        line = round((layout.LINE_PT - size * 0.1) * layout.TWIPS_PER_PT)
        spacing = make("spacing", before=0, after=0, line=line, lineRule="exact")
        properties = self.end.getprevious().find(qn("w:pPr"))
        insert(properties, make("snapToGrid", val=0))
        insert(properties, spacing)

    def number_line(self, head: RedHead) -> None:
        if not head.signer:
            element = self.paragraph("DocumentNumber", one_line(head.number))
            insert(element.find(qn("w:pPr")), red_rule())
            return
        signer = [Run(self.document.label("signer")), Run(one_line(head.signer), face="kai")]
        self.two_ends([Run(one_line(head.number))], signer)

    def two_ends(self, left: list[Run], right: list[Run]) -> None:
        """紅線上的一行：左空一字、右空一字各一截。"""
        element = self.paragraph("Salutation")
        properties = element.find(qn("w:pPr"))
        insert(properties, red_rule())
        unit = layout.CHARACTER_PT * layout.TWIPS_PER_PT
        tabs = make("tabs")
        at = round((layout.CHARACTERS_PER_LINE - layout.UPWARD_INSET_CHARACTERS) * unit)
        add(tabs, "tab", val="right", pos=at)
        insert(properties, tabs)
        # 紅線要與版心等寬，不能用縮進；左邊空的一字是一個全角空格。
        for run in (Run("\u3000" * layout.UPWARD_INSET_CHARACTERS), *left):
            self.run(element, run)
        add(add(element, "r"), "tab")
        for run in right:
            self.run(element, run)

    def front(self) -> None:
        document = self.document
        self.head()
        if one_line(document.title):
            self.title("Title", document.title)
        if document.place_line:
            self.paragraph("Subtitle", one_line(document.place_line))
        if one_line(document.title):
            self.blank(layout.BLANK_LINES_AFTER_TITLE, "Salutation")
        if document.salutation:
            self.paragraph("Salutation", one_line(document.salutation))

    def block(self, block: Block) -> None:
        if self.tell:
            self.tell(self.done, self.total)
        self.done += 1
        match block:
            case Heading():
                self.heading(block)
            case Paragraph():
                self.paragraphs(block)
            case Table():
                self.table(block)
            case Picture():
                self.picture(block)
            case PageBreak():
                add(add(self.paragraph("BodyText"), "r"), "br", type="page")
            case _:
                raise TypeError(f"正文裡不能放 {type(block).__name__}。")

    def heading(self, block: Heading) -> None:
        list_id, text = self.numbers.split(block.level, one_line(block.text))
        number_paragraph(self.paragraph(f"Heading{block.level}", text), list_id, block.level)

    def paragraphs(self, block: Paragraph) -> None:
        element = None
        for line in block.lines():
            element = self.paragraph("BodyText")
            for run in line:
                self.run(element, run)
        if element is not None:
            self.references(element, [n for n in block.source_refs if n in self.source_numbers])
            self.footnote(element, self.document.footnote(block.source_refs))

    def run(self, paragraph: etree._Element, run: Run) -> None:
        element = add(paragraph, "r")
        if run.bold or run.face != "body":
            properties = add(element, "rPr")
            if run.face != "body":
                face = getattr(self.faces, run.face)
                add(properties, "rFonts", ascii=face, hAnsi=face, eastAsia=face, cs=face)
            if run.bold:
                add(properties, "b")
        add_text(element, run.text)

    def references(self, paragraph: etree._Element, numbers: list[int]) -> None:
        """段末上標 [1,2]，點開跳到來源說明。"""
        for position, number in enumerate(numbers):
            opening = "[" if position == 0 else ","
            closing = "]" if position == len(numbers) - 1 else ""
            link = add(paragraph, "hyperlink", anchor=f"source_{number}", history=1)
            run = add(link, "r")
            add(add(run, "rPr"), "vertAlign", val="superscript")
            add_text(run, f"{opening}{number}{closing}")

    def footnote(self, paragraph: etree._Element, text: str) -> None:
        if not text:
            return
        self.footnotes.append(text)
        run = add(paragraph, "r")
        add(add(run, "rPr"), "rStyle", val="FootnoteReference")
        add(run, "footnoteReference", id=len(self.footnotes))

    def table(self, block: Table) -> None:
        if block.caption:
            keep_next(self.paragraph("Caption", one_line(block.caption)))
        millimetres = layout.fit_widths(tuple(column.width_mm for column in block.columns))
        widths = [round(width * TWIPS_PER_MM) for width in millimetres]
        table = OxmlElement("w:tbl")
        self.end.addprevious(table)
        properties = add(table, "tblPr")
        add(properties, "tblStyle", val="TableGrid")
        add(properties, "tblW", w=sum(widths), type="dxa")
        add(properties, "jc", val="center")
        add(properties, "tblLayout", type="fixed")
        add(properties, "tblLook", val="0020", firstRow=1)
        if block.caption:
            add(properties, "tblCaption", val=one_line(block.caption))
        grid = add(table, "tblGrid")
        for width in widths:
            add(grid, "gridCol", w=width)
        aligns = [column.align for column in block.columns]
        titles = tuple(column.title for column in block.columns)
        add_row(table, titles, widths, ["center"] * len(widths), header=True)
        for row in block.rows:
            whole = not layout.row_may_break(zip(row, millimetres, strict=True))
            add_row(table, row, widths, aligns, whole=whole)
        # 兩張表之間必須隔一段，否則 Word 會把它們併成一張。
        self.paragraph("TableText")

    def picture(self, block: Picture) -> None:
        try:
            prepared = prepare(block)
        except UnreadablePicture:
            if self.missing == "refuse":
                raise
            self.paragraph("PictureCaption", absent_sentence(block.caption))
            return
        element = self.paragraph("Picture")
        caption = one_line(block.caption)
        if not caption:
            element.find(qn("w:pPr")).append(make("keepNext", val=0))
        add(add(element, "r"), "drawing").append(self.inline(prepared, caption))
        if caption:
            self.paragraph("PictureCaption", caption)
        self.blank(1, "PictureCaption")

    def inline(self, prepared: Prepared, caption: str) -> CT_Inline:
        self.pictures += 1
        package = self.word.part.package
        part = PicturePart(self.pictures, prepared, self.folder, package)
        identity = self.word.part.relate_to(part, RT.IMAGE)
        width, height = (round(pt * 12700) for pt in (prepared.width_pt, prepared.height_pt))
        name = f"image{self.pictures}.{prepared.suffix}"
        inline = CT_Inline.new_pic_inline(self.pictures, identity, name, width, height)
        inline.docPr.set("descr", caption)
        return inline

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
            indent_by(element, left=left, hanging=back)
            keep_next(element)

    def closing(self) -> None:
        """簽字處的各行不分在兩頁。"""
        before = len(self.body.findall(qn("w:tbl")))
        for block in self.document.closing:
            self.block(block)
        for table in self.body.findall(qn("w:tbl"))[before:]:
            for row in table.findall(qn("w:tr"))[:-1]:
                for element in row.iter(qn("w:p")):
                    keep_next(element)

    def signature(self) -> None:
        name, day = one_line(self.document.signature or ""), self.document.date_text
        if not name and not day:
            return
        self.keep_ending_together()
        sealed = self.document.has_seal_place
        blank = (
            layout.BLANK_LINES_BEFORE_SEALED_SIGNATURE
            if sealed
            else layout.BLANK_LINES_BEFORE_SIGNATURE
        )
        for _line in range(blank):
            keep_next(self.paragraph("BodyText"))
        positions = layout.sealed_positions if sealed else layout.signature_positions
        name_right, date_left = positions(width_in_characters(name), width_in_characters(day))
        if name:
            element = self.paragraph("Signature", name)
            indent_by(element, right=name_right)
            if day:
                keep_next(element)
        if day:
            right = layout.date_right(date_left, width_in_characters(day))
            if sealed:
                right = layout.SEALED_DATE_RIGHT_CHARACTERS
            element = self.paragraph("Date", day)
            indent_by(element, right=right)
            if sealed:
                keep_next(element)
                self.blank(layout.BLANK_LINES_AFTER_SEALED_DATE)

    def keep_ending_together(self) -> None:
        """落款不獨占一頁：正文最後一段（及附件說明）與它同頁。"""
        previous = self.end.getprevious()
        while previous is not None and previous.tag == qn("w:p"):
            keep_next(previous)
            style = previous.find(qn("w:pPr")).find(qn("w:pStyle")).get(qn("w:val"))
            written = previous.find(f".//{qn('w:t')}") is not None
            if written and style != "AttachmentList":
                return
            previous = previous.getprevious()

    def annex(self, annex: Annex, mark: str) -> None:
        self.footnotes_before_last_page = len(self.footnotes)
        self.numbers.begin()
        element = self.paragraph("AnnexMark", mark)
        insert(element.find(qn("w:pPr")), make("pageBreakBefore"))
        self.blank(layout.BLANK_LINES_AFTER_ANNEX_MARK, "AnnexMark")
        self.title("AnnexTitle", annex.title)
        self.blank(layout.BLANK_LINES_AFTER_TITLE)
        for block in annex.blocks:
            self.block(block)

    def sources(self, notes: tuple[SourceNote, ...]) -> None:
        heading = self.paragraph("Heading1", self.document.label("sources"))
        number_paragraph(heading, NO_LIST, 1)
        insert(heading.find(qn("w:pPr")), make("pageBreakBefore"))
        for position, note in enumerate(notes):
            element = self.paragraph("SourceNote")
            indent_by(element, left=2, hanging=2)
            add(element, "bookmarkStart", id=position, name=f"source_{note.number}")
            add_text(add(element, "r"), f"[{note.number}] {one_line(note.text)}")
            add(element, "bookmarkEnd", id=position)

    def imprint(self) -> None:
        if self.document.imprint is None:
            return
        footnoted = len(self.footnotes) > self.footnotes_before_last_page
        if footnoted:
            self.blank(1)
        self.end.addprevious(imprint_table(self.document, at_the_foot=not footnoted))
        # 表後的一段只為了錨住它，不佔地方。
        self.paragraph("Anchor")
