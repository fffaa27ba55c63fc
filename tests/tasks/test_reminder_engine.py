"""提醒的引擎：常見系統的幾個坑（p1 至 p6），升級的話，每週一覽，分段，別的應用登記的來源。"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from journal.models import Delivery, Notice
from people.models import Appointment, User
from tasks import duties
from tasks.duties import Call, Line, Scope
from tasks.jobs import remind_due
from tasks.models import Measure, Reminder, ReminderPolicy, ReminderRun, ReminderSlice, Submission
from tasks.services import reminder_roster, reminder_runs, reminders
from tasks.services.reminder_runs import SliceFailed
from tasks.services.reminders import Engine, recheck_digest, run_reminders, send_reminders
from tasks.services.review import send_back
from tests.cast import TODAY, Cast
from tests.factories import moment
from tests.tasks.test_reminders import DUE, digest_of, owed, run, told

SignIn = Callable[[User], Client]


def sent_to(person: User, on: date) -> list[str]:
    """這天發給他的各句話。"""
    outcome = send_reminders(on=on, at=moment(on.year, on.month, on.day, 8, 30))
    return [line.sentence for plan in outcome.sent if plan.person == person for line in plan.lines]


def ring(on: date) -> reminder_runs.Tally:
    return run_reminders(on=on, at=moment(on.year, on.month, on.day, 8, 30))


# ── 六個坑 ────────────────────────────────────────────


@pytest.mark.usefixtures("clock")
def test_p1_reminders_are_on_by_default(cast: Cast) -> None:
    owed(cast, due_date=TODAY)

    remind_due()

    assert digest_of(cast.clerk).title.startswith("每日提醒")
    assert not ReminderPolicy.objects.exists()


def test_p2_a_missed_run_loses_nothing(cast: Cast) -> None:
    owed(cast, due_date=date(2026, 11, 26))

    assert told(date(2026, 11, 30)) == {"clerk": ("after_2",), "head": ("after_2",)}
    assert list(Reminder.objects.filter(person=cast.clerk).values_list("step", flat=True)) == [2]


def test_p2_steps_that_were_passed_over_never_come_later(cast: Cast) -> None:
    owed(cast)
    run(date(2026, 11, 26))

    assert [told(day) for day in (date(2026, 11, 20), date(2026, 11, 24), DUE)] == [{}, {}, {}]


def test_p3_returned_work_is_chased_by_its_own_clock(cast: Cast) -> None:
    submission = owed(cast, endorsed=True, by={"clerk": cast.clerk, "head": cast.head})
    send_back(
        actor=cast.office, submission_id=submission.pk, reason="缺照片。",
        at=moment(2026, 11, 20), due_date=date(2026, 11, 27),
    )  # fmt: skip

    days = (date(2026, 11, 24), date(2026, 11, 27), date(2026, 11, 30))

    assert [told(day).get("clerk") for day in days] == [("before_3",), ("on_day",), ("after_1",)]


def test_p4_one_digest_never_empty_never_for_what_is_done(cast: Cast) -> None:
    for _number in range(3):
        owed(cast)
    run(DUE)
    [digest] = Notice.objects.filter(recipient=cast.clerk)
    Submission.objects.update(state=Submission.State.ACCEPTED)

    assert recheck_digest(digest, moment(2026, 11, 25, 9)) is None
    assert told(date(2026, 11, 26)) == {}


def test_p4_nothing_leaves_the_site_on_a_rest_day(cast: Cast) -> None:
    owed(cast, due_date=date(2026, 10, 5))
    assert ring(date(2026, 10, 5)) == reminder_runs.Tally()

    run_reminders(on=date(2026, 9, 30), at=moment(2026, 9, 30, 21))

    assert not Delivery.objects.filter(next_attempt_at__lt=moment(2026, 10, 8, 8)).exists()


def test_p5_the_same_step_is_never_told_twice(cast: Cast) -> None:
    owed(cast)
    for day in (date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24), DUE):
        ring(day)
        ring(day)

    keys = list(Reminder.objects.filter(person=cast.clerk).values_list("subject_id", "step"))
    assert len(keys) == len(set(keys)) == 3
    assert Notice.objects.filter(recipient=cast.clerk).count() == 3


def test_p6_a_slice_that_fails_is_loud_and_holds_up_nobody(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed(cast)
    monkeypatch.setattr(reminder_runs, "SLICE", 1)
    monkeypatch.setattr(reminder_runs, "SLICE_ALONE", 1)
    write = Engine.write

    def write_unless_the_office(self: Engine, drafts: list, at: object) -> list:
        if any(draft.person == cast.office for draft in drafts):
            raise RuntimeError("壞數據")
        return write(self, drafts, at)

    monkeypatch.setattr(Engine, "write", write_unless_the_office)
    with pytest.raises(SliceFailed):
        ring(DUE)

    assert Notice.objects.filter(recipient__in=[cast.clerk, cast.officer]).count() == 2
    assert ReminderRun.objects.get().finished_at is None
    monkeypatch.setattr(Engine, "write", write)
    assert ring(DUE).people == 1
    assert ReminderRun.objects.get().finished_at


# ── 升級 ──────────────────────────────────────────────


def test_the_office_is_asked_to_escalate_and_nothing_is_issued(cast: Cast) -> None:
    submission = owed(cast)
    measure = submission.assignment.measure

    fourth, tenth = sent_to(cast.office, date(2026, 12, 1)), sent_to(cast.office, date(2026, 12, 9))

    assert any("尚未報出，請轉督辦單。" in sentence for sentence in fourth)
    assert any("仍未報出，請列入通報。" in sentence for sentence in tenth)
    body = Notice.objects.filter(recipient=cast.office).latest("pk").body
    assert measure.get_absolute_url() in body.splitlines()


def test_leaders_hear_what_the_office_was_asked_to_do(cast: Cast) -> None:
    owed(cast)

    [deputy] = sent_to(cast.deputy, date(2026, 12, 1))
    [chair] = sent_to(cast.leader, date(2026, 12, 9))

    assert deputy.endswith("尚未報出，請過問；已請創建辦轉督辦單。")
    assert chair.endswith("仍未報出，請過問；已請創建辦列入通報。")


def test_the_offices_own_waiting_is_shown_to_it_first(cast: Cast) -> None:
    owed(cast, due_date=date(2026, 11, 20))
    owed(cast, endorsed=True, by={"clerk": cast.clerk, "head": cast.head})

    first, *_rest = sent_to(cast.office, date(2026, 11, 26))

    assert first.startswith("審核今天截止")
    assert len(_rest) == 2


def test_an_unsigned_task_reaches_the_office_on_the_fourth_day(cast: Cast) -> None:
    owed(
        cast,
        assignment__state="issued",
        assignment__acknowledge_due_date=date(2026, 11, 19),
        due_date=date(2027, 3, 20),
    )

    sentences = sent_to(cast.office, DUE)

    assert any("還沒有簽收" in sentence and "請轉督辦單" in sentence for sentence in sentences)


def test_a_report_with_nobody_left_to_endorse_goes_to_the_office(cast: Cast) -> None:
    owed(cast, submitted=True, by={"clerk": cast.clerk})
    Appointment.objects.filter(user=cast.head).update(end_date=date(2026, 11, 20))

    assert set(told(DUE)) == {"office", "officer"}


# ── 每週一覽 ──────────────────────────────────────────


def weekly(cast: Cast, on: date) -> list[str]:
    return [sentence for sentence in sent_to(cast.office, on) if "本週一覽" in sentence]


def test_on_monday_the_office_sees_the_whole(cast: Cast) -> None:
    owed(cast, due_date=date(2026, 11, 20))
    owed(cast)
    owed(cast, submitted=True, by={"clerk": cast.clerk})
    owed(cast, endorsed=True, by={"clerk": cast.clerk, "head": cast.head})
    owed(cast, due_date=date(2026, 12, 25))

    assert weekly(cast, TODAY) == [
        "本週一覽：到11月29日應報 4 期，未報 2（其中逾期 1），等初審 1，等審核 1。"
    ]
    assert weekly(cast, date(2026, 11, 24)) == []


def test_a_monday_that_rests_moves_the_summary(cast: Cast) -> None:
    owed(cast, due_date=date(2026, 10, 9), period_start=date(2026, 9, 1))
    ring(date(2026, 9, 28))

    assert [bool(weekly(cast, day)) for day in (date(2026, 9, 29), date(2026, 10, 8))] == [
        False,
        True,
    ]
    assert weekly(cast, date(2026, 10, 9)) == []


def test_a_monday_without_a_worker_is_made_up_on_tuesday(cast: Cast) -> None:
    owed(cast)

    assert len(weekly(cast, date(2026, 11, 24))) == 1
    assert weekly(cast, DUE) == []


def test_a_summary_of_zeros_is_not_sent(cast: Cast) -> None:
    owed(cast, accepted=True)

    assert weekly(cast, TODAY) == []


def test_the_summary_follows_the_policy(cast: Cast) -> None:
    owed(cast)
    policy = ReminderPolicy.objects.create(campaign=cast.campaign, weekly_day=None)
    assert weekly(cast, TODAY) == []

    ReminderPolicy.objects.filter(pk=policy.pk).update(weekly_day=2)

    assert len(weekly(cast, date(2026, 11, 25))) == 1


# ── 打開消息 ──────────────────────────────────────────


def test_an_opened_digest_lists_what_is_still_owed(cast: Cast, signed_in: SignIn) -> None:
    rows = [owed(cast, due_date=TODAY) for _number in range(6)]
    run(TODAY)
    for row in rows[:2]:
        row.move(Submission.State.OPEN, Submission.State.SUBMITTED, "")
    page = signed_in(cast.clerk).get(digest_of(cast.clerk).get_absolute_url()).content.decode()

    assert "這份提醒原有 6 件，其中 2 件不用再辦了" in page
    assert [row.get_absolute_url() in page for row in rows] == [False] * 2 + [True] * 4


def test_an_opened_digest_says_when_all_is_done(cast: Cast, signed_in: SignIn) -> None:
    owed(cast, due_date=TODAY)
    run(TODAY)
    Submission.objects.update(state=Submission.State.ACCEPTED)

    page = signed_in(cast.clerk).get(digest_of(cast.clerk).get_absolute_url()).content.decode()

    assert "這份提醒裏的 1 件都不用再辦了。" in page


# ── 分段 ──────────────────────────────────────────────


def test_a_run_cut_short_goes_on_where_it_stopped(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed(cast)
    monkeypatch.setattr(reminder_runs, "SLICE", 3)
    monkeypatch.setattr(reminder_runs, "SLICE_ALONE", 3)
    ring(DUE)
    for model in (Reminder, Delivery, Notice):
        model.objects.all().delete()
    ReminderRun.objects.update(finished_at=None)
    half = ReminderSlice.objects.filter(last_person__gte=cast.clerk.pk)
    half.update(done_at=None)

    ring(DUE)

    assert ReminderRun.objects.count() == 1
    assert Notice.objects.filter(recipient=cast.clerk).count() == 1
    assert not Notice.objects.filter(recipient=cast.office).exists()


def test_a_long_slice_asks_by_range_and_finds_the_same(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed(cast, due_date=date(2026, 11, 20))
    owed(cast, endorsed=True, by={"clerk": cast.clerk, "head": cast.head})
    people = [cast.clerk.pk, cast.office.pk, cast.deputy.pk]
    few = {draft.person: set(draft.calls) for draft in Engine(date(2026, 11, 26)).drafts(people)}

    monkeypatch.setattr(reminder_roster, "MANY", 0)
    many = {draft.person: set(draft.calls) for draft in Engine(date(2026, 11, 26)).drafts(people)}

    assert few == many
    assert set(few) == {cast.clerk, cast.office, cast.deputy}


def test_a_second_pass_finds_only_what_came_later(cast: Cast) -> None:
    owed(cast)
    first = ring(DUE)
    owed(cast, measure__lead_department=cast.funeral_home)

    second = ring(DUE)

    assert (first.people, second.people) == (3, 1)
    assert list(ReminderRun.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_a_slice_asks_a_fixed_number_of_questions(cast: Cast) -> None:
    def count(on: date) -> int:
        with CaptureQueriesContext(connection) as queries:
            ring(on)
        return len(queries)

    for _number in range(5):
        owed(cast)
    few = count(TODAY)
    for _number in range(45):
        owed(cast)

    assert count(date(2026, 11, 30)) <= few <= 55
    assert Reminder.objects.filter(person=cast.clerk).count() == 55


# ── 別的應用登記的來源 ─────────────────────────────────


class Orders:
    """假的督辦：每個辦公室的人有一張單要答覆。"""

    tracks: Collection[str] = ("supervision",)

    def calls(self, scope: Scope) -> Iterator[Call]:
        for person in User.objects.filter(username__in=["clerk", "office"]):
            reached = scope.ladders.of(Campaign.objects.get().pk, "supervision").reached("doer", 1)
            yield Call(
                person.pk, Campaign.objects.get().pk, "supervision", 7, date(2026, 11, 24),
                reached.step, reached.level, "answerer",
            )  # fmt: skip

    def lines(self, calls: Collection[Call], scope: Scope) -> Mapping[Call, Line]:
        return {call: Line("督辦單 2026-7 等您答覆。", "/supervision/7/") for call in calls}

    def people(self, campaign_id: int, on: date) -> Collection[int]:
        return ()


@pytest.fixture
def _orders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duties, "_sources", [*duties._sources, Orders()])


@pytest.mark.usefixtures("_orders")
def test_a_registered_source_is_merged_into_the_one_digest(cast: Cast) -> None:
    owed(cast)

    [plan] = [plan for plan in send_reminders(on=DUE, at=moment(2026, 11, 25)).sent
              if plan.person == cast.clerk]  # fmt: skip

    assert [line.step for line in plan.lines] == ["supervision_after_1", "on_day"]
    assert told(date(2026, 11, 26)) == {"clerk": ("after_1",), "head": ("after_1",)}


def test_registering_twice_counts_once() -> None:
    before = duties.sources()

    duties.register_source(before[0])

    assert duties.sources() == before


# ── 命令 ──────────────────────────────────────────────


@pytest.mark.usefixtures("clock")
def test_the_command_speaks_json_and_nothing_else(cast: Cast) -> None:
    submission = owed(cast, due_date=date(2026, 11, 20))
    out = StringIO()

    call_command("remind", "--on", "2026-11-24", "--dry-run", "--json", stdout=out)

    found = {row["person"]: row for row in json.loads(out.getvalue())}
    assert set(found) == {"clerk", "head", "office", "officer"}
    clerk = found["clerk"]
    assert (clerk["address"], clerk["channel"], clerk["step"]) == (
        "clerk@example.test",
        "mail",
        "after_2",
    )
    [item] = clerk["items"]
    assert item["url"] == submission.get_absolute_url()
    assert (item["track"], item["due"], item["level"]) == ("report", "2026-11-20", "urge")
    assert item["measure"] == Measure.objects.get().code
    assert item["department"] == "婚姻登記處"
    assert not Notice.objects.exists()


@pytest.mark.usefixtures("clock")
def test_json_of_a_rest_day_is_an_empty_list(cast: Cast) -> None:
    out = StringIO()

    call_command("remind", "--on", "2026-10-01", "--json", stdout=out)

    assert json.loads(out.getvalue()) == []


def test_a_job_without_people_is_over_at_once(db: None) -> None:
    assert ring(DUE) == reminder_runs.Tally()
    assert ReminderRun.objects.get().finished_at


def test_nothing_is_said_of_a_digest_nobody_recorded(cast: Cast) -> None:
    stray = Notice.objects.create(
        recipient=cast.clerk, kind=Notice.Kind.DIGEST, title="舊的", created_at=moment(2026, 11, 1)
    )

    assert reminders.read_digest(stray, moment(2026, 11, 25)) is None
    assert recheck_digest(stray, moment(2026, 11, 25)) is None
