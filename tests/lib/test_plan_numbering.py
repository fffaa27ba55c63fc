import pytest

from pingtan_civ.lib.plan.numbering import chinese_number, chinese_numeral, read_mark


@pytest.mark.parametrize(
    ("line", "printed", "number"),
    [
        ("一、提高認識", "一、", 1),
        ("十一、附則", "十一、", 11),
        ("廿一、附則", "廿一、", 21),
        ("一 、提高認識", "一 、", 1),
        ("二．基本原則", "二．", 2),
        ("三　工作目標", "三", 3),
        ("（一）加強領導", "（一）", 1),
        ("(十二)加強領導", "(十二)", 12),
        ("㈢加強領導", "㈢", 3),
        ("1、圍繞中心", "1、", 1),
        ("2.強化", "2.", 2),
        ("3．改進", "3．", 3),
        ("１２．改進", "１２．", 12),
        ("⒋改進", "⒋", 4),
        ("1.1 建立台賬", "1.1", 1),
        ("5）落實", "5）", 5),
        ("(6)落實", "(6)", 6),
        ("（７）落實", "（７）", 7),
        ("⑻落實", "⑻", 8),
        ("①制度先行", "①", 1),
        ("㉑制度先行", "㉑", 21),
        ("第三條 本辦法", "第三條", 3),
        ("第二章　總則", "第二章", 2),
        ("第二部分 主要任务", "第二部分", 2),
        ("　　4、縮進的一行", "4、", 4),
        ("1、2026年底前完成", "1、", 1),
        ("2、6月底前完成", "2、", 2),
        ("A.選項", "A.", 1),
        ("●要點", "●", 0),
    ],
)
def test_marks_of_every_common_kind_are_read(line, printed, number):
    mark = read_mark(line)

    assert mark is not None
    assert (mark.printed, mark.number) == (printed, number)


@pytest.mark.parametrize(
    "line",
    [
        "2012年以來",
        "1.5萬元以上",
        "12.4國家憲法日",
        "3、4月份開展活動",
        "一、二級響應",
        "一、二、三等獎",
        "十九大精神",
        "6月30日前完成",
        "第三條生產線",
        "第一時間上報",
        "3.5 萬元",
        "一是加強領導",
        "（真情、真心）",
        "（2026年）",
        "",
        "　",
    ],
)
def test_dates_figures_and_lists_are_no_marks(line):
    assert read_mark(line) is None


def test_the_text_begins_after_the_mark_and_its_space():
    line = "　一、　提高認識"

    assert line[read_mark(line).end :] == "提高認識"


@pytest.mark.parametrize(
    ("text", "value"),
    [("十", 10), ("二十", 20), ("二〇", 20), ("廿一", 21), ("一百零三", 103), ("貳拾", 20)],
)
def test_chinese_numbers_have_their_value(text, value):
    assert chinese_number(text) == value


@pytest.mark.parametrize("text", ["", "甲", "3"])
def test_what_is_no_chinese_number_has_none(text):
    assert chinese_number(text) is None


@pytest.mark.parametrize("number", [1, 9, 10, 11, 20, 21, 99])
def test_numerals_read_back(number):
    assert chinese_number(chinese_numeral(number)) == number
