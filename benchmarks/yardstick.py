"""尺子：同一次運行裏輪流跑幾樣事，取處理器時間的中位數，只打印比值。

處理器時間不受同機其他程序影響；用 PostgreSQL 時數據庫在另一個
進程，它的時間要看「歷時」那一列。機器有快有慢，只有同一次運行裏的比值可以拿來比。
"""

import gc
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext

Job = Callable[[], object]


@dataclass(frozen=True)
class Spent:
    """一樣事一次要多少：處理器秒、歷時秒、查詢次數。"""

    cpu: float
    wall: float
    queries: int


def race(rounds: int = 9, **jobs: Job) -> dict[str, Spent]:
    """先各跑一次暖身（順便數查詢），再輪流跑 rounds 輪，各取中位數。"""
    queries = {name: count_queries(job) for name, job in jobs.items()}
    # 測試框架自己的對象不參加回收：否則回收一次的二三十毫秒總落在同一樣事頭上。
    gc.collect()
    gc.freeze()
    cpu: dict[str, list[float]] = {name: [] for name in jobs}
    wall: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds):
        for name, job in jobs.items():
            started = (_cpu(), time.perf_counter())
            _deeper(number * 13, job)
            cpu[name].append(_cpu() - started[0])
            wall[name].append(time.perf_counter() - started[1])
    gc.unfreeze()
    return {name: Spent(median(cpu[name]), median(wall[name]), queries[name]) for name in jobs}


def _deeper(frames: int, job: Job) -> None:
    """先往下調用幾層再做：解釋器的棧分段存放，循環正好跨在段界上時會慢一倍，
    落在誰頭上全看調用的深淺；各輪深淺不同，中位數就不受它影響。
    """
    if frames:
        _deeper(frames - 1, job)
    else:
        job()


def count_queries(job: Job) -> int:
    with CaptureQueriesContext(connection) as captured:
        job()
    return len(captured)


def _cpu() -> float:
    return time.process_time()


def show(title: str, ours: Spent, bare: Spent, against: str, goal: float | None = None) -> float:
    """打印一行；返回處理器時間之比。不作斷言：快慢看人，機器各有不同。"""
    ratio = ours.cpu / bare.cpu
    aim = f"（目標 ≤ {goal:.1f}）" if goal else ""
    print(
        f"  {title}：{ratio:.2f} × {against}{aim}　"
        f"{_ms(ours.cpu)} 對 {_ms(bare.cpu)}，歷時 {ours.wall / bare.wall:.2f} ×，"
        f"查詢 {ours.queries} 次（對 {bare.queries} 次）"
    )
    return ratio


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def machine() -> str:
    """這台機器的一句話，記在結果旁邊。"""
    return (
        f"{os.cpu_count()} 核，負載 {os.getloadavg()[0]:.1f}，"
        f"Python {platform.python_version()}，{connection.vendor}"
    )
