"""標題的序號是 Word 的多級列表；Word 數不出寫定的數的，序號留在文字裏。"""

from functools import partial
from io import BytesIO

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.oxml.ns import qn
from lxml import etree

from pingtan_civ.lib.numerals import to_chinese
from reports.rendering import Annex, Heading, OfficialDocument, Paragraph, Table, layout, to_docx
from reports.rendering.document import Block, Column
from tests.lib.word_text import printed_paragraphs
from tests.reports.rendering_samples import situation_report

ONE, TWO, THREE = (partial(Heading, level) for level in (1, 2, 3))


def opened(*blocks: Block) -> WordDocument:
    return Document(BytesIO(to_docx(OfficialDocument("", blocks))))


def headings(word: WordDocument) -> list[tuple[str, str]]:
    """各標題（印出的字, 文字裏存着的字）。"""
    return [
        (printed, paragraph.text)
        for paragraph, printed in printed_paragraphs(word)
        if paragraph.style.style_id.startswith("Heading")
    ]


def as_typed(*blocks: Block) -> list[str]:
    """印出的與寫定的一字不差，返回序號仍留在文字裏的。"""
    found = headings(opened(*blocks))
    inner = [b for block in blocks for b in getattr(block, "blocks", (block,))]
    assert [printed for printed, _ in found] == [b.text for b in inner if isinstance(b, Heading)]
    return [text for printed, text in found if printed == text]


def numbering(word: WordDocument) -> etree._Element:
    (part,) = [r.target_part for r in word.part.rels.values() if r.reltype == RT.NUMBERING]
    return etree.fromstring(part.blob)


def value(element: etree._Element, path: str) -> str:
    return element.find("/".join(qn(f"w:{tag}") for tag in path.split("/"))).get(qn("w:val"))


def test_one_list_of_four_levels_is_tied_to_the_four_heading_styles() -> None:
    word = Document(BytesIO(to_docx(situation_report())))
    levels = numbering(word).findall(f"{qn('w:abstractNum')}/{qn('w:lvl')}")

    assert [(value(n, "numFmt"), value(n, "lvlText"), value(n, "pStyle")) for n in levels] == [
        ("chineseCountingThousand", "%1、", "Heading1"),
        ("chineseCountingThousand", "（%2）", "Heading2"),
        ("decimal", "%3.", "Heading3"),
        ("decimal", "（%4）", "Heading4"),
    ]
    for index, level in enumerate(levels):
        style = word.styles.element.get_by_id(f"Heading{index + 1}")
        assert value(level, "suff") == "nothing"
        assert value(style, "pPr/numPr/ilvl") == str(index)
        assert value(style, "pPr/numPr/numId") == "1"
        for indented in (level, style):
            indent = indented.find(f"{qn('w:pPr')}/{qn('w:ind')}")
            assert indent.get(qn("w:firstLineChars")) == str(layout.INDENT_CHARACTERS * 100)
        faces = [each.find(f"{qn('w:rPr')}/{qn('w:rFonts')}") for each in (level, style)]
        assert faces[0].get(qn("w:eastAsia")) == faces[1].get(qn("w:eastAsia"))


def test_an_ordinary_report_leaves_every_number_to_word() -> None:
    word = Document(BytesIO(to_docx(situation_report())))

    assert headings(word) == [
        ("一、總體進展", "總體進展"),
        ("（一）改進行業管理", "改進行業管理"),
        ("1.服務承諾", "服務承諾"),
        ("（1）限時辦結", "限時辦結"),
        ("來源說明", "來源說明"),
    ]


def test_a_heading_put_in_renumbers_those_after_it() -> None:
    word = opened(ONE("一、甲"), TWO("（一）子"), ONE("二、乙"), TWO("（一）丑"))
    last = next(p for p in word.paragraphs if p.text == "乙")

    last.insert_paragraph_before("新加", style=word.styles["heading 1"])

    printed = [printed for printed, _ in headings(word)]
    assert printed == ["一、甲", "（一）子", "二、新加", "三、乙", "（一）丑"]


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_counting_goes_past_ten_twenty_and_ends_at_ninety_nine(level: int) -> None:
    forms = {1: "{}、", 2: "（{}）", 3: "{}.", 4: "（{}）"}
    shown = to_chinese if level < 3 else str
    typed = [Heading(level, forms[level].format(shown(n)) + "事項") for n in range(1, 102)]

    kept = as_typed(*typed)

    assert typed[10].text == {1: "十一、", 2: "（十一）", 3: "11.", 4: "（11）"}[level] + "事項"
    assert kept == [typed[99].text, typed[100].text]


@pytest.mark.parametrize(
    "text",
    [
        *("四、跳過三", "沒有序號", "一.半角點", "（一）二級的寫法", "三、", "第三章"),
        "{{ 章.標題 }}",
    ],
)
def test_what_word_would_not_print_stays_text(text: str) -> None:
    assert as_typed(ONE("一、甲"), ONE("二、乙"), ONE(text)) == [text]
    word = opened(ONE("一、甲"), ONE(text))
    odd = next(p for p in word.paragraphs if p.text == text)
    assert value(odd._p, "pPr/numPr/numId") == "0"


@pytest.mark.parametrize("text", ["1．全角點", "1、頓號", "1.5萬元以上的", "1 空格"])
def test_the_third_level_is_a_number_and_a_half_width_dot(text: str) -> None:
    assert as_typed(ONE("一、甲"), THREE(text)) == [text]


def test_an_odd_number_does_not_disturb_the_count() -> None:
    kept = as_typed(ONE("一、甲"), ONE("九、跳"), TWO("（一）子"), TWO("（二）丑"), ONE("二、乙"))

    assert kept == ["九、跳"]


def test_levels_may_skip() -> None:
    assert not as_typed(
        TWO("（一）子"), TWO("（二）丑"), ONE("一、甲"), THREE("1.天"), THREE("2.地")
    )
    assert not as_typed(ONE("一、甲"), THREE("1.天"), TWO("（一）子"), THREE("1.人"), ONE("二、乙"))


def test_a_number_that_starts_again_is_another_list_and_the_outer_goes_on() -> None:
    blocks = (
        *(ONE("一、甲"), TWO("（一）子"), TWO("（二）丑"), THREE("1.天"), TWO("（一）又從一起")),
        *(THREE("1.地"), ONE("二、乙"), TWO("（一）寅"), ONE("一、重來"), ONE("二、再")),
    )

    assert as_typed(*blocks) == []
    second, third = numbering(opened(*blocks)).findall(qn("w:num"))[1:]
    starts = [
        [o.get(qn("w:ilvl")) for o in each.findall(qn("w:lvlOverride"))] for each in (second, third)
    ]
    assert starts == [["1", "2", "3"], ["0", "1", "2", "3"]]


def test_each_annex_counts_from_one() -> None:
    annexes = [Annex(name, (ONE("一、甲"), TWO("（一）子"), ONE("二、乙"))) for name in "天地"]
    loose = Annex("人", (TWO("（一）子"), TWO("（二）丑")))
    runs_on = Annex("和", (ONE("二、接着正文數"),))

    kept = as_typed(ONE("一、文"), ONE("二、文"), ONE("三、文"), *annexes, loose, runs_on)

    assert kept == ["二、接着正文數"]


def test_body_and_cells_that_begin_like_a_heading_are_left_alone() -> None:
    table = Table("", (Column("一、欄", 40),), (("二、格",),))

    word = opened(ONE("一、甲"), Paragraph("二、這是正文。"), table, ONE("二、乙"))

    assert "二、這是正文。" in [p.text for p in word.paragraphs]
    assert [row.cells[0].text for row in word.tables[0].rows] == ["一、欄", "二、格"]


def test_without_a_numbered_heading_there_is_no_list() -> None:
    """模板的樣本如此：標題帶着序號填進去，樣式再編一遍就重了。"""
    word = opened(ONE("{{ 章.標題 }}"), Paragraph("{{ 段.文字 }}"))

    assert not [r for r in word.part.rels.values() if r.reltype == RT.NUMBERING]
    assert word.styles.element.get_by_id("Heading1").find(f".//{qn('w:numPr')}") is None
