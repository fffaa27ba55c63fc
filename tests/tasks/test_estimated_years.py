"""時限落在還沒公佈放假安排的年份：各處照實說「暫按推算」，公佈了就不說。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from people.models import User
from tasks.models import Submission
from tasks.services import issuing
from tests import factories as make
from tests.cast import Cast
from workdays.models import CalendarDay
from workdays.services import forget_calendar

SAYS = "該年度放假安排尚未公佈，暫按推算"


@pytest.fixture
def addresses(cast: Cast, now: datetime) -> dict[str, str]:
    """一項 2027 年到期的措施在各頁上的地址。"""
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, due_date=date(2027, 1, 20)
    )
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    return {
        "措施": measure.get_absolute_url(),
        "填報": Submission.objects.get().get_absolute_url(),
        "清單": reverse("tasks:my-reports", args=[cast.campaign.code]),
        "月曆": reverse("agenda:month") + "?month=2027-01",
    }


@pytest.mark.parametrize("place", ["措施", "填報", "清單", "月曆"])
def test_a_deadline_in_an_unpublished_year_says_so(
    cast: Cast, addresses: dict[str, str], signed_in: Callable[[User], Client], place: str
) -> None:
    client = signed_in(cast.clerk)
    before = client.get(addresses[place]).content.decode()
    CalendarDay.objects.create(date=date(2027, 10, 1), kind="holiday", name="國慶節")
    forget_calendar()

    after = client.get(addresses[place]).content.decode()

    forget_calendar()
    assert "尚未公佈" in before
    assert "推算" in before
    assert SAYS not in after
