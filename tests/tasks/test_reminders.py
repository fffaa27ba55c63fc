"""到期提醒：該提醒的都提醒到，只一次，只在工作日，辦了就停。"""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Seat
from journal.models import Delivery, Notice
from people.models import Appointment, DepartmentPeriod, User
from tasks.models import Assignment, Measure, Reminder, Round, Submission
from tasks.services import reminders
from tasks.services.reminders import Engine, plan_reminders, send_reminders
from tasks.services.requests import ask_extension, decide_request, move_due_date
from tasks.services.review import send_back
from tests import factories as make
from tests.cast import TODAY, Cast
from tests.factories import moment
from workdays.services import calendar

DUE = date(2026, 11, 25)


def owed(cast: Cast, **values: object) -> Submission:
    """婚姻登記處該報的一期，默認11月25日到期。"""
    measure_values = {
        name.removeprefix("measure__"): values.pop(name)
        for name in list(values)
        if name.startswith("measure__")
    }
    measure = make.MeasureFactory(
        **{"campaign": cast.campaign, "lead_department": cast.registry, "issued": True}
        | measure_values
    )
    assignment_values = {
        name.removeprefix("assignment__"): values.pop(name)
        for name in list(values)
        if name.startswith("assignment__")
    }
    assignment = make.AssignmentFactory(measure=measure, **assignment_values)
    return make.SubmissionFactory(assignment=assignment, **{"due_date": DUE} | values)


def run(on: date) -> list[tuple[str, tuple[str, ...]]]:
    """跑一天，返回 [(誰, (到了哪一級, …)), …]；辦公室的每週一覽另有測試，這裏不算。"""
    outcome = send_reminders(on=on, at=moment(on.year, on.month, on.day, 8, 30))
    steps = [
        (plan.person.username, tuple(line.step for line in plan.lines if line.step != "weekly"))
        for plan in outcome.sent
    ]
    return [pair for pair in steps if pair[1]]


def digest_of(person: User) -> Notice:
    return Notice.objects.get(recipient=person, kind=Notice.Kind.DIGEST)


def recorded(submission: Submission, person: User, *, step: int) -> Reminder:
    return Reminder.objects.create(
        track="report",
        subject_id=submission.rounds.get().pk,
        due_date=submission.due_date,
        step=step,
        person=person,
        on=DUE,
    )


def told(on: date) -> dict[str, tuple[str, ...]]:
    return dict(run(on))


# ── 階梯 ──────────────────────────────────────────────


def test_the_clerk_then_the_head_then_the_leader_are_told(cast: Cast) -> None:
    owed(cast)

    days = {day: told(day) for day in _days(date(2026, 11, 9), date(2026, 12, 9))}
    told_days = {day: people for day, people in days.items() if people}

    assert told_days == {
        date(2026, 11, 16): {"clerk": ("before_7",)},
        date(2026, 11, 20): {"clerk": ("before_3",)},
        date(2026, 11, 24): {"clerk": ("before_1",)},
        date(2026, 11, 25): {"clerk": ("on_day",)},
        date(2026, 11, 26): {"clerk": ("after_1",), "head": ("after_1",)},
        date(2026, 11, 27): {"clerk": ("after_2",), "head": ("after_2",)},
        date(2026, 11, 30): {"clerk": ("after_3",), "head": ("after_3",)},
        date(2026, 12, 1): dict.fromkeys(
            ("clerk", "head", "deputy", "office", "officer"), ("after_4",)
        ),
        date(2026, 12, 8): dict.fromkeys(("clerk", "head", "deputy"), ("after_9",)),
        date(2026, 12, 9): dict.fromkeys(("leader", "office", "officer"), ("after_10",)),
    }


def test_thirty_days_over_the_national_day_and_a_make_up_saturday(cast: Cast) -> None:
    owed(cast, due_date=date(2026, 10, 12), period_start=date(2026, 9, 1))

    days = _days(date(2026, 9, 18), date(2026, 10, 17))
    clerk = {day: told(day).get("clerk") for day in days}

    assert {day: steps for day, steps in clerk.items() if steps} == {
        date(2026, 9, 24): ("before_7",),
        date(2026, 10, 8): ("before_3",),
        date(2026, 10, 10): ("before_1",),
        date(2026, 10, 12): ("on_day",),
        date(2026, 10, 13): ("after_1",),
        date(2026, 10, 14): ("after_2",),
        date(2026, 10, 15): ("after_3",),
        date(2026, 10, 16): ("after_4",),
    }
    assert calendar().is_working(date(2026, 10, 10))


def test_three_missed_runs_lose_nothing_and_pile_nothing_up(cast: Cast) -> None:
    owed(cast)
    run(date(2026, 11, 16))

    after_the_gap = told(date(2026, 11, 26))

    assert after_the_gap == {"clerk": ("after_1",), "head": ("after_1",)}
    assert list(Reminder.objects.filter(person=cast.clerk).values_list("step", flat=True)) == [
        1,
        -7,
    ]
    assert told(date(2026, 11, 27)) == {"clerk": ("after_2",), "head": ("after_2",)}


def test_an_earlier_day_run_afterwards_repeats_nothing(cast: Cast) -> None:
    owed(cast)
    run(date(2026, 11, 25))

    assert told(date(2026, 11, 24)) == {}


def test_running_twice_tells_once(cast: Cast) -> None:
    owed(cast)

    first, second = run(date(2026, 11, 25)), run(date(2026, 11, 25))

    assert first == [("clerk", ("on_day",))]
    assert second == []
    assert Notice.objects.filter(recipient=cast.clerk).count() == 1
    assert Delivery.objects.filter(notice__recipient=cast.clerk).count() == 1


def test_another_process_that_was_quicker_wins(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    owed(cast)
    stale = Engine(DUE).drafts([cast.clerk.pk])
    monkeypatch.setattr(Engine, "drafts", lambda self, people: stale)
    run(DUE)

    late = run(DUE)

    assert late == []
    assert Notice.objects.filter(recipient=cast.clerk).count() == 1


def test_the_constraint_on_the_record_takes_the_notice_back(cast: Cast) -> None:
    submission = owed(cast)
    engine = Engine(DUE)
    drafts = engine.drafts([cast.clerk.pk])
    recorded(submission, cast.clerk, step=0)

    with pytest.raises(IntegrityError), transaction.atomic():
        engine.write(drafts, moment(2026, 11, 25))

    assert not Notice.objects.exists()


def test_each_person_gets_one_digest_a_day_even_if_more_falls_due(cast: Cast) -> None:
    owed(cast)
    run(DUE)
    owed(cast)

    assert told(DUE) == {}
    assert "clerk" in told(date(2026, 11, 26))


# ── 停 ──────────────────────────────────────────────


@pytest.mark.parametrize("day", [date(2026, 11, 28), date(2026, 11, 29), date(2026, 10, 1)])
def test_nothing_is_sent_on_a_rest_day(cast: Cast, day: date) -> None:
    owed(cast, due_date=day, period_start=date(2026, 9, 1))

    outcome = send_reminders(on=day, at=moment(2026, 11, 28))

    assert not outcome.is_working
    assert not Notice.objects.exists()


def test_nothing_due_means_no_mail(cast: Cast) -> None:
    owed(cast, due_date=date(2026, 12, 25))

    assert told(TODAY) == {}
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"accepted": True},
        {"assignment__state": Assignment.State.SUSPENDED},
        {"assignment__state": Assignment.State.CANCELLED},
        {"assignment__state": Assignment.State.CLOSED},
        {"measure__state": Measure.State.SUSPENDED},
        {"measure__state": Measure.State.CLOSED},
        {"measure__state": Measure.State.CANCELLED},
    ],
)
def test_what_is_settled_or_stopped_is_left_in_peace(cast: Cast, values: dict) -> None:
    owed(cast, **values)

    assert told(date(2026, 12, 1)) == {}


@pytest.mark.parametrize("state", [Campaign.State.DRAFT, Campaign.State.CLOSED])
def test_a_campaign_not_running_reminds_nobody(cast: Cast, state: str) -> None:
    owed(cast)
    Campaign.objects.update(state=state)

    assert told(DUE) == {}


def test_work_of_a_department_that_no_longer_exists_is_told_to_the_office(cast: Cast) -> None:
    owed(cast)
    DepartmentPeriod.objects.create(department=cast.registry, end_date=date(2026, 11, 24))

    assert set(told(DUE)) == {cast.office.username, cast.officer.username}


def test_an_unsigned_task_with_nobody_in_post_is_told_to_the_office(cast: Cast) -> None:
    empty = make.DepartmentFactory()
    owed(
        cast,
        measure__lead_department=empty,
        assignment__state=Assignment.State.ISSUED,
        assignment__acknowledge_due_date=date(2026, 11, 24),
        due_date=date(2027, 3, 20),
    )

    assert set(told(DUE)) == {cast.office.username, cast.officer.username}


def test_what_the_only_head_handed_in_waits_for_the_clerk(cast: Cast) -> None:
    submission = owed(cast, submitted=True)
    submission.rounds.update(submitted_by=cast.head, by_colleague=True)

    assert set(told(DUE)) == {cast.clerk.username}


def test_an_endorsed_report_troubles_nobody_in_the_department(cast: Cast) -> None:
    owed(cast, endorsed=True, by={"clerk": cast.clerk, "head": cast.head})

    assert set(told(date(2026, 11, 27))) == {"office", "officer"}


# ── 找誰 ────────────────────────────────────────────


def test_the_owner_is_told_instead_of_the_other_clerks(cast: Cast) -> None:
    owner = make.UserFactory(username="owner")
    make.AppointmentFactory(user=owner, department=cast.registry)
    owed(cast, measure__owner=owner)

    assert told(DUE) == {"owner": ("on_day",)}


def test_an_owner_from_another_department_does_not_count(cast: Cast) -> None:
    owed(cast, measure__owner=cast.helper)

    assert told(DUE) == {"clerk": ("on_day",)}


def test_the_head_is_told_when_there_is_no_clerk(cast: Cast) -> None:
    owed(cast, measure__lead_department=cast.funeral_home)

    assert told(DUE) == {"neighbour": ("on_day",)}
    assert told(date(2026, 11, 26)) == {"neighbour": ("after_1",)}


def test_the_office_is_told_when_nobody_holds_a_post(cast: Cast) -> None:
    owed(cast, measure__lead_department=make.DepartmentFactory(name="空科"))

    outcome = send_reminders(on=DUE, at=moment(2026, 11, 25))

    assert {plan.person.username for plan in outcome.sent} == {"office", "officer"}
    assert "空科" in outcome.sent[0].lines[0].sentence


def test_the_successor_gets_it_from_the_day_he_starts(cast: Cast) -> None:
    owed(cast)
    Appointment.objects.filter(user=cast.clerk).update(end_date=date(2026, 11, 23))
    successor = make.UserFactory(username="successor")
    make.AppointmentFactory(user=successor, department=cast.registry, start_date=date(2026, 11, 24))

    assert told(date(2026, 11, 20)) == {"clerk": ("before_3",)}
    assert told(date(2026, 11, 24)) == {"successor": ("before_1",)}


def test_a_disabled_account_is_passed_over(cast: Cast) -> None:
    owed(cast)
    User.objects.filter(pk=cast.clerk.pk).update(is_active=False)

    assert told(DUE) == {"head": ("on_day",)}


def test_a_report_waiting_for_the_head_is_the_heads_alone(cast: Cast) -> None:
    owed(cast, submitted=True, by={"clerk": cast.clerk})

    assert told(date(2026, 11, 20)) == {}
    assert told(date(2026, 11, 24)) == {"head": ("before_1",)}
    assert told(date(2026, 12, 1)) == {"head": ("after_4",)}


def test_the_accountable_seat_is_the_responsible_leader(cast: Cast) -> None:
    seat = Seat.objects.get(campaign=cast.campaign, role=Seat.Role.CHAIR)
    owed(cast, measure__accountable_seat=seat)

    assert set(told(date(2026, 12, 1))) == {"clerk", "head", "leader", "office", "officer"}
    assert Measure.objects.get().get_absolute_url() in (
        Notice.objects.get(recipient=cast.leader).body.splitlines()
    )


def test_without_a_deputy_in_charge_the_chair_is_told(cast: Cast) -> None:
    owed(cast, measure__lead_department=cast.funeral_home)

    assert set(told(date(2026, 12, 1))) == {"neighbour", "leader", "office", "officer"}


def test_an_assignment_not_signed_for_reminds_clerk_and_head(cast: Cast) -> None:
    submission = owed(
        cast,
        due_date=date(2026, 12, 25),
        assignment__state=Assignment.State.ISSUED,
        assignment__acknowledge_due_date=date(2026, 11, 20),
    )
    make.SubmissionFactory(
        assignment=submission.assignment, label="2026-12", due_date=date(2026, 12, 30)
    )

    outcome = send_reminders(on=TODAY, at=moment(2026, 11, 23))

    lines = {plan.person.username: plan.lines for plan in outcome.sent}
    assert set(lines) - {"office", "officer"} == {"clerk", "head"}
    [line] = lines["clerk"]
    assert (line.step, line.call.due) == ("ack_after_1", date(2026, 11, 20))
    assert line.url == submission.assignment.measure.get_absolute_url()


def test_the_office_is_told_of_rounds_waiting_too_long(cast: Cast) -> None:
    owed(cast, endorsed=True, by={"clerk": cast.clerk, "head": cast.head})

    days = {day: told(day) for day in _days(date(2026, 11, 24), date(2026, 12, 4))}

    assert {day: people for day, people in days.items() if people} == {
        date(2026, 11, 26): dict.fromkeys(("office", "officer"), ("review_on_day",)),
        date(2026, 11, 27): dict.fromkeys(("office", "officer"), ("review_after_1",)),
        date(2026, 12, 2): dict.fromkeys(("office", "officer"), ("review_after_4",)),
        date(2026, 12, 3): {"leader": ("review_after_5",)},
    }


def test_whoever_endorsed_it_is_not_asked_to_review_it(cast: Cast) -> None:
    owed(cast, endorsed=True, by={"clerk": cast.clerk, "head": cast.officer})

    assert set(told(date(2026, 11, 27))) == {"office"}


# ── 退回與延期 ────────────────────────────────────────


def test_a_returned_report_is_chased_anew_by_its_own_deadline(cast: Cast) -> None:
    submission = owed(cast, endorsed=True, by={"clerk": cast.clerk, "head": cast.head})
    assert told(DUE) == {}
    send_back(
        actor=cast.office,
        submission_id=submission.pk,
        reason="缺前後對比照片。",
        at=moment(2026, 11, 25, 15),
        due_date=date(2026, 12, 1),
    )

    assert told(date(2026, 11, 26)) == {"clerk": ("before_3",)}
    assert told(date(2026, 12, 1)) == {"clerk": ("on_day",)}
    body = Notice.objects.filter(recipient=cast.clerk).first().body
    assert "退回後第 2 輪" in body
    assert "時限12月1日" in body


def test_a_round_returned_after_reminders_climbs_its_own_ladder(cast: Cast) -> None:
    submission = owed(cast)
    run(DUE)
    Round.objects.create(
        submission=submission, number=2, opened_at=moment(2026, 11, 25), due_date=DUE
    )
    Submission.objects.update(round_number=2)

    assert told(date(2026, 11, 26)) == {"clerk": ("after_1",), "head": ("after_1",)}


def test_an_extension_moves_every_step(cast: Cast) -> None:
    submission = owed(cast)
    assert told(date(2026, 11, 24)) == {"clerk": ("before_1",)}
    request = ask_extension(
        actor=cast.clerk,
        submission_id=submission.pk,
        proposed_date=date(2026, 12, 9),
        reason="設備月底才到。",
        at=moment(2026, 11, 24, 10),
    )
    assert told(DUE) == {"clerk": ("on_day",)}
    decide_request(
        actor=cast.office,
        request_id=request.pk,
        is_approved=True,
        reason="同意。",
        granted_date=date(2026, 12, 9),
        at=moment(2026, 11, 25, 10),
    )

    assert told(date(2026, 11, 26)) == {}
    assert told(date(2026, 11, 30)) == {"clerk": ("before_7",)}
    assert told(date(2026, 12, 8)) == {"clerk": ("before_1",)}


def test_an_extension_granted_before_the_mail_leaves_withdraws_it(cast: Cast) -> None:
    submission = owed(cast)
    run(DUE)
    move_due_date(submission, date(2026, 12, 31))

    assert reminders.recheck_digest(digest_of(cast.clerk), moment(2026, 11, 25, 8, 31)) is None


def test_a_report_handed_in_before_breakfast_the_next_day_is_late(cast: Cast) -> None:
    submission = owed(cast, submitted=True, by={"clerk": cast.clerk})

    Round.objects.update(submitted_at=moment(2026, 11, 26, 7))

    assert submission.rounds.get().is_late


# ── 一份 ────────────────────────────────────────────


def test_two_campaigns_make_one_digest_with_the_worst_first(cast: Cast) -> None:
    other = make.CampaignFactory(name="優質服務年")
    owed(cast, due_date=DUE)
    owed(
        cast,
        due_date=date(2026, 11, 20),
        measure__campaign=other,
        measure__main_task=make.MainTaskFactory(campaign=other),
    )

    run(TODAY)

    [digest] = Notice.objects.filter(recipient=cast.clerk)
    assert digest.title == "每日提醒（11月23日）：1 件已過時限，1 件將到時限"
    first, second = reminders.read_digest(digest, moment(2026, 11, 23)).body.split("\n\n")
    assert first.startswith("逾期 1 個工作日")
    assert "〔優質服務年〕" in first
    assert second.startswith("剩 2 個工作日")
    assert all("/submissions/" in part for part in (first, second))


def test_a_very_long_digest_says_how_many_more(cast: Cast) -> None:
    for _number in range(reminders.MOST_LINES + 2):
        owed(cast)

    run(DUE)

    digest = digest_of(cast.clerk)
    stored, read = digest.body, reminders.read_digest(digest, moment(2026, 11, 25)).body
    assert "另有 31 件" in stored
    assert stored.count("/submissions/") == reminders.STORED_LINES
    assert "另有 2 件" in read
    assert read.count("/submissions/") == reminders.MOST_LINES


def test_queries_do_not_grow_with_the_reports(cast: Cast) -> None:
    for _number in range(30):
        owed(cast)
    with CaptureQueriesContext(
        connection,
    ) as few:
        plan_reminders(date(2026, 12, 1), calendar())
    for _number in range(270):
        owed(cast)

    with CaptureQueriesContext(connection) as many:
        plans = plan_reminders(date(2026, 12, 1), calendar())

    assert len(few) == len(many) <= 30
    duties = [line for plan in plans for line in plan.lines if line.step != "weekly"]
    assert len(duties) == 1500


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
