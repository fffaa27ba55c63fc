from datetime import date

import pytest

from pingtan_civ.lib.periods import due_date, periods

START, END = date(2026, 11, 10), date(2027, 2, 15)


@pytest.mark.parametrize(
    ("cycle", "labels"),
    [
        ("once", ["once"]),
        ("monthly", ["2026-11", "2026-12", "2027-01", "2027-02"]),
        ("quarterly", ["2026-Q4", "2027-Q1"]),
        ("half_yearly", ["2026-H2", "2027-H1"]),
        ("yearly", ["2026", "2027"]),
    ],
)
def test_periods_cover_the_campaign(cycle, labels):
    found = periods(cycle, START, END)

    assert [period.label for period in found] == labels
    assert found[0].start <= START
    assert found[-1].end >= END


@pytest.mark.parametrize(
    ("cycle", "name", "first", "last"),
    [
        ("once", "一次性", START, END),
        ("monthly", "2026年11月", date(2026, 11, 1), date(2026, 11, 30)),
        ("quarterly", "2026年第四季度", date(2026, 10, 1), date(2026, 12, 31)),
        ("half_yearly", "2026年下半年", date(2026, 7, 1), date(2026, 12, 31)),
        ("yearly", "2026年度", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_named_and_aligned_to_the_calendar(cycle, name, first, last):
    period = periods(cycle, START, END)[0]

    assert (period.name, period.start, period.end) == (name, first, last)


def test_a_report_is_due_on_the_report_day_of_the_last_month():
    month, quarter = periods("monthly", START, END)[0], periods("quarterly", START, END)[0]

    assert due_date(month) == date(2026, 11, 25)
    assert due_date(quarter) == date(2026, 12, 25)
    assert due_date(quarter, report_day=10) == date(2026, 12, 10)


def test_a_report_is_never_due_after_the_deadline_of_the_measure():
    assert due_date(periods("monthly", START, END)[-1], last=END) == END


def test_the_thirty_first_of_february_is_its_last_day():
    assert due_date(periods("monthly", START, END)[-1], report_day=31) == date(2027, 2, 28)


def test_a_single_report_is_due_at_the_deadline_itself():
    assert due_date(periods("once", START, END)[0]) == END
    assert due_date(periods("once", START, END)[0], last=date(2026, 12, 1)) == date(2026, 12, 1)


def test_no_time_no_periods():
    assert periods("monthly", END, START) == []
    assert [p.label for p in periods("monthly", START, START)] == ["2026-11"]


def test_an_unknown_cycle_is_a_programming_error():
    with pytest.raises(ValueError, match="weekly"):
        periods("weekly", START, END)
