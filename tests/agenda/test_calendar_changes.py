"""改工作日曆：按工作日數出來、還開着的時限跟着走，該辦的人各得一條消息；手定的日期不動。"""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from agenda import services
from agenda.models import CalendarChange
from campaigns.models import Cycle
from journal.models import Entry, Notice
from pingtan_civ.lib.holiday_notice import UnreadableNotice
from tasks.models import Assignment, Measure, Submission
from tasks.services import handing_in, issuing, requests, review
from tasks.services.handing_in import Draft
from tests import factories as make
from tests.cast import Cast
from workdays import recalculation
from workdays.models import CalendarDay
from workdays.services import calendar, calendar_from

NOTICE_2027 = (
    "一、元旦：1月1日（周五）至3日（周日）放假，共3天。1月4日（周一）放假，共1天。\n"
    "二、春节：2月5日至11日放假调休，共7天。2月14日（周日）上班。\n"
    "七、国庆节：10月1日至7日放假调休，共7天。10月9日（周六）上班。"
)
NEW_YEAR = make.moment(2026, 12, 30)
TYPHOON = {"kind": "local_closure", "name": "颱風停辦", "source": "縣防指〔2026〕9號"}


def issue(cast: Cast, at: datetime, **values: object) -> Measure:
    usual = {"due_date": date(2027, 3, 20), "lead_department": cast.registry}
    measure = make.MeasureFactory(campaign=cast.campaign, **(usual | values))
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=at)
    return measure


def sign_by(measure: Measure) -> date:
    return measure.assignments.get().acknowledge_due_date


def publish(cast: Cast, at: datetime, text: str = NOTICE_2027) -> services.CalendarOutcome:
    return services.import_notice(
        actor=cast.admin, text=text, year=2027, source="國辦發明電〔2026〕7號", at=at
    )


def moved_notices(user: object) -> list[Notice]:
    return list(Notice.objects.filter(recipient=user, key__startswith="calendar:"))


def test_publishing_an_estimated_year_moves_the_limit_to_sign(cast: Cast) -> None:
    measure = issue(cast, NEW_YEAR)
    assert sign_by(measure) == date(2027, 1, 5)

    outcome = publish(cast, NEW_YEAR)

    assert sign_by(measure) == date(2027, 1, 6)
    assert [(limit.old, limit.new) for limit in outcome.moved] == [
        (date(2027, 1, 5), date(2027, 1, 6))
    ]


def test_everyone_answerable_gets_one_notice_with_the_old_and_the_new_date(cast: Cast) -> None:
    issue(cast, NEW_YEAR)
    issue(cast, NEW_YEAR)

    publish(cast, NEW_YEAR)

    [notice] = moved_notices(cast.clerk)
    assert notice.title == "工作日曆有變，您有 2 個時限隨之改動"
    assert notice.body.count("簽收時限由 2027年1月5日改為 2027年1月6日。") == 2
    assert len(moved_notices(cast.head)) == 1
    assert moved_notices(cast.neighbour) == []


def test_a_person_answerable_twice_is_told_of_a_limit_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """既是承辦單位的人、又是批示的領導：同一個時限只說一次。"""
    issue(cast, NEW_YEAR)
    move_limits = recalculation.recalculate_limits

    def twice(*calendars: object) -> list[recalculation.MovedLimit]:
        return [replace(limit, people=limit.people * 2) for limit in move_limits(*calendars)]

    monkeypatch.setattr("agenda.services.calendar.recalculate_limits", twice)

    publish(cast, NEW_YEAR)

    [notice] = moved_notices(cast.clerk)
    assert notice.title == "工作日曆有變，您有 1 個時限隨之改動"
    assert notice.body.count("簽收時限") == 1


def test_each_moved_limit_is_written_in_its_own_history(cast: Cast) -> None:
    measure = issue(cast, NEW_YEAR)

    publish(cast, NEW_YEAR)

    entry = Entry.objects.about(measure).get(action="agenda.limit_moved")
    assert entry.summary == "工作日曆有變，簽收時限由 2027年1月5日改為 2027年1月6日。"
    assert entry.changes == {"簽收時限": ["2027-01-05", "2027-01-06"]}
    change = Entry.objects.get(action="agenda.calendar_changed")
    assert (change.actor, change.reason) == (cast.admin, "國辦發明電〔2026〕7號")


def test_a_typhoon_closure_moves_the_limit(cast: Cast, now: datetime) -> None:
    measure = issue(cast, now, due_date=date(2026, 12, 20))
    assert sign_by(measure) == date(2026, 11, 26)

    services.change_day(actor=cast.admin, day=date(2026, 11, 25), at=now, **TYPHOON)

    assert sign_by(measure) == date(2026, 11, 27)


def test_taking_the_closure_back_moves_it_back(cast: Cast, now: datetime) -> None:
    measure = issue(cast, now, due_date=date(2026, 12, 20))
    services.change_day(actor=cast.admin, day=date(2026, 11, 25), at=now, **TYPHOON)

    services.clear_day(actor=cast.admin, day=date(2026, 11, 25), at=now)

    assert sign_by(measure) == date(2026, 11, 26)
    assert not CalendarDay.objects.filter(date=date(2026, 11, 25)).exists()


def handed_in(cast: Cast, measure: Measure, at: datetime) -> Submission:
    """報出、初審過，待審核。"""
    submission = measure.assignments.get().submissions.get()
    requests.acknowledge(actor=cast.clerk, assignment_id=submission.assignment_id, at=at)
    draft = Draft(narrative="公示欄已設。", percent=90)
    handing_in.submit(actor=cast.clerk, submission_id=submission.pk, draft=draft, version=0, at=at)
    handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=at)
    submission.refresh_from_db()
    return submission


def test_the_limit_of_work_sent_back_moves(cast: Cast, now: datetime) -> None:
    measure = issue(cast, now, due_date=date(2026, 12, 20))
    submission = handed_in(cast, measure, now)
    review.send_back(actor=cast.office, submission_id=submission.pk, reason="缺照片", at=now)

    services.change_day(actor=cast.admin, day=date(2026, 11, 25), at=now, **TYPHOON)

    submission.refresh_from_db()
    measure.refresh_from_db()
    assert submission.due_date == date(2026, 11, 27)
    assert submission.rounds.get(number=2).due_date == date(2026, 11, 27)
    assert measure.owed_date == date(2026, 11, 27)


def test_a_date_set_by_hand_does_not_move(cast: Cast, now: datetime) -> None:
    measure = issue(cast, now, due_date=date(2026, 12, 20))
    submission = handed_in(cast, measure, now)
    review.send_back(
        actor=cast.office,
        submission_id=submission.pk,
        reason="缺照片",
        due_date=date(2026, 11, 30),
        at=now,
    )

    services.change_day(actor=cast.admin, day=date(2026, 11, 25), at=now, **TYPHOON)

    submission.refresh_from_db()
    measure.refresh_from_db()
    assert (submission.due_date, measure.due_date) == (date(2026, 11, 30), date(2026, 12, 20))


def test_the_reporting_day_of_a_period_rolls_off_a_closure(cast: Cast, now: datetime) -> None:
    measure = issue(cast, now, due_date=date(2026, 12, 31), cycle=Cycle.MONTHLY)
    november = Submission.objects.get(assignment__measure=measure, label="2026-11")

    services.change_day(actor=cast.admin, day=date(2026, 11, 25), at=now, **TYPHOON)

    november.refresh_from_db()
    assert (november.due_date, november.first_due_date) == (date(2026, 11, 26), date(2026, 11, 25))


def test_the_office_is_told_that_its_own_limit_moved(cast: Cast, now: datetime) -> None:
    handed_in(cast, issue(cast, now, due_date=date(2026, 12, 20)), now)

    outcome = services.change_day(actor=cast.admin, day=date(2026, 11, 25), at=now, **TYPHOON)

    assert [(limit.label, limit.old.day, limit.new.day) for limit in outcome.moved] == [
        ("審核時限", 30, 1)
    ]
    assert len(moved_notices(cast.office)) == 1
    assert moved_notices(cast.clerk) == []


def test_a_refused_objection_counts_from_the_day_of_the_decision(cast: Cast, now: datetime) -> None:
    measure = issue(cast, now, due_date=date(2026, 12, 20))
    assignment = measure.assignments.get()
    request = requests.raise_objection(
        actor=cast.clerk,
        assignment_id=assignment.pk,
        reason="不屬本處",
        proposed_department_id=None,
        at=now,
    )
    later = make.moment(2026, 11, 24)
    requests.decide_request(
        actor=cast.office, request_id=request.pk, is_approved=False, reason="屬本處", at=later
    )
    assert sign_by(measure) == date(2026, 11, 27)

    services.change_day(actor=cast.admin, day=date(2026, 11, 26), at=later, **TYPHOON)

    assert sign_by(measure) == date(2026, 11, 30)


def test_what_is_signed_or_in_a_closed_campaign_stays(cast: Cast, now: datetime) -> None:
    signed, over = issue(cast, now), issue(cast, now)
    requests.acknowledge(actor=cast.clerk, assignment_id=signed.assignments.get().pk, at=now)
    Measure.objects.filter(pk=over.pk).update(state=Measure.State.SUSPENDED)

    outcome = services.change_day(actor=cast.admin, day=date(2026, 11, 25), at=now, **TYPHOON)

    assert outcome.moved == []
    assert sign_by(over) == date(2026, 11, 26)


def test_a_limit_never_jumps_into_the_past(cast: Cast, now: datetime) -> None:
    services.change_day(actor=cast.admin, day=date(2026, 11, 24), at=now, **TYPHOON)
    measure = issue(cast, now, due_date=date(2026, 12, 20))
    assert sign_by(measure) == date(2026, 11, 27)
    friday = make.moment(2026, 11, 27)

    services.clear_day(actor=cast.admin, day=date(2026, 11, 24), at=friday)

    assert sign_by(measure) == date(2026, 11, 27)


def test_importing_the_same_notice_again_changes_nothing(cast: Cast) -> None:
    issue(cast, NEW_YEAR)
    publish(cast, NEW_YEAR)

    again = publish(cast, NEW_YEAR)

    assert again.is_empty
    assert CalendarChange.objects.count() == 1
    assert len(moved_notices(cast.clerk)) == 1


def test_a_past_year_moves_nothing(cast: Cast, now: datetime) -> None:
    measure = issue(cast, make.moment(2025, 12, 30), due_date=date(2026, 12, 20))
    before = sign_by(measure)

    services.change_day(actor=cast.admin, day=date(2025, 12, 31), at=now, **TYPHOON)

    assert sign_by(measure) == before


def test_previewing_tells_what_would_move_and_moves_nothing(cast: Cast) -> None:
    measure = issue(cast, NEW_YEAR)

    outcome = services.preview(lambda: publish(cast, NEW_YEAR))

    assert len(outcome.moved) == 1
    assert sign_by(measure) == date(2027, 1, 5)
    assert calendar().is_estimate(date(2027, 1, 5))
    assert not CalendarChange.objects.exists()


def test_an_unreadable_notice_changes_nothing(cast: Cast, now: datetime) -> None:
    before = set(CalendarDay.objects.values_list("date", "kind"))

    with pytest.raises(UnreadableNotice):
        publish(cast, now, "一、元旦：1月1日至3日放假，共9天。")

    assert set(CalendarDay.objects.values_list("date", "kind")) == before


def test_only_an_administrator_changes_the_calendar(cast: Cast, now: datetime) -> None:
    with pytest.raises(PermissionDenied):
        services.change_day(actor=cast.office, day=date(2026, 11, 25), at=now, **TYPHOON)

    assert not CalendarDay.objects.filter(date=date(2026, 11, 25)).exists()


def test_a_limit_set_by_the_old_calendar_at_that_moment_is_caught_up(
    cast: Cast, now: datetime
) -> None:
    services.change_day(actor=cast.admin, day=date(2026, 11, 25), at=now, **TYPHOON)
    measure = issue(cast, now, due_date=date(2026, 12, 20))
    measure.assignments.update(acknowledge_due_date=date(2026, 11, 26))
    early, later = now + timedelta(minutes=1), now + timedelta(minutes=4)

    found = [services.settle_calendar(at=at) for at in (early, later, later)]

    assert found == [0, 1, 0]
    assert sign_by(measure) == date(2026, 11, 27)
    assert len(moved_notices(cast.clerk)) == 1


def test_catching_up_after_two_changes_undoes_both_to_see_the_old_calendar(
    cast: Cast, now: datetime
) -> None:
    for day in (24, 25):
        services.change_day(actor=cast.admin, day=date(2026, 11, day), at=now, **TYPHOON)
    measure = issue(cast, now, due_date=date(2026, 12, 20))
    measure.assignments.update(acknowledge_due_date=date(2026, 11, 26))

    moved = services.settle_calendar(at=now + timedelta(minutes=4))

    assert (moved, sign_by(measure)) == (1, date(2026, 11, 30))


def test_a_failure_halfway_leaves_no_trace(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = issue(cast, NEW_YEAR)

    def fail(**_values: object) -> None:
        raise OSError("磁盤滿")

    monkeypatch.setattr("agenda.services.calendar.announce", fail)
    with pytest.raises(OSError, match="磁盤滿"), transaction.atomic():
        publish(cast, NEW_YEAR)

    assert sign_by(measure) == date(2027, 1, 5)
    assert not CalendarDay.objects.filter(date__year=2027).exists()


def test_the_number_of_queries_does_not_grow_with_what_does_not_move(
    cast: Cast, now: datetime, django_assert_max_num_queries: object
) -> None:
    for _n in range(8):
        handed = issue(cast, now, due_date=date(2026, 12, 20))
        Assignment.objects.filter(measure=handed).update(state=Assignment.State.ACKNOWLEDGED)

    with django_assert_max_num_queries(30):
        outcome = services.change_day(actor=cast.admin, day=date(2026, 11, 25), at=now, **TYPHOON)

    assert outcome.moved == []


def test_days_that_change_are_found_between_two_calendars() -> None:
    before = calendar_from([(date(2026, 10, 1), "holiday")])
    after = calendar_from([(date(2026, 10, 1), "holiday"), (date(2026, 11, 25), "local_closure")])

    assert after.changed_days(before, [2025, 2026]) == [date(2026, 11, 25)]
