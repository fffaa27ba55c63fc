"""心跳：定時器每分鐘發一下，worker 收到就報到；發出的時刻隨消息帶着，兩者分得開。"""

import socket
from datetime import datetime
from typing import Any

from celery import Task, shared_task
from celery.signals import beat_init, before_task_publish, task_success

from health import services
from pingtan_civ.lib import clock

PULSE = "health.jobs.pulse"
SEALING = "journal.jobs.seal_entries"
#: 消息頭裏的發出時刻。
STAMP = "pulse_sent_at"


@before_task_publish.connect(sender=PULSE)
def stamp(headers: dict[str, Any] | None = None, **_signal: object) -> None:
    """在定時器的進程裏，消息發出之前蓋上時刻。"""
    if headers is not None:
        headers[STAMP] = clock.now().isoformat()


@shared_task(bind=True, name=PULSE)
def pulse(self: Task) -> None:
    sent_at = self.request.get(STAMP)
    if sent_at:
        services.beat(name=services.BEAT, at=datetime.fromisoformat(sent_at))
    services.beat(name=services.WORKER, at=clock.now(), detail=socket.gethostname())


@task_success.connect
def sealed(sender: Task, **_signal: object) -> None:
    """封存辦完一遍就記下，運行狀況據此知道封存還在走。"""
    if sender.name == SEALING:
        services.beat(name=services.SEAL, at=clock.now())


@beat_init.connect
def first_pulse(**_signal: object) -> None:
    """定時器一起來就發一下，不等滿一分鐘才見綠。"""
    pulse.apply_async(expires=60)
