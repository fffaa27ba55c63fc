"""回溯期：往前數若干個月，頭尾兩天都算；月底怎麼數。"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingtan_civ.lib.look_back import is_within, last_day_within, months_after

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
MONTHS = st.integers(1, 36)
ONE = timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (date(2026, 11, 23), -12, date(2025, 11, 23)),
        (date(2026, 11, 23), -24, date(2024, 11, 23)),
        (date(2024, 2, 29), -12, date(2023, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
    ],
)
def test_months_are_counted_by_the_same_day(day: date, months: int, found: date) -> None:
    assert months_after(day, months) == found


def test_the_first_day_of_the_window_counts_and_the_day_before_does_not() -> None:
    on = date(2026, 11, 23)

    assert is_within(date(2025, 11, 23), on, 12)
    assert not is_within(date(2025, 11, 22), on, 12)
    assert is_within(on, on, 12)
    assert not is_within(on + ONE, on, 12)


@given(on=DAYS, months=MONTHS)
def test_one_day_inside_blocks_and_one_day_outside_does_not(on: date, months: int) -> None:
    start = months_after(on, -months)

    assert is_within(start, on, months)
    assert not is_within(start - ONE, on, months)


@given(happened=DAYS, months=MONTHS)
def test_the_last_day_is_the_last(happened: date, months: int) -> None:
    last = last_day_within(happened, months)

    assert is_within(happened, last, months)
    assert not is_within(happened, last + ONE, months)


@given(happened=DAYS, months=MONTHS, later=st.integers(0, 400))
def test_what_is_out_of_the_window_never_comes_back(
    happened: date, months: int, later: int
) -> None:
    on = last_day_within(happened, months) + timedelta(days=1 + later)

    assert not is_within(happened, on, months)
