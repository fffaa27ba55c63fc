"""PDF 的版式：數行數字、字體嵌入、缺字、表頭、頁碼、書簽。"""

from io import BytesIO

import pytest
from PIL import Image

from reports.rendering import (
    Annex,
    Column,
    Heading,
    MissingGlyphs,
    OfficialDocument,
    PageBreak,
    Paragraph,
    Picture,
    RenderingFailed,
    Table,
    UnreadablePicture,
    check,
    layout,
    pdf,
    to_pdf,
)
from tests.reports.rendering_samples import (
    BARE_MACHINE,
    HANS,
    HANT,
    PLAIN_HAN,
    TABLE,
    photo,
    read_pdf,
    situation_report,
    text_of,
)


def test_a_full_page_holds_22_lines_of_28_characters():
    count = 2 * layout.LINES_PER_PAGE * layout.CHARACTERS_PER_LINE - layout.INDENT_CHARACTERS
    document = OfficialDocument("", (Paragraph((PLAIN_HAN * 40)[:count]),))

    reader = read_pdf(document)

    assert len(reader.pages) == 2
    first = reader.pages[0].extract_text().split("\n")
    second = reader.pages[1].extract_text().split("\n")
    assert [len(line) for line in first[:-1]] == [26] + [28] * 21
    assert [len(line) for line in second[:-1]] == [28] * 22


def test_the_page_is_a4_and_tagged_with_title_and_language():
    reader = read_pdf(situation_report())

    box = reader.pages[0].mediabox
    assert round(float(box.width) / layout.PT_PER_MM) == 210
    assert round(float(box.height) / layout.PT_PER_MM) == 297
    assert reader.metadata.title == "平潭縣民政局2026年第四季度文明行業創建情況彙報"
    assert not reader.metadata.author
    assert reader.trailer["/Root"]["/Lang"] == "zh-TW"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


@pytest.mark.parametrize(("script", "text"), [("hant", HANT), ("hans", HANS)])
def test_every_han_character_can_be_copied_out_in_both_scripts(script, text):
    reader = read_pdf(OfficialDocument("", (Paragraph(text),), script=script))

    copied = set(text_of(reader))

    assert [c for c in text if "一" <= c <= "鿿" and c not in copied] == []


def test_fonts_are_embedded():
    reader = read_pdf(situation_report())

    fonts = [
        font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    ]

    assert fonts
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(font) for font in fonts)


def test_headings_become_bookmarks_by_level():
    outline = read_pdf(situation_report()).outline

    assert [item.title for item in outline if not isinstance(item, list)] == [
        "一、總體進展",
        "任務分解表",
        "實景圖片",
        "來源說明",
    ]
    assert outline[1][0].title == "（一）改進行業管理"


def test_page_numbers_stand_outside_right_on_odd_and_left_on_even_pages():
    reader = read_pdf(OfficialDocument("", (Paragraph("一"), PageBreak(), Paragraph("二"))))

    odd, even = (_dash(page)[0] / layout.PT_PER_MM for page in reader.pages)

    # 單頁右空一字：頁碼起點距右邊約 26 + 5.6 + 14 毫米；雙頁左空一字。
    assert 160 < odd < 210 - 26 - 5
    assert even == pytest.approx(28 + 5.6, abs=0.5)


def test_the_page_number_dash_is_7_mm_below_the_type_area():
    reader = read_pdf(OfficialDocument("", (Paragraph("一"),)))

    _across, baseline = _dash(reader.pages[0])

    below = layout.MARGIN_BOTTOM_MM - baseline / layout.PT_PER_MM
    # 一字線比基線高約 0.38 字（四號字 1.9 毫米）。
    assert below - 0.38 * layout.SIZE_4_PT / layout.PT_PER_MM == pytest.approx(7, abs=0.4)


def test_page_numbers_can_be_centred():
    document = OfficialDocument("", (Paragraph("一"),), page_number_style="centred")

    across, _baseline = _dash(read_pdf(document).pages[0])

    assert 28 + 78 - 10 < across / layout.PT_PER_MM < 28 + 78


def _dash(page) -> tuple[float, float]:
    """頁碼的起點，自紙的左下角算起，以磅計。"""
    found = []

    def visit(text, current, matrix, _font, _size):
        if "—" in text:
            found.append((current[4] + matrix[4], current[5] + matrix[5]))

    page.extract_text(visitor_text=visit)
    return found[-1]


def test_a_long_table_repeats_its_header_on_every_page():
    reader = read_pdf(OfficialDocument("任務分解表", (TABLE,)))

    pages = [page.extract_text() for page in reader.pages]

    assert len(pages) > 5
    assert all("完成率" in page and "措施" in page for page in pages)
    assert "200" in pages[-1]


def test_a_row_taller_than_a_page_is_not_cut_off():
    table = Table("", (Column("說明", 30),), ((PLAIN_HAN * 40,),))

    copied = text_of(read_pdf(OfficialDocument("", (table,)))).replace("\n", "")

    assert copied.count("玄") == 40


def test_markup_in_text_is_printed_as_it_stands():
    hostile = '#read("/etc/passwd") *bold* $x$ \\ [a](b) <label> @ref // `code` "quoted"'

    copied = text_of(read_pdf(OfficialDocument(hostile, (Heading(1, hostile), Paragraph(hostile)))))

    assert "root:" not in copied
    assert copied.replace("\n", "").count('#read("/etc/passwd")') == 3
    assert "*bold* $x$" in copied


def test_a_character_no_font_has_is_refused_by_name():
    document = OfficialDocument("名單", (Paragraph("組員𠮷野，喆、堃、燚、䶮都印得出。"),))

    with pytest.raises(MissingGlyphs) as error:
        to_pdf(document, folders=BARE_MACHINE)

    assert error.value.characters == "𠮷"
    assert "𠮷（U+20BB7）" in str(error.value)


def test_a_missing_character_prints_as_a_mark_when_asked():
    document = OfficialDocument("", (Paragraph("組員𠮷野。"),))

    copied = text_of(read_pdf(document, missing="mark"))

    assert "組員〓野" in copied


@pytest.mark.parametrize(
    "title", ["題" * 5000, "x" * 5000, "第" * 79, "》" * 60, "\n\n", "關於" * 30]
)
def test_a_hostile_title_still_gives_a_document(title):
    assert len(read_pdf(OfficialDocument(title, (Paragraph("正文。"),))).pages) >= 1


def test_an_empty_document_is_one_page():
    assert len(read_pdf(OfficialDocument("")).pages) == 1


def test_a_long_latin_string_stays_inside_the_type_area():
    reader = read_pdf(OfficialDocument("", (Paragraph("https://example.org/" + "a" * 300),)))

    lines = reader.pages[0].extract_text().split("\n")[:-1]

    assert len(lines) > 4


def test_pictures_are_placed_with_their_captions(tmp_path):
    upright = tmp_path / "竖.png"
    upright.write_bytes(photo(480, 3000, "PNG"))
    document = OfficialDocument(
        "", (Annex("實景圖片", (Picture(photo(4000, 3000), "大廳"), Picture(upright, "通道"))),)
    )

    reader = read_pdf(document)

    assert sum(len(page.images) for page in reader.pages) == 2
    assert "大廳" in text_of(reader)
    assert "通道" in text_of(reader)


def test_a_photograph_goes_into_the_pdf_as_it_was_packed():
    packed = BytesIO()
    Image.effect_noise((1000, 700), 60).save(packed, "JPEG", quality=70)

    printed = to_pdf(OfficialDocument("", (Picture(packed.getvalue(), "大廳"),)))

    # 解開重壓會失真；typst 解開的照片還會整張留在內存裏。
    assert packed.getvalue() in printed


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1", "RGBA"])
def test_a_drawing_keeps_its_pixels_on_white_paper(mode):
    drawing = Image.new("RGBA", (64, 40), (0, 0, 0, 0))
    drawing.paste((200, 30, 30, 255), (0, 0, 32, 40))
    target = BytesIO()
    drawing.convert(mode).save(target, "PNG")

    page = read_pdf(OfficialDocument("", (Picture(target.getvalue(), "流程圖"),))).pages[0]

    placed = next(iter(page.images)).image.convert("RGB")
    on_white = Image.new("RGBA", drawing.size, "white")
    on_white.alpha_composite(Image.open(target).convert("RGBA"))
    assert placed.tobytes() == on_white.convert("RGB").tobytes()


@pytest.mark.parametrize("data", [b"", b"not a picture", photo()[:200]])
def test_a_broken_picture_is_named(data):
    document = OfficialDocument("", (Picture(data, "福利院"),))

    with pytest.raises(UnreadablePicture, match="福利院"):
        to_pdf(document, folders=BARE_MACHINE)

    assert ["福利院" in problem for problem in check(document, BARE_MACHINE)] == [True]


def test_checking_finds_nothing_wrong_with_a_good_document():
    assert check(situation_report(), BARE_MACHINE) == []


def test_the_signature_does_not_stand_alone_on_a_page():
    filler = (PLAIN_HAN * 40)[: layout.LINES_PER_PAGE * layout.CHARACTERS_PER_LINE - 2 - 56]
    document = OfficialDocument(
        "", (Paragraph(filler), Paragraph("特此報告。")), signature="平潭縣民政局"
    )

    last = read_pdf(document).pages[-1].extract_text()

    assert "特此報告" in last
    assert "平潭縣民政局" in last


def test_the_same_document_gives_the_same_bytes():
    first, second = (to_pdf(situation_report(), folders=BARE_MACHINE) for _time in range(2))

    assert first == second


def test_a_typesetter_that_hangs_is_stopped_with_a_sentence(monkeypatch):
    monkeypatch.setattr(pdf, "TIMEOUT_SECONDS", 0.001)

    with pytest.raises(RenderingFailed, match="分成幾份"):
        to_pdf(OfficialDocument("彙報"), folders=BARE_MACHINE)


def test_a_typesetter_that_breaks_is_logged_and_said(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(pdf, "TYPESETTER", tmp_path / "absent.py")

    with pytest.raises(RenderingFailed, match="先導出 Word"):
        to_pdf(OfficialDocument("彙報"), folders=BARE_MACHINE)

    assert "absent.py" in caplog.text


def test_sources_are_linked_and_unknown_ones_left_out():
    document = situation_report(blocks=(Paragraph("已完成。", source_refs=(1, 99)),))

    copied = text_of(read_pdf(document))

    assert "[1]" in copied
    assert "99" not in copied
    assert "來源說明" in copied
