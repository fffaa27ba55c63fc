"""迎檢資料包：邊讀邊核對邊打包，對把同樣的字節抄一遍；另看佔多少內存。

BENCH_FILES=1000 是一千份 2 MB 的全量；默認少做一些。
"""

import hashlib
import os
import time
from collections.abc import Iterator
from statistics import median

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from background.models import Job
from background.services import run_job
from background.services.flow import Flow
from benchmarks.conftest import built
from benchmarks.data import Bench
from benchmarks.yardstick import machine
from evidence.packing.scope import Scope
from evidence.packing.services import order_pack
from tasks.models import EvidenceFile, EvidenceLink
from tests import factories as make
from tests.cast import Cast

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
FILES = int(os.environ.get("BENCH_FILES", "100"))
SIZE = 2 * 1024 * 1024
ROUNDS = 3
NOW = make.moment(2026, 11, 26)
GOAL, MOST_MB = 1.5, 200


@pytest.fixture
def evidence(db: None) -> Iterator[Bench]:
    with built(1) as made:
        objective = make.ObjectiveFactory(campaign=made.campaign)
        indicators = [make.IndicatorFactory(objective=objective) for _each in range(20)]
        rounds = [_round(made.cast, indicator) for indicator in indicators]
        files = [_stored(number) for number in range(FILES)]
        EvidenceLink.objects.bulk_create(
            make.EvidenceLinkFactory.build(
                round=rounds[number % len(rounds)], file=file, added_by=made.cast.clerk,
                name=f"照片{number}.jpg", state=EvidenceLink.State.ACCEPTED,
            )
            for number, file in enumerate(files)
        )  # fmt: skip
        yield made
        for file in files:
            default_storage.delete(file.path)


def _round(cast: Cast, indicator: object) -> object:
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, issued=True
    )
    measure.indicators.add(indicator)
    submission = make.SubmissionFactory(
        assignment=make.AssignmentFactory(measure=measure), accepted=True
    )
    return submission.rounds.get()


def _stored(number: int) -> EvidenceFile:
    """每份內容都不同：相同的只存一份，會量得太輕。"""
    content = hashlib.shake_128(str(number).encode()).digest(1024) * (SIZE // 1024)
    sha256 = hashlib.sha256(content).hexdigest()
    path = default_storage.save(f"evidence/{sha256[:2]}/{sha256}.jpg", ContentFile(content))
    return make.EvidenceFileFactory(sha256=sha256, size=SIZE, path=path)


def test_a_pack_beside_copying_the_same_bytes(evidence: Bench) -> None:
    scope = Scope(evidence.campaign.pk, evidence.campaign.start_date, evidence.campaign.end_date)
    office, peak = evidence.cast.office, Peak()

    def pack() -> None:
        Job.objects.all().delete()
        job = order_pack(actor=office, campaign=evidence.campaign, scope=scope, at=NOW)
        done = run_job(job.pk, now=peak.now)
        assert done.result["pieces"] == FILES, done.error
        default_storage.delete(done.file)

    def copy() -> None:
        default_storage.delete(default_storage.save("results/copy", Flow(_bytes())))

    times = {name: [] for name in ("pack", "copy")}
    for _round in range(ROUNDS):
        for name, job in (("pack", pack), ("copy", copy)):
            _forget_cached()
            started = time.perf_counter()
            job()
            times[name].append(time.perf_counter() - started)
    ours, bare = median(times["pack"]), median(times["copy"])

    print(
        f"\n  {FILES:,} 份 2 MB 打包（{machine()}）：歷時 {ours / bare:.2f} × 抄一遍同樣的字節"
        f"（目標 ≤ {GOAL}）　{ours:.2f} s 對 {bare:.2f} s；"
        f"打包時內存多用 {peak.grown:.0f} MB（目標 ≤ {MOST_MB}）"
    )


def _forget_cached() -> None:
    """平時打包，佐證多半不在系統的緩存裏：請出去，兩邊都真的讀盤。"""
    for path in EvidenceFile.objects.values_list("path", flat=True):
        handle = os.open(default_storage.path(path), os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def _bytes() -> Iterator[bytes]:
    for path in EvidenceFile.objects.values_list("path", flat=True):
        with default_storage.open(path) as source:
            yield from source.chunks(1 << 20)


class Peak:
    """借任務報進度時問鐘的那一下，看看內存用到多少。"""

    def __init__(self) -> None:
        self._start = self._most = _resident()

    def now(self) -> object:
        self._most = max(self._most, _resident())
        return NOW

    @property
    def grown(self) -> float:
        return self._most - self._start


def _resident() -> float:
    """本進程佔的內存，MB。"""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1_048_576
