"""無人等待的工作：每個工作日早上的到期提醒。同名命令是 remind。"""

from datetime import date

from celery import shared_task

from pingtan_civ.lib import clock
from tasks.services import reminders


@shared_task
def remind_due(*, on: str | None = None) -> None:
    """提醒該辦的人；on 為空取北京時間的今天。重複執行不會重發。"""
    day = date.fromisoformat(on) if on else clock.today()
    reminders.run_reminders(on=day, at=clock.now())
