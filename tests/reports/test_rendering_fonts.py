"""找字體：沒有中文字體的機器、放了字體的文件夾、缺字核對；以及標題斷行。"""

import shutil

import pytest
from fontTools.ttLib import TTFont

from reports.rendering import OfficialDocument, Paragraph, advice, layout, missing_characters
from reports.rendering.fonts import BUNDLED_FAMILY, BUNDLED_FOLDER, ROLES, font_book, font_folders
from reports.rendering.text import break_title, clean, width_in_characters
from tests.reports.rendering_samples import BARE_MACHINE, HANS, HANT, read_pdf


@pytest.mark.parametrize(
    ("script", "fangsong"), [("hant", "cwTeXFangSong"), ("hans", "FandolFang R")]
)
def test_a_bare_machine_has_every_face_of_the_standard(script, fangsong):
    book = font_book(BARE_MACHINE)

    first = {role: book.role(role, script).families[0] for role in ROLES}

    assert first == {
        "title": BUNDLED_FAMILY,
        "hei": "Noto Sans SC",
        "kai": "AR PL UKai",
        "body": fangsong,
        "song": BUNDLED_FAMILY,
    }
    assert book.role("title", script).stroke_pt == 0.35
    assert book.role("body", script).stroke_pt == 0
    assert "仿宋" in advice(script, BARE_MACHINE)


@pytest.mark.parametrize("script", ["hant", "hans"])
def test_a_word_of_the_other_script_stays_in_fangsong(script):
    faces = font_book(BARE_MACHINE).role("body", script).families

    assert set(faces[:2]) == {"cwTeXFangSong", "FandolFang R"}
    assert faces[2] == BUNDLED_FAMILY


def test_a_borrowed_character_keeps_the_grid():
    """cwTeX 的字要放大才滿一格；它沒有的「着」取自別的字體，跟着放大就排不下 28 字。"""
    count = 2 * layout.CHARACTERS_PER_LINE - layout.INDENT_CHARACTERS

    page = read_pdf(OfficialDocument("", (Paragraph(("切實着力" * count)[:count]),))).pages[0]

    lines = page.extract_text().split("\n")
    assert [len(line.strip()) for line in lines if "力" in line] == [
        layout.CHARACTERS_PER_LINE - layout.INDENT_CHARACTERS,
        layout.CHARACTERS_PER_LINE,
    ]


def test_a_font_in_the_office_folder_comes_first(tmp_path):
    _rename(tmp_path / "fangsong.ttf", "FangSong")

    book = font_book([tmp_path])

    assert book.role("body", "hant").families[0] == "FangSong"
    assert "仿宋" not in advice("hant", [tmp_path])


def test_a_gb2312_cut_is_never_used_for_traditional_text(tmp_path):
    _rename(tmp_path / "fangsong.ttf", "FangSong_GB2312")

    book = font_book([tmp_path])

    assert book.role("body", "hans").families[0] == "FangSong_GB2312"
    assert book.role("body", "hant").families[0] == "cwTeXFangSong"


def test_rubbish_in_the_fonts_folder_is_passed_over(tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"\x00\x01\x00\x00 not a font")

    book = font_book([tmp_path, tmp_path / "absent"])

    assert book.role("body", "hant") == font_book(BARE_MACHINE).role("body", "hant")


def test_the_folder_can_be_set(settings, tmp_path):
    settings.FONTS_DIR = tmp_path

    assert font_folders()[0] == tmp_path


def test_every_font_ships_with_its_licence():
    fonts = [path for path in BUNDLED_FOLDER.iterdir() if path.suffix in (".ttf", ".ttc", ".otf")]
    readme = (BUNDLED_FOLDER / "README.md").read_text("utf-8")
    licences = {
        "OFL.txt": "SIL OPEN FONT LICENSE",
        "FandolFang.GPL-3.txt": "document which uses this font",
        "cwfs.GPL-2.txt": "GNU GENERAL PUBLIC LICENSE",
        "ukai.ARPHICPL.txt": "ARPHIC PUBLIC LICENSE",
    }

    assert [path.name for path in fonts if path.name not in readme] == []
    for name, words in licences.items():
        assert name in readme
        assert words.lower() in (BUNDLED_FOLDER / name).read_text("utf-8").lower()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (HANT + HANS, ""),
        ("喆堃燚䶮〔2026〕①㎡℃　\n\t", ""),
        ("𠮷𠮷野", "𠮷"),
        ("很好😀", "😀"),
        ("", ""),
        ("邊\U000e0100\ufe0f", ""),
    ],
)
def test_missing_characters_are_listed_once(text, missing):
    assert missing_characters(text, "hant", BARE_MACHINE) == missing


def _rename(path, family: str) -> None:
    """把附帶的字體改個名字存起來，充當本單位的字體。"""
    shutil.copy(BUNDLED_FOLDER / "NotoSerifSC-Regular.ttf", path)
    font = TTFont(path)
    for record in font["name"].names:
        if record.nameID in (1, 16):
            record.string = family
    font.save(path)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("文明行業創建情況彙報", ["文明行業創建情況彙報"]),
        (
            "平潭縣民政局關於印發2026年文明行業創建工作任務分解表的通知",
            ["平潭縣民政局關於印發2026年", "文明行業創建工作任務分解表的通知"],
        ),
        ("上行\n下行", ["上行", "下行"]),
        ("", []),
        ("題" * 200, ["題" * 200]),
    ],
)
def test_titles_break_between_words(title, lines):
    assert break_title(title, 20) == lines


def test_no_line_of_a_title_is_wider_than_the_page():
    title = "平潭縣民政局關於開展婚姻登記、殯儀服務、養老助孤等窗口單位2026年第四季度群眾滿意度測評結果的通報"

    lines = break_title(title, 20)

    assert "".join(lines) == title
    assert max(map(width_in_characters, lines)) <= 20


def test_cleaning_keeps_words_and_drops_what_cannot_be_printed():
    assert clean("甲\x0b乙\u2028丙\t丁\u202e戊\ufeff己") == "甲\n乙\n丙 丁戊己"
