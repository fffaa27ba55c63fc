"""Word 的版式：讀回頁邊、字體、字號、樣式、表頭、頁碼。"""

from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn

from reports.rendering import (
    Heading,
    OfficialDocument,
    PageBreak,
    Paragraph,
    Picture,
    Run,
    Table,
    UnreadablePicture,
    layout,
    to_docx,
)
from reports.rendering.document import Column
from tests.reports.rendering_samples import HANT, TABLE, photo, situation_report


def read(document: OfficialDocument):
    return Document(BytesIO(to_docx(document)))


def texts(word, style: str) -> list[str]:
    return [p.text for p in word.paragraphs if p.style.style_id == style]


def face_of(word, style: str) -> str:
    fonts = word.styles.element.get_by_id(style).rPr.find(qn("w:rFonts"))
    assert fonts.get(qn("w:ascii")) == fonts.get(qn("w:eastAsia"))
    return fonts.get(qn("w:eastAsia"))


def test_the_page_has_the_margins_of_the_standard():
    section = read(situation_report()).sections[0]

    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(margin.mm, 1) for margin in margins] == [37.0, 35.0, 28.0, 26.0]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "lines"
    assert grid.get(qn("w:linePitch")) == "579"


@pytest.mark.parametrize(
    ("script", "body", "kai", "title"),
    [
        ("hans", "仿宋_GB2312", "楷体_GB2312", "方正小标宋简体"),
        ("hant", "仿宋", "楷体", "方正小标宋_GBK"),
    ],
)
def test_styles_name_the_office_fonts_of_the_script(script, body, kai, title):
    word = read(situation_report(script))

    assert face_of(word, "Normal") == face_of(word, "Heading3") == face_of(word, "BodyText") == body
    assert face_of(word, "Heading1") == "黑体"
    assert face_of(word, "Heading2") == kai
    assert face_of(word, "Title") == title
    assert face_of(word, "Footer") == "宋体"


def test_sizes_line_pitch_spacing_and_indent_follow_the_constants():
    styles = read(situation_report()).styles

    assert styles["Title"].font.size.pt == layout.SIZE_2_PT == 22
    assert styles["Body Text"].font.size.pt == layout.SIZE_3_PT == 16
    assert styles["footer"].font.size.pt == layout.SIZE_4_PT == 14
    paragraph = styles["Body Text"].paragraph_format
    assert paragraph.line_spacing.pt == pytest.approx(layout.LINE_PT)
    assert paragraph._element.pPr.ind.get(qn("w:firstLineChars")) == "200"
    assert paragraph.widow_control is False
    spacing = styles["Body Text"].element.rPr.find(qn("w:spacing"))
    assert spacing.get(qn("w:val")) == str(layout.CHARACTER_SPACING_TWIPS)


def test_28_characters_fit_the_line_in_word():
    pitch = layout.SIZE_3_PT + layout.CHARACTER_SPACING_TWIPS / layout.TWIPS_PER_PT

    fitting = layout.TYPE_AREA_WIDTH_MM * layout.PT_PER_MM / pitch

    assert int(fitting) == layout.CHARACTERS_PER_LINE
    lines = layout.TYPE_AREA_HEIGHT_MM * layout.PT_PER_MM / layout.LINE_PT
    assert int(lines) == layout.LINES_PER_PAGE


def test_headings_use_the_built_in_levels_and_nothing_is_bold():
    word = read(situation_report())

    assert texts(word, "Heading1") == ["總體進展", "來源說明"]
    assert texts(word, "Heading2") == ["改進行業管理"]
    assert texts(word, "Heading4") == ["限時辦結"]
    assert word.styles["heading 1"].name
    assert not any(run.bold for p in word.paragraphs for run in p.runs)


def test_a_run_is_bold_or_kai_only_when_stated():
    runs = (Run("（一）圍繞中心。", face="kai"), Run("服務大局"), Run("重點", bold=True))

    written = next(
        p for p in read(OfficialDocument("", (Paragraph(runs=runs),))).paragraphs if p.text
    )

    assert [bool(run.bold) for run in written.runs] == [False, False, True]
    assert written.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "楷体"
    assert written.runs[1]._r.rPr is None


def test_the_title_breaks_by_sense():
    title = next(p for p in read(situation_report()).paragraphs if p.style.style_id == "Title")

    assert title.text.split("\n") == ["平潭縣民政局2026年第四季度", "文明行業創建情況彙報"]


def test_page_numbers_differ_on_odd_and_even_pages():
    word = read(situation_report())

    section = word.sections[0]
    odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
    assert word.settings.odd_and_even_pages_header_footer
    assert [p._p.pPr.find(qn("w:jc")).get(qn("w:val")) for p in (odd, even)] == ["right", "left"]
    assert odd.text == even.text == "— 1 —"
    assert " PAGE " in odd._p.xml
    assert 'w:rightChars="100"' in odd._p.xml
    assert 'w:leftChars="100"' in even._p.xml


def test_centred_page_numbers_need_no_even_footer():
    word = read(situation_report(page_number_style="centred"))

    footer = word.sections[0].footer.paragraphs[0]
    assert not word.settings.odd_and_even_pages_header_footer
    assert footer._p.pPr.find(qn("w:jc")).get(qn("w:val")) == "center"


def test_a_table_repeats_its_header_and_fixes_its_widths():
    table = read(OfficialDocument("", (TABLE,))).tables[0]

    rows = table._tbl.tr_lst
    assert len(rows) == 201
    assert rows[0].trPr.find(qn("w:tblHeader")) is not None
    assert rows[1].trPr.find(qn("w:tblHeader")) is None
    widths = [round(int(col.get(qn("w:w"))) / 56.69) for col in table._tbl.tblGrid.gridCol_lst]
    assert widths == [15, 90, 25]
    assert table.cell(1, 2).paragraphs[0].style.style_id == "TableText"
    snap = table.cell(1, 2).paragraphs[0].style.element.pPr.find(qn("w:snapToGrid"))
    assert snap.get(qn("w:val")) == "0"


def test_columns_too_wide_for_the_page_are_shrunk_together():
    wide = Table("", (Column("一", 200), Column("二", 100)), ())

    columns = read(OfficialDocument("", (wide,))).tables[0]._tbl.tblGrid.gridCol_lst

    assert [round(int(c.get(qn("w:w"))) / 56.69) for c in columns] == [104, 52]


def test_signature_and_date_stand_as_the_standard_asks_without_a_seal():
    word = read(situation_report())

    name = next(p for p in word.paragraphs if p.style.style_id == "Signature")
    day = next(p for p in word.paragraphs if p.style.style_id == "Date")
    assert day.text == "2026年12月1日"
    # 日期寬 6.5 字，比署名（6 字）長：日期右空二字，署名首字在其左二字。
    assert name._p.pPr.ind.get(qn("w:rightChars")) == "450"
    assert day._p.pPr.ind.get(qn("w:rightChars")) == "200"
    assert day._p.pPr.ind.get(qn("w:leftChars")) == "0"


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [(6, 7, (5, 19)), (8, 7, (2, 20)), (12, 6.5, (2, 16)), (0, 7, (0, 19)), (40, 7, (2, 0))],
)
def test_the_date_begins_two_characters_right_of_the_name(name, day, expected):
    assert layout.signature_positions(name, day) == expected


@pytest.mark.parametrize(("left", "width", "right"), [(19, 7, 2), (0, 7, 14), (0, 40, 0)])
def test_the_date_has_room_to_its_left_so_it_never_wraps(left, width, right):
    assert layout.date_right(left, width) == right


def test_only_a_row_too_tall_to_move_may_break_across_pages():
    tall = Table("", (Column("說明", 40),), (("短",), ("長" * 400,), ("行\n" * 40,)))

    rows = read(OfficialDocument("", (tall,))).tables[0]._tbl.tr_lst

    assert [row.find(f".//{qn('w:cantSplit')}") is not None for row in rows] == [
        True,
        True,
        False,
        False,
    ]


def test_annexes_start_a_page_with_their_mark_and_are_listed_before_the_signature():
    word = read(situation_report())

    assert texts(word, "AnnexMark") == ["附件1", "", "附件2", ""]
    assert texts(word, "AttachmentList") == ["附件：1.任務分解表", "2.實景圖片"]
    mark = next(p for p in word.paragraphs if p.text == "附件1")
    assert mark.paragraph_format.page_break_before


def test_a_single_annex_has_no_number():
    single = tuple(b for b in situation_report().blocks if getattr(b, "title", "") != "實景圖片")

    word = read(situation_report(blocks=single))

    assert texts(word, "AnnexMark")[0] == "附件"
    assert texts(word, "AttachmentList") == ["附件：任務分解表"]


def test_the_properties_carry_title_and_language_but_no_author():
    properties = read(situation_report("hans")).core_properties

    assert properties.title.startswith("平潭縣民政局2026年")
    assert properties.language == "zh-CN"
    assert properties.author == properties.last_modified_by == properties.comments == ""


def test_nothing_of_the_default_template_is_left_behind():
    names = ZipFile(BytesIO(to_docx(situation_report()))).namelist()

    assert not [n for n in names if "thumbnail" in n or "customXml" in n or "WithEffects" in n]


@pytest.mark.parametrize(
    "code", [0x0, 0x1, 0x8, 0xB, 0xC, 0x1F, 0x7F, 0xFFFE, 0xD800, 0x202E, 0xFEFF]
)
def test_a_control_character_pasted_in_does_no_harm(code):
    bad = f"前{chr(code)}後"
    document = OfficialDocument(
        bad,
        (
            Heading(1, bad),
            Paragraph(bad),
            Table(bad, (Column(bad, 20),), ((bad,),)),
            Picture(photo(), bad),
        ),
        salutation=bad,
        signature=bad,
    )

    word = read(document)

    assert chr(code) not in "".join(p.text for p in word.paragraphs)
    assert word.tables[0].cell(1, 0).text.replace("\n", "") == "前後"


def test_a_line_break_in_the_text_begins_a_new_paragraph():
    word = read(OfficialDocument("", (Paragraph("第一段。\r\n\x0b　　第二段。\n\n"),)))

    assert texts(word, "BodyText") == ["第一段。", "第二段。"]


def test_the_body_keeps_the_exact_wording():
    assert HANT in [p.text.removesuffix("[1]") for p in read(situation_report()).paragraphs]


def test_a_page_break_and_an_empty_document_can_be_opened():
    assert 'w:type="page"' in read(OfficialDocument("", (PageBreak(),))).element.xml
    assert read(OfficialDocument("")).paragraphs == []


def test_pictures_carry_their_caption_as_alternative_text():
    word = read(OfficialDocument("", (Picture(photo(5000, 400), "窗口全景"),)))

    shape = word.inline_shapes[0]
    assert shape._inline.docPr.get("descr") == "窗口全景"
    assert shape.width.mm == pytest.approx(layout.TYPE_AREA_WIDTH_MM, abs=0.1)
    assert texts(word, "PictureCaption")[0] == "窗口全景"


def test_a_broken_picture_is_refused_by_name():
    with pytest.raises(UnreadablePicture, match="福利院"):
        to_docx(OfficialDocument("", (Picture(b"\x89PNG broken", "福利院"),)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Heading(5, "五級"),
        lambda: Table("表", (), ()),
        lambda: Table("表", (Column("一", 10),), (("甲", "乙"),)),
        lambda: OfficialDocument("", script="zh"),
        lambda: OfficialDocument("", page_number_style="inside"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_at_once(wrong):
    with pytest.raises(ValueError, match=r"[。）]"):
        wrong()
