"""幾個人同一刻辦責任書：號不重不漏，一方只簽一次，退回和簽訂只成一樣。"""

from datetime import datetime

import pytest

from evaluations.models import LetterSignature, TargetLetter
from evaluations.services import letter_signing as signing
from evaluations.services import letters as services
from evaluations.services.letter_signing import verify_letters
from tasks.models import WrongState
from tests import factories as make
from tests.cast import Cast
from tests.concurrency.together import split, together
from tests.evaluations import letter_stage as stage

pytestmark = pytest.mark.django_db(transaction=True)


def drafts(cast: Cast, now: datetime, count: int) -> list[TargetLetter]:
    for _each in range(count):
        unit = make.DepartmentFactory()
        make.AppointmentFactory(department=unit, role="head")
        stage.duty(cast, unit)
    return services.draft_letters(actor=cast.office, campaign=cast.campaign, year=2026, at=now)


def test_numbers_have_no_gap_when_one_and_all_are_sent_at_once(cast: Cast, now: datetime) -> None:
    rows = drafts(cast, now, 4)

    def send(pk: int) -> TargetLetter:
        return services.send_letter(actor=cast.office, letter_id=pk, at=now)

    def send_all() -> object:
        return services.send_all(actor=cast.officer, campaign=cast.campaign, year=2026, at=now)

    _done, refused = split(together(send_all, lambda: send(rows[3].pk), lambda: send(rows[1].pk)))

    assert all(isinstance(error, WrongState) for error in refused)
    numbers = TargetLetter.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4]


def test_drafting_twice_at_once_makes_one_each(cast: Cast, now: datetime) -> None:
    stage.duty(cast)

    def press() -> object:
        return services.draft_letters(actor=cast.office, campaign=cast.campaign, year=2026, at=now)

    _done, refused = split(together(press, press))

    assert refused == []
    assert TargetLetter.objects.count() == 1


def test_two_heads_signing_at_once_is_one_signature(cast: Cast, now: datetime) -> None:
    second = make.AppointmentFactory(department=cast.registry, role="head").user
    letter = stage.letter(cast, now)

    done, refused = split(
        together(*(lambda who=who: stage.sign(letter, who, now) for who in (cast.head, second)))
    )

    assert len(done) == LetterSignature.objects.count() == 1
    assert stage.fresh(letter).state == TargetLetter.State.HEAD_SIGNED
    assert len(refused) == 1


def test_signing_and_returning_at_once_is_one_or_the_other(cast: Cast, now: datetime) -> None:
    second = make.AppointmentFactory(department=cast.registry, role="head").user
    letter = stage.letter(cast, now)

    done, refused = split(
        together(
            lambda: stage.sign(letter, cast.head, now),
            lambda: signing.return_letter(
                actor=second, letter_id=letter.pk, reason="不同意", at=now
            ),
        )
    )

    letter = stage.fresh(letter)
    signed = letter.state == TargetLetter.State.HEAD_SIGNED
    assert len(done) == len(refused) == 1
    assert signed != letter.is_returned
    assert list(verify_letters()) == []
