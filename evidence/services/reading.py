"""讀佐證：領一份、在受限的子進程裏讀、記結果。進程被殺，租約過了別人接着讀。"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy

from evidence.reading import normalised
from evidence.reading_formats import DAMAGED, PARTLY, Reading
from journal.services import source_script
from pingtan_civ.lib import confined
from pingtan_civ.lib.stored import on_disk
from tasks.models import EvidenceFile, FileReading

logger = logging.getLogger(__name__)

#: 讀一份最多用多久、多少內存；超過的算讀不出。
SECONDS, MEGABYTES = 60, 768
LEASE = timedelta(minutes=5)
#: 一份文件最多試幾次：總把進程帶倒的，不能一直試下去。
TRIES = 3
#: 一遍巡查至多讀多久，其餘留給下一遍。
SPELL = timedelta(seconds=50)
_AT_ONCE = 1000

READ = "evidence.reading_formats:read"
SENTENCES = {
    DAMAGED: gettext_lazy("打不開裏面的內容，文件可能損壞；文件本身照樣可以下載。"),
    PARTLY: gettext_lazy("內容很長，只讀了前面 500 頁、20 萬字以內的部分。"),
    "too_much": gettext_lazy("內容太大，讀了一分鐘還沒讀完；查找時找不到裏面的字，可以下載查看。"),
    "missing": gettext_lazy("原件不在存儲裏，請告訴管理員。"),
    "tries": gettext_lazy("試了三次都沒有讀出來；查找時找不到裏面的字，可以下載查看。"),
}


@dataclass
class Tally:
    """讀了一遍的結果：讀出幾份，讀不出幾份，還剩幾份。"""

    done: int = 0
    failed: int = 0
    left: int = 0


def read_files(*, now: Callable[[], datetime], spell: timedelta | None = SPELL) -> Tally:
    """給新文件登記，把待讀的讀出來。可以幾個進程同時跑，一份只有一個在讀。

    spell 為 None 時讀完為止。
    """
    enrol()
    tally, started = Tally(), now()
    while spell is None or now() - started < spell:
        reading = claim(now())
        if reading is None:
            break
        if read_one(reading, now=now):
            tally.done += 1
        else:
            tally.failed += 1
    tally.left = FileReading.objects.filter(state=FileReading.State.WAITING).count()
    return tally


def enrol() -> int:
    """還沒登記的文件（報送的、督辦的、導入的都算）各登記一行待讀。返回登記了幾份。"""
    fresh = EvidenceFile.objects.filter(reading__isnull=True).order_by("pk")
    keys = list(fresh.values_list("pk", flat=True)[:_AT_ONCE])
    FileReading.objects.bulk_create([FileReading(file_id=pk) for pk in keys], ignore_conflicts=True)
    return len(keys)


def try_again() -> int:
    """讀不出的放回待讀（換了版本、補回了原件之後）。返回幾份。"""
    failed = FileReading.objects.filter(state=FileReading.State.FAILED)
    return failed.update(state=FileReading.State.WAITING, attempts=0, lease_until=None)


def claim(at: datetime) -> FileReading | None:
    """領一份：比較並寫入，兩個進程同時領，只有一個領到。沒有待讀的為 None。"""
    waiting = Q(state=FileReading.State.WAITING) & (
        Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    )
    for pk in FileReading.objects.filter(waiting).order_by("pk").values_list("pk", flat=True)[:20]:
        taken = FileReading.objects.filter(waiting, pk=pk).update(
            lease_until=at + LEASE, attempts=F("attempts") + 1
        )
        if taken:
            return FileReading.objects.select_related("file").get(pk=pk)
    return None


@source_script()
def read_one(reading: FileReading, *, now: Callable[[], datetime]) -> bool:
    """讀領到的這一份並記下；返回讀出來沒有。租約已歸別人的，結果不記。"""
    if reading.attempts > TRIES:
        return _fail(reading, "tries", now())
    try:
        found = _read(reading.file)
    except confined.TooMuch:
        return _fail(reading, "too_much", now())
    except FileNotFoundError:
        return _fail(reading, "missing", now())
    except Exception:
        # 子進程意外死去之類：放開租約，下一遍再試，滿三次為止。
        logger.exception("讀佐證文件 %s 出錯。", reading.file_id)
        if reading.attempts >= TRIES:
            return _fail(reading, "tries", now())
        _held(reading).update(lease_until=now() + timedelta(minutes=1))
        return False
    if found["problem"] == DAMAGED:
        return _fail(reading, DAMAGED, now())
    return bool(
        _held(reading).update(
            state=FileReading.State.DONE,
            text=found["text"],
            search=normalised(found["text"]),
            characters=found["characters"],
            pages=found["pages"],
            picture_hash=found["picture_hash"],
            problem=_sentence(found["problem"]),
            lease_until=None,
            read_at=now(),
        )
    )


def _read(file: EvidenceFile) -> Reading:
    with on_disk(file.path) as path:
        return confined.run(READ, str(path), file.extension, seconds=SECONDS, megabytes=MEGABYTES)


def _fail(reading: FileReading, problem: str, at: datetime) -> bool:
    _held(reading).update(
        state=FileReading.State.FAILED,
        problem=_sentence(problem),
        lease_until=None,
        read_at=at,
    )
    return False


def _held(reading: FileReading) -> QuerySet[FileReading]:
    """還歸這一次的那一行：attempts 每領一次加一，對得上就是沒有別人領過。"""
    return FileReading.objects.filter(
        pk=reading.pk, state=FileReading.State.WAITING, attempts=reading.attempts
    )


def _sentence(problem: str) -> str:
    return str(SENTENCES[problem]) if problem else ""
