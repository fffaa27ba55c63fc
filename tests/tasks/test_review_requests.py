"""待裁定：異議和延期在收件箱裏逐份裁定。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client

from journal.models import Notice
from people.models import User
from tasks.models import Assignment, ChangeRequest, Submission
from tasks.services import requests
from tests.cast import Cast
from tests.factories import AssignmentFactory, MeasureFactory, SubmissionFactory

SignIn = Callable[[User], Client]


@pytest.fixture
def url(cast: Cast) -> str:
    return f"/reviews/{cast.campaign.code}/requests/"


def owed(cast: Cast) -> Submission:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)
    return SubmissionFactory(assignment=AssignmentFactory(measure=measure))


def extension(cast: Cast, at: datetime) -> ChangeRequest:
    return requests.ask_extension(
        actor=cast.clerk,
        submission_id=owed(cast).pk,
        proposed_date=date(2026, 12, 8),
        reason="公示欄未到貨。",
        at=at,
    )


def objection(cast: Cast, at: datetime) -> ChangeRequest:
    return requests.raise_objection(
        actor=cast.head, assignment_id=owed(cast).assignment_id, reason="屬殯儀館職責。", at=at
    )


def test_no_requests_says_so(cast: Cast, url: str, signed_in: SignIn) -> None:
    assert "沒有等着裁定的" in signed_in(cast.office).get(url).content.decode()


def test_the_tab_counts_what_the_list_holds(
    cast: Cast, url: str, signed_in: SignIn, now: datetime
) -> None:
    extension(cast, now)
    objection(cast, now)

    page = signed_in(cast.office).get(url)

    assert len(page.context["queue"]) == 2
    assert '待裁定 <span class="c-count">2</span>' in page.content.decode()


def test_granting_a_shorter_extension_moves_on_to_the_next(
    cast: Cast, url: str, signed_in: SignIn, now: datetime
) -> None:
    first, second = extension(cast, now), objection(cast, now)

    page = signed_in(cast.office).post(
        f"{url}?item={first.pk}",
        {"decision": "approve", "granted_date": "2026-12-02", "reason": "給到 2 日。"},
    )

    first.refresh_from_db()
    assert first.submission.due_date == date(2026, 12, 2)
    assert page.url == f"{url}?item={second.pk}"
    assert "給到 2 日。" in Notice.objects.filter(recipient=cast.clerk).latest("pk").body


def test_an_upheld_objection_names_the_new_lead(
    cast: Cast, url: str, signed_in: SignIn, now: datetime
) -> None:
    request = objection(cast, now)

    signed_in(cast.office).post(
        f"{url}?item={request.pk}",
        {"decision": "approve", "new_department": cast.funeral_home.pk, "reason": "屬實。"},
    )

    leads = set(Assignment.objects.values_list("department__name", "state"))
    assert leads == {("婚姻登記處", "cancelled"), ("殯儀館", "issued")}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"decision": "approve", "reason": ""}, "寫明裁定理由"),
        ({"reason": "屬實。"}, "請選擇同意或不同意。"),
        ({"decision": "approve", "reason": "屬實。"}, "同意後由誰牽頭"),
        ({"decision": "approve", "reason": "屬實。", "new_department": "999"}, "改由："),
    ],
)
def test_a_wrong_decision_keeps_what_was_typed(
    cast: Cast, url: str, signed_in: SignIn, now: datetime, data: dict[str, str], said: str
) -> None:
    request = objection(cast, now)

    page = signed_in(cast.office).post(f"{url}?item={request.pk}", data)

    request.refresh_from_db()
    body = page.content.decode()
    assert (page.status_code, request.state) == (422, ChangeRequest.State.PENDING)
    assert data["reason"] in body
    assert said in body


def test_a_colleague_decided_first(cast: Cast, url: str, signed_in: SignIn, now: datetime) -> None:
    request = extension(cast, now)
    client = signed_in(cast.office)
    requests.decide_request(
        actor=cast.officer, request_id=request.pk, is_approved=False, reason="不延。", at=now
    )

    page = client.post(
        f"{url}?item={request.pk}", {"decision": "approve", "reason": "同意。"}, follow=True
    )

    request.refresh_from_db()
    assert request.state == ChangeRequest.State.REFUSED
    assert "已經裁定或撤回" in page.content.decode()


def test_a_department_does_not_decide(
    cast: Cast, url: str, signed_in: SignIn, now: datetime
) -> None:
    request = extension(cast, now)

    page = signed_in(cast.head).post(
        f"{url}?item={request.pk}", {"decision": "approve", "reason": "同意。"}
    )

    assert page.status_code == 403


def test_the_number_of_queries_does_not_grow(
    cast: Cast,
    url: str,
    signed_in: SignIn,
    now: datetime,
    django_assert_max_num_queries: Callable,
) -> None:
    client = signed_in(cast.office)
    objection(cast, now)
    client.get(url)
    with django_assert_max_num_queries(12) as one:
        client.get(url)
    for _more in range(29):
        extension(cast, now)

    with django_assert_max_num_queries(12) as many:
        client.get(url)

    assert len(many) == len(one)
