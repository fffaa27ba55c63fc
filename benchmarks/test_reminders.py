"""算今天該提醒誰，對只把同樣的輪次讀出來。"""

from collections.abc import Iterator

import pytest

from benchmarks.conftest import built
from benchmarks.data import TODAY, Bench
from benchmarks.yardstick import race, show
from tasks.models import Round
from tasks.services.reminders import plan_reminders
from workdays.services import calendar

pytestmark = [pytest.mark.bench, pytest.mark.django_db]


@pytest.fixture(params=[300, 3_000], ids=lambda size: f"{size:,}")
def owed(request: pytest.FixtureRequest, db: None) -> Iterator[tuple[int, Bench]]:
    with built(request.param, everything_owed=True) as made:
        yield request.param, made


def test_planning_reminders_beside_reading_the_rounds(owed: tuple[int, Bench]) -> None:
    size, _bench = owed
    days = calendar()

    def read() -> list[Round]:
        return list(
            Round.objects.select_related(
                "submission__assignment__department",
                "submission__assignment__measure__campaign",
                "submission__assignment__measure__owner",
                "submission__assignment__measure__accountable_seat__user",
            )
        )

    spent = race(5, ours=lambda: plan_reminders(TODAY, days), bare=read)

    show(f"算 {size:,} 期的提醒", spent["ours"], spent["bare"], "只讀出這些輪次")
    plans = plan_reminders(TODAY, days)
    assert sum(len(plan.lines) for plan in plans) >= size
