"""幾個人同一刻辦一票否決：一件事只決定一次，解除只確認一次，清單只列入一次。"""

from datetime import datetime

import pytest

from evaluations.models import VetoEvent, VetoItem, VetoRelease
from evaluations.services import vetoes as services
from evaluations.services.veto_items import seed_from_plan
from tests import factories as make
from tests.cast import Cast
from tests.concurrency.together import split, together

pytestmark = pytest.mark.django_db(transaction=True)


def upheld(cast: Cast) -> VetoEvent:
    return make.VetoEventFactory(
        item__campaign=cast.campaign, department=cast.registry, upheld=True
    )


def test_two_leaders_decide_once(cast: Cast, now: datetime) -> None:
    event = make.VetoEventFactory(item__campaign=cast.campaign, department=cast.registry)

    def dismiss(who: object) -> VetoEvent:
        return services.dismiss(actor=who, event_id=event.pk, reason="不屬實", at=now)

    done, refused = split(together(lambda: dismiss(cast.leader), lambda: dismiss(cast.deputy)))

    assert (len(done), len(refused)) == (1, 1)
    event.refresh_from_db()
    assert event.decided_by == done[0].decided_by


def test_a_release_is_proposed_once_and_settled_once(cast: Cast, now: datetime) -> None:
    event = upheld(cast)

    def propose(who: object) -> VetoRelease:
        return services.propose_release(
            actor=who, event_id=event.pk, reason="合格", no_paper_reason="口頭答覆", at=now
        )

    done, refused = split(together(lambda: propose(cast.office), lambda: propose(cast.officer)))
    assert (len(done), len(refused)) == (1, 1)

    def settle(who: object, is_agreed: bool) -> VetoRelease:
        return services.settle_release(
            actor=who, release_id=done[0].pk, is_agreed=is_agreed, reason="已看", at=now
        )

    done, refused = split(
        together(lambda: settle(cast.leader, True), lambda: settle(cast.deputy, False))
    )

    assert (len(done), len(refused)) == (1, 1)
    event.refresh_from_db()
    is_released = event.state == VetoEvent.State.RELEASED
    assert is_released == (done[0].state == VetoRelease.State.CONFIRMED)
    assert done[0].decided_by != done[0].proposed_by


def test_the_plan_is_listed_once(cast: Cast, now: datetime) -> None:
    objective = make.ObjectiveFactory(campaign=cast.campaign)
    clause = make.ClauseFactory(version__campaign=cast.campaign, text="無刑事案件")
    make.IndicatorFactory(objective=objective, clause=clause, is_veto_like=True)

    def seed() -> list[VetoItem]:
        return seed_from_plan(actor=cast.office, campaign=cast.campaign, at=now)

    done, refused = split(together(seed, seed))

    assert refused == []
    assert sorted(len(each) for each in done) == [0, 1]
    assert VetoItem.objects.count() == 1
