from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingtan_civ.lib.statutory import statutory_holidays
from pingtan_civ.lib.working_days import WorkingCalendar

HOLIDAYS = [date(2026, 1, 1), date(2026, 1, 2)]
HOLIDAYS += [date(2026, 2, day) for day in range(16, 24)]
HOLIDAYS += [date(2026, 4, 6)]
HOLIDAYS += [date(2026, 5, day) for day in range(1, 6)]
HOLIDAYS += [date(2026, 6, 19), date(2026, 9, 25)]
HOLIDAYS += [date(2026, 10, day) for day in range(1, 8)]
MAKE_UPS = [date(2026, *pair) for pair in [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]]
CALENDAR = WorkingCalendar(
    dict.fromkeys(HOLIDAYS, False) | dict.fromkeys(MAKE_UPS, True), date(2026, 12, 31)
)
DAYS = st.dates(min_value=date(2025, 6, 1), max_value=date(2029, 12, 31))


@pytest.mark.parametrize(
    ("received", "limit", "due"),
    [
        ("2026-02-10", 5, "2026-02-24"),
        ("2026-04-03", 3, "2026-04-09"),
        ("2026-06-18", 2, "2026-06-23"),
        ("2026-09-18", 5, "2026-09-24"),
        ("2026-09-30", 3, "2026-10-10"),
    ],
)
def test_a_limit_in_working_days_ends_when_the_guide_says(received, limit, due):
    found = CALENDAR.add(date.fromisoformat(received), limit)

    assert found == date.fromisoformat(due)
    assert CALENDAR.between(date.fromisoformat(received), found) == limit


def test_counting_back_undoes_counting_forward():
    assert CALENDAR.add(date(2026, 2, 24), -5) == date(2026, 2, 10)
    assert CALENDAR.between(date(2026, 2, 24), date(2026, 2, 10)) == -5


def test_zero_working_days_is_the_day_itself_even_on_a_holiday():
    assert CALENDAR.add(date(2026, 2, 17), 0) == date(2026, 2, 17)


def test_a_make_up_saturday_works_and_a_festival_tuesday_does_not():
    assert CALENDAR.is_working(date(2026, 2, 14))
    assert not CALENDAR.is_working(date(2026, 2, 17))
    assert CALENDAR.next_working(date(2026, 2, 14)) == date(2026, 2, 14)
    assert CALENDAR.next_working(date(2026, 2, 15)) == date(2026, 2, 24)
    assert CALENDAR.previous_working(date(2026, 2, 23)) == date(2026, 2, 14)


def test_a_local_closure_moves_the_limit():
    typhoon = WorkingCalendar({date(2026, 7, 15): False}, date(2026, 12, 31))

    assert typhoon.add(date(2026, 7, 14), 1) == date(2026, 7, 16)


def test_an_unpublished_year_is_estimated_with_the_thirteen_statutory_days():
    assert not CALENDAR.is_estimate(date(2026, 12, 31))
    assert CALENDAR.is_estimate(date(2027, 1, 1))
    assert not CALENDAR.is_working(date(2027, 2, 8))
    assert CALENDAR.is_working(date(2027, 2, 9))
    assert CALENDAR.add(date(2026, 12, 31), 1) == date(2027, 1, 4)
    assert [len(statutory_holidays(year)) for year in (2027, 2030, 2035)] == [13, 13, 13]


@pytest.mark.parametrize("year", [1950, 2028, 2031, 2049, 2051, 2100, 9998])
def test_no_year_makes_it_fail(year):
    estimate = WorkingCalendar()

    assert estimate.is_working(date(year, 6, 30)) in (True, False)
    assert estimate.add(date(year, 12, 30), 3) > date(year, 12, 31)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2027-02-05", "春節"),
        ("2027-02-06", "春節"),
        ("2030-02-03", "春節"),
        ("2033-09-08", "中秋節"),
        ("2028-05-28", "端午節"),
        ("2028-04-04", "清明節"),
        ("2027-04-05", "清明節"),
    ],
)
def test_festivals_fall_where_the_almanac_has_them(day, name):
    when = date.fromisoformat(day)

    assert statutory_holidays(when.year)[when] == name


@given(DAYS, DAYS)
def test_between_counts_the_days_one_by_one(a, b):
    low, high = sorted((a, b))
    span = [low + timedelta(days=n) for n in range((high - low).days + 1)]
    counted = span[1:] if a <= b else span[:-1]

    expected = sum(CALENDAR.is_working(day) for day in counted)

    assert CALENDAR.between(a, b) == (expected if a <= b else -expected)


@given(DAYS, st.integers(min_value=-300, max_value=300))
def test_add_and_between_are_inverse(start, n):
    end = CALENDAR.add(start, n)

    assert CALENDAR.between(start, end) == n
    assert n == 0 or CALENDAR.is_working(end)
