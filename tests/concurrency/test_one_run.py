"""一遍提醒由幾個進程分着做：不重不漏，中途死了的一段由別人接着做。"""

from collections.abc import Collection
from datetime import date
from threading import Event

import pytest
from django.db import connection

from journal.models import Notice
from people.models import User
from tasks.models import Reminder, ReminderRun, ReminderSlice
from tasks.services import reminder_runs
from tasks.services.reminders import Engine, run_reminders
from tests import factories as make
from tests.cast import Cast
from tests.concurrency.together import split, together
from tests.factories import moment

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 25)
AT = moment(2026, 11, 25, 8, 30)


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_runs, "SLICE", 2)
    monkeypatch.setattr(reminder_runs, "SLICE_ALONE", 2)


def busy_clerks(cast: Cast, count: int) -> list[User]:
    """婚姻登記處的許多經辦人，都欠着同樣的兩期。"""
    people = [make.UserFactory() for _number in range(count)]
    for person in people:
        make.AppointmentFactory(user=person, department=cast.registry)
    for _number in range(2):
        measure = make.MeasureFactory(
            campaign=cast.campaign, lead_department=cast.registry, issued=True
        )
        make.SubmissionFactory(assignment=make.AssignmentFactory(measure=measure), due_date=ON)
    return [*people, cast.clerk]


def test_p5_two_workers_share_one_run_without_overlap(cast: Cast) -> None:
    people = busy_clerks(cast, 11)

    done, refused = split(together(*[lambda: run_reminders(on=ON, at=AT)] * 2))

    assert refused == []
    told = list(Notice.objects.filter(recipient__in=people).values_list("recipient", flat=True))
    assert sorted(told) == sorted(person.pk for person in people)
    assert Reminder.objects.filter(person__in=people).count() == 2 * len(people)
    assert sum(tally.people for tally in done) == Notice.objects.count()
    assert not ReminderSlice.objects.filter(run__number=1, done_at=None).exists()


def test_a_worker_holding_a_slice_does_not_hold_up_the_other(cast: Cast) -> None:
    if not connection.features.has_select_for_update_skip_locked:
        # SQLite 一次只有一個寫的：守在這裏的是「等他寫完」，不是「跳過他」。
        assert run_reminders(on=ON, at=AT).people == 0
        return
    people = busy_clerks(cast, 11)
    holding, others_done = Event(), Event()

    def slow() -> reminder_runs.Tally:
        write = Engine(ON)

        def remind(batch: Collection[int]) -> reminder_runs.Done:
            holding.set()
            others_done.wait(20)
            sent = write.write(write.drafts(batch), AT)
            return reminder_runs.Done(len(sent), 0)

        return reminder_runs.work(on=ON, at=AT, remind=remind)

    def quick() -> reminder_runs.Tally:
        holding.wait(20)
        tally = run_reminders(on=ON, at=AT)
        others_done.set()
        return tally

    done, refused = split(together(slow, quick))

    assert refused == []
    assert all(tally.slices for tally in done)
    assert Notice.objects.filter(recipient__in=people).count() == len(people)
    assert ReminderRun.objects.get().finished_at


def test_p2_a_worker_that_dies_in_the_middle_of_a_slice_loses_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = busy_clerks(cast, 5)
    write = Engine.write

    class Killed(BaseException):
        """kill -9：寫到一半，什麼也來不及收拾。"""

    def write_then_die(self: Engine, drafts: list, at: object) -> list:
        write(self, drafts, at)
        raise Killed

    monkeypatch.setattr(Engine, "write", write_then_die)
    with pytest.raises(Killed):
        run_reminders(on=ON, at=AT)
    assert not Notice.objects.exists()
    monkeypatch.setattr(Engine, "write", write)

    run_reminders(on=ON, at=AT)

    assert Notice.objects.filter(recipient__in=people).count() == len(people)
    assert Reminder.objects.filter(person__in=people).count() == 2 * len(people)
    assert ReminderRun.objects.count() == 1
