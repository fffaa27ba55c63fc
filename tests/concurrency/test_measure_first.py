"""先鎖措施再鎖別的：同一措施的事一件一件辦，日期事實不錯，草稿不丟，不會互相等死。

SQLite 一次只有一個人寫，本來就排着隊；行鎖的先後在 PostgreSQL 上才看得出。
"""

from collections.abc import Callable
from datetime import date, datetime
from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction

from campaigns.models import Cycle
from tasks.models import Measure, Round, Submission
from tasks.services import breakdown, handing_in, issuing
from tasks.services.handing_in import Draft
from tests import factories as make
from tests.cast import Cast
from tests.concurrency.together import LONGEST_SECONDS, together

pytestmark = pytest.mark.django_db(transaction=True)

DONE = Draft(narrative="收費公示欄已設在大廳。", percent=50)


@pytest.fixture
def measure(cast: Cast, now: datetime) -> Measure:
    """按月報到12月31日，有兩期。"""
    row = make.MeasureFactory(
        campaign=cast.campaign,
        lead_department=cast.registry,
        cycle=Cycle.MONTHLY,
        due_date=date(2026, 12, 31),
    )
    issuing.issue_measures(actor=cast.office, measure_ids=[row.pk], at=now)
    return row


@pytest.fixture
def months(measure: Measure) -> list[Submission]:
    rows = list(Submission.objects.filter(assignment__measure=measure).order_by("due_date"))
    assert len(rows) == 2
    return rows


def meanwhile(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """first 辦完還沒提交時 second 就來了；second 要麼等，要麼辦完。返回 second 的結果。"""
    started, outcome = Event(), []

    def run() -> None:
        started.set()
        try:
            outcome.append(second())
        except Exception as error:
            outcome.append(error)
        finally:
            connections.close_all()

    thread = Thread(target=run, daemon=True)
    with transaction.atomic():
        first()
        if connection.vendor == "postgresql":
            thread.start()
            started.wait(LONGEST_SECONDS)
            # 等到它確實被鎖攔住，或已經辦完；攔不住正是要抓的錯。
            thread.join(1)
    if connection.vendor != "postgresql":
        thread.start()
    thread.join(LONGEST_SECONDS)
    assert not thread.is_alive()
    return outcome


def submit(cast: Cast, row: Submission, now: datetime) -> object:
    return handing_in.submit(actor=cast.clerk, submission_id=row.pk, draft=DONE, version=0, at=now)


def change(cast: Cast, measure: Measure, now: datetime, **values: object) -> object:
    return breakdown.update_measure(actor=cast.office, measure_id=measure.pk, values=values, at=now)


def test_two_months_handed_in_together_leave_nothing_owed(
    cast: Cast, measure: Measure, months: list[Submission], now: datetime
) -> None:
    outcome = meanwhile(lambda: submit(cast, months[0], now), lambda: submit(cast, months[1], now))

    measure.refresh_from_db()
    assert isinstance(outcome[0], Round)
    assert measure.owed_date is None


def test_another_cycle_keeps_the_draft_being_saved(
    cast: Cast, measure: Measure, months: list[Submission], now: datetime
) -> None:
    words = Draft(narrative="寫了半小時。")

    outcome = meanwhile(
        lambda: handing_in.save_draft(
            actor=cast.clerk, submission_id=months[0].pk, draft=words, version=0, at=now
        ),
        lambda: change(cast, measure, now, cycle=Cycle.YEARLY),
    )

    assert not isinstance(outcome[0], Exception)
    assert Round.objects.filter(narrative="寫了半小時。").exists()


def test_the_office_and_the_department_do_not_wait_for_each_other_for_ever(
    cast: Cast, measure: Measure, months: list[Submission], now: datetime
) -> None:
    outcomes = together(
        lambda: change(cast, measure, now, due_date=date(2026, 12, 25)),
        lambda: submit(cast, months[0], now),
        lambda: submit(cast, months[1], now),
    )

    measure.refresh_from_db()
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert (measure.due_date, measure.owed_date) == (date(2026, 12, 25), None)
