"""本單位要報的清單：與菜單上的數字同一口徑，急的在前，查詢不隨件數增長。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.models import User
from tasks import inbox
from tasks.models import Round, Submission
from tests import factories as make
from tests.cast import Cast

SignIn = Callable[[User], Client]


@pytest.fixture
def page(cast: Cast) -> str:
    return reverse("tasks:my-reports", args=[cast.campaign.code])


def owed(cast: Cast, due: date, **more: object) -> Submission:
    assignment = make.AssignmentFactory(
        measure__campaign=cast.campaign, measure__lead_department=cast.registry
    )
    return make.SubmissionFactory(assignment=assignment, due_date=due, **more)


def html(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_the_urgent_one_comes_first_and_the_numbers_equal_the_menu(
    signed_in: SignIn, cast: Cast, page: str
) -> None:
    late = owed(cast, date(2026, 11, 18))
    soon = owed(cast, date(2026, 11, 25))

    response = signed_in(cast.clerk).get(page)

    counts = inbox.waiting_counts(cast.standing(cast.clerk), cast.campaign, date(2026, 11, 23))
    assert [item.submission for item in response.context["due"]] == [late, soon]
    assert len(response.context["due"]) == counts["reports"]
    assert "2 件要填報" in response.content.decode()


def test_a_returned_one_carries_its_reason(
    signed_in: SignIn, cast: Cast, page: str, now: datetime
) -> None:
    row = owed(cast, date(2026, 11, 26))
    row.rounds.update(decision=Round.Decision.SENT_BACK, reason="缺少批覆文號。", decided_at=now)
    Submission.objects.filter(pk=row.pk).update(round_number=2)
    Round.objects.create(submission=row, number=2, opened_at=now, due_date=row.due_date)

    shown = html(signed_in(cast.clerk), page)

    assert "已退回：缺少批覆文號。" in shown
    assert "補報" in shown


def test_what_was_handed_in_says_where_it_stands(signed_in: SignIn, cast: Cast, page: str) -> None:
    owed(cast, date(2026, 11, 25), endorsed=True)

    shown = html(signed_in(cast.clerk), page)

    assert "已報出，在審" in shown
    assert "待審核" in shown


def test_what_waits_for_a_signature_can_be_signed_here(
    signed_in: SignIn, cast: Cast, page: str
) -> None:
    slot = make.AssignmentFactory(
        measure__campaign=cast.campaign,
        measure__lead_department=cast.registry,
        state="issued",
        acknowledge_due_date=date(2026, 11, 24),
    )

    assert reverse("tasks:acknowledge", args=[slot.pk]) in html(signed_in(cast.clerk), page)
    assert reverse("tasks:acknowledge", args=[slot.pk]) not in html(signed_in(cast.neighbour), page)


def test_nothing_left_says_when_the_next_period_begins(
    signed_in: SignIn, cast: Cast, page: str
) -> None:
    owed(cast, date(2026, 12, 25), period_start=date(2026, 12, 1))

    shown = html(signed_in(cast.clerk), page)

    assert "要報的都報完了" in shown
    assert "2026年12月1日" in shown


def test_a_person_of_no_department_is_told_whom_to_ask(
    signed_in: SignIn, cast: Cast, page: str
) -> None:
    assert "您今天不在任何單位任職" in html(signed_in(cast.leader), page)


def test_a_person_without_a_post_sees_nothing_of_anybody(
    signed_in: SignIn, cast: Cast, page: str
) -> None:
    row = owed(cast, date(2026, 11, 25))

    shown = html(signed_in(make.UserFactory()), page)

    assert row.assignment.measure.title not in shown


def test_the_number_of_queries_does_not_grow(signed_in: SignIn, cast: Cast, page: str) -> None:
    client = signed_in(cast.clerk)
    for state in ({}, {"endorsed": True}, {"accepted": True}):
        owed(cast, date(2026, 11, 25), **state)
    few = queries(client, page)
    for _count in range(10):
        for state in ({}, {"endorsed": True}, {"accepted": True}):
            owed(cast, date(2026, 11, 25), **state)

    assert queries(client, page) == few
    assert few <= 22


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        client.get(url)
    return len(found)
