"""預覽的分頁：不丟字，標題不孤零零留在頁末。"""

import pytest

from reports.pages import LINES, paginate
from reports.paper import Figure, pieces
from reports.prose import amount, find_phrase
from reports.rendering import Heading, OfficialDocument, Paragraph


def texts(document: OfficialDocument) -> str:
    return "".join(line.text for page in paginate(document) for line in page.lines)


def test_no_character_is_lost_over_many_pages() -> None:
    long = "創建文明行業" * 500
    document = OfficialDocument("題", (Heading(1, "一、頭"), Paragraph(long), Paragraph("末段。")))

    pages = paginate(document)

    assert texts(document) == f"題一、頭{long}末段。"
    assert len(pages) > 4
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert all(page.used <= LINES for page in pages)


def test_a_heading_is_never_the_last_line_of_a_page() -> None:
    blocks = [block for n in range(60) for block in (Heading(2, f"（{n}）"), Paragraph("一行。"))]

    pages = paginate(OfficialDocument("題", tuple(blocks)))

    assert all(page.lines[-1].kind != "h3" for page in pages)


def test_a_title_longer_than_a_page_still_ends() -> None:
    assert texts(OfficialDocument("題" * 2000)) == "題" * 2000


@pytest.mark.parametrize(
    ("text", "phrase", "place"),
    [
        ("共15項，完成5項", "5項", 7),
        ("共15項", "5項", -1),
        ("共1.5項", "5項", -1),
        ("5項", "5項", 0),
    ],
)
def test_a_number_inside_a_longer_number_is_not_it(text: str, phrase: str, place: int) -> None:
    assert find_phrase(text, phrase) == place


def test_equal_numbers_are_marked_one_after_the_other() -> None:
    figures = [Figure("a", "甲", "0", "項"), Figure("b", "乙", "0", "項")]

    cut = pieces("共0項，完成0項。", figures)

    assert [(piece.text, piece.figure and piece.figure.key) for piece in cut] == [
        ("共", None),
        ("0項", "a"),
        ("，完成", None),
        ("0項", "b"),
        ("。", None),
    ]


@pytest.mark.parametrize(
    ("hundredths", "written"),
    [(14200, "142"), (9630, "96.3"), (5, "0.05"), (-150, "-1.5"), (0, "0")],
)
def test_amounts_are_written_without_useless_zeros(hundredths: int, written: str) -> None:
    assert amount(hundredths) == written
