"""舊的提醒記錄（before_3@2026-12-11 掛在輪次上）拆成幾列，再能退回去。"""

from datetime import date
from typing import Any

from journal.models import Notice
from tasks.models import Round
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
    "ack_after_1@2026-11-20",
]


class Reminders:
    def __init__(self, cast: Cast) -> None:
        """退回去之前就有的：登記處該報的一期，又出了一期。"""
        submission = owed(cast)
        self.round: Round = submission.rounds.get()
        self.assignment = submission.assignment_id
        make.SubmissionFactory(assignment=submission.assignment, label="2026-12")
        self.person = cast.clerk.pk
        self.notice = Notice.objects.create(
            recipient=cast.clerk, title="", key="digest:2026-11-20", created_at=moment(2026, 11, 20)
        )

    def plant(self, old: Any) -> None:
        """五種記錄；另有一條沒有通知的（沒發成），不搬。"""
        rows = old.get_model("tasks", "Reminder").objects
        told = {"round_id": self.round.pk, "person_id": self.person, "on": date(2026, 11, 20)}
        for code in CODES:
            rows.create(step=code, notice_id=self.notice.pk, **told)
        rows.create(step="before_7@2026-11-25", **told)

    def assert_upgraded(self, new: Any) -> None:
        first, rows = self.round.pk, new.get_model("tasks", "Reminder").objects
        assert set(rows.values_list("track", "subject_id", "due_date", "step")) == {
            ("report", first, date(2026, 11, 25), -3),
            ("report", first, date(2026, 11, 25), 0),
            ("report", first, date(2026, 11, 25), 9),
            ("review", first, date(2026, 11, 27), 1),
            ("acknowledge", self.assignment, date(2026, 11, 20), 1),
        }

    def assert_back(self, back: Any) -> None:
        rows = back.get_model("tasks", "Reminder").objects
        assert set(rows.values_list("round_id", "step", "notice_id")) == {
            (self.round.pk, code, self.notice.pk) for code in CODES
        }
