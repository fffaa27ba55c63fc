"""報出一期，附一個小文件，對只存一行、只存一個文件的視圖。"""

from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.urls import reverse

from benchmarks.conftest import built
from benchmarks.data import NARRATIVE, Bench
from benchmarks.site import Browser, encoded
from benchmarks.yardstick import race, show
from tasks.models import Submission
from tests.lib import make_files

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
FILE_SIZE = 20_000
TIMES = 10


@pytest.fixture
def owed(db: None) -> Iterator[Bench]:
    with built(1_000, everything_owed=True) as made:
        yield made


@pytest.fixture(autouse=True)
def queue() -> Iterator[None]:
    """門鈴真的按，只是按在內存的隊列上：後台的活不算在這一次請求裏。"""
    conf = current_app.conf
    kept = conf.task_always_eager, conf.broker_url
    conf.task_always_eager, conf.broker_url = False, "memory://"
    yield
    conf.task_always_eager, conf.broker_url = kept


@pytest.mark.parametrize("kind", ["pdf", "photo", "none"])
def test_handing_in_beside_a_bare_upload(owed: Bench, kind: str) -> None:
    rows = _submissions_of_one_unit(owed)
    clerk = owed.clerks[rows[0].assignment.department_id]
    browser, bare = Browser(clerk), reverse("bare-upload")
    report = {"version": "0.page", "narrative": NARRATIVE, "percent": "100", "action": "submit"}
    files = [_FILES[kind](number) for number in range(2 * TIMES)]
    ours = iter(
        [
            (row.get_absolute_url(), encoded(report | ({"file": file} if kind != "none" else {})))
            for row, file in zip(rows, files[:TIMES], strict=False)
        ]
    )
    theirs = iter([encoded({"narrative": file.name, "file": file}) for file in files[TIMES:]])

    def hand_in() -> None:
        _committed(lambda: browser.post(*next(ours)))

    def save() -> None:
        _committed(lambda: browser.post(bare, next(theirs)))

    spent = race(TIMES - 1, ours=hand_in, bare=save)

    goal = 3.0 if kind == "pdf" else None
    words = {"pdf": "報出並附 20 KB 文件", "photo": "報出並附照片", "none": "報出，不附文件"}
    show(words[kind], spent["ours"], spent["bare"], "只存一行和一個文件", goal=goal)
    handed = Submission.objects.filter(state=Submission.State.SUBMITTED).count()
    assert handed == TIMES


def _submissions_of_one_unit(owed: Bench) -> list[Submission]:
    department = owed.departments[5]
    return list(
        Submission.objects.with_measure().filter(assignment__department=department).order_by("pk")
    )


def _committed(job: Callable[[], object]) -> None:
    """連同提交之後要做的（按門鈴）一起算。"""
    with TestCase.captureOnCommitCallbacks(execute=True):
        job()


def _pdf(number: int) -> SimpleUploadedFile:
    """每份內容都不同：相同的文件只存一份，會量得太輕。"""
    filler = b"%" + f"{number:05d}".encode() * (FILE_SIZE // 5)
    return SimpleUploadedFile(f"制度{number}.pdf", make_files.pdf(filler))


def _photo(number: int) -> SimpleUploadedFile:
    image = make_files.scene(1200, 900)
    image.putpixel((number, number), (number, 0, 0))
    return SimpleUploadedFile(f"照片{number}.jpg", make_files.picture(image))


_FILES = {"pdf": _pdf, "photo": _photo, "none": _pdf}
