"""提醒的階梯：某日走到了哪幾級。"""

from datetime import date

import pytest

from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.ladder import horizon, reached, step_code, track_of

PLAIN = WorkingCalendar(published_through=date(2026, 12, 31))
WEDNESDAY, SATURDAY = date(2026, 11, 25), date(2026, 11, 28)


@pytest.mark.parametrize(
    ("on", "now"),
    [
        (date(2026, 11, 13), None),
        (date(2026, 11, 16), -7),
        (date(2026, 11, 19), -7),
        (date(2026, 11, 20), -3),
        (date(2026, 11, 24), -1),
        (date(2026, 11, 25), 0),
        (date(2026, 11, 26), 1),
        (date(2026, 11, 30), 3),
        (date(2026, 12, 1), 4),
        (date(2026, 12, 7), 4),
        (date(2026, 12, 8), 9),
        (date(2026, 12, 15), 14),
    ],
)
def test_each_day_stands_on_its_step(on: date, now: int | None) -> None:
    steps = reached(WEDNESDAY, on, PLAIN)

    assert (steps[-1] if steps else None) == now
    assert steps == sorted(steps)


@pytest.mark.parametrize(
    ("on", "now"),
    [(date(2026, 11, 26), -1), (date(2026, 11, 27), 0), (date(2026, 11, 30), 1)],
)
def test_a_deadline_on_a_rest_day_is_called_on_the_last_working_day(on: date, now: int) -> None:
    assert reached(SATURDAY, on, PLAIN)[-1] == now


def test_the_horizon_is_just_beyond_the_first_step() -> None:
    on = date(2026, 11, 16)

    assert horizon(on, PLAIN) == date(2026, 11, 26)
    assert reached(date(2026, 11, 25), on, PLAIN) == [-7]
    assert reached(date(2026, 11, 26), on, PLAIN) == []


def test_a_step_is_named_with_its_deadline_and_fits_the_column() -> None:
    assert step_code("", -3, WEDNESDAY) == "before_3@2026-11-25"
    assert step_code("", 0, WEDNESDAY) == "on_day@2026-11-25"
    assert track_of(step_code("ack_", 1, WEDNESDAY)) == "ack_"
    assert track_of(step_code("", 1, WEDNESDAY)) == ""
    assert len(step_code("review_", 1999, WEDNESDAY)) <= 30
