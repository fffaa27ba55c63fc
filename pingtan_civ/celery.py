"""Celery 應用。各應用的任務寫在 jobs.py；時間表是靜態的，改它要改代碼並留下記錄。"""

import os
from pathlib import Path

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pingtan_civ.settings")

app = Celery("pingtan_civ")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@app.on_after_configure.connect
def make_embedded_queue_folders(sender: Celery, **_: object) -> None:
    """文件隊列的文件夾要先有，kombu 自己不建。"""
    options = sender.conf.broker_transport_options or {}
    for key in ("data_folder_in", "control_folder"):
        if key in options:
            Path(options[key]).mkdir(parents=True, exist_ok=True)


app.conf.beat_schedule = {
    # 過時不候：worker 停過一陣，積下的敲門聲不必一一補，下一次巡查全都辦到。
    # 八點半提醒；後兩次是補班，給早上還沒起來的 worker。同一天同一人只有一份，多跑無妨。
    "remind-each-morning": {
        "task": "tasks.jobs.remind_due",
        "schedule": crontab(hour="8-10", minute="30"),
        "options": {"expires": 1800},
    },
    "deliver-waiting": {
        "task": "journal.jobs.deliver_waiting",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "seal-journal": {
        "task": "journal.jobs.seal_entries",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # 心跳：定時器發、worker 收，運行狀況頁看它。過時的不必補。
    "pulse": {
        "task": "health.jobs.pulse",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # 日曆改動之後幾分鐘再核一遍按舊日曆定下的時限。
    "settle-calendar": {
        "task": "agenda.jobs.settle_calendar",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # 後台任務：沒人辦的、租約過了的，請人來辦。
    "sweep-jobs": {
        "task": "background.jobs.sweep_jobs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # 佐證：新傳的讀出文字和圖的指紋，供查找、核字數、找相同的圖。
    "read-files": {
        "task": "evidence.jobs.read_files",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # 過了七天沒有確認的表刪去：裏面有人的信息，不多留。
    "forget-uploads": {
        "task": "exchange.jobs.forget_expired_uploads",
        "schedule": crontab(minute="20"),
        "options": {"expires": 1800},
    },
}
