"""文件名：Windows 上解得開，不重，不長；說明的取捨。"""

import pytest

from evidence.packing.explanation import Statement, explain
from evidence.packing.names import Taken, padded, safe_name
from tests.cast import Cast
from tests.evidence.pack_stage import attach, built, evidence_in, lay_out


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("收/發文<登記>", "收_發文_登記"),
        ("關於印發《辦法》的通知（試行）", "關於印發《辦法》的通知（試行）"),
        ("  末尾有點. ", "末尾有點"),
        ("兩行\n文字\t制表", "兩行 文字 制表"),
        ("笑臉😀\u200b\u202e字", "笑臉字"),
        ("CON", "CON_"),
        ("aux.txt", "aux.txt_"),
        ("\u2028***", "_"),
        ("組織領導有力,工作紮實", "組織領導有力，工作紮實"),
    ],
)
def test_a_name_any_windows_can_unpack(text: str, name: str) -> None:
    assert safe_name(text, 40) == name


def test_a_long_name_is_cut_without_a_trailing_space() -> None:
    assert safe_name("三年行動 " * 20, 10) == "三年行動 三年行動"


@pytest.mark.parametrize(
    ("code", "shown"), [("G1.3", "G1.03"), ("G4.12", "G4.12"), ("G4", "G4"), ("1.2.3", "1.2.03")]
)
def test_codes_sort_as_they_are_counted(code: str, shown: str) -> None:
    assert padded(code) == shown


def test_equal_names_are_told_apart_whatever_their_case() -> None:
    taken = Taken()

    assert [taken.unique("A", ".jpg"), taken.unique("a", ".JPG"), taken.unique("A", ".jpg")] == [
        "A.jpg", "a(2).JPG", "A(3).jpg",
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_longest_titles_stay_short_enough_to_unpack(cast: Cast) -> None:
    stage = lay_out(cast)
    type(stage.notice.clause).objects.update(text="領導班子政治堅定、求真務實" * 15)
    type(stage.notice.objective).objects.update(title="加強民主管理，機關作風改進" * 12)
    type(cast.registry).objects.filter(pk=cast.registry.pk).update(name="婚姻登記處" * 11)
    for number in range(3):
        attach(
            stage.submission, f"{number}".encode(), form="photo", name="窗口.jpg",
            caption="窗口服務情況" * 30, indicator=stage.photo,
        )  # fmt: skip

    names = built(cast.office, cast.campaign).namelist()

    assert max(map(len, names)) < 200
    assert max(len(part.encode()) for name in names for part in name.split("/")) < 250
    assert len({name.casefold() for name in names}) == len(names)
    assert len([name for name in names if "窗口服務情況" in name]) == 3


@pytest.mark.django_db
def test_the_same_file_twice_under_one_indicator_is_there_once(cast: Cast) -> None:
    stage = lay_out(cast)
    attach(stage.submission, b"shared", form="norm_doc", name="再傳一次.pdf")

    names = evidence_in(built(cast.office, cast.campaign))

    assert len(names) == 4
    assert not [name for name in names if "再傳一次" in name]


def test_what_does_not_fit_is_left_out_whole() -> None:
    long = Statement("甲科", "2026年11月", "很長的一句話" * 20 + "。")
    short = Statement("乙科", "2026年10月", "做了。還有很多很多別的工作。")

    assert explain([long, short], 24) == "乙科（2026年10月）：做了。"
    assert explain([long], 24) == ""


def test_lines_without_a_stop_do_not_run_together() -> None:
    words = Statement("甲科", "11月", "一、檢查窗口\n二、回訪群眾，")

    assert explain([words]) == "甲科（11月）：一、檢查窗口。二、回訪群眾，"
