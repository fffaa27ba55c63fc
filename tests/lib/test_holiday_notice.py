from datetime import date

import pytest

from pingtan_civ.lib.holiday_notice import UnreadableNotice, read_notice

NOTICE_2026 = """国务院办公厅关于2026年
部分节假日安排的通知
各省、自治区、直辖市人民政府：
经国务院批准，现将2026年元旦、春节等放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。
国务院办公厅
2025年11月4日"""


def test_the_notice_is_read_as_published():
    days = read_notice(NOTICE_2026, 2026)

    holidays = [day for day in days if day.kind == "holiday"]
    make_ups = [f"{day.date:%m-%d}" for day in days if day.kind == "make_up"]
    assert len(holidays) == 3 + 9 + 3 + 5 + 3 + 3 + 7
    assert make_ups == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
    assert {day.name for day in holidays if day.date.month == 10} == {"國慶節"}
    assert days == sorted(days, key=lambda day: day.date)


def test_a_notice_in_traditional_script_reads_the_same():
    text = "二、春節：2月15日（週日）至23日（週一）放假調休，共9天。2月14日上班。"

    days = read_notice(text, 2026)

    assert len(days) == 10
    assert days[0] == type(days[0])(date(2026, 2, 14), "make_up", "春節調休")


def test_holidays_that_cross_the_new_year_and_months_are_followed():
    text = (
        "一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。\n"
        "二、国庆节、中秋节：9月29日至10月6日放假，共8天。"
    )

    days = read_notice(text, 2023)

    assert days[0].date == date(2022, 12, 31)
    assert [day.name for day in days][-1] == "中秋節、國慶節"
    assert len(days) == 11


def test_a_table_is_read_with_or_without_headings():
    text = (
        "日期,類別,名稱\n2027-10-01,放假,國慶節\n2027年10月9日\t调休上班\n\n7月14日,本地停辦,颱風"
    )

    days = read_notice(text, 2027)

    assert [(f"{day.date:%m-%d}", day.kind, day.name) for day in days] == [
        ("07-14", "local_closure", "颱風"),
        ("10-01", "holiday", "國慶節"),
        ("10-09", "make_up", ""),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "還沒有內容"),
        ("  \n ", "還沒有內容"),
        ("本週開會", "沒有讀到"),
        ("一、元旦：1月1日至3日放假，共4天。", "共 4 天，數出來是 3 天"),
        ("一、元旦：2月30日放假。", "沒有「2月30日」"),
        ("一、元旦：1月1日至31日放假。", "起止不對"),
        ("一、元旦：1月3日至1日放假。", "起止不對"),
        ("一、元旦：1月1日放假。1月1日上班。", "既寫了放假又寫了上班"),
        ("2027-10-01,休息", "類別不對"),
        ("2027-10-01", "沒有讀到"),
        ("2027-13-01,放假", "第 1 行：沒有"),
        ("2031-10-01,放假", "不在 2027 年"),
    ],
)
def test_what_cannot_be_right_is_refused_as_a_whole(text, says):
    with pytest.raises(UnreadableNotice) as caught:
        read_notice(text, 2027)

    assert says in " ".join(caught.value.problems)
    assert all(problem.endswith("。") for problem in caught.value.problems)
