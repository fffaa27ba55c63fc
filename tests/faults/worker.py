"""演練用的 worker：與正式的同一個 Celery 應用，只是時鐘停在演練給的時刻，並記下做完了哪一件。

python -m tests.faults.worker
"""

import os
from datetime import datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pingtan_civ.settings")

from celery.signals import task_postrun

from pingtan_civ.celery import app
from pingtan_civ.lib import clock
from tests.faults.bench import CLOCK, DONE

PEOPLE_A_SLICE, SECONDS_TO_ANSWER = 6, 1


def frozen_now() -> datetime:
    return datetime.fromisoformat(Path(os.environ[CLOCK]).read_text(encoding="ascii"))


@task_postrun.connect
def note(task_id: str, **_others: object) -> None:
    with Path(os.environ[DONE]).open("a", encoding="ascii") as log:
        log.write(f"{task_id}\n")


def make_small() -> None:
    """六十來個人也要分成許多片，信也要很快算作不應答：這樣才殺得到半途。"""
    import django
    from django.conf import settings

    django.setup()
    from tasks.services import reminder_runs

    reminder_runs.SLICE = PEOPLE_A_SLICE
    settings.EMAIL_TIMEOUT = settings.GATEWAY_TIMEOUT = SECONDS_TO_ANSWER


if __name__ == "__main__":
    clock.now = frozen_now
    make_small()
    app.worker_main(
        ["worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "-l", "WARNING"]
    )
