from datetime import date, datetime

import pytest

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
