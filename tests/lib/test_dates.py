from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from pingtan_civ.lib.dates import date_range, long_date, moment, parse_date, short_date, weekday

DAY = date(2026, 11, 23)


def test_dates_are_written_the_office_way():
    assert long_date(DAY) == "2026年11月23日"
    assert short_date(DAY) == "11月23日"
    assert weekday(DAY) == "週一"
    assert weekday(date(2026, 11, 29)) == "週日"


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime.fromisoformat("2026-11-23 09:12"), "今天 09:12"),
        (datetime.fromisoformat("2026-11-20 15:06"), "11月20日 15:06"),
        (datetime.fromisoformat("2025-11-20 15:06"), "2025年11月20日 15:06"),
        (datetime(2026, 11, 22, 16, 30, tzinfo=ZoneInfo("UTC")), "今天 00:30"),
    ],
)
def test_a_moment_is_told_in_beijing_time(at, written):
    assert moment(at, today=DAY) == written


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        ("2026-11-01", "2026-11-30", "2026年11月1日至30日"),
        ("2026-01-01", "2026-11-30", "2026年1月1日至11月30日"),
        ("2025-12-01", "2026-01-31", "2025年12月1日至2026年1月31日"),
        ("2026-11-23", "2026-11-23", "2026年11月23日"),
    ],
)
def test_a_range_does_not_repeat_what_is_the_same(start, end, written):
    assert date_range(date.fromisoformat(start), date.fromisoformat(end)) == written


@pytest.mark.parametrize(
    "typed",
    [
        "2026-11-23",
        "2026/11/23",
        "2026.11.23",
        "2026年11月23日",
        "2026年11月23日前",
        "2026 年 11 月 23 日",
        "２０２６年１１月２３日",
        "2026-11-23 00:00:00",
        "20261123",
        "11月23日",
        "11月23號",
        "11月23日之前",
        "11月23日（週一）",
        "11/23",
        "11.23",
        datetime.fromisoformat("2026-11-23 08:00"),
        datetime(2026, 11, 22, 17, 0, tzinfo=ZoneInfo("UTC")),
        date(2026, 11, 23),
    ],
)
def test_a_date_is_understood_however_it_is_typed(typed):
    assert parse_date(typed, 2026) == DAY


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("12月底前", "2026-12-31"),
        ("12月底", "2026-12-31"),
        ("2027年2月末", "2027-02-28"),
        ("2027年3月", "2027-03-31"),
        ("2027-03", "2027-03-31"),
        ("6月份", "2026-06-30"),
        ("3月上旬", "2026-03-10"),
        ("3月中旬前", "2026-03-20"),
        ("2028年2月下旬", "2028-02-29"),
        ("第一季度末", "2026-03-31"),
        ("2027年第四季度", "2027-12-31"),
        ("上半年", "2026-06-30"),
        ("2027年底前", "2027-12-31"),
        ("年底前", "2026-12-31"),
    ],
)
def test_a_loose_deadline_means_its_last_day(typed, day):
    assert parse_date(typed, 2026) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "儘快",
        "長期堅持",
        "2026",
        "13月1日",
        "2月30日",
        "2026-2-30",
        "26.11.23",
        "0202-11-23",
        "2026-11/23",
        None,
        46349,
        "月底前",
        "=TODAY()",
        "1" * 5000,
    ],
)
def test_what_is_no_date_is_refused_with_a_sentence(typed):
    with pytest.raises(ValueError, match=r"。$"):
        parse_date(typed, 2026)
