"""部門初審：負責人看、通過、退回；自己報的由同事看。"""

from collections.abc import Callable

import pytest
from django.test import Client

from journal.models import Notice
from people.models import User
from tasks.models import Submission
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    EvidenceLinkFactory,
    MeasureFactory,
    SubmissionFactory,
    moment,
)

SignIn = Callable[[User], Client]


@pytest.fixture
def url(cast: Cast) -> str:
    return f"/endorsements/{cast.campaign.code}/"


def submitted(cast: Cast, *, day: int = 19, by: User | None = None) -> Submission:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)
    submission = SubmissionFactory(
        assignment=AssignmentFactory(measure=measure),
        submitted=True,
        by={"clerk": by or cast.clerk},
    )
    submission.rounds.update(submitted_at=moment(2026, 11, day))
    return submission


def test_the_head_sees_what_his_clerk_reported_oldest_first(
    cast: Cast, url: str, signed_in: SignIn
) -> None:
    late, early = submitted(cast, day=20), submitted(cast, day=11)

    page = signed_in(cast.head).get(url)

    assert [row.pk for row in page.context["queue"].rows] == [early.pk, late.pk]
    assert "辦事程序和收費標準已在大廳公開。" in page.content.decode()


def test_endorsing_opens_the_next_one(cast: Cast, url: str, signed_in: SignIn) -> None:
    first, second = submitted(cast, day=11), submitted(cast)

    page = signed_in(cast.head).post(f"{url}?item={first.pk}", {"action": "accept"})

    first.refresh_from_db()
    assert first.state == Submission.State.ENDORSED
    assert page.url == f"{url}?item={second.pk}"


def test_giving_back_tells_the_clerk_why_and_keeps_the_deadline(
    cast: Cast, url: str, signed_in: SignIn
) -> None:
    submission = submitted(cast)

    signed_in(cast.head).post(
        f"{url}?item={submission.pk}", {"action": "send_back", "reason": "寫上批覆文號。"}
    )

    due = submission.due_date
    submission.refresh_from_db()
    notice = Notice.objects.filter(recipient=cast.clerk).latest("pk")
    assert (submission.state, submission.due_date) == (Submission.State.OPEN, due)
    assert "寫上批覆文號。" in notice.body


@pytest.mark.parametrize(("reason", "said"), [("", "填寫退回理由"), ("字" * 501, "501 字")])
def test_giving_back_needs_a_reason_of_fair_length(
    cast: Cast, url: str, signed_in: SignIn, reason: str, said: str
) -> None:
    submission = submitted(cast)

    page = signed_in(cast.head).post(
        f"{url}?item={submission.pk}", {"action": "send_back", "reason": reason}
    )

    submission.refresh_from_db()
    assert (page.status_code, submission.state) == (422, "submitted")
    assert said in page.content.decode()


def test_what_he_reported_himself_is_not_his_to_endorse(
    cast: Cast, url: str, signed_in: SignIn
) -> None:
    submission = submitted(cast, by=cast.head)
    client = signed_in(cast.head)

    page = client.get(url, {"item": submission.pk})
    refused = client.post(f"{url}?item={submission.pk}", {"action": "accept"})

    submission.refresh_from_db()
    assert "您本人報出的" in page.content.decode()
    assert (refused.status_code, submission.state) == (403, "submitted")


def test_a_colleague_checks_the_only_heads_report(cast: Cast, url: str, signed_in: SignIn) -> None:
    submission = submitted(cast, by=cast.head)
    submission.rounds.update(by_colleague=True)
    client = signed_in(cast.clerk)

    page = client.get(url)
    client.post(f"{url}?item={submission.pk}", {"action": "accept"})

    submission.refresh_from_db()
    assert "請您復核" in page.content.decode()
    assert submission.state == Submission.State.ENDORSED


@pytest.mark.parametrize(
    ("who", "status"),
    [("leader", 403), ("office", 403), ("admin", 403), ("neighbour", 200), ("clerk", 200)],
)
def test_others_see_none_of_it(
    cast: Cast, url: str, signed_in: SignIn, who: str, status: int
) -> None:
    submission = submitted(cast)
    client = signed_in(getattr(cast, who))

    page = client.get(url)
    pressed = client.post(f"{url}?item={submission.pk}", {"action": "accept"})

    assert page.status_code == status
    assert "已在大廳公開" not in page.content.decode()
    assert pressed.status_code == 403


def test_two_heads_at_once(cast: Cast, url: str, signed_in: SignIn) -> None:
    submission = submitted(cast)
    client = signed_in(cast.head)
    client.post(f"{url}?item={submission.pk}", {"action": "accept"})

    page = client.post(
        f"{url}?item={submission.pk}", {"action": "send_back", "reason": "再想想。"}, follow=True
    )

    submission.refresh_from_db()
    assert submission.state == Submission.State.ENDORSED
    assert "不在待初審" in page.content.decode()


def test_the_number_of_queries_does_not_grow(
    cast: Cast, url: str, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    client = signed_in(cast.head)
    EvidenceLinkFactory(round=submitted(cast).rounds.get())
    client.get(url)
    with django_assert_max_num_queries(12) as one:
        client.get(url)
    for _more in range(29):
        EvidenceLinkFactory(round=submitted(cast).rounds.get())

    with django_assert_max_num_queries(12) as many:
        client.get(url)

    assert len(many) == len(one)


def test_a_decision_on_a_round_already_replaced_is_not_carried_out(
    cast: Cast, url: str, signed_in: SignIn
) -> None:
    submission = submitted(cast)
    round_ = submission.rounds.get()
    round_.pk, round_.number = None, 2
    round_.save()
    Submission.objects.update(round_number=2)

    response = signed_in(cast.head).post(
        f"{url}?item={submission.pk}", {"action": "accept", "reason": "", "round": "1"}, follow=True
    )

    submission.refresh_from_db()
    assert submission.state == Submission.State.SUBMITTED
    assert "請看過第 2 輪再定" in response.content.decode()
    assert 'name="round" value="2"' in response.content.decode()
