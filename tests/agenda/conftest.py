from collections.abc import Iterator

import pytest

from workdays.services import forget_calendar


@pytest.fixture(autouse=True)
def _fresh_calendar() -> Iterator[None]:
    """日曆在進程內有記憶；改過表的測試前後都要忘掉它。"""
    forget_calendar()
    yield
    forget_calendar()
