from collections.abc import Iterator

import pytest

from health.views import forget_answer


@pytest.fixture(autouse=True)
def _ask_afresh() -> Iterator[None]:
    """/healthz 在進程內記幾秒。"""
    forget_answer()
    yield
    forget_answer()
