import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import override_settings

from benchmarks.data import TODAY, Bench, bench_of
from benchmarks.yardstick import machine

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
"""最大的一檔；BENCH_ROWS=1000000 可以加量。"""
SIZES = sorted({1_000, 10_000, 100_000, ROWS})
SIZES = [size for size in SIZES if size <= ROWS]


@contextmanager
def built(size: int, *, everything_owed: bool = False) -> Iterator[Bench]:
    """建好一批數據，用完整個回滾：不留一行，也不用清表。"""
    settings = override_settings(TODAY=TODAY.isoformat(), ROOT_URLCONF="benchmarks.urls")
    with settings, _connection_kept(), transaction.atomic():
        yield bench_of(size, everything_owed=everything_owed)
        transaction.set_rollback(True)


@contextmanager
def _connection_kept() -> Iterator[None]:
    """每次請求前後框架會丟掉還在事務裏的連接；數據都在這個事務裏，不能丟。"""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size:,}")
def bench(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: object
) -> Iterator[Bench]:
    """逐檔換數據；同一檔的各頁共用一份。"""
    with django_db_blocker.unblock(), built(request.param) as made:
        print(f"\n{request.param:,} 項措施（{machine()}）")
        yield made
