"""make demo 的主體：建庫、裝樣例、同時運行網頁、worker 和定時器。"""

import fcntl
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from desk.demo import accounts, processes, sample
from pingtan_civ.lib import clock

START_SECONDS = 60.0


class Command(BaseCommand):
    help = "建庫、裝入平潭樣例並啟動演示；Ctrl-C 停止。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="只準備數據，不啟動服務")
        parser.add_argument("--today", metavar="YYYY-MM-DD", help="把演示的「今天」定在這一天")
        parser.add_argument("--port", help="網頁端口，默認取 PORT，再默認 8000")

    def handle(self, **options: Any) -> None:
        # 終端上只說那句話，不帶異常的名字。
        self.stderr.style_func = lambda text: text.removeprefix("CommandError: ")
        port = read_port(options["port"] or os.environ.get("PORT") or "8000")
        if options["today"]:
            settings.TODAY = read_day(options["today"])
        try:
            if not options["no_serve"]:
                processes.refuse_busy_port(port)
            self.prepare()
            if not options["no_serve"]:
                self.serve(port)
        except (processes.CannotServe, sample.ForeignDatabase) as error:
            raise CommandError(str(error)) from error

    @property
    def accounts_path(self) -> Path:
        return settings.VAR_DIR / accounts.FILE_NAME

    def prepare(self) -> None:
        """遷移數據庫、裝樣例。同時跑兩個時後一個等前一個。"""
        try:
            for folder in (settings.VAR_DIR, settings.MEDIA_ROOT, settings.STATIC_ROOT):
                Path(folder).mkdir(parents=True, exist_ok=True)
            with only_one(settings.VAR_DIR / "demo.lock"):
                call_command("migrate", verbosity=0, interactive=False)
                if not settings.EMBEDDED:
                    call_command("collectstatic", verbosity=0, interactive=False)
                fresh = sample.load(accounts_path=self.accounts_path, today=clock.today())
        except PermissionError as error:
            raise CommandError(
                f"不能寫入 {error.filename or settings.VAR_DIR}：沒有權限。"
                f"請換一個可寫的文件夾，或用 VAR_DIR 指定。"
            ) from error
        except OperationalError as error:
            raise CommandError(
                f"數據庫打不開或不能寫入（{str(error).strip()}）。"
                f"請檢查 {settings.VAR_DIR} 是否可寫、DATABASE_URL 是否正確。"
            ) from error
        self.stdout.write("樣例已裝好。" if fresh else "樣例早已裝好，數據原樣未動。")
        self.stdout.write(f"樣例賬號和密碼在 {shown(self.accounts_path)}。")

    def serve(self, port: int) -> None:
        children = processes.demo_children(var=settings.VAR_DIR, port=port)
        supervisor = processes.Supervisor(children, child_environment(port), self.say)
        processes.stop_on_signals(supervisor)
        try:
            supervisor.start()
            processes.wait_until_answering(supervisor, children[0], port, START_SECONDS)
            if not supervisor.stopping.is_set():
                self.say(f"請打開 http://127.0.0.1:{port}/ ；按 Ctrl-C 停止。")
            supervisor.run()
        finally:
            supervisor.stop()
        self.say("已全部停止，數據都在。")

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def read_port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CommandError(f"端口應為 1 到 65535 之間的整數，現在是「{text}」。")
    return int(text)


def read_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise CommandError(f"--today 應寫成 2026-11-23 這樣的日期，現在是「{text}」。") from error


def child_environment(port: int) -> dict[str, str]:
    """子進程與本命令用同一個今天、同一個地址。"""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.setdefault("SITE_URL", f"http://127.0.0.1:{port}")
    if settings.TODAY:
        environment["TODAY"] = settings.TODAY
    return environment


def shown(path: Path) -> str:
    """在當前文件夾之下就寫相對路徑，好讀。"""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
