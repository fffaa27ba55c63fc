"""菜單上的數：查詢語句記住了，數每次現查；換了人、換了職務、過了一天，數就跟着換。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client

from journal.models import Notice
from people.models import Appointment
from supervision.models import Order
from tasks.models import Assignment
from tests.cast import Cast
from tests.factories import AssignmentFactory, MeasureFactory, SubmissionFactory, moment
from tests.supervision.stage import order


@pytest.fixture
def owed(cast: Cast) -> None:
    measure = MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, title="設投訴台", issued=True
    )
    SubmissionFactory(
        assignment=AssignmentFactory(measure=measure, state=Assignment.State.ISSUED),
        due_date=date(2026, 12, 24),
        label="2026-12",
    )


def numbers(client: Client) -> dict[str, int]:
    return client.get("/desk/").context["shell"].waiting


def test_a_new_notice_counts_at_once(cast: Cast, signed_in: Callable[..., Client]) -> None:
    client = signed_in(cast.clerk)
    before = numbers(client)["unread"]

    Notice.objects.create(recipient=cast.clerk, title="新任務", created_at=moment(2026, 11, 23))

    assert numbers(client)["unread"] == before + 1


def test_two_persons_of_different_units_have_their_own(
    cast: Cast, owed: None, signed_in: Callable[..., Client]
) -> None:
    of_the_clerk = numbers(signed_in(cast.clerk))

    assert of_the_clerk["acknowledgements"] == 1
    assert numbers(signed_in(cast.neighbour))["acknowledgements"] == 0


def test_who_leaves_the_post_has_nothing_waiting_any_more(
    cast: Cast, owed: None, signed_in: Callable[..., Client]
) -> None:
    client = signed_in(cast.clerk)
    assert numbers(client)["acknowledgements"] == 1

    Appointment.objects.filter(user=cast.clerk).update(end_date=date(2026, 11, 20))

    assert "acknowledgements" not in numbers(client)


def test_the_next_day_brings_what_falls_due(
    cast: Cast, owed: None, signed_in: Callable[..., Client], clock: object
) -> None:
    """一個月內到期的才等着填報：24日的事，23日還看不見，24日看得見。"""
    before = numbers(signed_in(cast.clerk))["reports"]

    clock.move_to(moment(2026, 11, 24))

    assert (before, numbers(signed_in(cast.clerk))["reports"]) == (0, 1)


def test_a_rectification_counts_under_its_own_register(
    cast: Cast, signed_in: Callable[..., Client], now: datetime
) -> None:
    order(cast, now, source=Order.Source.RECTIFICATION)
    order(cast, now)
    order(cast, now)

    found = numbers(signed_in(cast.clerk))

    assert (found["supervision"], found["rectifications"]) == (2, 1)
