"""真的跑起來的一套：網頁、worker、定時器，自己的數據庫和文件夾，裝好樣例。

就是 make demo 的那條命令；設了 DATABASE_URL 時在那台 PostgreSQL 上另建一個庫，用完刪掉。
樣例從空庫裝一份，各個站點照抄（見 ready_made.py）；SQLite 的每次從空的裝起。
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from tests import ready_made

ROOT = Path(__file__).resolve().parent.parent
TODAY = "2026-11-23"
KEY = "only-for-the-sites-of-the-tests-" + "x" * 32
"""裝樣例的和照抄的同用一把密鑰。"""


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
def scratch_database(url: str, template: str = "template1") -> Iterator[str]:
    """在給定的服務器上另建一個庫（不寫 template 是空的），用完刪掉。"""
    parts = urlsplit(url)
    name = f"wenming_{secrets.token_hex(4)}"
    server = psycopg2.connect(url)
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
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
    """跑起一個站點，等它說出地址；出去時停掉。

    沒有 database_url 的從什麼都沒有裝起；在 PostgreSQL 上的照抄一份裝好的樣例。
    """
    if database_url:
        template = copy_of_the_sample(var, database_url)
        with scratch_database(database_url, template) as fresh:
            extra |= on_postgresql(fresh)
            extra |= {"REDIS_URL": redis_url} if redis_url else {}
            with _started(var, clean_environment(var, **extra)) as site:
                yield site
    else:
        with _started(var, clean_environment(var, **extra)) as site:
            yield site


def on_postgresql(url: str) -> dict[str, str]:
    return {"DATABASE_URL": url, "SECRET_KEY": KEY}


def copy_of_the_sample(var: Path, url: str) -> str:
    """把裝好的樣例的文件抄進 var，返回庫的模板名；還沒有的先從空庫裝一份。"""
    name = ready_made.sample_name()
    kept = ready_made.folder() / name
    with ready_made.one_at_a_time(name), closing(psycopg2.connect(url)) as server:
        server.autocommit = True
        cursor = server.cursor()
        if not (kept.exists() and ready_made.is_on_server(cursor, name)):
            shutil.rmtree(kept, ignore_errors=True)
            half = Path(tempfile.mkdtemp(dir=ready_made.folder()))
            with scratch_database(url) as fresh:
                load_the_sample(half, fresh)
                ready_made.keep_on_server(cursor, name, urlsplit(fresh).path[1:])
            half.rename(kept)
    shutil.copytree(kept, var, dirs_exist_ok=True)
    return ready_made.on_server(name)


def load_the_sample(var: Path, url: str) -> None:
    """make demo 的前一半：遷移、收齊靜態文件、裝樣例，不啟動。"""
    subprocess.run(
        [sys.executable, "manage.py", "demo", "--today", TODAY, "--no-serve"],
        cwd=ROOT,
        env=clean_environment(var, **on_postgresql(url), ALLOW_FILE_BROKER="true"),
        capture_output=True,
        check=True,
        timeout=600,
    )


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
