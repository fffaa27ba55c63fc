"""督辦的提醒：誰在哪一天為哪件事被找；辦了、停了、換了人的都算得對。"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pytest

from campaigns.services.seats import hand_over_seat
from supervision import services
from supervision.models import Order
from supervision.reminding import SupervisionSource
from supervision.services import Limit
from tasks.duties import Call, Scope, sources
from tasks.rungs import Ladder
from tasks.tracks import default_rungs
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment
from tests.supervision import stage
from workdays.services import calendar

SOURCE = SupervisionSource()


@dataclass(frozen=True)
class Defaults:
    """默認的階梯。"""

    rungs: dict = field(default_factory=default_rungs)

    def of(self, campaign_id: int, track: str) -> Ladder:
        return Ladder(self.rungs[track])


def scope(on: date, **changes: object) -> Scope:
    return replace(Scope(on=on, calendar=calendar(), ladders=Defaults()), **changes)


def called(cast: Cast, on: date) -> dict[str, tuple[str, int]]:
    """{劇中人: (身份, 第幾級)}。"""
    people = {getattr(cast, name).pk: name for name in ("office", "officer", "leader", "deputy")}
    people |= {getattr(cast, name).pk: name for name in ("head", "clerk", "neighbour", "helper")}
    return {
        people[call.person_id]: (str(call.capacity), call.step)
        for call in SOURCE.calls(scope(on))
        if call.person_id in people
    }


def test_the_source_is_known_to_the_engine() -> None:
    assert any(isinstance(source, SupervisionSource) for source in sources())


@pytest.mark.parametrize(
    ("on", "wanted"),
    [
        (date(2026, 11, 24), {}),
        (date(2026, 11, 25), {"clerk": ("doer", -3)}),
        (date(2026, 11, 27), {"clerk": ("doer", -1)}),
        (date(2026, 11, 30), {"clerk": ("doer", 0), "head": ("head", 0)}),
        (
            date(2026, 12, 1),
            {
                "clerk": ("doer", 1),
                "head": ("head", 1),
                "office": ("watcher", 1),
                "officer": ("watcher", 1),
            },
        ),
        (
            date(2026, 12, 2),
            {
                "clerk": ("doer", 2),
                "head": ("head", 2),
                "office": ("watcher", 1),
                "officer": ("watcher", 1),
                "deputy": ("leader", 2),
            },
        ),
        (
            date(2026, 12, 7),
            {
                "clerk": ("doer", 4),
                "head": ("head", 4),
                "office": ("watcher", 1),
                "officer": ("watcher", 1),
                "deputy": ("leader", 2),
                "leader": ("leader", 5),
            },
        ),
    ],
)
def test_an_unanswered_order_climbs_the_ladder(
    cast: Cast, now: datetime, on: date, wanted: dict
) -> None:
    stage.order(cast, now, "accepted")

    assert called(cast, on) == wanted


def test_an_order_not_taken_up_is_chased_for_that(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, limit=Limit(days=20))
    day = date(2026, 11, 26)

    calls = list(SOURCE.calls(scope(day)))
    lines = SOURCE.lines(calls, scope(day))

    assert called(cast, day) == {"clerk": ("doer", 2), "head": ("head", 2)}
    assert {call.due for call in calls} == {order.acknowledge_due_date}
    assert any("請領辦" in line.sentence for line in lines.values())


def test_the_head_is_called_to_sign_and_nobody_else_to_write(cast: Cast, now: datetime) -> None:
    stage.order(cast, now, "submitted")

    found = called(cast, date(2026, 11, 27))

    assert found == {"head": ("signer", -1)}
    assert next(iter(SOURCE.calls(scope(date(2026, 11, 27))))).is_blocking


def test_a_returned_order_is_chased_anew_with_its_own_limit(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "answered")
    first = order.current_id
    services.send_back(
        actor=cast.office,
        order_id=order.pk,
        round_number=1,
        reason="缺照片",
        limit=Limit(days=2),
        at=now,
    )

    call = next(iter(SOURCE.calls(scope(date(2026, 11, 25)))))

    assert call.subject_id != first
    assert (call.due, call.step) == (date(2026, 11, 25), 0)


def test_the_leader_is_called_while_an_answer_waits_for_him_then_the_office(
    cast: Cast, now: datetime
) -> None:
    order = stage.instruct(cast, now, "answered")

    assert called(cast, date(2026, 11, 26)) == {"leader": ("reader", 0)}
    services.give_verdict(
        actor=cast.leader, order_id=order.pk, round_number=1, verdict="seen", at=now
    )
    assert called(cast, date(2026, 11, 27)) == {
        "office": ("settler", 1),
        "officer": ("settler", 1),
    }


def test_an_instruction_without_answer_shows_overdue_to_its_leader(
    cast: Cast, now: datetime
) -> None:
    stage.instruct(cast, now, "accepted")
    report = stage.report_of(cast, now)
    stage.instruction(now, actor=cast.leader, subject=report, text="請核實。")

    calls = [
        call for call in SOURCE.calls(scope(date(2026, 12, 2))) if call.person_id == cast.leader.pk
    ]

    assert [(call.capacity, call.step) for call in calls] == [("leader", 2)] * 2


def test_the_office_is_called_to_place_an_instruction(cast: Cast, now: datetime) -> None:
    report = stage.report_of(cast, now)
    stage.instruction(now, actor=cast.leader, subject=report, text="請核實。")
    day = date(2026, 11, 24)

    calls = list(SOURCE.calls(scope(day)))

    assert {call.capacity for call in calls} == {"settler"}
    assert all("請定承辦單位" in line.sentence for line in SOURCE.lines(calls, scope(day)).values())


def close_campaign(cast: Cast, order: Order) -> None:
    cast.campaign.state = "closed"
    cast.campaign.save(update_fields=["state"])


def suspend(cast: Cast, order: Order) -> None:
    services.suspend_order(
        actor=cast.office, order_id=order.pk, reason="等文件", at=moment(2026, 11, 24)
    )


def cancel(cast: Cast, order: Order) -> None:
    services.cancel_order(
        actor=cast.office, order_id=order.pk, reason="另辦", at=moment(2026, 11, 24)
    )


def extend(cast: Cast, order: Order) -> None:
    at = moment(2026, 11, 24)
    extension = stage.ask_extension(cast, order, at, day=date(2026, 12, 31))
    services.decide_extension(
        actor=cast.office, extension_id=extension.pk, is_approved=True, reason="同意", at=at
    )


@pytest.mark.parametrize("stop", [close_campaign, suspend, cancel, extend])
def test_what_has_stopped_calls_nobody(
    cast: Cast, now: datetime, stop: Callable[[Cast, Order], None]
) -> None:
    order = stage.order(cast, now, "accepted")
    day = date(2026, 12, 1)
    calls = list(SOURCE.calls(scope(day)))

    stop(cast, order)

    assert calls
    assert list(SOURCE.calls(scope(day))) == []
    assert SOURCE.lines(calls, scope(day)) == {}


def test_what_was_handed_up_meanwhile_is_not_said(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    day = date(2026, 12, 1)
    calls = list(SOURCE.calls(scope(day)))
    before = SOURCE.lines(calls, scope(day))

    services.submit_answer(actor=cast.clerk, order_id=order.pk, text="已辦。", version=0, at=now)
    after = SOURCE.lines(calls, scope(day))

    clerk = [call for call in calls if call.person_id == cast.clerk.pk]
    assert clerk[0] in before
    assert not {call for call in after if call.capacity in ("doer", "head")}


def test_a_dissolved_department_is_the_offices_to_reassign(cast: Cast, now: datetime) -> None:
    stage.order(cast, now, "accepted")
    cast.registry.periods.create(start_date=date(2020, 1, 1), end_date=date(2026, 11, 24))
    day = date(2026, 11, 27)

    calls = list(SOURCE.calls(scope(day)))

    assert called(cast, day) == {"office": ("stand_in", -1), "officer": ("stand_in", -1)}
    assert all("請改派" in line.sentence for line in SOURCE.lines(calls, scope(day)).values())


def test_the_successor_is_called_and_not_who_left(cast: Cast, now: datetime) -> None:
    order = stage.instruct(cast, now, "answered")
    successor = make.UserFactory(name="新局長")
    hand_over_seat(
        actor=cast.admin,
        seat_id=order.instruction.seat_id,
        successor=successor,
        last_day=date(2026, 11, 24),
        at=now,
    )

    calls = list(SOURCE.calls(scope(date(2026, 11, 26))))

    assert [call.person_id for call in calls] == [successor.pk]


def test_only_the_people_and_subjects_asked_for(cast: Cast, now: datetime) -> None:
    first, second = stage.order(cast, now, "accepted"), stage.order(cast, now, "accepted")
    day = date(2026, 12, 1)

    mine = SOURCE.calls(scope(day, people=frozenset({cast.clerk.pk})))
    one = SOURCE.calls(scope(day, only=frozenset({("supervision", second.current_id)})))

    assert {call.person_id for call in mine} == {cast.clerk.pk}
    assert {call.subject_id for call in mine} == {first.current_id, second.current_id}
    assert {call.subject_id for call in one} == {second.current_id}


def test_asking_costs_as_much_for_many_as_for_one(
    cast: Cast, now: datetime, django_assert_num_queries: Callable
) -> None:
    stage.order(cast, now, "accepted")
    day = scope(date(2026, 12, 1))
    with django_assert_num_queries(6):
        few: list[Call] = list(SOURCE.calls(day))
    for each in range(4):
        stage.instruct(cast, now, "answered", text=f"第{each}件。")
        stage.order(cast, now, "submitted")

    with django_assert_num_queries(6):
        many = list(SOURCE.calls(day))
    with django_assert_num_queries(6):
        lines = SOURCE.lines(many, day)

    assert len(many) > len(few)
    assert set(lines) == set(many)


def test_a_draft_without_a_limit_does_not_stop_the_run(cast: Cast, now: datetime) -> None:
    report = stage.report_of(cast, now)
    order = stage.instruction(now, actor=cast.leader, subject=report, text="請核實。").order
    services.change_order(
        actor=cast.office,
        order_id=order.pk,
        matter=stage.matter(cast, lead_department_id=None, limit=Limit()),
        version=stage.fresh(order).version,
        at=now,
    )

    assert set(called(cast, date(2026, 11, 26))) == {"office", "officer"}


def test_the_office_is_told_that_it_is_the_taking_up_which_is_late(
    cast: Cast, now: datetime
) -> None:
    order = stage.order(cast, now, limit=Limit(days=20))
    day = date(2026, 11, 30)

    calls = [call for call in SOURCE.calls(scope(day)) if call.person_id == cast.office.pk]
    sentences = [line.sentence for line in SOURCE.lines(calls, scope(day)).values()]

    assert sentences == [
        f"領辦逾期 4 個工作日：婚姻登記處的{order.full_number}「大廳收費公示不全」尚未領辦，請催辦。"
    ]


@pytest.mark.parametrize("limit", [5, 20])
def test_an_order_is_never_to_be_turned_into_an_order(
    cast: Cast, now: datetime, limit: int
) -> None:
    stage.order(cast, now, limit=Limit(days=limit))
    days = (date(2026, 11, 23), date(2026, 12, 18))

    levels = {
        call.level
        for number in range(days[0].toordinal(), days[1].toordinal())
        for call in SOURCE.calls(scope(date.fromordinal(number)))
    }

    assert "urge" in levels
    assert "supervise" not in levels
