"""無人等待的工作：投遞與封存。各有同名命令，內嵌安裝不需要 worker 也能跑。"""

from celery import shared_task

from journal import services
from pingtan_civ.lib import clock


@shared_task
def deliver_waiting() -> None:
    services.deliver_waiting(at=clock.now())


@shared_task
def seal_entries() -> None:
    while services.seal_entries():
        pass
