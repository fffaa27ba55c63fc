"""停了的任務、結束的活動：不再簽收、初審、審核、裁定，待裁定的申請隨任務了結。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied

from campaigns.services import campaign as campaigns
from tasks import inbox
from tasks.models import Assignment, ChangeRequest, Measure, Submission, WrongState
from tasks.services import breakdown, bulk, handing_in, issuing, requests, review
from tasks.services.handing_in import Draft, Incomplete
from tests import factories as make
from tests.cast import Cast

DUE = date(2026, 12, 10)
LATER = date(2026, 12, 25)


@pytest.fixture
def measure(cast: Cast, now: datetime) -> Measure:
    """婚姻登記處牽頭、局辦公室配合，12月10日到期。"""
    row = make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)
    row.supporting_departments.add(cast.bureau_office)
    issuing.issue_measures(actor=cast.office, measure_ids=[row.pk], at=now)
    row.refresh_from_db()
    return row


@pytest.fixture
def slot(cast: Cast, measure: Measure) -> Assignment:
    return measure.assignments.get(department=cast.registry)


@pytest.fixture
def submission(cast: Cast, slot: Assignment, now: datetime) -> Submission:
    """報出了 90%，待初審。"""
    row = slot.submissions.get()
    draft = Draft(narrative="公示欄已設。", percent=90)
    handing_in.submit(actor=cast.clerk, submission_id=row.pk, draft=draft, version=0, at=now)
    return row


def give_to_another(cast: Cast, measure: Measure, at: datetime) -> None:
    breakdown.update_measure(
        actor=cast.office,
        measure_id=measure.pk,
        values={"lead_department": cast.funeral_home},
        at=at,
    )


def stop(cast: Cast, measure: Measure, how: str, at: datetime) -> None:
    """讓任務停下：換牽頭、撤銷、中止，或整個活動結束。"""
    if how == "moved":
        give_to_another(cast, measure, at)
    elif how == "closed campaign":
        campaigns.close_campaign(
            actor=cast.office, campaign_id=measure.campaign_id, reason="收尾", at=at
        )
    else:
        act = {"cancelled": bulk.cancel, "suspended": bulk.suspend}[how]
        act(actor=cast.office, measure_ids=[measure.pk], reason="上級調整", at=at)


def objection(cast: Cast, slot: Assignment, at: datetime, **more: object) -> ChangeRequest:
    return requests.raise_objection(
        actor=cast.clerk, assignment_id=slot.pk, reason="不屬本處職責。", at=at, **more
    )


def extension(cast: Cast, slot: Assignment, at: datetime) -> ChangeRequest:
    return requests.ask_extension(
        actor=cast.clerk,
        submission_id=slot.submissions.get().pk,
        proposed_date=LATER,
        reason="公示欄未到貨。",
        at=at,
    )


def decide(cast: Cast, request: ChangeRequest, at: datetime, **more: object) -> ChangeRequest:
    values = {"is_approved": False, "reason": "查過職責分工。"} | more
    return requests.decide_request(actor=cast.office, request_id=request.pk, at=at, **values)


# ── 報送 ──────────────────────────────────────────────

STOPS = ["moved", "cancelled", "suspended", "closed campaign"]


@pytest.mark.parametrize("how", STOPS)
def test_stopped_work_is_neither_endorsed_nor_given_back(
    cast: Cast, measure: Measure, submission: Submission, now: datetime, how: str
) -> None:
    stop(cast, measure, how, now)

    with pytest.raises(WrongState, match="現在不能辦"):
        handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=now)
    with pytest.raises(WrongState, match="現在不能辦"):
        handing_in.give_back(actor=cast.head, submission_id=submission.pk, reason="補", at=now)
    assert not inbox.to_endorse(cast.standing(cast.head), cast.campaign).exists()


@pytest.mark.parametrize("how", STOPS)
def test_stopped_work_is_neither_accepted_nor_sent_back(
    cast: Cast, measure: Measure, submission: Submission, now: datetime, how: str
) -> None:
    handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=now)
    stop(cast, measure, how, now)

    with pytest.raises(WrongState, match="現在不能辦"):
        review.accept(actor=cast.office, submission_id=submission.pk, at=now)
    with pytest.raises(WrongState, match="現在不能辦"):
        review.send_back(actor=cast.office, submission_id=submission.pk, reason="補", at=now)
    measure.refresh_from_db()
    assert measure.percent == 0
    assert not inbox.to_review(cast.standing(cast.office), cast.campaign).exists()


def test_an_acceptance_is_not_withdrawn_after_the_campaign_closed(
    cast: Cast, measure: Measure, submission: Submission, now: datetime
) -> None:
    handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=now)
    review.accept(actor=cast.office, submission_id=submission.pk, at=now)
    stop(cast, measure, "closed campaign", now)

    with pytest.raises(WrongState, match="不在進行中"):
        review.withdraw_acceptance(actor=cast.office, submission_id=submission.pk, at=now)


def test_a_closed_campaign_takes_no_signature_objection_or_extension(
    cast: Cast, measure: Measure, slot: Assignment, now: datetime
) -> None:
    stop(cast, measure, "closed campaign", now)
    acts: list[Callable[[], object]] = [
        lambda: requests.acknowledge(actor=cast.clerk, assignment_id=slot.pk, at=now),
        lambda: objection(cast, slot, now),
        lambda: extension(cast, slot, now),
    ]

    for act in acts:
        with pytest.raises(WrongState, match="活動不在進行中"):
            act()
    assert not inbox.to_acknowledge(cast.standing(cast.clerk), cast.campaign).exists()


def test_the_second_press_with_other_words_is_refused_not_swallowed(
    cast: Cast, submission: Submission, now: datetime
) -> None:
    other = Draft(narrative="另一個窗口裏寫的，完全不同。", percent=95)

    with pytest.raises(WrongState):
        handing_in.submit(
            actor=cast.clerk, submission_id=submission.pk, draft=other, version=0, at=now
        )

    assert submission.rounds.get().narrative == "公示欄已設。"


# ── 申請 ──────────────────────────────────────────────


def test_pending_requests_end_with_the_assignment_and_say_who_ended_them(
    cast: Cast, measure: Measure, slot: Assignment, now: datetime
) -> None:
    asked = [objection(cast, slot, now), extension(cast, slot, now)]

    give_to_another(cast, measure, now)

    for request in asked:
        request.refresh_from_db()
        assert request.state == ChangeRequest.State.WITHDRAWN
        assert (request.decided_by, request.decided_at) == (cast.office, now)
        assert "不再由本單位辦理" in request.decision_reason
        with pytest.raises(WrongState):
            decide(cast, request, now)
    slot.refresh_from_db()
    assert slot.state == Assignment.State.CANCELLED


def test_cancelling_a_measure_says_who_ended_its_requests(
    cast: Cast, measure: Measure, slot: Assignment, now: datetime
) -> None:
    request = objection(cast, slot, now)

    stop(cast, measure, "cancelled", now)

    request.refresh_from_db()
    assert (request.decided_by, request.decided_at) == (cast.office, now)
    assert request.decision_reason == "上級調整"


def test_an_approved_objection_is_recorded_as_approved(
    cast: Cast, slot: Assignment, now: datetime
) -> None:
    request = objection(cast, slot, now, proposed_department_id=cast.funeral_home.pk)

    decide(cast, request, now, is_approved=True)

    request.refresh_from_db()
    assert (request.state, request.decided_by) == (ChangeRequest.State.APPROVED, cast.office)


def leave_pending(request: ChangeRequest, state: str) -> None:
    """舊數據裏可能有：任務已停，申請還掛着。"""
    ChangeRequest.objects.filter(pk=request.pk).update(state=ChangeRequest.State.PENDING)
    Assignment.objects.filter(pk=request.assignment_id).update(state=state)


def test_withdrawing_from_a_dead_assignment_does_not_revive_it(
    cast: Cast, slot: Assignment, now: datetime
) -> None:
    request = objection(cast, slot, now)
    leave_pending(request, Assignment.State.CANCELLED)

    requests.withdraw_request(actor=cast.clerk, request_id=request.pk, at=now)

    request.refresh_from_db()
    slot.refresh_from_db()
    assert request.state == ChangeRequest.State.WITHDRAWN
    assert slot.state == Assignment.State.CANCELLED


@pytest.mark.parametrize("is_approved", [True, False])
def test_a_request_on_a_dead_assignment_is_not_decided(
    cast: Cast, measure: Measure, slot: Assignment, now: datetime, is_approved: bool
) -> None:
    request = extension(cast, slot, now)
    leave_pending(request, Assignment.State.CANCELLED)

    with pytest.raises(WrongState):
        decide(cast, request, now, is_approved=is_approved)

    measure.refresh_from_db()
    assert measure.due_date == DUE


def test_a_former_lead_may_not_ask_for_more_time(
    cast: Cast, measure: Measure, slot: Assignment, now: datetime
) -> None:
    give_to_another(cast, measure, now)

    with pytest.raises(WrongState):
        extension(cast, slot, now)


def test_a_former_leads_new_date_leaves_the_measure_alone(
    cast: Cast, measure: Measure, slot: Assignment, now: datetime
) -> None:
    give_to_another(cast, measure, now)

    requests.move_due_date(Submission.objects.get(assignment=slot), LATER)

    measure.refresh_from_db()
    assert measure.due_date == DUE


@pytest.mark.parametrize("is_approved", [True, False])
def test_a_suspended_measure_is_resumed_before_its_objection_is_decided(
    cast: Cast, measure: Measure, slot: Assignment, now: datetime, is_approved: bool
) -> None:
    request = objection(cast, slot, now, proposed_department_id=cast.funeral_home.pk)
    stop(cast, measure, "suspended", now)

    with pytest.raises(WrongState, match="先恢復這項任務再裁定。"):
        decide(cast, request, now, is_approved=is_approved)

    slot.refresh_from_db()
    assert slot.state == Assignment.State.SUSPENDED
    assert not inbox.to_decide(cast.standing(cast.office), cast.campaign).exists()
    bulk.resume(actor=cast.office, measure_ids=[measure.pk], reason="恢復", at=now)
    assert inbox.to_decide(cast.standing(cast.office), cast.campaign).get() == request


def test_a_refused_objection_gives_fresh_days_to_sign(
    cast: Cast, slot: Assignment, now: datetime
) -> None:
    requests.acknowledge(actor=cast.clerk, assignment_id=slot.pk, at=now)
    Assignment.objects.update(acknowledge_due_date=date(2026, 11, 5))
    request = objection(cast, slot, now)

    decide(cast, request, now)

    slot.refresh_from_db()
    assert slot.state == Assignment.State.ISSUED
    assert slot.acknowledge_due_date > now.date()
    assert slot.acknowledged_at is None


def test_no_more_time_is_granted_than_the_campaign_has(
    cast: Cast, slot: Assignment, now: datetime
) -> None:
    request = extension(cast, slot, now)

    with pytest.raises(Incomplete, match="晚於活動結束日") as refused:
        decide(cast, request, now, is_approved=True, granted_date=date(2029, 1, 1))

    assert set(refused.value.errors) == {"granted_date"}


def test_a_closed_campaigns_requests_wait_for_nobody(
    cast: Cast, measure: Measure, slot: Assignment, now: datetime
) -> None:
    request = extension(cast, slot, now)
    stop(cast, measure, "closed campaign", now)

    with pytest.raises((WrongState, PermissionDenied)):
        decide(cast, request, now)
    assert not inbox.to_decide(cast.standing(cast.office), cast.campaign).exists()
