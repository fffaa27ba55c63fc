"""經真正的上傳頁：壞文件一句話退回，什麼也沒有留下；好文件都收。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from people.models import User
from pingtan_civ.lib.storage import WholeFileStorage
from tasks.models import EvidenceFile, EvidenceLink, Submission
from tasks.services import issuing
from tests import factories as make
from tests.cast import Cast
from tests.clamd import VIRUS, clamd
from tests.lib import honest, hostile, make_files
from tests.tasks.test_evidence import upload

SignIn = Callable[[User], Client]
#: 一樣防法挑一個；全部的在 tests/lib/test_hostile_files.py。
HOSTILE = [
    "vba project",
    "ole object",
    "dde field in pieces",
    "remote template",
    "ratio bomb",
    "overlapping entries",
    "packages three deep",
    "encrypted office",
    "pdf script in an object stream",
    "pdf attachment",
    "pdf with an archive behind",
    "png a hundred thousand a side",
    "jpeg of four thousand megapixels",
    "page behind a picture",
    "half a picture",
    "turned-over name",
    "nothing",
]
HONEST = ["long word", "excel with a chart", "slides", "long pdf", "phone photo", "iphone photo"]


@pytest.fixture
def submission(cast: Cast, now: datetime) -> Submission:
    measure = make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    return Submission.objects.get()


def nothing_is_left(folder: WholeFileStorage) -> bool:
    return (
        not EvidenceFile.objects.exists()
        and not EvidenceLink.objects.exists()
        and list(folder.walk()) == []
    )


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_leaves_a_sentence_and_nothing_else(
    signed_in: SignIn, cast: Cast, submission: Submission, folder: WholeFileStorage, case: str
) -> None:
    name, build, words = hostile.CASES[case]

    response = upload(signed_in(cast.clerk), submission, name, build())

    assert response.status_code == 422
    assert response["Content-Type"].startswith("text/plain")
    assert words in response.content.decode()
    assert nothing_is_left(folder)


@pytest.mark.parametrize("case", HONEST)
def test_an_honest_file_is_kept(
    signed_in: SignIn, cast: Cast, submission: Submission, folder: WholeFileStorage, case: str
) -> None:
    name, build, kind = honest.CASES[case]

    response = upload(signed_in(cast.clerk), submission, name, build())

    link = EvidenceLink.objects.select_related("file").get()
    assert response.status_code == 200
    assert link.name == f"{name.rpartition('.')[0]}.{kind}"
    assert list(folder.walk()) == [(link.file.path, link.file.size)]


def test_an_infected_file_leaves_a_sentence_and_nothing_else(
    signed_in: SignIn,
    cast: Cast,
    submission: Submission,
    folder: WholeFileStorage,
    settings: object,
) -> None:
    with clamd() as scanner:
        settings.CLAMAV_ADDRESS = scanner.address
        response = upload(
            signed_in(cast.clerk), submission, "制度.pdf", make_files.pdf(b"%" + VIRUS)
        )

    assert response.status_code == 422
    assert "帶有病毒（Eicar-Test）" in response.content.decode()
    assert nothing_is_left(folder)


def test_a_round_takes_only_so_many_files(
    signed_in: SignIn,
    cast: Cast,
    submission: Submission,
    folder: WholeFileStorage,
    settings: object,
) -> None:
    settings.EVIDENCE_MAX_FILES = 2
    client = signed_in(cast.clerk)
    for number in range(2):
        upload(client, submission, "文.pdf", make_files.pdf(b"%%%d" % number))

    response = upload(client, submission, "文.pdf", make_files.pdf(b"%third"))

    assert response.status_code == 422
    assert "已經掛了 2 份佐證，到了上限" in response.content.decode()
    assert len(list(folder.walk())) == EvidenceFile.objects.count() == 2


def test_a_wild_name_is_kept_tame(
    signed_in: SignIn, cast: Cast, submission: Submission, folder: WholeFileStorage
) -> None:
    upload(signed_in(cast.clerk), submission, "\u202econ.pdf", make_files.pdf())

    assert EvidenceLink.objects.get().name == "佐證 con.pdf"
