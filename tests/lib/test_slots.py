"""幾個位子：滿了要等，等不到就說，放了就空。"""

from pathlib import Path

import pytest

from pingtan_civ.lib.slots import one_of


def test_so_many_at_once_and_no_more(tmp_path: Path) -> None:
    def turn():
        return one_of(2, folder=tmp_path, name="picture", seconds=0)

    with turn():
        with turn(), pytest.raises(TimeoutError), turn():
            pytest.fail("第三個也進來了")
        with turn():
            pass


def test_a_failure_gives_the_place_back(tmp_path: Path) -> None:
    def turn():
        return one_of(1, folder=tmp_path, name="picture", seconds=0)

    with pytest.raises(ValueError, match="壞圖"), turn():
        raise ValueError("壞圖")

    with turn(), one_of(1, folder=tmp_path, name="another", seconds=0):
        pass
