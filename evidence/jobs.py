"""佐證的後台任務。"""

from celery import shared_task

from evidence.services.reading import read_files as read_all
from pingtan_civ.lib import clock


@shared_task
def read_files() -> None:
    read_all(now=clock.now)
