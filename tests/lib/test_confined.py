"""關在子進程裏做的事：成了交回結果，慢了、大了、崩了都不連累這邊。"""

import time
from pathlib import Path

import pytest

from pingtan_civ.lib import confined
from tests.lib import confined_work as work

FAST = {"seconds": 5, "megabytes": 256}


def test_the_result_comes_back_whichever_way_the_function_is_named() -> None:
    assert confined.run(work.add, 40, 2, **FAST) == 42
    assert confined.run("tests.lib.confined_work:add", 1, 2, **FAST) == 3
    assert confined.run(work.parcel, **FAST) == work.parcel()


def test_the_child_is_light_and_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 40)

    found = confined.run(work.surroundings, **FAST)

    assert found == {"secrets": [], "heavy": [], "group": True}


def test_a_function_that_never_ends_is_stopped_by_its_processor_time() -> None:
    with pytest.raises(confined.TooMuch, match="用了 1 秒還沒有完，已經停下"):
        confined.run(work.spin, seconds=1, megabytes=256)


def test_a_function_that_only_waits_is_stopped_by_the_clock() -> None:
    with pytest.raises(confined.TooMuch, match="還沒有完"):
        confined.run(time.sleep, 600, seconds=20, megabytes=256, wait=0.5)


def test_a_function_that_swells_is_stopped() -> None:
    with pytest.raises(confined.TooMuch, match="內存超過 256 MB"):
        confined.run(work.swell, **FAST)


def test_a_function_that_fills_the_disk_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "flood"

    with pytest.raises((confined.TooMuch, confined.Failed)):
        confined.run(work.flood, str(path), seconds=5, megabytes=128)

    assert path.stat().st_size <= 64 << 20


def test_a_decoder_may_talk_without_spoiling_the_result() -> None:
    assert confined.run(work.chatter, **FAST) == "內容"


@pytest.mark.parametrize(
    ("function", "kind"),
    [(work.crash, "crash"), (work.refuse, "ValueError"), (work.secret_object, "TypeError")],
)
def test_a_failure_says_of_what_kind(function: object, kind: str) -> None:
    with pytest.raises(confined.Failed) as caught:
        confined.run(function, **FAST)

    assert caught.value.kind == kind
