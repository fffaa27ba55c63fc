"""無人等待的工作：日曆改動之後再核一遍時限。同名命令 settle_calendar。"""

from celery import shared_task

from agenda import services
from pingtan_civ.lib import clock


@shared_task
def settle_calendar() -> None:
    services.settle_calendar(at=clock.now())
