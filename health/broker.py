"""消息隊列通不通：當場問一下，最多等一秒，決不拖住頁面。"""

import os
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from pathlib import Path

import redis
from django.conf import settings
from django.utils.translation import gettext as _

#: 連接、應答各等多久；域名解析也可能卡住，所以另有總的限時。
SOCKET_SECONDS = 0.5
WAIT_SECONDS = 1.0
#: 只有一個線程去問：上一次還沒回來，這一次也不必再開一個。
_asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="broker")


def is_files() -> bool:
    return not settings.REDIS_URL


def problem() -> str:
    """不通的原因，一句話；通的為空。"""
    return _folder_problem() if is_files() else _redis_problem()


def _folder_problem() -> str:
    folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"])
    # worker 第一次啟動時才建，之前看得到上一級可寫就行。
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return "" if os.access(folder, os.W_OK) else _("文件夾不可寫。")


def _redis_problem() -> str:
    try:
        _asking.submit(_ping, settings.REDIS_URL).result(timeout=WAIT_SECONDS)
    except TooSlow:
        return _("一秒內沒有應答。")
    except (redis.RedisError, OSError, ValueError):
        # 錯誤裏可能帶着地址和密碼，不照抄。
        return _("連不上。")
    return ""


def _ping(url: str) -> None:
    options = {"socket_connect_timeout": SOCKET_SECONDS, "socket_timeout": SOCKET_SECONDS}
    with redis.Redis.from_url(url, **options) as connection:
        connection.ping()
