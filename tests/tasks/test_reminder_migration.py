"""舊的提醒記錄（before_3@2026-12-11 掛在輪次上）拆成幾列，再能退回去。"""

from collections.abc import Callable
from datetime import date
from typing import Any

from journal.models import Notice
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment
from tests.tasks.test_reminders import owed

OLD = [("tasks", "0005_chasing")]
CODES = [
    "before_3@2026-11-25",
    "on_day@2026-11-25",
    "after_9@2026-11-25",
    "review_after_1@2026-11-27",
]


def test_old_reminders_become_columns_and_go_back(migrate: Callable[..., Any], cast: Cast) -> None:
    submission = owed(cast)
    first = submission.rounds.get()
    make.SubmissionFactory(assignment=submission.assignment, label="2026-12")
    notice = Notice.objects.create(
        recipient=cast.clerk, title="", key="digest:2026-11-20", created_at=moment(2026, 11, 20)
    )
    person = cast.clerk.pk
    old = migrate(OLD).get_model("tasks", "Reminder").objects
    for code in [*CODES, "ack_after_1@2026-11-20"]:
        old.create(
            round_id=first.pk, step=code, person_id=person, notice_id=notice.pk,
            on=date(2026, 11, 20),
        )  # fmt: skip
    old.create(round_id=first.pk, step="before_7@2026-11-25", person_id=person,
               on=date(2026, 11, 20))  # fmt: skip

    new = migrate().get_model("tasks", "Reminder").objects

    assert set(new.values_list("track", "subject_id", "due_date", "step")) == {
        ("report", first.pk, date(2026, 11, 25), -3),
        ("report", first.pk, date(2026, 11, 25), 0),
        ("report", first.pk, date(2026, 11, 25), 9),
        ("review", first.pk, date(2026, 11, 27), 1),
        ("acknowledge", submission.assignment_id, date(2026, 11, 20), 1),
    }
    back = migrate(OLD).get_model("tasks", "Reminder").objects
    assert set(back.values_list("round_id", "step", "notice_id")) == {
        (first.pk, code, notice.pk) for code in [*CODES, "ack_after_1@2026-11-20"]
    }
