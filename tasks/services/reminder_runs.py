"""一遍提醒分給幾個進程做：人分成段，一段一個事務，鎖着認領，互不重疊。

PostgreSQL 上用 SKIP LOCKED：別人手上的跳過，去領下一段。SQLite 一次只有一個寫的，自然一個
一個來。進程在一段中間被殺，數據庫退回這一段，鎖隨之放開，別人或下一次接着做。
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction

from people.models import User
from tasks.models import ReminderRun, ReminderSlice

logger = logging.getLogger(__name__)

#: 一段多少人。段裏是邊讀邊寫的，內存不隨它增加；段越大，數據庫為每段重掃一遍大表的次數越少。
SLICE = 10_000
#: SQLite 寫的時候別人都等着，一段要短。
SLICE_ALONE = 500
#: 與別的進程搶先寫下的撞上（唯一約束），重算幾次。
TRIES = 3


@dataclass(frozen=True)
class Tally:
    """這個進程做了多少：幾段、提醒了幾人、共幾件。"""

    slices: int = 0
    people: int = 0
    lines: int = 0


@dataclass(frozen=True)
class Done:
    """一段的結果。plans 是要說給人看的（命令打印用），平時為空。"""

    people: int
    lines: int
    plans: Sequence[Any] = field(default_factory=tuple)


Remind = Callable[[Collection[int]], Done]


def everyone() -> Iterator[list[int]]:
    """在用的賬號，按編號分成段。"""
    size = SLICE if connection.features.has_select_for_update_skip_locked else SLICE_ALONE
    people = list(User.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(people), size):
        yield people[start : start + size]


def work(
    *, on: date, at: datetime, remind: Remind, done: Callable[[Done], None] = lambda result: None
) -> Tally:
    """接着沒跑完的一遍，或開始新的一遍，做到沒有段可領為止。

    一段出錯不擋別的段：記進日誌，做完其餘的再把錯拋出去，讓任務記作失敗。
    """
    run = _join(on, at)
    tally, failed = Tally(), dict[int, Exception]()
    while True:
        try:
            result = _one(run, failed, at, remind)
        except SliceFailed as failure:
            logger.exception("提醒的一段（%s）出錯，先做別的段。", failure.slice_id)
            failed[failure.slice_id] = failure
            continue
        if result is None:
            break
        done(result)
        tally = Tally(tally.slices + 1, tally.people + result.people, tally.lines + result.lines)
    _finish(run, at)
    if failed:
        raise next(iter(failed.values()))
    return tally


class SliceFailed(Exception):
    """一段沒有做成，已整個退回。"""

    def __init__(self, slice_id: int) -> None:
        super().__init__(f"slice {slice_id}")
        self.slice_id = slice_id


def _join(on: date, at: datetime) -> ReminderRun:
    """這天沒跑完的一遍；都跑完了就開新的。兩個進程同時開，唯一約束只讓一個成，另一個加入。"""
    while True:
        latest = ReminderRun.objects.filter(on=on).order_by("-number").first()
        if latest is not None and latest.finished_at is None:
            return latest
        try:
            return _start(on, latest.number + 1 if latest else 1, at)
        except IntegrityError:
            continue


@transaction.atomic
def _start(on: date, number: int, at: datetime) -> ReminderRun:
    run = ReminderRun.objects.create(on=on, number=number, started_at=at)
    ReminderSlice.objects.bulk_create(
        ReminderSlice(run=run, first_person=people[0], last_person=people[-1])
        for people in everyone()
    )
    return run


def _one(run: ReminderRun, failed: Collection[int], at: datetime, remind: Remind) -> Done | None:
    """領一段做完；沒有段可領為 None。撞上別的進程剛寫下的就重算。"""
    for last in [False] * (TRIES - 1) + [True]:
        claimed = None
        try:
            with transaction.atomic():
                claimed = _claim(run, failed)
                return _work_through(claimed, at, remind) if claimed else None
        except Exception as problem:
            if claimed is None:
                raise
            if last or not isinstance(problem, (IntegrityError, OperationalError)):
                raise SliceFailed(claimed.pk) from problem
    return None


def _claim(run: ReminderRun, failed: Collection[int]) -> ReminderSlice | None:
    waiting = run.slices.filter(done_at=None).exclude(pk__in=failed).order_by("first_person")
    return waiting.select_for_update(skip_locked=True).first()


def _work_through(claimed: ReminderSlice, at: datetime, remind: Remind) -> Done:
    people = User.objects.filter(
        pk__range=(claimed.first_person, claimed.last_person), is_active=True
    )
    result = remind(list(people.order_by("pk").values_list("pk", flat=True)))
    claimed.done_at, claimed.people, claimed.lines = at, result.people, result.lines
    claimed.save(update_fields=["done_at", "people", "lines"])
    return result


def _finish(run: ReminderRun, at: datetime) -> None:
    """都做完了就記下；還有段在別的進程手上，由最後做完的那個記。"""
    if not run.slices.filter(done_at=None).exists():
        ReminderRun.objects.filter(pk=run.pk, finished_at=None).update(finished_at=at)
