"""真的 worker 和定時器：都活着時是綠的；殺掉 worker，過五分鐘（由參數說，不等）是紅的。"""

import json
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from desk.demo.processes import demo_children
from tests.live import ROOT, Site, clean_environment, scratch_database

pytestmark = pytest.mark.worker

WAIT_FOR_BOTH = """
import time
from health.models import Heartbeat
for _ in range(300):
    if Heartbeat.objects.count() == 2:
        break
    time.sleep(0.2)
"""
EXAMINE = """
import json
from datetime import timedelta
from health.checks import examine
from pingtan_civ.lib import clock
report = examine(clock.now() + timedelta(minutes={minutes}))
print(json.dumps({{part.key: part.state for part in report.parts}}))
"""


@dataclass
class Backstage:
    """只有後台的兩個進程，沒有網頁，也沒有看管者替它重啟。"""

    site: Site
    worker: subprocess.Popen[bytes]

    def examine(self, minutes: int = 0) -> dict[str, str]:
        code = EXAMINE.format(minutes=minutes)
        said = self.site.manage("shell", "--verbosity", "0", "-c", code)
        return json.loads(said.splitlines()[-1])


@pytest.fixture
def backstage(tmp_path: Path) -> Iterator[Backstage]:
    with ExitStack() as stack:
        extra = {}
        if url := os.environ.get("DATABASE_URL", ""):
            extra["DATABASE_URL"] = stack.enter_context(scratch_database(url))
            extra["SECRET_KEY"] = secrets.token_urlsafe(40)
            if redis_url := os.environ.get("REDIS_URL", ""):
                extra["REDIS_URL"] = redis_url
        environment = clean_environment(tmp_path, **extra)
        site = Site("", tmp_path, environment, None)
        site.manage("migrate", "--verbosity", "0")
        _web, worker, beat = demo_children(var=tmp_path, port=0)
        processes = [start(child.command, environment) for child in (worker, beat)]
        for process in processes:
            stack.callback(end, process)
        site.manage("shell", "--verbosity", "0", "-c", WAIT_FOR_BOTH)
        yield Backstage(site, processes[0])


def start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_worker_turns_red(backstage: Backstage) -> None:
    alive = backstage.examine()

    backstage.worker.kill()
    backstage.worker.wait()
    just_killed, later = backstage.examine(), backstage.examine(minutes=6)

    assert (alive["worker"], alive["beat"], alive["broker"]) == ("ok", "ok", "ok")
    assert just_killed["worker"] == "ok"
    assert (later["worker"], later["beat"]) == ("bad", "warn")
