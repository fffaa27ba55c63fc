"""幾個人同一刻辦督辦單：號不重不漏，每一步只辦成一次。"""

from datetime import datetime

import pytest

from journal.models import Entry
from reports.models import NumberBook
from supervision import services
from supervision.models import Instruction, Order
from tasks.models import WrongState
from tests.cast import Cast
from tests.concurrency.together import split, together
from tests.supervision import stage

pytestmark = pytest.mark.django_db(transaction=True)


def count(action: str) -> int:
    return Entry.objects.filter(action=f"supervision.{action}").count()


def test_numbers_have_no_gap_and_no_double(cast: Cast, now: datetime) -> None:
    drafts = [stage.order(cast, now, "draft", title=f"第{each}件") for each in range(6)]

    def issue(pk: int) -> Order:
        return services.issue_order(actor=cast.office, order_id=pk, at=now)

    done, refused = split(together(*(lambda pk=row.pk: issue(pk) for row in drafts)))

    assert refused == []
    assert sorted(order.number for order in done) == [1, 2, 3, 4, 5, 6]
    assert NumberBook.objects.get().last_number == 6


def test_the_first_numbers_of_a_year_may_be_taken_at_once(cast: Cast, now: datetime) -> None:
    measures = [stage.measure_of(cast) for _each in range(3)]

    def write(measure: object) -> Instruction:
        return stage.instruction(now, actor=cast.leader, subject=measure, text="請補齊。")

    done, refused = split(together(*(lambda row=row: write(row) for row in measures)))

    assert refused == []
    assert sorted(each.order.number for each in done) == [1, 2, 3]


def test_a_double_click_on_an_instruction_is_one_order(cast: Cast, now: datetime) -> None:
    measure = stage.measure_of(cast)

    def press() -> Instruction:
        return stage.instruction(now, actor=cast.leader, subject=measure, text="請補齊。")

    done, refused = split(together(press, press, press))

    assert refused == []
    assert len({each.pk for each in done}) == Order.objects.count() == 1


def test_a_double_click_issues_once(cast: Cast, now: datetime) -> None:
    draft = stage.order(cast, now, "draft")

    def press() -> Order:
        return services.issue_order(actor=cast.office, order_id=draft.pk, at=now)

    done, refused = split(together(press, press))

    assert refused == []
    assert {order.number for order in done} == {1}
    assert count("issued") == 1


def test_closing_and_sending_back_at_once_is_one_or_the_other(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "answered")

    done, refused = split(
        together(
            lambda: services.close_order(
                actor=cast.office, order_id=order.pk, round_number=1, at=now
            ),
            lambda: services.send_back(
                actor=cast.officer,
                order_id=order.pk,
                round_number=1,
                reason="缺照片",
                limit=services.Limit(days=2),
                at=now,
            ),
        )
    )

    assert len(done) == 1
    assert [type(error) for error in refused] == [WrongState]
    assert count("closed") + count("sent_back") == 1


def test_two_clerks_hand_up_once(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")

    def hand_up(person: object, words: str) -> object:
        return services.submit_answer(
            actor=person, order_id=order.pk, text=words, version=0, at=now
        )

    done, refused = split(
        together(lambda: hand_up(cast.clerk, "甲寫的。"), lambda: hand_up(cast.head, "乙寫的。"))
    )

    assert len(done) == count("submitted") == 1
    assert all(isinstance(error, WrongState) for error in refused)
    assert stage.fresh(order).current.text == done[0].text
