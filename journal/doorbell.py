"""門鈴：行已寫好，叫醒後台早點來辦。叫不醒也不要緊，每分鐘的巡查會補上。

只有這裏碰 Celery；services 經這裏按鈴，不必知道隊列是什麼。
"""

import logging
import time
from typing import Any

from celery import current_app

logger = logging.getLogger(__name__)

#: 隊列不通時只試一次、不等候。kombu 默認要重試約六秒，那是讓正在保存的人乾等。
IMPATIENT = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
#: 按不響之後這麼多秒內不再按，免得隊列失聯時每次保存都要等連接超時。
REST_SECONDS = 30
#: 這麼久還沒有人應的鈴作廢：巡查早已補上，worker 重開時不必再辦一遍。
EXPIRES_SECONDS = 600
_silent_until = 0.0


def ring(job: str, **kwargs: Any) -> bool:
    """請後台執行一個已登記的任務；返回是否按響。絕不拋錯：事情已經辦成，鈴響不響是另一回事。"""
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        _publish(job, kwargs)
    except Exception as error:
        # 隊列的錯五花八門（連不上、拒絕、磁盤滿），都不能讓已提交的辦理看起來失敗。
        _silent_until = time.monotonic() + REST_SECONDS
        logger.warning("門鈴按不響：%s，留待巡查。%r", job, error)
        return False
    return True


def _publish(job: str, kwargs: dict[str, Any]) -> None:
    task = current_app.tasks[job]
    if current_app.conf.task_always_eager:
        task.apply_async(kwargs=kwargs, expires=EXPIRES_SECONDS)
        return
    options = {**(current_app.conf.broker_transport_options or {}), **IMPATIENT}
    with current_app.connection_for_write(transport_options=options) as connection:
        task.apply_async(kwargs=kwargs, connection=connection, retry=False, expires=EXPIRES_SECONDS)
