"""後台任務的執行與巡查。"""

from celery import shared_task

from background import services
from pingtan_civ.lib import clock


@shared_task(acks_late=True)
def run_job(job_id: int) -> None:
    services.run_job(job_id)


@shared_task
def sweep_jobs() -> None:
    services.sweep(at=clock.now())
