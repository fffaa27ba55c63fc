"""批量通過：只收全部核對通過的，沒辦成的按名說明。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client

from campaigns.models import EvidenceForm
from people.models import User
from tasks import review_bulk
from tasks.models import MeasureEvidence, Submission
from tasks.services import review
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    EvidenceFileFactory,
    EvidenceLinkFactory,
    MeasureFactory,
    SubmissionFactory,
)

SignIn = Callable[[User], Client]
GOOD = "辦事程序和收費標準已在大廳入口公開，內容與批覆一致。"


@pytest.fixture
def url(cast: Cast) -> str:
    return f"/reviews/{cast.campaign.code}/bulk/"


def waiting(cast: Cast, **more: object) -> Submission:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)
    return SubmissionFactory(
        assignment=AssignmentFactory(measure=measure),
        endorsed=True,
        by={"clerk": cast.clerk, "head": cast.head},
        **({"by__narrative": GOOD} | more),
    )


def states() -> set[str]:
    return set(Submission.objects.values_list("state", flat=True))


def test_only_those_that_pass_every_check_are_ticked(
    cast: Cast, url: str, signed_in: SignIn
) -> None:
    good, thin = waiting(cast), waiting(cast, by__narrative="已做。")

    found = signed_in(cast.office).get(url).context["found"]

    assert [each.row.pk for each in found.passing] == [good.pk]
    assert [(each.row.pk, each.faults) for each in found.others] == [
        (thin.pk, ["說明只有 3 字，看看是否空泛。"])
    ]


def test_missing_evidence_keeps_it_out(cast: Cast, url: str, signed_in: SignIn) -> None:
    short = waiting(cast)
    MeasureEvidence.objects.create(
        measure=short.assignment.measure, form=EvidenceForm.objects.get(code="photo"), count=2
    )

    found = signed_in(cast.office).get(url).context["found"]

    assert "要 2 份" in found.others[0].faults[0]


def test_the_same_picture_in_two_tasks_keeps_both_out(
    cast: Cast, url: str, signed_in: SignIn
) -> None:
    file = EvidenceFileFactory()
    for each in (waiting(cast), waiting(cast)):
        EvidenceLinkFactory(round=each.rounds.get(), file=file)

    found = signed_in(cast.office).get(url).context["found"]

    assert (len(found.passing), len(found.others)) == (0, 2)


def test_a_supporting_unit_is_compared_with_its_own_last_percent(
    cast: Cast, url: str, signed_in: SignIn
) -> None:
    measure = MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, issued=True, percent=90
    )
    assignment = AssignmentFactory(
        measure=measure, department=cast.bureau_office, role="supporting"
    )
    SubmissionFactory(assignment=assignment, accepted=True, label="2026-10", by__percent=70)
    SubmissionFactory(
        assignment=assignment, endorsed=True, by__narrative=GOOD, by__percent=60, by={}
    )

    found = signed_in(cast.office).get(url).context["found"]

    assert found.others[0].faults == ["進度 60% 低於已核定的 70%。"]


def test_accepting_the_ticked_ones(cast: Cast, url: str, signed_in: SignIn) -> None:
    rows = [waiting(cast) for _each in range(3)]

    page = signed_in(cast.office).post(url, {"row": [row.pk for row in rows]}, follow=True)

    assert states() == {"accepted"}
    assert "已通過 3 份" in page.content.decode()


def test_one_refused_is_named_and_the_rest_go_through(
    cast: Cast, url: str, signed_in: SignIn
) -> None:
    good, thin = waiting(cast), waiting(cast, by__narrative="已做。")

    page = signed_in(cast.office).post(url, {"row": [good.pk, thin.pk]})

    good.refresh_from_db()
    thin.refresh_from_db()
    body = page.content.decode()
    assert (good.state, thin.state) == ("accepted", "endorsed")
    assert "已通過 1 份，以下 1 份沒有通過" in body
    assert f"{thin.assignment.measure.code} 婚姻登記處" in body


def test_one_taken_by_a_colleague_meanwhile_is_said(
    cast: Cast, url: str, signed_in: SignIn, now: datetime
) -> None:
    mine, taken = waiting(cast), waiting(cast)
    client = signed_in(cast.office)
    review.accept(actor=cast.officer, submission_id=taken.pk, at=now)

    page = client.post(url, {"row": [mine.pk, taken.pk]})

    assert states() == {"accepted"}
    assert "另有 1 份" in page.content.decode()


def test_a_refusal_inside_the_service_touches_only_itself(cast: Cast, now: datetime) -> None:
    good, own = waiting(cast), waiting(cast)
    own.rounds.update(submitted_by=cast.office)

    result = review.accept_many(actor=cast.office, submission_ids=[own.pk, good.pk, 999999], at=now)

    assert result.submissions == [good.pk]
    assert set(result.refused) == {own.pk, 999999}


def test_ones_own_report_is_left_to_a_colleague(cast: Cast, url: str, signed_in: SignIn) -> None:
    waiting(cast).rounds.update(submitted_by=cast.office)

    found = signed_in(cast.office).get(url).context["found"]

    assert found.passing == []
    assert "由同事審核" in found.others[0].faults[0]


@pytest.mark.parametrize("row", [[], ["abc"], [""]])
def test_ticking_nothing_is_said(cast: Cast, url: str, signed_in: SignIn, row: list[str]) -> None:
    waiting(cast)

    page = signed_in(cast.office).post(url, {"row": row})

    assert page.status_code == 422
    assert "一份也沒有勾選" in page.content.decode()


def test_a_tenth_at_least_one_and_at_most_five_are_to_be_looked_at() -> None:
    keys = list(range(1, 201))

    assert [len(review_bulk.sample(keys[:n], date(2026, 11, 23))) for n in (0, 1, 11, 200)] == [
        0,
        1,
        2,
        5,
    ]


def test_the_sample_is_the_same_all_day_and_another_tomorrow() -> None:
    keys = list(range(1, 101))
    today = review_bulk.sample(keys, date(2026, 11, 23))

    assert review_bulk.sample(keys, date(2026, 11, 23)) == today
    assert review_bulk.sample(keys, date(2026, 11, 24)) != today


def test_the_number_of_queries_does_not_grow(
    cast: Cast, url: str, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    client = signed_in(cast.office)
    EvidenceLinkFactory(round=waiting(cast).rounds.get())
    client.get(url)
    with django_assert_max_num_queries(12) as one:
        client.get(url)
    for _more in range(29):
        EvidenceLinkFactory(round=waiting(cast).rounds.get())

    with django_assert_max_num_queries(12) as many:
        client.get(url)

    assert len(many) == len(one)
