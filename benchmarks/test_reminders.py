"""一夜的提醒，對只把同樣的行找出來的一條 SQL；以及用了多少內存。"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import connection

from benchmarks import bare
from benchmarks.conftest import ROWS, built
from benchmarks.data import TODAY
from benchmarks.province import LAST_NIGHT, TONIGHT, analyse, province_of, rolled_back
from benchmarks.yardstick import machine, race, show
from tasks.services.reminder_runs import Tally
from tasks.services.reminders import plan_reminders, run_reminders
from tests.factories import moment
from workdays.services import calendar

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
GOAL = 3.0
LARGEST_ON_SQLITE = 2_000
SIZES = sorted({LARGEST_ON_SQLITE, ROWS})


def test_planning_reminders_beside_finding_the_rows(db: None) -> None:
    """只算不寫：預覽和命令的 --dry-run 就是這樣。"""
    with built(3_000, everything_owed=True):
        days = calendar()
        spent = race(3, ours=lambda: plan_reminders(TODAY, days), bare=lambda: bare.find(TODAY))
        show("算 3,000 期的提醒，逐件寫成話", spent["ours"], spent["bare"], "只找出這些行")
        assert sum(len(plan.lines) for plan in plan_reminders(TODAY, days)) >= 3_000


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size:,}")
def test_an_ordinary_night(size: int, db: None) -> None:
    """前一夜已經跑過：今夜只有新走到一級的。前一夜（第一次跑）也量。"""
    if _too_big(size):
        return
    with rolled_back():
        made = province_of(size)
        print(f"\n{made.submissions:,} 期、{made.people:,} 人（{machine()}）")
        first = _night("頭一夜", LAST_NIGHT)
        analyse()
        second = _night("平常一夜", TONIGHT)
        assert first.lines > second.lines > 0


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size:,}")
def test_the_worst_night(size: int, db: None) -> None:
    """每一期都在今天到期。"""
    if _too_big(size):
        return
    with rolled_back():
        made = province_of(size, due=TONIGHT)
        print(f"\n{made.submissions:,} 期、{made.people:,} 人（{machine()}）")
        assert _night("最壞一夜", TONIGHT).lines >= made.submissions


def _too_big(size: int) -> bool:
    """SQLite 給那條手寫的 SQL 排的次序很差，量大了比的就是它的差，不是我們的快。"""
    too_big = connection.vendor == "sqlite" and size > LARGEST_ON_SQLITE
    if too_big:
        print(f"\n{size:,} 期只在 PostgreSQL 上量。")
    return too_big


def _night(title: str, on: date) -> Tally:
    found, bare_seconds, _memory = _measured(lambda: bare.find(on))
    at = moment(on.year, on.month, on.day, 8, 30)
    tally, seconds, memory = _measured(lambda: run_reminders(on=on, at=at))
    assert isinstance(tally, Tally)
    print(
        f"  {title}：{seconds / bare_seconds:.1f} × 只找出同樣的行（目標 ≤ {GOAL:.0f}）　"
        f"{seconds:.1f} s 對 {bare_seconds:.1f} s，{tally.people:,} 人 {tally.lines:,} 件"
        f"（SQL {found:,} 行），內存多用 {memory:.0f} MB"
    )
    return tally


@dataclass
class _Peak:
    """邊跑邊看進程佔了多少內存，記下最高的。"""

    megabytes: float = 0

    def watch(self, stop: Event) -> None:
        while not stop.wait(0.05):
            self.megabytes = max(self.megabytes, _resident())


def _measured(job: Callable[[], object]) -> tuple[object, float, float]:
    """（結果，歷時，內存比開始時多用的 MB）。"""
    peak, stop, before = _Peak(), Event(), _resident()
    watcher = Thread(target=peak.watch, args=[stop], daemon=True)
    watcher.start()
    started = time.perf_counter()
    result = job()
    seconds = time.perf_counter() - started
    stop.set()
    watcher.join()
    return result, seconds, max(peak.megabytes - before, 0)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20
