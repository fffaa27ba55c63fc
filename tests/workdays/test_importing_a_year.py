from datetime import date, datetime

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from pingtan_civ.lib.holiday_notice import UnreadableNotice
from workdays.models import CalendarDay
from workdays.services import calendar, import_year

pytestmark = pytest.mark.django_db
AT = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
NOTICE = (
    "一、元旦：1月1日（周五）至3日（周日）放假，共3天。\n"
    "二、春节：2月5日至11日放假调休，共7天。2月14日（周日）上班。\n"
    "七、国庆节：10月1日至7日放假调休，共7天。10月9日（周六）上班。"
)


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(
        get_user_model().objects.create_superuser(username="管理員", password="x" * 12)
    )
    return client


def test_a_published_year_replaces_the_estimate():
    assert calendar().is_estimate(date(2027, 2, 14))

    done = import_year(text=NOTICE, year=2027, source="國辦〔2026〕1號", at=AT)

    assert (done.holidays, done.make_ups) == (17, 2)
    assert not calendar().is_estimate(date(2027, 2, 14))
    assert calendar().is_working(date(2027, 2, 14))
    assert CalendarDay.objects.get(date=date(2027, 10, 9)).source == "國辦〔2026〕1號"


def test_importing_twice_doubles_nothing_and_keeps_the_typhoon():
    CalendarDay.objects.create(date=date(2027, 7, 14), kind="local_closure", name="颱風停辦")
    import_year(text=NOTICE, year=2027, source="一", at=AT)

    import_year(text=NOTICE.replace("10月9日", "9月26日"), year=2027, source="二", at=AT)

    days = CalendarDay.objects.filter(date__year=2027)
    assert days.count() == 20
    assert not days.filter(date=date(2027, 10, 9)).exists()
    assert not calendar().is_working(date(2027, 7, 14))


def test_an_unreadable_notice_changes_nothing():
    before = list(CalendarDay.objects.values_list("date", "kind"))

    with pytest.raises(UnreadableNotice):
        import_year(text="一、元旦：1月1日至3日放假，共9天。", year=2026, source="", at=AT)

    assert list(CalendarDay.objects.values_list("date", "kind")) == before


def test_the_administrator_pastes_the_notice(browser):
    url = reverse("admin:workdays_calendarday_import")
    assert "導入一年的放假安排" in browser.get(url).content.decode()

    answer = browser.post(url, {"year": 2027, "text": NOTICE, "source": "國辦"}, follow=True)

    assert "放假 17 天，調休上班 2 天" in answer.content.decode()
    assert CalendarDay.objects.filter(date__year=2027).count() == 19


def test_the_administrator_is_told_what_does_not_add_up(browser):
    url = reverse("admin:workdays_calendarday_import")
    text = "一、元旦：1月1日至3日放假，共9天。"

    answer = browser.post(url, {"year": 2027, "text": text, "source": "國辦"})

    assert "數出來是 3 天" in answer.content.decode()
    assert not CalendarDay.objects.filter(date__year=2027).exists()


def test_a_day_added_by_hand_counts_at_once(browser):
    calendar()

    browser.post(
        reverse("admin:workdays_calendarday_add"),
        {"date": "2026-07-15", "kind": "local_closure", "name": "颱風停辦", "source": ""},
    )

    assert not calendar().is_working(date(2026, 7, 15))


def test_a_day_removed_by_hand_counts_at_once(browser):
    day = CalendarDay.objects.get(date=date(2026, 2, 14))
    calendar()

    browser.post(reverse("admin:workdays_calendarday_delete", args=[day.pk]), {"post": "yes"})

    assert not calendar().is_working(date(2026, 2, 14))


def test_the_list_is_searched_and_filtered(browser):
    url = reverse("admin:workdays_calendarday_changelist")

    answer = browser.get(url, {"q": "國慶", "kind__exact": "make_up", "date__year": 2026})

    found = answer.context["cl"].queryset
    assert sorted(f"{day.date:%m-%d}" for day in found) == ["09-20", "10-10"]


def test_someone_without_the_right_may_not_import():
    user = get_user_model().objects.create_user(username="職員", password="x" * 12, is_staff=True)
    client = Client()
    client.force_login(user)

    answer = client.get(reverse("admin:workdays_calendarday_import"))

    assert answer.status_code == 403
