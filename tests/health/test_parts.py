"""門檻：停了幾分鐘變黃、變紅，磁盤剩多少算低。只看數字，時刻由測試給。"""

from datetime import date, datetime, timedelta

import pytest

from health import parts
from health.parts import GIB, MailFacts, Report, State
from pingtan_civ.lib.working_days import WorkingCalendar
from tests.factories import moment

NOW = moment(2026, 11, 23, 10)


def ago(**age: int) -> datetime:
    return NOW - timedelta(**age)


@pytest.mark.parametrize(
    ("age", "state"), [(0, "ok"), (2, "ok"), (3, "warn"), (4, "warn"), (5, "bad"), (600, "bad")]
)
def test_a_stopped_worker_turns_red_after_five_minutes(age: int, state: str) -> None:
    part = parts.worker(ago(minutes=age), NOW)

    assert part.state == state
    assert bool(part.cure) == (state != "ok")


def test_a_worker_that_never_came_is_red() -> None:
    part = parts.worker(None, NOW)

    assert (part.state, part.words) == ("bad", "從來沒有報到過。")


def test_a_stopped_beat_is_red_while_the_worker_lives() -> None:
    part = parts.beat(ago(minutes=9), NOW, is_worker_alive=True)

    assert (part.state, part.words) == ("bad", "已經 9 分鐘沒有報到。")


def test_the_beat_cannot_be_judged_while_the_worker_is_dead() -> None:
    part = parts.beat(ago(minutes=9), NOW, is_worker_alive=False)

    assert (part.state, part.words[:4]) == ("warn", "看不到：")


def test_a_clock_that_runs_ahead_does_not_make_it_red() -> None:
    assert parts.worker(NOW + timedelta(minutes=2), NOW).state == State.OK


@pytest.mark.parametrize(
    ("free", "total", "state"),
    [
        (50 * GIB, 100 * GIB, "ok"),
        (9 * GIB, 100 * GIB, "warn"),
        (GIB, 8 * GIB, "warn"),
        (2 * GIB, 100 * GIB, "bad"),
        (GIB // 4, GIB, "bad"),
        (0, 0, "bad"),
    ],
)
def test_a_disk_that_runs_full_is_told(free: int, total: int, state: str) -> None:
    assert parts.disk("磁盤", free, total).state == state


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (MailFacts(is_enabled=False), "stop"),
        (MailFacts(is_enabled=True), "ok"),
        (MailFacts(is_enabled=True, failing=2, oldest_failing=ago(minutes=10)), "warn"),
        (MailFacts(is_enabled=True, failing=2, oldest_failing=ago(hours=2)), "bad"),
        (MailFacts(is_enabled=True, given_up=1), "warn"),
    ],
)
def test_mail_that_fails_turns_yellow_then_red(facts: MailFacts, state: str) -> None:
    assert parts.mail(facts, NOW).state == state


@pytest.mark.parametrize(("age", "state"), [(5, "ok"), (20, "warn"), (90, "bad")])
def test_notices_that_wait_too_long_are_told(age: int, state: str) -> None:
    part = parts.deliveries(3, ago(minutes=age), NOW)

    assert part.state == state
    assert part.words.startswith("3 條到時間未發")


@pytest.mark.parametrize(("age", "state"), [(5, "ok"), (30, "warn"), (120, "bad")])
def test_sealing_that_stands_still_is_told(age: int, state: str) -> None:
    assert parts.seal(4, ago(minutes=age), NOW, is_worker_alive=True).state == state


@pytest.mark.parametrize(("is_alive", "state"), [(True, "ok"), (False, "bad")])
def test_the_first_sealing_is_awaited_while_the_worker_lives(is_alive: bool, state: str) -> None:
    assert parts.seal(900, None, NOW, is_worker_alive=is_alive).state == state


def test_a_large_backlog_is_yellow_while_sealing_goes_on() -> None:
    assert parts.seal(10_001, ago(minutes=1), NOW, is_worker_alive=True).state == State.WARN


def test_nothing_to_seal_is_fine_however_long_ago() -> None:
    assert parts.seal(0, ago(days=3), NOW, is_worker_alive=False).state == State.OK


@pytest.mark.parametrize(
    ("last", "reason", "state"),
    [(None, "", "warn"), (ago(hours=1), "群裏沒有這個機器人。", "warn"), (ago(hours=1), "", "ok")],
    ids=["never tried", "failed", "arrived"],
)
def test_a_channel_is_judged_by_its_last_attempt(
    last: datetime | None, reason: str, state: str
) -> None:
    part = parts.gateway(3, "創建工作群", last, reason)

    assert (part.state, bool(part.cure)) == (state, state != "ok")
    assert reason in part.words


@pytest.mark.parametrize(
    ("through", "today", "state"),
    [
        (date(2026, 12, 31), date(2026, 11, 23), "ok"),
        (date(2026, 12, 31), date(2026, 12, 15), "warn"),
        (date(2027, 12, 31), date(2026, 12, 15), "ok"),
        (date(2026, 12, 31), date(2027, 1, 4), "bad"),
        (None, date(2026, 11, 23), "bad"),
    ],
)
def test_a_calendar_that_ends_is_told(through: date | None, today: date, state: str) -> None:
    assert parts.calendar(through, today).state == state


def test_a_campaign_that_outlasts_the_calendar_is_told() -> None:
    through, today = date(2026, 12, 31), date(2026, 11, 23)

    part = parts.calendar(through, today, date(2027, 3, 31))

    assert part.state == State.WARN
    assert "2027 年的時限暫按推算，公佈後請導入。" in part.words
    assert parts.calendar(through, today, date(2026, 12, 31)).state == State.OK


@pytest.mark.parametrize(
    ("last", "hour", "state"),
    [
        (date(2026, 11, 23), 9, "ok"),
        (date(2026, 11, 20), 9, "ok"),
        (date(2026, 11, 20), 11, "warn"),
        (date(2026, 11, 19), 9, "bad"),
        (None, 9, "warn"),
    ],
    ids=["today", "Friday, early", "Friday, late", "Thursday", "never"],
)
def test_a_morning_without_reminders_is_told(last: date | None, hour: int, state: str) -> None:
    working = WorkingCalendar({}, date(2026, 12, 31))

    part = parts.reminders(last, None, moment(2026, 11, 23, hour), working)

    assert part.state == state


def test_a_run_that_is_not_yet_due_is_no_fault() -> None:
    working = WorkingCalendar({}, date(2026, 12, 31))

    part = parts.reminders(date(2026, 11, 20), None, moment(2026, 11, 23, 8), working)

    assert part.state == State.OK
    assert "今天的早上八點半起跑，十一點前跑完。" in part.words


def test_a_weekend_without_reminders_is_no_fault() -> None:
    working = WorkingCalendar({}, date(2026, 12, 31))

    part = parts.reminders(date(2026, 11, 20), None, moment(2026, 11, 22, 15), working)

    assert part.state == State.OK


def test_the_worst_part_decides() -> None:
    fine, yellow = parts.database(), parts.worker(ago(minutes=3), NOW)
    red, off = parts.worker(None, NOW), parts.mail(MailFacts(is_enabled=False), NOW)

    states = [Report(NOW, rows).state for rows in [(fine, off), (fine, yellow), (yellow, red)]]

    assert states == [State.OK, State.WARN, State.BAD]


@pytest.mark.parametrize(
    ("configured", "alive", "required", "state"),
    [
        (False, False, True, State.OFF),
        (True, True, True, State.OK),
        (True, False, True, State.BAD),
        (True, False, False, State.WARN),
    ],
)
def test_a_scanner_that_is_down_is_as_bad_as_its_setting_makes_it(
    configured: bool, alive: bool, required: bool, state: State
) -> None:
    part = parts.scanner(is_configured=configured, is_alive=alive, is_required=required)

    assert part.state == state
    assert bool(part.cure) == (state in (State.BAD, State.WARN))
