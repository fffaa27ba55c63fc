"""提醒的階梯：某日走到了哪一級。"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.rungs import (
    LAST_POSITION,
    Audience,
    Ladder,
    Level,
    Rung,
    Track,
    latest_due,
    position,
    step_code,
)
from tasks.tracks import default_rungs

PLAIN = WorkingCalendar(published_through=date(2026, 12, 31))
HOLIDAYS = WorkingCalendar(
    {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True},
    published_through=date(2026, 12, 31),
)
WEDNESDAY, SATURDAY = date(2026, 11, 25), date(2026, 11, 28)
REPORT = Ladder(default_rungs()[Track.REPORT])


def reached(audience: str, due: date, on: date) -> int | None:
    found = REPORT.reached(audience, position(due, on, PLAIN))
    return found.step if found else None


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
    assert reached(Audience.DOER, WEDNESDAY, on) == now


@pytest.mark.parametrize(
    ("on", "now"),
    [(date(2026, 11, 26), -1), (date(2026, 11, 27), 0), (date(2026, 11, 30), 1)],
)
def test_a_deadline_on_a_rest_day_is_called_on_the_last_working_day(on: date, now: int) -> None:
    assert reached(Audience.DOER, SATURDAY, on) == now


def test_the_levels_rise_from_reminding_to_the_circular() -> None:
    levels = [
        REPORT.reached(audience, at).level
        for audience, at in [
            (Audience.DOER, 0),
            (Audience.DOER, 1),
            (Audience.LEADER, 4),
            (Audience.CHAIR, 10),
        ]
    ]

    assert levels == [Level.REMIND, Level.URGE, Level.SUPERVISE, Level.CIRCULAR]


def test_a_duty_forgotten_for_years_stops_climbing() -> None:
    assert REPORT.reached(Audience.DOER, 9_999) == REPORT.reached(Audience.DOER, LAST_POSITION)


days = st.dates(date(2026, 8, 1), date(2026, 12, 20))


@given(on=days, due=days, step=st.integers(-20, 20), calendar=st.sampled_from([PLAIN, HOLIDAYS]))
def test_the_latest_deadline_of_a_step_is_its_edge(
    on: date, due: date, step: int, calendar: WorkingCalendar
) -> None:
    has_reached = position(due, on, calendar) >= step

    assert has_reached == (due <= latest_due(step, on, calendar))


@given(at=st.integers(-9, LAST_POSITION), every=st.integers(1, 9), first=st.integers(-9, 9))
def test_the_listed_steps_hold_whatever_is_reached(at: int, every: int, first: int) -> None:
    ladder = Ladder([Rung(first, Audience.DOER, Level.URGE, every), Rung(0, Audience.HEAD, "x")])
    found = ladder.reached(Audience.DOER, at)

    listed = [step for step in ladder.steps(Audience.DOER) if step <= at]
    assert (found.step if found else None) == (listed[-1] if listed else None)
    assert ladder.first_step(Audience.DOER, Audience.HEAD) == min(first, 0)


@pytest.mark.parametrize(
    ("track", "step", "code"),
    [
        (Track.REPORT, -3, "before_3"),
        (Track.REPORT, 0, "on_day"),
        (Track.REPORT, 4, "after_4"),
        (Track.ACKNOWLEDGE, 1, "ack_after_1"),
        (Track.REVIEW, 0, "review_on_day"),
        ("supervision", -1, "supervision_before_1"),
        (Track.WEEKLY, 0, "weekly"),
    ],
)
def test_a_step_has_a_name_people_can_read(track: str, step: int, code: str) -> None:
    assert step_code(track, step) == code


def test_a_rest_day_run_looks_back_to_the_working_day_before() -> None:
    on = SATURDAY

    assert latest_due(1, on, PLAIN) == on - timedelta(days=1)
    assert position(date(2026, 11, 27), on, PLAIN) == 1
