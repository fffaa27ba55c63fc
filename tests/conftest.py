import gc
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import time_machine
from django.apps import AppConfig
from django.contrib.contenttypes.models import ContentType
from django.core.serializers import deserialize, serialize
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate
from django.test import Client

from campaigns.models import EvidenceForm, EvidenceSet, EvidenceSetLine
from people.models import User
from tasks.models import ReviewPhrase
from tests import ready_made
from tests.cast import Cast, assemble
from tests.factories import moment
from workdays import services as workdays
from workdays.models import CalendarDay

# 機器忙時一個例子慢一點不算錯；每次用同一批例子，紅了就是真的紅。
hypothesis.settings.register_profile(
    "portal",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("portal")


TOUCHING = {"db", "transactional_db", "django_db_setup", "live_server"}
"""用到數據庫的測試，直接間接總要其中一樣。"""
ON_THEIR_OWN = ("DATABASE_URL", "subprocess", "connection")
"""文件裏有這些詞的測試也許自己另連了庫，一律當作用到。"""


SLOW_FIRST = (
    "tests/upgrading/",
    "tests/desk/test_demo_sample.py",
    "tests/test_access.py",
    "tests/test_bad_input.py",
    "tests/walk/",
    "tests/evaluations/test_reminding.py",
    "tests/browser/test_a_year_of_assessment.py",
    "tests/browser/test_every_page.py",
)
"""最慢的幾個文件先跑：留到最後，一個進程跑它，另一個就閒着（xdist 要帶 --no-loadscope-reorder）。"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="只跑結果可能因換一種數據庫而變的測試（在 SQLite 上整套跑過之後，PostgreSQL 那一遍用）",
    )


def pytest_collection_finish() -> None:
    """收集好的幾千個測試和全部模塊要留到最後，垃圾回收不必一遍遍去翻。"""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW_FIRST))
    if config.getoption("--database-only"):
        config.hook.pytest_deselected(items=[item for item in items if not depends(item)])
        items[:] = [item for item in items if depends(item)]


def depends(item: pytest.Item) -> bool:
    """換一種數據庫，結果可不可能變；說不準的都算可能。"""
    if item.get_closest_marker("either_database"):
        return False
    return (
        item.get_closest_marker("django_db") is not None
        or not isinstance(item, pytest.Function)
        or item.cls is not None
        or bool(TOUCHING & set(item.fixturenames))
        or any(word in source_of(item.path) for word in ON_THEIR_OWN)
    )


@cache
def source_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


SEEDED = (CalendarDay, EvidenceForm, EvidenceSet, EvidenceSetLine, ReviewPhrase)
"""遷移裏帶着初始數據的表。"""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """各個測試進程的庫照抄同一份遷移好的空庫。"""
    ready_made.copy_instead_of_migrating(connection)
    ready_made.empty_only_what_was_written(connection)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """真提交的測試（transaction=True）結束時清空全庫；隨後把遷移帶的初始數據放回去。

    並行時各文件不一定按先後跑，不放回去，別的文件就少了工作日曆和佐證形式。
    """
    # 日曆隔一分鐘重讀一次；測試裏不重讀，數查詢的測試才不看鐘點。
    workdays.FRESH_FOR_SECONDS = 24 * 3600
    with django_db_blocker.unblock():
        workdays.calendar()
        saved = [serialize("json", model.objects.all()) for model in SEEDED]

    def put_back(sender: AppConfig, **_kwargs: object) -> None:
        if sender.name == "tasks" and not EvidenceForm.objects.exists():
            for text in saved:
                for row in deserialize("json", text):
                    row.save()

    post_migrate.connect(put_back, weak=False, dispatch_uid="put seeds back")


@pytest.fixture
def migrate(transactional_db: None) -> Iterator[Callable[..., Any]]:
    """把庫的結構換到某一版（不寫是最新），給出那一版的模型；不論成不成，測完都換回最新的空庫。"""

    def go(to: list[tuple[str, str]] | None = None) -> Any:
        executor = MigrationExecutor(connection)
        targets = to or executor.loader.graph.leaf_nodes()
        executor.migrate(targets)
        return MigrationExecutor(connection).loader.project_state(targets).apps

    yield go
    if not ready_made.put_back(connection):
        go()
    ContentType.objects.clear_cache()


@pytest.fixture
def cast(db: None) -> Cast:
    """全體劇中人。"""
    return assemble()


@pytest.fixture
def now() -> datetime:
    """戲裏的此刻：2026年11月23日（星期一）9:00。"""
    return moment(2026, 11, 23)


@pytest.fixture
def clock(now: datetime):
    """讓頁面和命令看到的時間停在 now；要走動時用 clock.move_to(…)。"""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def signed_in(clock: object) -> Callable[[User], Client]:
    """以某人身份登錄的瀏覽器，時間停在 now。"""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
