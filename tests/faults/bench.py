"""演練的台子：自己的數據庫、Redis、worker 和停着的時鐘；只殺自己啟動的進程。"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.live import ROOT, clean_environment, free_port

CLOCK, DONE = "FAULTS_CLOCK", "FAULTS_DONE"
#: 等一件事發生最多等多久；等不到就是演練失敗。
PATIENCE_SECONDS = 60


def wait_until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError(f"等了 {PATIENCE_SECONDS} 秒，{what}還沒有發生。")
        time.sleep(0.01)


@dataclass
class Redis:
    """一個自己的 Redis：不存盤，停了再開，隊列裏的就沒了。"""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        server = shutil.which("redis-server")
        assert server, "沒有找到 redis-server，請先安裝 redis。"
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no"}
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self.process = subprocess.Popen(
            [server, *arguments, "--dir", str(self.folder)], stdout=subprocess.DEVNULL
        )
        wait_until(self._answers, "Redis 應答")

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass
class Worker:
    """一個真的 Celery worker，自成一個進程組，kill -9 連它的子進程一起殺。"""

    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9。"""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Clock:
    """演練的此刻，寫在一個文件裏，worker 每次讀它。"""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.moment: datetime | None = None

    def set(self, moment: datetime) -> None:
        self.moment = moment
        fresh = self._path.with_suffix(".new")
        fresh.write_text(moment.isoformat(), encoding="ascii")
        fresh.replace(self._path)


def environment(folder: Path, database_url: str, redis_url: str, mail_port: int) -> dict[str, str]:
    """worker 和演練自己共用的環境。"""
    return clean_environment(
        folder / "var",
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        SECRET_KEY=secrets.token_urlsafe(40),
        EMAIL_URL=f"smtp://127.0.0.1:{mail_port}",
        DJANGO_SETTINGS_MODULE="pingtan_civ.settings",
        LOG_LEVEL="WARNING",
        **{CLOCK: str(folder / "clock"), DONE: str(folder / "done")},
    )


@contextmanager
def own_folder(tmp: Path) -> Iterator[Path]:
    tmp.mkdir(parents=True, exist_ok=True)
    (tmp / "var").mkdir(exist_ok=True)
    (tmp / "done").touch()
    try:
        yield tmp
    finally:
        shutil.rmtree(tmp, ignore_errors=True)
