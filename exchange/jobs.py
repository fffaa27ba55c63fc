"""表格往來的定時任務。"""

from celery import shared_task

from exchange.services import importing
from pingtan_civ.lib import clock


@shared_task
def forget_expired_uploads() -> None:
    importing.purge(clock.now())
