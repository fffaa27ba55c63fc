from collections.abc import Callable
from datetime import datetime

import hypothesis
import pytest
import time_machine
from django.test import Client

from people.models import User
from tests.cast import Cast, assemble
from tests.factories import moment

# 機器忙時一個例子慢一點不算錯；每次用同一批例子，紅了就是真的紅。
hypothesis.settings.register_profile(
    "portal",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("portal")


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
