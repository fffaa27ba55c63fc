"""月曆：哪天到期什麼、哪些日子上班；各人只看得到自己該看的。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from agenda.month import Day, build_month
from campaigns.models import Cycle
from people.models import User
from tasks.models import Assignment, Measure
from tests import factories as make
from tests.agenda.test_calendar_changes import TYPHOON, handed_in, issue
from tests.cast import Cast
from workdays import services as workdays
from workdays.services import calendar

SignIn = Callable[[User], Client]
MONTH = "agenda:month"


def look(client: Client, **query: str) -> HttpResponse:
    answer = client.get(reverse(MONTH), query)
    assert answer.status_code == 200
    return answer


def day_of(answer: HttpResponse, day: date) -> Day:
    return next(each for each in answer.context["month"].days if each.date == day)


def titles(answer: HttpResponse, day: date) -> list[str]:
    return [f"{item.kind} {item.title.split()[0]}" for item in day_of(answer, day).items]


@pytest.fixture
def measure(cast: Cast, now: datetime) -> Measure:
    return issue(cast, now, due_date=date(2026, 12, 10), code="3-04")


def test_the_month_shows_what_is_due_each_day(
    cast: Cast, measure: Measure, signed_in: SignIn
) -> None:
    client = signed_in(cast.clerk)

    november, december = look(client), look(client, month="2026-12")

    assert titles(november, date(2026, 11, 26)) == ["簽收 3-04"]
    assert titles(december, date(2026, 12, 10)) == ["填報 3-04"]
    assert measure.assignments.get().submissions.get().get_absolute_url() in (
        december.content.decode()
    )


def test_weeks_begin_on_monday_and_working_days_are_counted(cast: Cast, signed_in: SignIn) -> None:
    october = look(signed_in(cast.clerk), month="2026-10").context["month"]

    assert october.days[0].date == date(2026, 9, 28)
    assert (october.working, october.left) == (18, None)
    assert [week.working for week in october.weeks] == [3, 3, 5, 5, 5]
    assert [week.number for week in october.weeks] == [40, 41, 42, 43, 44]


def test_holidays_make_up_days_and_closures_are_marked(cast: Cast, signed_in: SignIn) -> None:
    workdays.put_day(day=date(2026, 10, 14), at=make.moment(2026, 10, 13), **TYPHOON)

    answer = look(signed_in(cast.clerk), month="2026-10")

    marks = {day: day_of(answer, date(2026, 10, day)).mark for day in (1, 9, 10, 14)}
    assert marks == {1: "休", 9: "", 10: "班", 14: "停"}
    assert "颱風停辦" in answer.content.decode()


def test_an_estimated_year_says_so(cast: Cast, signed_in: SignIn) -> None:
    pages = [
        look(signed_in(cast.clerk), month=month).content.decode()
        for month in ("2026-12", "2027-02")
    ]

    assert ["該年度放假安排尚未公佈" in page for page in pages] == [False, True]


def test_a_neighbour_sees_nothing_of_it(cast: Cast, measure: Measure, signed_in: SignIn) -> None:
    answer = look(signed_in(cast.neighbour), month="2026-12", whose="department")

    assert "3-04" not in answer.content.decode()
    assert "這個月沒有到期的事。" in answer.content.decode()


def test_a_colleague_sees_it_under_the_department_but_not_as_his_own(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    issue(cast, now, due_date=date(2026, 12, 10), code="3-05", owner=cast.head)
    client = signed_in(cast.clerk)

    mine, department = (
        look(client, month="2026-12", whose=whose) for whose in ("mine", "department")
    )

    assert titles(mine, date(2026, 12, 10)) == []
    assert titles(department, date(2026, 12, 10)) == ["填報 3-05"]


def test_what_waits_for_the_head_is_not_the_clerks(
    cast: Cast, measure: Measure, signed_in: SignIn
) -> None:
    Assignment.objects.update(state=Assignment.State.ACKNOWLEDGED)
    make.SubmissionFactory(
        assignment=measure.assignments.get(),
        submitted=True,
        due_date=date(2026, 11, 25),
        by={"clerk": cast.clerk},
    )

    head, clerk = (look(signed_in(user)) for user in (cast.head, cast.clerk))

    assert titles(head, date(2026, 11, 25)) == ["初審 3-04"]
    assert titles(clerk, date(2026, 11, 25)) == []


def test_the_office_sees_counts_of_the_whole_campaign_and_a_list_of_the_day(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    for _n in range(3):
        issue(cast, now, due_date=date(2026, 12, 10))
    client = signed_in(cast.office)

    answer = look(client, month="2026-12", whose="all", day="2026-12-10")

    [tally] = day_of(answer, date(2026, 12, 10)).tallies
    assert (str(tally.kind), tally.count, tally.light) == ("填報", 3, "ok")
    assert answer.context["page"].paginator.count == 3
    assert "填報 3 件" in answer.content.decode()


def test_the_office_is_shown_its_own_reviews(
    cast: Cast, now: datetime, measure: Measure, signed_in: SignIn
) -> None:
    handed_in(cast, measure, now)

    answer = look(signed_in(cast.office))

    assert titles(answer, date(2026, 11, 30)) == ["審核 3-04"]


def test_the_list_of_a_day_holds_what_was_counted(
    cast: Cast, now: datetime, measure: Measure, signed_in: SignIn
) -> None:
    handed_in(cast, measure, now)

    answer = look(signed_in(cast.leader), whose="all", day="2026-11-30")

    [tally] = day_of(answer, date(2026, 11, 30)).tallies
    listed = [str(item.kind) for item in answer.context["page"].object_list]
    assert (str(tally.kind), tally.count, listed) == ("審核", 1, ["審核"])


def test_a_deputy_sees_the_departments_in_charge(
    cast: Cast, now: datetime, measure: Measure, signed_in: SignIn
) -> None:
    other = issue(cast, now, due_date=date(2026, 12, 10), lead_department=cast.funeral_home)

    page = look(signed_in(cast.deputy), month="2026-12").content.decode()

    assert measure.get_absolute_url() not in page
    assert "3-04" in page
    assert other.title not in page


@pytest.mark.parametrize("role", ["clerk", "deputy", "neighbour"])
def test_the_whole_campaign_is_not_for_everyone(
    cast: Cast, measure: Measure, signed_in: SignIn, role: str
) -> None:
    answer = look(signed_in(getattr(cast, role)), whose="all")

    assert answer.context["whose"] != "all"


def test_a_full_day_lists_a_few_and_links_to_the_rest(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    for _n in range(7):
        issue(cast, now, due_date=date(2026, 12, 10))
    client = signed_in(cast.clerk)

    answer = look(client, month="2026-12")
    whole = look(client, month="2026-12", day="2026-12-10")

    assert "另有 4 件" in answer.content.decode()
    assert len(whole.context["page"].object_list) == 7


def test_what_is_long_overdue_is_not_lost_when_the_page_turns(
    cast: Cast, measure: Measure, signed_in: SignIn
) -> None:
    Assignment.objects.update(state=Assignment.State.ACKNOWLEDGED)
    make.SubmissionFactory(
        assignment=measure.assignments.get(), label="2026-09", due_date=date(2026, 9, 25)
    )
    clerk, office = signed_in(cast.clerk), signed_in(cast.office)

    mine, whole, later = look(clerk), look(office, whose="all"), look(clerk, month="2026-12")

    assert [item.on for item in mine.context["earlier"]] == [date(2026, 9, 25)]
    assert "9月25日</time>到期" in mine.content.decode()
    assert "另有 1 件更早到期" in whole.content.decode()
    assert later.context["earlier"] == []


def test_a_long_list_of_what_is_overdue_is_cut_and_counted(
    cast: Cast, measure: Measure, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agenda.views.month.MOST_EARLIER", 2)
    Assignment.objects.update(state=Assignment.State.ACKNOWLEDGED)
    for month in (7, 8, 9):
        make.SubmissionFactory(
            assignment=measure.assignments.get(),
            label=f"2026-0{month}",
            due_date=date(2026, month, 25),
        )

    answer = look(signed_in(cast.clerk))

    assert [item.on.month for item in answer.context["earlier"]] == [7, 8]
    assert "另有 3 件更早到期" in answer.content.decode()
    assert "這裏是最早的 2 件，共 3 件" in answer.content.decode()


def test_the_number_of_queries_is_fixed(
    cast: Cast, now: datetime, signed_in: SignIn, django_assert_num_queries: Callable
) -> None:
    for number in range(10):
        owner = cast.clerk if number % 2 else None
        issue(cast, now, due_date=date(2026, 12, 31), cycle=Cycle.MONTHLY, owner=owner)
    clerk, office = signed_in(cast.clerk), signed_in(cast.office)
    look(clerk), look(office)

    with django_assert_num_queries(11):
        look(clerk, month="2026-12")
    with django_assert_num_queries(12):
        look(office, month="2026-12", whose="all")


@pytest.mark.parametrize("odd", ["", "2026-13", "abc", "0000-00", "9999-01", "2026-1\x00", "-"])
def test_an_odd_month_is_this_month(cast: Cast, signed_in: SignIn, odd: str) -> None:
    answer = look(signed_in(cast.clerk), month=odd, day="x", whose="?")

    assert answer.context["month"].first in (date(2026, 11, 1), date(2026, 1, 1))


def test_someone_without_a_post_still_sees_the_working_days(db: None, signed_in: SignIn) -> None:
    page = look(signed_in(make.UserFactory())).content.decode()

    assert "您沒有任職，這裏只有上班和放假的日子。" in page


@pytest.mark.django_db
def test_an_unrecorded_weekday_off_is_still_marked() -> None:
    """2027年春節還沒公佈，推算的法定假日照樣標「休」。"""
    grid = build_month(date(2027, 2, 1), date(2026, 11, 23), calendar(), {}, [], [])

    marked = {day.date.day: day.mark for day in grid.days if day.mark and day.in_month}
    assert marked
    assert set(marked.values()) == {"休"}
