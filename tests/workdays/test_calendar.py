from datetime import date

import pytest
from django.core.management import CommandError, call_command

from workdays.models import CalendarDay
from workdays.services import calendar, forget_calendar

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("received", "limit", "due"),
    [
        ("2025-09-26", 3, "2025-09-30"),
        ("2026-02-10", 5, "2026-02-24"),
        ("2026-04-03", 3, "2026-04-09"),
        ("2026-06-18", 2, "2026-06-23"),
        ("2026-09-18", 5, "2026-09-24"),
        ("2026-09-30", 3, "2026-10-10"),
    ],
)
def test_a_fresh_installation_already_knows_the_published_years(received, limit, due):
    assert calendar().add(date.fromisoformat(received), limit) == date.fromisoformat(due)


def test_the_seed_holds_only_days_that_differ_from_monday_to_friday():
    days = CalendarDay.objects.filter(date__year=2026)

    assert not [day for day in days if day.is_working == (day.date.weekday() < 5)]
    assert sorted(
        f"{day:%m-%d}" for day in days.filter(kind="make_up").values_list("date", flat=True)
    ) == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
    assert days.get(date=date(2026, 10, 1)).name == "國慶節"


def test_an_empty_table_falls_back_on_the_package():
    CalendarDay.objects.all().delete()

    assert calendar().add(date(2026, 2, 10), 5) == date(2026, 2, 24)
    assert not calendar().is_estimate(date(2026, 12, 31))


def test_a_typhoon_closure_in_an_unpublished_year_does_not_make_it_published():
    CalendarDay.objects.create(date=date(2027, 7, 14), kind="local_closure", name="颱風停辦")

    assert not calendar().is_working(date(2027, 7, 14))
    assert calendar().is_estimate(date(2027, 7, 14))


def test_a_year_counts_as_published_once_its_october_is_there():
    CalendarDay.objects.create(date=date(2027, 10, 1), kind="holiday", name="國慶節")

    assert not calendar().is_estimate(date(2027, 12, 31))
    assert calendar().is_estimate(date(2028, 1, 1))


def test_the_calendar_costs_one_query_and_then_none(django_assert_num_queries):
    with django_assert_num_queries(1):
        calendar()
        calendar()


def test_a_change_is_seen_after_forgetting():
    assert calendar().is_working(date(2026, 7, 15))

    CalendarDay.objects.create(date=date(2026, 7, 15), kind="local_closure")
    forget_calendar()

    assert not calendar().is_working(date(2026, 7, 15))


def test_the_command_prints_the_day(capsys):
    call_command("working_days", "--from", "2026-02-10", "--add", "5")

    assert capsys.readouterr() == ("2026-02-24\n", "")


def test_the_command_says_when_the_year_is_only_estimated(capsys):
    call_command("working_days", "--from", "2026-12-31", "--add", "3")

    assert capsys.readouterr() == ("2027-01-06\n", "2027年放假安排尚未公佈，暫按推算。\n")


@pytest.mark.parametrize(
    "bad", ["2026-02-30", "26-2-1", "昨天", "", "9999-12-31", "２０２６-02-10"]
)
def test_a_bad_date_gets_one_sentence(bad):
    with pytest.raises(CommandError, match=r"^日期「.*」不對，.*。$") as caught:
        call_command("working_days", "--from", bad, "--add", "5")

    assert caught.value.returncode == 1


@pytest.mark.parametrize("bad", ["五", "1.5", "", "99999"])
def test_a_bad_count_gets_one_sentence(bad):
    with pytest.raises(CommandError, match=r"^工作日數「.*」不對，.*。$"):
        call_command("working_days", "--from", "2026-02-10", "--add", bad)
