"""撤回剛才的通過：只限本人、十分鐘以內、還沒銷號；一切回到通過之前。"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from journal.models import Entry, Notice
from people.models import User
from tasks.models import EvidenceLink, Measure, Submission, WrongState
from tasks.services import review
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    EvidenceLinkFactory,
    MeasureFactory,
    SubmissionFactory,
    moment,
)


@pytest.fixture
def accepted(cast: Cast, now: datetime) -> Submission:
    """10 月已核定 40%，11 月報 60%，剛由辦公室通過，一份佐證不採用。"""
    measure = MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, issued=True, percent=40
    )
    assignment = AssignmentFactory(measure=measure)
    SubmissionFactory(
        assignment=assignment, accepted=True, label="2026-10", name="2026年10月", by__percent=40
    )
    submission = SubmissionFactory(
        assignment=assignment, endorsed=True, by={"clerk": cast.clerk, "head": cast.head}
    )
    link = EvidenceLinkFactory(round=submission.rounds.get())
    review.accept(
        actor=cast.office,
        submission_id=submission.pk,
        verdicts={link.pk: review.EvidenceVerdict(is_accepted=False, reason="照片不清。")},
        remark="通過。",
        at=now,
    )
    submission.refresh_from_db()
    return submission


def test_everything_goes_back_to_before(cast: Cast, now: datetime, accepted: Submission) -> None:
    review.withdraw_acceptance(
        actor=cast.office, submission_id=accepted.pk, at=now + timedelta(minutes=9)
    )

    accepted.refresh_from_db()
    round_ = accepted.rounds.get()
    link = EvidenceLink.objects.get()
    assert (accepted.state, accepted.accepted_at) == (Submission.State.ENDORSED, None)
    assert (round_.decision, round_.decided_by, round_.reason) == ("", None, "")
    assert (link.state, link.reason) == (EvidenceLink.State.PENDING, "")
    assert Measure.objects.get().percent == 40


def test_the_journal_and_the_clerk_are_told(
    cast: Cast, now: datetime, accepted: Submission
) -> None:
    review.withdraw_acceptance(actor=cast.office, submission_id=accepted.pk, at=now)

    entry = Entry.objects.get(action="tasks.acceptance_withdrawn")
    notice = Notice.objects.filter(recipient=cast.clerk).latest("pk")
    assert "重新審核" in entry.summary
    assert "通過已撤回" in notice.title


def test_the_first_acceptance_taken_back_leaves_no_percent(
    cast: Cast, now: datetime, accepted: Submission
) -> None:
    Submission.objects.get(label="2026-10").rounds.update(decision="")

    review.withdraw_acceptance(actor=cast.office, submission_id=accepted.pk, at=now)

    assert Measure.objects.get().percent == 0


def test_after_ten_minutes_it_stands(cast: Cast, now: datetime, accepted: Submission) -> None:
    with pytest.raises(WrongState, match="10 分鐘"):
        review.withdraw_acceptance(
            actor=cast.office, submission_id=accepted.pk, at=now + timedelta(minutes=11)
        )


@pytest.mark.parametrize("who", ["officer", "head", "clerk", "leader", "admin"])
def test_only_the_one_who_accepted_takes_it_back(
    cast: Cast, now: datetime, accepted: Submission, who: str
) -> None:
    with pytest.raises(PermissionDenied):
        review.withdraw_acceptance(actor=getattr(cast, who), submission_id=accepted.pk, at=now)


def test_a_closed_measure_keeps_its_acceptances(
    cast: Cast, now: datetime, accepted: Submission
) -> None:
    Measure.objects.update(state=Measure.State.CLOSED)

    with pytest.raises(WrongState, match="銷號"):
        review.withdraw_acceptance(actor=cast.office, submission_id=accepted.pk, at=now)


def test_taking_back_twice_does_it_once(cast: Cast, now: datetime, accepted: Submission) -> None:
    review.withdraw_acceptance(actor=cast.office, submission_id=accepted.pk, at=now)

    with pytest.raises(WrongState):
        review.withdraw_acceptance(actor=cast.office, submission_id=accepted.pk, at=now)
    assert Entry.objects.filter(action="tasks.acceptance_withdrawn").count() == 1


def test_the_button_brings_the_item_back_to_the_inbox(
    cast: Cast, accepted: Submission, signed_in: Callable[[User], Client]
) -> None:
    url = f"/reviews/{cast.campaign.code}/"

    page = signed_in(cast.office).post(f"{url}{accepted.pk}/withdraw/", follow=True)

    assert page.redirect_chain == [(f"{url}?item={accepted.pk}", 302)]
    assert "已撤回通過" in page.content.decode()
    assert page.context["queue"].current.pk == accepted.pk


def test_too_late_at_the_button_says_why(
    cast: Cast, accepted: Submission, signed_in: Callable[[User], Client], clock: object
) -> None:
    client = signed_in(cast.office)
    clock.move_to(moment(2026, 11, 23, 10))

    page = client.post(f"/reviews/{cast.campaign.code}/{accepted.pk}/withdraw/", follow=True)

    assert "不能再撤回" in page.content.decode()


@pytest.mark.parametrize(("who", "status"), [("officer", 403), ("head", 403), ("office", 302)])
def test_who_may_press_it(
    cast: Cast,
    accepted: Submission,
    signed_in: Callable[[User], Client],
    who: str,
    status: int,
) -> None:
    client = signed_in(getattr(cast, who))

    page = client.post(f"/reviews/{cast.campaign.code}/{accepted.pk}/withdraw/")

    assert page.status_code == status
