"""一項任務從下達到銷號走一遍，每一步的人和留痕都對。"""

from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied

from journal.models import Entry, Notice
from people.models import User
from tasks.models import Assignment, Measure, Round, Submission, WrongState
from tasks.services import handing_in, issuing, requests, review
from tasks.services.handing_in import Conflict, Draft, Incomplete
from tests.cast import Cast
from tests.factories import MeasureFactory

GOOD = Draft(narrative="收費公示欄已設在大廳入口。", percent=60)


@pytest.fixture
def submission(cast: Cast, now: datetime) -> Submission:
    """已下達給婚姻登記處（局辦公室配合）的一次性任務的報送。"""
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)
    measure.supporting_departments.add(cast.bureau_office)
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    return Submission.objects.get(assignment__department=cast.registry)


def hand_in(submission: Submission, by: User, at: datetime, draft: Draft = GOOD) -> Round:
    version = handing_in.current_round(submission).version
    return handing_in.submit(
        actor=by, submission_id=submission.pk, draft=draft, version=version, at=at
    )


def test_issuing_gives_each_department_its_slot_and_tells_its_people(
    cast: Cast, submission: Submission
) -> None:
    told = set(Notice.objects.values_list("recipient__username", flat=True))

    assert {a.role for a in Assignment.objects.all()} == {"lead", "supporting"}
    assert told == {"head", "clerk", "helper", "helper_head"}
    assert submission.due_date == date(2026, 12, 10)


def test_a_measure_without_lead_or_deadline_is_refused_by_name(cast: Cast, now: datetime) -> None:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=None, due_date=None)

    result = issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)

    assert result.measures == []
    assert "牽頭單位和完成時限" in result.refused[measure.pk]


def test_only_the_office_issues(cast: Cast, now: datetime) -> None:
    measure = MeasureFactory(campaign=cast.campaign)

    with pytest.raises(PermissionDenied):
        issuing.issue_measures(actor=cast.head, measure_ids=[measure.pk], at=now)


def test_a_quarterly_measure_opens_one_submission_per_quarter_to_its_deadline(
    cast: Cast, now: datetime
) -> None:
    measure = MeasureFactory(
        campaign=cast.campaign,
        lead_department=cast.registry,
        cycle="quarterly",
        due_date=date(2027, 3, 31),
    )

    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)

    dues = list(Submission.objects.values_list("label", "due_date"))
    assert dues == [("2026-Q4", date(2026, 12, 25)), ("2027-Q1", date(2027, 3, 25))]


def test_from_hand_in_to_close_out(cast: Cast, now: datetime, submission: Submission) -> None:
    helper_slot = Submission.objects.get(assignment__department=cast.bureau_office)
    for slot, clerk, head in [
        (submission, cast.clerk, cast.head),
        (helper_slot, cast.helper, cast.helper_head),
    ]:
        hand_in(slot, clerk, now)
        handing_in.endorse(actor=head, submission_id=slot.pk, at=now)
        review.accept(actor=cast.office, submission_id=slot.pk, at=now)
    measure = review.close_out(
        actor=cast.office, measure_id=submission.assignment.measure_id, at=now
    )

    assert (measure.state, measure.percent) == (Measure.State.CLOSED, 100)
    story = Entry.objects.about(measure).order_by("pk").values_list("action", flat=True)
    assert list(story)[-1] == "tasks.closed_out"
    assert "tasks.endorsed" in story


def test_closing_out_names_who_is_still_missing(
    cast: Cast, now: datetime, submission: Submission
) -> None:
    with pytest.raises(WrongState, match="婚姻登記處"):
        review.close_out(actor=cast.office, measure_id=submission.assignment.measure_id, at=now)


def test_sent_back_opens_a_new_round_with_its_own_deadline_and_reason(
    cast: Cast, now: datetime, submission: Submission
) -> None:
    hand_in(submission, cast.clerk, now)
    handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=now)

    fresh = review.send_back(
        actor=cast.office, submission_id=submission.pk, reason="缺少收費批覆文號。", at=now
    )

    submission.refresh_from_db()
    assert (fresh.number, fresh.narrative) == (2, GOOD.narrative)
    assert (submission.state, submission.due_date) == ("open", date(2026, 11, 26))
    notice = Notice.objects.filter(recipient=cast.clerk).latest("pk")
    assert "缺少收費批覆文號" in notice.body


def test_nobody_endorses_or_accepts_his_own_entry(
    cast: Cast, now: datetime, submission: Submission
) -> None:
    hand_in(submission, cast.head, now)

    with pytest.raises(PermissionDenied):
        handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=now)
    handing_in.endorse(actor=cast.clerk, submission_id=submission.pk, at=now)
    submission.refresh_from_db()
    assert submission.state == Submission.State.ENDORSED


def test_a_department_of_one_goes_straight_to_the_office_and_says_so(
    cast: Cast, now: datetime
) -> None:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.funeral_home)
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    submission = Submission.objects.get()

    hand_in(submission, cast.neighbour, now)

    submission.refresh_from_db()
    assert submission.state == Submission.State.ENDORSED
    assert "只有一人" in Entry.objects.get(action="tasks.endorsed").summary


def test_pressing_submit_twice_hands_in_once(
    cast: Cast, now: datetime, submission: Submission
) -> None:
    for _press in range(2):
        handing_in.submit(
            actor=cast.clerk, submission_id=submission.pk, draft=GOOD, version=0, at=now
        )

    assert Entry.objects.filter(action="tasks.submitted").count() == 1


def test_two_people_on_one_draft_are_warned_not_overwritten(
    cast: Cast, now: datetime, submission: Submission
) -> None:
    handing_in.save_draft(
        actor=cast.clerk, submission_id=submission.pk, draft=GOOD, version=0, at=now
    )

    with pytest.raises(Conflict, match="登記員己"):
        handing_in.save_draft(
            actor=cast.head, submission_id=submission.pk, draft=Draft("別的"), version=0, at=now
        )
    assert handing_in.current_round(submission).narrative == GOOD.narrative


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(percent=10), "narrative"),
        (Draft(narrative="字" * 501, percent=10), "narrative"),
        (Draft(narrative="做了"), "percent"),
        (Draft(is_nil=True), "nil_reason"),
    ],
)
def test_an_incomplete_report_says_what_is_missing_at_its_field(
    cast: Cast, now: datetime, submission: Submission, draft: Draft, field: str
) -> None:
    with pytest.raises(Incomplete) as caught:
        hand_in(submission, cast.clerk, now, draft)

    assert list(caught.value.errors) == [field]


def test_an_approved_extension_moves_the_clock_and_keeps_the_old_date(
    cast: Cast, now: datetime, submission: Submission
) -> None:
    request = requests.ask_extension(
        actor=cast.clerk,
        submission_id=submission.pk,
        proposed_date=date(2026, 12, 21),
        reason="公示欄未到貨。",
        at=now,
    )

    requests.decide_request(
        actor=cast.office, request_id=request.pk, is_approved=True, reason="同意。", at=now
    )

    submission.refresh_from_db()
    measure = Measure.objects.get()
    assert submission.due_date == measure.owed_date == date(2026, 12, 21)
    assert submission.first_due_date == date(2026, 12, 10)


def test_an_upheld_objection_hands_the_lead_to_another_department(
    cast: Cast, now: datetime, submission: Submission
) -> None:
    request = requests.raise_objection(
        actor=cast.head,
        assignment_id=submission.assignment_id,
        reason="收費由殯儀館負責。",
        proposed_department_id=cast.funeral_home.pk,
        at=now,
    )

    requests.decide_request(
        actor=cast.office, request_id=request.pk, is_approved=True, reason="屬實。", at=now
    )

    leads = Assignment.objects.filter(role="lead").values_list("department__name", "state")
    assert set(leads) == {("婚姻登記處", "cancelled"), ("殯儀館", "issued")}
    assert Measure.objects.get().lead_department == cast.funeral_home
