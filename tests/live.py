"""真的跑起來的一套：網頁、worker、定時器，自己的數據庫和文件夾，裝好樣例。

就是 make demo 的那條命令；設了 DATABASE_URL 時在那台 PostgreSQL 上另建一個庫，用完刪掉。
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
TODAY = "2026-11-23"


@dataclass
class Site:
    """一個在跑的站點。"""

    url: str
    var: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    @property
    def accounts(self) -> dict[str, dict[str, str]]:
        """用戶名 → 賬號文件裏的一項。"""
        rows = json.loads((self.var / "demo-accounts.json").read_text(encoding="utf-8"))
        return {row["username"]: row for row in rows}

    def manage(self, *arguments: str) -> str:
        """在同一份數據上運行一條管理命令，返回它的輸出。"""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout

    def on_day(self, today: str) -> None:
        """停下來，換到這一天再開：數據還是那一份，網址不變，各人要重新登錄。"""
        self.stop()
        self.environment["TODAY"] = today
        self.process = start(self.environment, urlsplit(self.url).port)
        self.wait()

    def wait(self) -> None:
        """等它說出地址。"""
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if self.url in line:
                break
        assert self.process.poll() is None, "\n".join(self.said)

    def stop(self) -> int:
        """按 Ctrl-C；返回退出碼。"""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            rest, _nothing = self.process.communicate(timeout=30)
            self.said += rest.splitlines()
        return self.process.returncode


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """在給定的服務器上另建一個空庫，用完刪掉。"""
    parts = urlsplit(url)
    name = f"wenming_{secrets.token_hex(4)}"
    server = psycopg2.connect(url)
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        with server.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        server.close()


def clean_environment(var: Path, **extra: str) -> dict[str, str]:
    """子進程的環境：不受測試自己的配置影響。"""
    ours = {"DJANGO_SETTINGS_MODULE", "SECRET_KEY", "VAR_DIR", "DATABASE_URL", "REDIS_URL", "PORT"}
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    return {**environment, "VAR_DIR": str(var), **extra}


@contextmanager
def running_site(
    var: Path, *, database_url: str = "", redis_url: str = "", **extra: str
) -> Iterator[Site]:
    """跑起一個站點，等它說出地址；出去時停掉。"""
    if database_url:
        with scratch_database(database_url) as fresh:
            extra |= {"DATABASE_URL": fresh, "SECRET_KEY": secrets.token_urlsafe(40)}
            extra |= {"REDIS_URL": redis_url} if redis_url else {}
            with _started(var, clean_environment(var, **extra)) as site:
                yield site
    else:
        with _started(var, clean_environment(var, **extra)) as site:
            yield site


def start(environment: dict[str, str], port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--today", environment["TODAY"], "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def _started(var: Path, environment: dict[str, str]) -> Iterator[Site]:
    port = free_port()
    environment = {**environment, "TODAY": TODAY}
    site = Site(f"http://127.0.0.1:{port}", var, environment, start(environment, port))
    try:
        site.wait()
        yield site
    finally:
        site.stop()
