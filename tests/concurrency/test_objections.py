"""幾個人同一刻辦一件異議：只裁定一次，一條只提一次，定稿的版次不重。"""

from datetime import datetime

import pytest

from evaluations.models import Objection, ResultSnapshot
from evaluations.services import objections, rounds
from tasks.models import WrongState
from tests.cast import Cast
from tests.concurrency.together import split, together
from tests.evaluations import objection_stage as stage
from tests.factories import moment

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_decisions_at_once_are_one_decision(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now, "answered")

    done, refused = split(
        together(
            lambda: stage.decide(cast, row, now),
            lambda: stage.decide(
                cast, row, now, outcome="rejected", mark=None, reason="維持原分。"
            ),
        )
    )

    assert (len(done), [type(each) for each in refused]) == (1, [WrongState])
    row = stage.fresh(row)
    assert ResultSnapshot.objects.count() == (2 if row.state == "upheld" else 1)


def test_two_objections_upheld_at_once_are_two_editions(cast: Cast, now: datetime) -> None:
    sheet = stage.sheet(cast)
    first = stage.objection(cast, now, "answered", found=sheet)
    second = stage.objection(cast, now, "answered", found=sheet, number="2.1")

    done, refused = split(
        together(
            lambda: stage.decide(cast, first, now),
            lambda: stage.decide(cast, second, now, mark=stage.GRADE_A),
        )
    )

    assert refused == []
    assert {row.after.edition for row in done} == {2, 3}


def test_one_line_pressed_twice_is_objected_to_once(cast: Cast, now: datetime) -> None:
    sheet = stage.sheet(cast)

    def press() -> Objection:
        return stage.objection(cast, now, found=sheet)

    done, refused = split(together(press, press))

    assert (len(done), [type(each) for each in refused]) == (1, [WrongState])
    assert Objection.objects.count() == 1


def test_withdrawn_or_decided_but_not_both(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now, "answered")

    done, refused = split(
        together(
            lambda: stage.decide(cast, row, now),
            lambda: objections.withdraw_objection(actor=cast.head, objection_id=row.pk, at=now),
        )
    )

    assert (len(done), [type(each) for each in refused]) == (1, [WrongState])


def test_the_window_closes_on_no_half_filed_objection(cast: Cast, now: datetime) -> None:
    sheet = stage.sheet(cast)
    after = moment(2026, 12, 1)

    done, refused = split(
        together(
            lambda: stage.objection(cast, now, found=sheet),
            lambda: rounds.advance_round(actor=cast.office, round_id=sheet.round_id, at=after),
        )
    )

    assert len(done) + len(refused) == 2
    assert all(isinstance(each, WrongState) for each in refused)
    assert Objection.objects.count() == (2 - len(refused)) - 1
