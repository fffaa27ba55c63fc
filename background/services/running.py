"""辦一件：領租約、辦、記結果。進程被殺、斷電都不要緊，租約過了別人從頭再辦。"""

import logging
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.models import F, Q
from django.utils.translation import gettext as _

from background.models import Job
from background.services import kinds
from background.services.flow import Flow
from background.services.ordering import RUN_JOB, place_of
from journal import doorbell
from journal.services import source_script
from pingtan_civ.lib import clock

logger = logging.getLogger(__name__)

#: 多久不報進度就算沒人在辦了。
LEASE = timedelta(minutes=5)
#: 出錯或被殺，最多辦幾次。
TRIES = 3
#: 結果文件留多久；過了自動刪去，再要就再做一份。
KEPT = timedelta(days=7)
#: 沒有結果的行留多久。
ROWS_KEPT = timedelta(days=90)
#: 報進度寫庫至多這麼密。
BETWEEN = timedelta(seconds=1)
#: 長事務裏每隔這麼久報一次。
BEAT = timedelta(seconds=5)


class JobRefused(Exception):
    """辦不成，重試也沒用；參數是給人看的一句話，說該怎麼辦。"""


class Stopped(Exception):
    """這一件取消了，或租約已歸別人：放下它，什麼也不留。"""


@dataclass(frozen=True)
class Outcome:
    """辦成的結果：一個文件（由這裏存進存儲，name 是給人看的名字），或幾個數。

    文件是 path 處現成的一個，或 content：邊做邊給的一段段字節，做一段存一段，不先寫成臨時文件。
    path 處的 is_temporary 時，存好（或存不成）就刪去。
    """

    path: str = ""
    name: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    content: Iterable[bytes] | None = None
    is_temporary: bool = False


#: 辦了幾件、共幾件、正在做什麼。
Tell = Callable[..., None]


class Progress:
    """辦的時候報進度：同時續租，並看看是不是取消了。"""

    def __init__(self, job: Job, now: Callable[[], datetime]) -> None:
        self._job, self._now = job, now
        self._told_at: datetime | None = None

    def tell(self, done: int, total: int, step: str = "") -> None:
        """辦了幾件、共幾件、正在做什麼。一秒至多寫一次庫。Raises Stopped。"""
        at = self._now()
        if self._told_at is not None and done < total and at - self._told_at < BETWEEN:
            return
        self._told_at = at
        self._renew(done, total, step)

    @contextmanager
    def apart(self) -> Iterator[Tell]:
        """接下來是一個長事務：用另一個連接報進度、續租。給出的函數只記下辦到哪裏，不寫庫。

        事務裏寫的，提交之前別人看不到；租約一次續得太長，進程被殺了又要等很久才有人接手。
        SQLite 一次只許一個人寫，其間報不成，別人也領不走。Raises Stopped。
        """
        self.tell(0, 0)
        latest: list[Any] = [0, 0, ""]
        ended = Event()

        def beat() -> None:
            try:
                while not ended.wait(BEAT.total_seconds()):
                    with suppress(DatabaseError):
                        self._renew(*latest)
            except Stopped:
                # 停不下正在寫的事務；它寫成沒寫成，下一個人看得出。
                pass
            finally:
                connection.close()

        def note(done: int, total: int, step: str = "") -> None:
            latest[:] = done, total, step

        thread = Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield note
        finally:
            ended.set()
            thread.join()

    def _renew(self, done: int, total: int, step: str) -> None:
        held = Job.objects.filter(pk=self._job.pk, state=Job.State.RUNNING, lease=self._job.lease)
        until = self._now() + LEASE
        if not held.update(done=done, total=total, step=step[:200], lease_until=until):
            raise Stopped


def run_job(job_id: int, *, now: Callable[[], datetime] = clock.now) -> Job | None:
    """領下這一件辦完。已有人在辦、已有結果或已取消的為 None。"""
    job = _claim(job_id, now())
    if job is None:
        return None
    try:
        with source_script():
            outcome = kinds.handling_of(job).run(job, Progress(job, now))
            stored, size = _store(job, outcome)
        return _finish(job, outcome, now(), stored, size)
    except Stopped:
        return None
    except JobRefused as refusal:
        return _fail(job, str(refusal), now())
    except Exception:
        logger.exception("後台任務 %s（%s）出錯。", job.pk, job.kind)
        return _give_back(job, now())


def sweep(at: datetime) -> int:
    """每分鐘：沒人辦的、租約過了的都按一下門鈴；過期的結果文件刪去。返回按了幾下。"""
    _expire(at)
    idle = (
        Job.objects.filter(_claimable(at)).order_by("ordered_at", "pk").values_list("pk", flat=True)
    )
    count = 0
    for pk in list(idle[:20]):
        doorbell.ring(RUN_JOB, job_id=pk)
        count += 1
    return count


def _claimable(at: datetime) -> Q:
    return Q(state=Job.State.WAITING) | Q(state=Job.State.RUNNING, lease_until__lt=at)


def _claim(job_id: int, at: datetime) -> Job | None:
    """比較並寫入：兩個進程同時領，只有一個領到。"""
    lease = uuid.uuid4().hex
    dead = Job.objects.filter(_claimable(at), pk=job_id).values_list("lease", flat=True).first()
    taken = Job.objects.filter(_claimable(at), pk=job_id).update(
        state=Job.State.RUNNING, lease=lease, lease_until=at + LEASE,
        started_at=at, attempts=F("attempts") + 1, done=0, step="",
    )  # fmt: skip
    if not taken:
        return None
    if dead:
        # 上一個辦到一半被殺，寫了一截的結果沒有人認領。
        default_storage.delete(place_of(job_id, dead))
    job = Job.objects.select_related("owner").get(pk=job_id)
    if job.attempts > TRIES or job.kind not in kinds.KINDS:
        _fail(job, _("這件事試了幾次都沒有辦成，請告訴管理員。"), at)
        return None
    return job


def _store(job: Job, outcome: Outcome) -> tuple[str, int]:
    """把結果文件存進存儲：返回存放處和字節數，沒有文件時是空的。半途停下的不留半截。"""
    pieces = outcome.content
    if pieces is None and outcome.path:
        pieces = _read(outcome.path)
    if pieces is None:
        return "", 0
    place = place_of(job.pk, job.lease)
    try:
        with Flow(pieces) as content:
            stored = default_storage.save(place, content)
    except BaseException:
        default_storage.delete(place)
        raise
    finally:
        if outcome.is_temporary:
            os.unlink(outcome.path)
    return stored, default_storage.size(stored)


def _read(path: str) -> Iterator[bytes]:
    with open(path, "rb") as made:
        yield from iter(lambda: made.read(1 << 20), b"")


def _finish(
    job: Job, outcome: Outcome, at: datetime, stored: str = "", size: int = 0
) -> Job | None:
    held = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, lease=job.lease)
    if not held.update(
        state=Job.State.DONE, step="", result=outcome.result, file=stored,
        file_name=outcome.name[:200], file_size=size, finished_at=at, expires_at=at + KEPT,
        lease="", lease_until=None,
    ):  # fmt: skip
        if stored:
            default_storage.delete(stored)
        return None
    return Job.objects.get(pk=job.pk)


def _fail(job: Job, sentence: str, at: datetime) -> Job:
    Job.objects.filter(pk=job.pk, lease=job.lease, state=Job.State.RUNNING).update(
        state=Job.State.FAILED, error=sentence[:500], finished_at=at, lease="", lease_until=None
    )
    return Job.objects.get(pk=job.pk)


def _give_back(job: Job, at: datetime) -> Job:
    """出了意外：還有次數就交回去等巡查，沒有就算未完成。"""
    if job.attempts >= TRIES:
        return _fail(job, _("出了意外，沒有辦成。請過一會兒再要一次；還不行請告訴管理員。"), at)
    Job.objects.filter(pk=job.pk, lease=job.lease, state=Job.State.RUNNING).update(
        state=Job.State.WAITING, lease="", lease_until=None
    )
    return Job.objects.get(pk=job.pk)


def _expire(at: datetime) -> None:
    # 取消時正辦着的：租約過了還沒有放手，就是辦的人也被殺了，留下的半截沒有人收拾。
    for job in Job.objects.filter(state=Job.State.CANCELLED, lease_until__lt=at)[:50]:
        default_storage.delete(place_of(job.pk, job.lease))
        Job.objects.filter(pk=job.pk).update(lease="", lease_until=None)
    for job in Job.objects.filter(expires_at__lte=at).exclude(file="")[:50]:
        default_storage.delete(job.file)
        Job.objects.filter(pk=job.pk).update(file="")
    Job.objects.filter(finished_at__lt=at - ROWS_KEPT, file="").delete()
