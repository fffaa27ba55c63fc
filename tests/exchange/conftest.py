"""拆表、標錯在子進程裏做；這裏多數測試問的是讀出什麼、怎麼說，與在哪裏跑無關。"""

from collections.abc import Callable
from typing import Any

import pytest

from pingtan_civ.lib import confined


@pytest.fixture(autouse=True)
def in_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """不另起子進程，省下每次半秒；限制由 confined 自己的測試守着。要 confined_for_real 的照真的跑。"""
    if "confined_for_real" in request.fixturenames:
        return

    def run(target: Callable[..., Any], *args: Any, **_limits: Any) -> Any:
        try:
            return target(*args)
        except Exception as error:
            raise confined.Failed(type(error).__name__, str(error)) from error

    monkeypatch.setattr(confined, "run", run)


@pytest.fixture
def confined_for_real() -> None:
    """要真的子進程。"""
