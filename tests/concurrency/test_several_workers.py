"""幾個後台進程同時跑同一個任務：提醒、投遞、封存，都只辦一遍。"""

from datetime import date

import pytest
from django.core import mail

from journal.models import ChainHead, Delivery, Entry, Notice
from journal.services import (
    Message,
    announce,
    broken_entries,
    deliver_waiting,
    record,
    seal_entries,
)
from tasks.models import Reminder
from tasks.services.reminders import send_reminders
from tests import factories as make
from tests.cast import TODAY, Cast
from tests.concurrency.together import split, together
from tests.factories import moment

pytestmark = pytest.mark.django_db(transaction=True)
AT = moment(2026, 11, 23)
SIX = 6


def owe(cast: Cast, count: int) -> None:
    """婚姻登記處和殯儀館各欠幾期，後天到期。"""
    for department in (cast.registry, cast.funeral_home):
        for _number in range(count):
            measure = make.MeasureFactory(
                campaign=cast.campaign, lead_department=department, issued=True
            )
            assignment = make.AssignmentFactory(measure=measure)
            make.SubmissionFactory(assignment=assignment, due_date=date(2026, 11, 25))


def test_six_runs_remind_each_person_once(cast: Cast) -> None:
    owe(cast, 3)

    done, refused = split(together(*[lambda: send_reminders(on=TODAY, at=AT)] * SIX))

    assert refused == []
    told = list(Notice.objects.filter(kind=Notice.Kind.DIGEST).values_list("recipient", flat=True))
    assert len(told) == len(set(told)) > 0
    assert sum(len(outcome.sent) for outcome in done) == len(told)
    rows = list(
        Reminder.objects.exclude(track="weekly").values_list("subject_id", "step", "person")
    )
    assert len(rows) == len(set(rows)) == 6
    assert Delivery.objects.count() == len(told)


def test_six_runs_send_each_letter_once(cast: Cast) -> None:
    people = [make.UserFactory() for _number in range(12)]
    announce(message=Message("請填報", url="/desk/"), recipients=people, at=AT)

    done, refused = split(together(*[lambda: deliver_waiting(at=AT)] * SIX))

    assert refused == []
    assert sum(tally.sent for tally in done) == len(mail.outbox) == len(people)
    assert {letter.to[0] for letter in mail.outbox} == {person.email for person in people}
    assert set(Delivery.objects.values_list("state", "attempts")) == {(Delivery.State.SENT, 1)}


def test_six_runs_seal_one_unbroken_chain(cast: Cast) -> None:
    for number in range(30):
        record(
            actor=cast.office, action="tasks.noted", target=cast.campaign, at=AT,
            summary=f"第 {number} 件",
        )  # fmt: skip

    done, refused = split(together(*[lambda: seal_entries(limit=8)] * SIX))

    assert refused == []
    assert sum(done) == 30
    assert broken_entries() == []
    sequences = Entry.objects.order_by("sequence").values_list("sequence", flat=True)
    assert list(sequences) == list(range(1, 31))
    assert ChainHead.objects.get().sequence == 30


def test_writing_goes_on_while_sealing(cast: Cast) -> None:
    def write() -> None:
        for number in range(5):
            record(
                actor=cast.office, action="tasks.noted", target=cast.campaign, at=AT,
                summary=f"第 {number} 件",
            )  # fmt: skip

    def seal() -> int:
        return sum(seal_entries(limit=3) for _round in range(5))

    _done, refused = split(together(write, seal, write, seal))
    seal_entries()

    assert refused == []
    assert broken_entries() == []
    assert Entry.objects.unsealed().count() == 0
