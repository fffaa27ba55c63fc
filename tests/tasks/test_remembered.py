"""大活動的計數：沒有人辦事就用記住的，有人辦了立刻重數，看不見的人看不到別人記住的數。"""

import pytest
from django.core.cache import cache

from campaigns.standing import Standing
from evaluations.overview import overview
from journal.services import record
from tasks import remembered as module
from tasks.breakdown_counts import facets
from tasks.lights import LightRule
from tasks.models import Measure
from tasks.remembered import remembered
from tests.cast import TODAY, Cast
from tests.factories import MeasureFactory, moment
from workdays.services import calendar

AT = moment(2026, 11, 23)


@pytest.fixture(autouse=True)
def every_campaign_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 1)
    cache.clear()


class Counter:
    """每數一遍加一。"""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


def ask(counter: Counter, times: int, key: str = "x") -> list[int]:
    return [remembered((key,), counter, size=lambda counted: 5) for _time in range(times)]


def test_nothing_done_nothing_counted_again(db: None) -> None:
    counter = Counter()

    assert ask(counter, 5) == [1, 2, 2, 2, 2]


def test_any_deed_counts_again(cast: Cast) -> None:
    counter = Counter()
    ask(counter, 3)

    record(actor=cast.office, action="tasks.noted", target=cast.campaign, summary="辦了", at=AT)

    assert ask(counter, 2) == [3, 3]


def test_a_small_campaign_is_always_counted(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 6)

    assert ask(Counter(), 3) == [1, 2, 3]


def test_one_who_sees_nothing_is_not_given_anothers_numbers(cast: Cast) -> None:
    MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)
    rule = LightRule.on(TODAY, calendar(), cast.campaign.warn_days)

    def numbers(standing: object) -> tuple[int, int]:
        rows = Measure.objects.visible_to(standing, cast.campaign)
        found = facets(rows, campaign=cast.campaign, standing=standing, rule=rule)
        return found.total, overview(standing, cast.campaign, rule).total.total

    seen = [numbers(cast.standing(cast.clerk)) for _time in range(3)]
    outsider = Standing(
        user_id=0, on=TODAY, is_admin=False, headed=frozenset(), clerked=frozenset()
    )

    assert seen == [(1, 1)] * 3
    assert numbers(outsider) == (0, 0)
