"""查毒：有毒的不收；查毒服務不通時按配置，默認不收。"""

import io
from collections.abc import Iterator

import pytest

from pingtan_civ.lib import virus_scan
from pingtan_civ.lib.upload_kinds import RefusedUpload
from tests.clamd import VIRUS, Clamd, clamd
from tests.live import free_port


@pytest.fixture
def scanner(settings: object) -> Iterator[Clamd]:
    with clamd() as state:
        settings.CLAMAV_ADDRESS = state.address
        settings.CLAMAV_SECONDS = 0.5
        yield state


def test_a_clean_file_passes_whole_and_is_handed_back_at_its_beginning(scanner: Clamd) -> None:
    file = io.BytesIO(b"x" * 200_000)

    virus_scan.refuse_infected(file)

    assert scanner.seen == [200_000]
    assert file.tell() == 0


def test_an_infected_file_is_refused_by_name(scanner: Clamd) -> None:
    with pytest.raises(RefusedUpload, match=r"病毒（Eicar-Test），沒有收下"):
        virus_scan.refuse_infected(io.BytesIO(b"x" * 70_000 + VIRUS))


@pytest.mark.parametrize("mode", ["busy", "silent", "close"])
def test_a_scanner_that_does_not_answer_means_not_now(scanner: Clamd, mode: str) -> None:
    scanner.mode = mode

    with pytest.raises(RefusedUpload, match="請稍後再傳"):
        virus_scan.refuse_infected(io.BytesIO(b"x"))


def test_a_scanner_that_is_down_may_be_passed_over_when_so_set(settings: object) -> None:
    settings.CLAMAV_ADDRESS = f"127.0.0.1:{free_port()}"
    file = io.BytesIO(b"clean")

    with pytest.raises(RefusedUpload, match="請稍後再傳"):
        virus_scan.refuse_infected(file)
    settings.CLAMAV_REQUIRED = False
    virus_scan.refuse_infected(file)

    assert file.read() == b"clean"


def test_without_an_address_nobody_is_asked(settings: object) -> None:
    settings.CLAMAV_ADDRESS = ""

    virus_scan.refuse_infected(io.BytesIO(VIRUS))

    assert settings.CLAMAV_REQUIRED


def test_it_can_be_asked_whether_it_is_there(scanner: Clamd) -> None:
    virus_scan.ping()
    scanner.mode = "close"

    with pytest.raises(virus_scan.Unavailable):
        virus_scan.ping()
