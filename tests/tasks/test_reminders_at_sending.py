"""每日提醒臨發之前再核對：辦了的不說，天數按發出那天算，半夜和休息日不發。"""

from datetime import date, time

import pytest

from journal.models import Delivery
from journal.services import deliver_waiting
from tasks.models import Submission
from tasks.services import reminders
from tasks.services.reminder_policy import Hours, loud_from
from tests.cast import Cast
from tests.factories import moment
from tests.tasks.test_reminders import DUE, digest_of, owed, run
from workdays.services import calendar


def test_what_was_handed_in_meanwhile_is_not_mentioned(cast: Cast) -> None:
    done, waiting = owed(cast), owed(cast)
    run(DUE)
    Submission.objects.filter(pk=done.pk).update(state=Submission.State.SUBMITTED)

    message = reminders.recheck_digest(digest_of(cast.clerk), moment(2026, 11, 25, 8, 31))

    assert message.title == "每日提醒（11月25日）：1 件將到時限"
    assert waiting.get_absolute_url() in message.body
    assert done.get_absolute_url() not in message.body


def test_nothing_left_means_nothing_sent(cast: Cast) -> None:
    owed(cast)
    run(DUE)
    Submission.objects.update(state=Submission.State.SUBMITTED)

    assert reminders.recheck_digest(digest_of(cast.clerk), moment(2026, 11, 25, 8, 31)) is None


def test_a_mail_delayed_overnight_counts_from_the_day_it_leaves(cast: Cast) -> None:
    owed(cast)
    run(date(2026, 11, 24))

    message = reminders.recheck_digest(digest_of(cast.clerk), moment(2026, 11, 25, 7))

    assert message.body.startswith("今天截止")


def test_a_digest_whose_worker_slept_till_midnight_does_not_wake_anybody(cast: Cast) -> None:
    """本人選了下午六點，worker 停到半夜才起來：等到免打擾結束，不在半夜響。"""
    owed(cast)
    run(date(2026, 11, 24))
    waiting = Delivery.objects.filter(notice=digest_of(cast.clerk))
    waiting.update(next_attempt_at=moment(2026, 11, 24, 18))

    deliver_waiting(at=moment(2026, 11, 25, 1))

    assert waiting.get().state == Delivery.State.WAITING
    assert waiting.get().next_attempt_at == moment(2026, 11, 25, 8)


def test_a_digest_left_over_on_a_friday_waits_for_monday(cast: Cast) -> None:
    owed(cast, due_date=date(2026, 11, 27))
    run(date(2026, 11, 27))

    message = reminders.recheck_digest(digest_of(cast.clerk), moment(2026, 11, 28, 10))

    assert message.not_before == moment(2026, 11, 30, 8)


@pytest.mark.django_db
def test_quiet_hours_that_leave_no_hour_at_all_do_not_hold_it_for_ever() -> None:
    """一個活動夜裏免打擾，另一個白天免打擾：總得有個時候發。"""
    night, daytime = Hours(time(20), time(8)), Hours(time(8), time(20))
    now = moment(2026, 11, 25, 9)

    assert loud_from([night, daytime], now, calendar()) == now
    assert loud_from([night], now.replace(hour=21), calendar()) == moment(2026, 11, 26, 8)
