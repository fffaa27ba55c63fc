"""要一件、取消一件。"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from background.models import Job
from background.services.kinds import handling_of
from journal import doorbell

RUN_JOB = "background.jobs.run_job"


def order_job(
    *,
    owner: Any,
    kind: str,
    key: str,
    title: str,
    at: datetime,
    params: dict[str, Any] | None = None,
) -> Job:
    """要一件。同一個人同樣的一件還在辦，或辦好的結果還沒過期，就返回那一件。

    key 要把決定結果的都寫進去（範圍、期、繁簡、數據的版本），變了就是另一件。
    提交之後按一下門鈴；按不響由每分鐘的巡查補上。
    """
    kept = Job.objects.filter(owner=owner, kind=kind, key=key)
    try:
        with transaction.atomic():
            existing = kept.filter(
                Q(state__in=Job.ALIVE) | Q(state=Job.State.DONE, expires_at__gt=at)
            ).first()
            if existing is not None:
                return existing
            job = Job.objects.create(
                owner=owner, kind=kind, key=key, title=title, params=params or {}, ordered_at=at
            )
    except IntegrityError:
        # 同一刻連按兩下：唯一約束只讓一件成。
        return kept.filter(state__in=Job.ALIVE).get()
    transaction.on_commit(lambda: doorbell.ring(RUN_JOB, job_id=job.pk))
    return job


def cancel_job(*, job: Job, at: datetime) -> bool:
    """不要了；正在辦的在下一次報進度時停下。已有結果的、正一步寫入的為假。

    租約留着：辦的人要是也被殺了，巡查憑它找得到半截的結果。
    """
    can_stop = (Job.State.WAITING,) if handling_of(job).is_one_step else Job.ALIVE
    return bool(
        Job.objects.filter(pk=job.pk, state__in=can_stop).update(
            state=Job.State.CANCELLED, finished_at=at
        )
    )


def can_cancel(job: Job) -> bool:
    return job.state == Job.State.WAITING or (job.is_alive and not handling_of(job).is_one_step)


def place_of(job_id: int, lease: str) -> str:
    """這一次辦的結果存在哪裏。"""
    return f"results/{job_id}-{lease}"
