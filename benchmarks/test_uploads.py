"""二百兆佐證經真正的 WSGI 應用收下：網頁進程長多少，比把同樣的字節抄一遍慢多少。"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from django.test.client import BOUNDARY
from django.urls import reverse

from benchmarks.conftest import built
from benchmarks.data import Bench
from benchmarks.site import Browser
from benchmarks.yardstick import machine
from tasks.models import EvidenceFile, Submission
from tests.lib import make_files

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
MEGABYTE = 1 << 20
FILES, EACH = 5, 40


@pytest.fixture
def owed(db: None) -> Iterator[Bench]:
    with built(1_000, everything_owed=True) as made:
        yield made


def test_two_hundred_megabytes_do_not_grow_the_web_process(owed: Bench, tmp_path: Path) -> None:
    row = Submission.objects.with_measure().order_by("pk").first()
    browser = Browser(owed.clerks[row.assignment.department_id])
    address = reverse("tasks:evidence-add", args=[row.pk])
    bodies = [_body(tmp_path / f"body{number}", EACH) for number in range(FILES)]

    def send(body: Path) -> None:
        with body.open("rb") as stream:
            browser.upload(address, stream, body.stat().st_size)

    with override_settings(MEDIA_ROOT=str(tmp_path / "media")):
        send(_body(tmp_path / "warm", 1))  # 暖身：該引入的都引入
        grown, spent = _watched(lambda: [send(body) for body in bodies])
    __, copied = _watched(lambda: [shutil.copyfile(b, tmp_path / "copy") for b in bodies])

    print(
        f"\n  收 {FILES} 份各 {EACH} MB：{spent:.1f} s，抄一遍同樣的字節 {copied:.1f} s，"
        f"{spent / copied:.1f} ×；網頁進程的內存最多長了 {grown:.1f} MB（{machine()}）"
    )
    assert EvidenceFile.objects.filter(size__gte=EACH * MEGABYTE).count() == FILES


def _body(path: Path, megabytes: int) -> Path:
    """一張表單，裏面一份 PDF；內容每份不同，也壓不小。"""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}.pdf"'
        "\r\nContent-Type: application/pdf\r\n\r\n"
    )
    with path.open("wb") as target:
        target.write(head.encode())
        for _number in range(megabytes):
            target.write(make_files.pdf(b"%" + os.urandom(MEGABYTE)))
        target.write(f"\r\n--{BOUNDARY}--\r\n".encode())
    return path


def _watched(job: Callable[[], object]) -> tuple[float, float]:
    """做這件事：駐留內存的最高點比開始時高多少 MB，歷時多少秒。"""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # 最高點從現在算起
    before, begun = _memory("VmRSS"), time.perf_counter()
    job()
    spent = time.perf_counter() - begun
    return _memory("VmHWM") - before, spent


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024
