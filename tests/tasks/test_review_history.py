"""審核過的：已審和退回中，按單位篩。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from people.models import User
from tasks.models import Submission
from tasks.services import review
from tests.cast import Cast
from tests.factories import AssignmentFactory, MeasureFactory, SubmissionFactory

SignIn = Callable[[User], Client]


@pytest.fixture
def url(cast: Cast) -> str:
    return f"/reviews/{cast.campaign.code}/history/"


def waiting(cast: Cast, department: object) -> Submission:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=department, issued=True)
    return SubmissionFactory(assignment=AssignmentFactory(measure=measure), endorsed=True, by={})


def listed(page: object) -> list[int]:
    return [round_.submission_id for round_ in page.context["page"]]


def test_accepted_and_returned_are_told_apart(
    cast: Cast, url: str, signed_in: SignIn, now: datetime
) -> None:
    passed, back = waiting(cast, cast.registry), waiting(cast, cast.registry)
    review.accept(actor=cast.office, submission_id=passed.pk, at=now)
    review.send_back(actor=cast.office, submission_id=back.pk, reason="太簡單。", at=now)
    client = signed_in(cast.office)

    accepted, returned = client.get(url), client.get(url, {"state": "returned"})

    assert (listed(accepted), listed(returned)) == ([passed.pk], [back.pk])
    assert "太簡單。" in returned.content.decode()


def test_handed_in_again_it_is_no_longer_out(
    cast: Cast, url: str, signed_in: SignIn, now: datetime
) -> None:
    back = waiting(cast, cast.registry)
    review.send_back(actor=cast.office, submission_id=back.pk, reason="太簡單。", at=now)
    Submission.objects.filter(pk=back.pk).update(state=Submission.State.SUBMITTED)

    assert listed(signed_in(cast.office).get(url, {"state": "returned"})) == []


def test_one_department_at_a_time(cast: Cast, url: str, signed_in: SignIn, now: datetime) -> None:
    for department in (cast.registry, cast.funeral_home):
        row = waiting(cast, department)
        review.accept(actor=cast.office, submission_id=row.pk, at=now)

    page = signed_in(cast.office).get(url, {"unit": cast.funeral_home.pk})

    assert listed(page) == [row.pk]


def test_the_one_who_accepted_just_now_finds_the_way_back(
    cast: Cast, url: str, signed_in: SignIn, now: datetime
) -> None:
    row = waiting(cast, cast.registry)
    review.accept(actor=cast.office, submission_id=row.pk, at=now)
    withdraw = f'action="/reviews/{cast.campaign.code}/{row.pk}/withdraw/"'

    mine = signed_in(cast.office).get(url).content.decode()
    theirs = signed_in(cast.officer).get(url).content.decode()

    assert withdraw in mine
    assert withdraw not in theirs


@pytest.mark.parametrize("state", ["", "returned", "nonsense"])
def test_an_empty_list_says_what_it_means(
    cast: Cast, url: str, signed_in: SignIn, state: str
) -> None:
    page = signed_in(cast.office).get(url, {"state": state, "unit": "x", "page": "y"})

    assert page.status_code == 200
    assert "c-empty" in page.content.decode()


def test_the_number_of_queries_does_not_grow(
    cast: Cast,
    url: str,
    signed_in: SignIn,
    now: datetime,
    django_assert_max_num_queries: Callable,
) -> None:
    client = signed_in(cast.office)
    rows = [waiting(cast, cast.registry) for _each in range(30)]
    review.accept(actor=cast.office, submission_id=rows[0].pk, at=now)
    client.get(url)
    with django_assert_max_num_queries(12) as one:
        client.get(url)
    review.accept_many(actor=cast.office, submission_ids=[row.pk for row in rows[1:]], at=now)

    with django_assert_max_num_queries(12) as many:
        client.get(url)

    assert len(many) == len(one)
