"""紅頭、報頭、版記、蓋章的位置、腳註、網頁：照標準的數字，從 Word 和 PDF 裏量回來。"""

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn

from reports.rendering import (
    Annex,
    BulletinHead,
    Imprint,
    OfficialDocument,
    Paragraph,
    Picture,
    RedHead,
    SourceNote,
    UnreadablePicture,
    layout,
    to_docx,
    to_html,
)
from tests.reports.rendering_samples import photo, read_pdf, situation_report, text_of

MARK, NUMBER = "平潭縣民政局文件", "平民創報〔2026〕3號"
PT_PER_MM = layout.PT_PER_MM
TOP = (layout.PAGE_HEIGHT_MM - layout.MARGIN_TOP_MM) * PT_PER_MM
BOTTOM = layout.MARGIN_BOTTOM_MM * PT_PER_MM


def red(**changes: object) -> OfficialDocument:
    values = {
        "blocks": (Paragraph("正文一段。", source_refs=(1,)),),
        "head": RedHead(MARK, NUMBER),
        "imprint": Imprint("縣委宣傳部，縣文明辦", "平潭縣民政局辦公室", date(2026, 12, 1)),
        "sources": (),
    }
    return situation_report(**(values | changes))


def styled(document: OfficialDocument, style: str) -> list:
    word = Document(BytesIO(to_docx(document)))
    return [p for p in word.paragraphs if p.style.style_id == style]


def places(page) -> list[tuple[str, float, float]]:
    """PDF 一頁裏的每截字：（字, 橫, 縱），以磅計，自左下角。"""
    found: list[tuple[str, float, float]] = []

    def visit(text, current, matrix, _font, _size):
        if text.strip():
            found.append((text.strip(), current[4] + matrix[4], current[5] + matrix[5]))

    page.extract_text(visitor_text=visit)
    return found


def height_of(page, words: str) -> float:
    return place_of(page, words)[1]


def place_of(page, words: str) -> tuple[float, float]:
    """這句話從哪裏開始印；標點和數字另用字體，一句話在 PDF 裏會分成幾截，認頭一截。"""
    pieces = places(page)
    at = "".join(text for text, _x, _y in pieces).index(words)
    for text, x, y in pieces:
        at -= len(text)
        if at < 0:
            return x, y
    raise AssertionError(words)


def test_nothing_red_and_no_imprint_unless_asked() -> None:
    word = Document(BytesIO(to_docx(situation_report())))

    assert not [p for p in word.paragraphs if p.style.style_id in ("RedHead", "BulletinHead")]
    assert b"FF0000" not in word.element.xml.encode()
    assert not word.element.findall(f".//{qn('w:tblpPr')}")


def test_the_mark_stands_35_mm_below_the_top_of_the_type_area() -> None:
    document = red()
    (mark,), page = styled(document, "RedHead"), read_pdf(document).pages[0]
    size = layout.mark_size(MARK)

    assert layout.MARK_TOP_MM == 35
    assert mark.style.font.color.rgb == (255, 0, 0)
    before = mark.paragraph_format.space_before.mm + size * 0.1 / PT_PER_MM
    assert before == pytest.approx(35, abs=0.1)
    # 基線在字面上緣之下 0.88 字。
    top = height_of(page, MARK) + 0.88 * size
    assert (TOP - top) / PT_PER_MM == pytest.approx(35, abs=0.2)


def test_the_number_is_two_lines_below_and_the_title_two_lines_below_the_rule() -> None:
    page = read_pdf(red()).pages[0]
    size, body = layout.mark_size(MARK), layout.SIZE_3_PT
    slack = (layout.LINE_PT - body) / 2

    mark_bottom = height_of(page, MARK) - 0.12 * size
    number = height_of(page, NUMBER)
    title_top = height_of(page, "情況彙報") + 0.88 * layout.SIZE_2_PT

    gap = mark_bottom - (number + 0.88 * body) - slack
    assert gap / layout.LINE_PT == pytest.approx(2, abs=0.05)
    rule = number - 0.12 * body - layout.RED_RULE_BELOW_MM * PT_PER_MM
    title_lines = 2 if "平潭" not in page.extract_text().split("情況彙報")[0][-3:] else 1
    above = rule - title_top - (layout.TITLE_LINE_PT - layout.SIZE_2_PT) / 2
    above -= (title_lines - 1) * layout.TITLE_LINE_PT
    assert above / layout.LINE_PT == pytest.approx(2, abs=0.1)


def test_the_rule_in_word_is_red_and_as_wide_as_the_type_area() -> None:
    (number,) = styled(red(), "DocumentNumber")
    border = number._p.find(f".//{qn('w:pBdr')}/{qn('w:bottom')}")

    assert layout.TYPE_AREA_WIDTH_MM == 156
    assert border.get(qn("w:color")) == "FF0000"
    assert number._p.find(f"./{qn('w:pPr')}/{qn('w:ind')}") is None
    slack = (layout.LINE_PT - layout.SIZE_3_PT) / 2
    below = (int(border.get(qn("w:space"))) + slack) / PT_PER_MM
    assert below == pytest.approx(layout.RED_RULE_BELOW_MM, abs=0.2)


def test_an_upward_paper_names_the_signer_on_the_same_line() -> None:
    document = red(head=RedHead(MARK, NUMBER, "林志強"))
    page = read_pdf(document).pages[0]
    line = next(p for p in styled(document, "Salutation") if "簽發人：" in p.text)

    assert line.text == f"　{NUMBER}\t簽發人：林志強"
    assert height_of(page, NUMBER) == pytest.approx(height_of(page, "林志強"), abs=0.5)
    across, _up = place_of(page, NUMBER)
    assert across / PT_PER_MM == pytest.approx(28 + layout.CHARACTER_PT / PT_PER_MM, abs=0.3)


def test_a_bulletin_has_its_own_head() -> None:
    head = BulletinHead("工作簡報", "第12期", "創建辦", "2026年12月1日")
    document = red(head=head)
    page, (name,) = read_pdf(document).pages[0], styled(document, "BulletinHead")

    assert name.text == "工作簡報"
    assert height_of(page, "工作簡報") > height_of(page, "第12期") > height_of(page, "創建辦")
    assert [p.text for p in styled(document, "DocumentNumber")] == ["第12期"]


def test_the_imprint_lies_at_the_foot_of_the_last_page() -> None:
    document = red()
    reader, word = read_pdf(document), Document(BytesIO(to_docx(document)))
    placed = word.element.find(f".//{qn('w:tblpPr')}")
    table = word.tables[-1]
    borders = {
        side.tag.rpartition("}")[2]: int(side.get(qn("w:sz"))) / 8 / PT_PER_MM
        for side in table._tbl.tblPr.find(qn("w:tblBorders"))
    }

    assert placed.get(qn("w:tblpYSpec")) == "bottom"
    assert placed.get(qn("w:vertAnchor")) == "margin"
    # 從紙邊量：從版心量的，LibreOffice 當它是正文裏的一張表。
    assert placed.get(qn("w:horzAnchor")) == "page"
    assert int(placed.get(qn("w:tblpX"))) / 20 / PT_PER_MM == pytest.approx(28, abs=0.05)
    assert int(
        table._tbl.tblPr.find(qn("w:tblW")).get(qn("w:w"))
    ) / 20 / PT_PER_MM == pytest.approx(156, abs=0.05)
    assert borders["top"] == borders["bottom"] == pytest.approx(0.35, abs=0.03)
    assert borders["insideH"] == pytest.approx(0.25, abs=0.03)
    assert [row.cells[0].text for row in table.rows] == [
        "抄送：縣委宣傳部，縣文明辦。",
        "平潭縣民政局辦公室\t2026年12月1日印發",
    ]
    last = height_of(reader.pages[-1], "2026年12月1日印發")
    assert BOTTOM < last < BOTTOM + layout.IMPRINT_LINE_PT
    assert all("印發" not in page.extract_text() for page in reader.pages[:-1])


def test_the_imprint_follows_the_text_where_a_footnote_may_stand_at_the_foot() -> None:
    """貼底邊會壓住末頁的腳註；附件另起一頁，正文的腳註到不了末頁。"""
    cited = {
        "sources": (SourceNote(1, "婚姻登記處報送。"),),
        "sources_as": "notes",
    }
    annex = Annex("任務分解表", (Paragraph("說明。"),))
    text = Paragraph("正文一段。", source_refs=(1,))

    def is_at_the_foot(document: OfficialDocument) -> bool:
        word = Document(BytesIO(to_docx(document)))
        assert word.tables[-1].rows[0].cells[0].text.startswith("抄送：")
        return word.element.find(f".//{qn('w:tblpPr')}") is not None

    assert not is_at_the_foot(red(**cited, blocks=(text,)))
    assert is_at_the_foot(red(**cited, blocks=(text, annex)))
    assert is_at_the_foot(red(**cited, blocks=(Paragraph("沒有出處。"),)))


def test_a_sealed_date_ends_four_characters_from_the_right_with_room_above() -> None:
    sealed, plain = red(has_seal_place=True, imprint=None), red(imprint=None)

    def gap(document: OfficialDocument) -> float:
        page = read_pdf(document).pages[0]
        return height_of(page, "正文一段") - height_of(page, "2026年12月1日")

    (day,), (name,) = styled(sealed, "Date"), styled(sealed, "Signature")
    right = day._p.pPr.find(qn("w:ind")).get(qn("w:rightChars"))
    # 署名六字、日期六字半，居中：4 + 0.25。
    centred = name._p.pPr.find(qn("w:ind")).get(qn("w:rightChars"))
    assert (right, centred) == ("400", "425")
    assert gap(sealed) - gap(plain) == pytest.approx(layout.LINE_PT, abs=0.5)
    # 圓章以署名和日期之間為心，上緣距正文一行之內。
    centre = (layout.BLANK_LINES_BEFORE_SEALED_SIGNATURE + 1) * layout.LINE_PT
    above = centre - layout.SEAL_DIAMETER_MM * PT_PER_MM / 2
    assert 0 < above < layout.LINE_PT


def test_sources_as_footnotes_are_real_ones_in_word_and_on_the_page_in_pdf() -> None:
    notes = (SourceNote(1, "婚姻登記處，2026年11月報送。"), SourceNote(2, "殯儀館報送"))
    document = red(
        blocks=(Paragraph("一段。", source_refs=(1, 2)), Paragraph("二段。")),
        sources=notes,
        sources_as="notes",
    )
    with ZipFile(BytesIO(to_docx(document))) as archive:
        told = archive.read("word/footnotes.xml").decode()
        body = archive.read("word/document.xml").decode()

    words = "婚姻登記處，2026年11月報送；殯儀館報送。"
    assert told.count("<w:footnote ") == 3
    assert words in told
    assert body.count("<w:footnoteReference") == 1
    assert "來源說明" not in body
    page = read_pdf(document).pages[0].extract_text().replace("\n", "")
    assert words in page
    assert page.index("二段") < page.index("婚姻登記處")


def test_the_same_document_gives_the_same_bytes() -> None:
    document = red(blocks=(Paragraph("一段。"), Picture(photo(), "圖")))

    assert to_docx(document) == to_docx(document)


def test_a_picture_that_is_gone_is_named_or_said_in_its_place() -> None:
    def gone() -> bytes:
        raise FileNotFoundError

    document = red(blocks=(Paragraph("一段。"), Picture(gone, "便民服務台")))

    with pytest.raises(UnreadablePicture, match="便民服務台"):
        to_docx(document)
    assert "照片「便民服務台」讀不出來" in text_of(read_pdf(document, missing="mark"))
    word = Document(BytesIO(to_docx(document, missing="mark")))
    assert any("便民服務台" in p.text for p in word.paragraphs)


def test_the_web_page_needs_nothing_else_and_escapes_what_people_wrote() -> None:
    page = to_html(
        situation_report(
            blocks=(Paragraph("<script>alert(1)</script>", source_refs=(1,)),),
            head=RedHead(MARK, NUMBER),
        )
    )

    assert page.startswith('<!DOCTYPE html>\n<html lang="zh-Hant">')
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page
    assert '<a href="#s1">1</a>' in page
    assert MARK in page


def test_the_pdf_is_tagged_with_a_structure_and_bookmarks() -> None:
    root = read_pdf(red()).trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/Type"] == "/StructTreeRoot"
    assert read_pdf(situation_report()).outline
