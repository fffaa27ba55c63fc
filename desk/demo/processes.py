"""看管三個子進程：意外退出的一秒後再拉起；要停時一起停，不留孤兒。

用於演示和單機試用；正式部署請用 systemd（見 docs/production.md）。
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

GRACE_SECONDS = 10.0
RESTART_AFTER_SECONDS = 1.0
RESTART_LIMIT = 5
RESTART_WINDOW_SECONDS = 60.0
PR_SET_PDEATHSIG = 1

Say = Callable[[str], None]


class CannotServe(Exception):
    """服務起不來。參數是給人看的一句話。"""


def die_with_parent() -> Callable[[], None] | None:
    """子進程在 exec 之前運行的一步：看管者被 kill -9 時內核替它發 SIGTERM（只有 Linux 有）。

    libc 要在 fork 之前載入：fork 之後的子進程裏只做一次系統調用。
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        # 看管者恰在 fork 之後、上一行之前死去：信號不會再來，自己了斷。
        if os.getppid() != parent:
            os._exit(1)

    return arrange


@dataclass
class Child:
    """一個被看管的進程，自成一個會話，終端的 Ctrl-C 不會直接打到它。"""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=deque)
    restart_at: float | None = None

    def start(self, environment: dict[str, str], now: float) -> None:
        self.restart_at = None
        self.starts.append(now)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  命令是本文件裏寫定的
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def starts_since(self, moment: float) -> int:
        while self.starts and self.starts[0] < moment:
            self.starts.popleft()
        return len(self.starts)

    def send(self, number: int) -> None:
        """發給它和它自己的子進程（整個進程組）。"""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return

    def last_words(self, lines: int = 5) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.strip().splitlines()[-lines:])


class Supervisor:
    """啟動、看管、停止一組進程。run() 在收到停止信號前不返回。"""

    def __init__(self, children: list[Child], environment: dict[str, str], say: Say) -> None:
        self.children = children
        self.environment = environment
        self.say = say
        self.stopping = threading.Event()

    def start(self) -> None:
        for child in self.children:
            child.log.write_bytes(b"")
            child.start(self.environment, time.monotonic())

    def run(self) -> None:
        """看管到被要求停止；同一個進程一分鐘內死得太多次就不再拉起。"""
        while not self.stopping.wait(0.2):
            self.look_after(time.monotonic())

    def look_after(self, now: float) -> None:
        """看一遍：死了的記下一秒後再起，到時間的拉起。"""
        for child in self.children:
            if child.is_running:
                continue
            if child.restart_at is None:
                self.plan_restart(child, now)
            elif now >= child.restart_at:
                child.start(self.environment, now)

    def plan_restart(self, child: Child, now: float) -> None:
        if child.starts_since(now - RESTART_WINDOW_SECONDS) > RESTART_LIMIT:
            raise CannotServe(
                f"{child.name}一分鐘內退出了 {RESTART_LIMIT} 次以上，不再重試。"
                f"記錄在 {child.log}，最後幾行是：\n{child.last_words()}"
            )
        self.say(f"{child.name}意外退出，一秒後重新啟動；記錄在 {child.log}。")
        child.restart_at = now + RESTART_AFTER_SECONDS

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """請它們收尾；到了寬限還沒停的強行結束。"""
        for child in self.children:
            if child.is_running:
                child.send(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while any(child.is_running for child in self.children) and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in self.children:
            child.send(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def stop_on_signals(supervisor: Supervisor) -> None:
    """Ctrl-C、kill、關掉終端，都是同一句「請停」。"""

    def ask_to_stop(number: int, frame: object) -> None:
        supervisor.stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_stop)


def refuse_busy_port(port: int) -> None:
    """端口被佔時先說清楚，不等 gunicorn 反覆重試。"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise CannotServe(
                f"沒有權限使用端口 {port}，請換一個 1024 以上的：PORT=8001 make demo。"
            ) from error
        except OSError as error:
            other = 8001 if port != 8001 else 8002
            raise CannotServe(
                f"端口 {port} 已被別的程序佔用，請換一個：PORT={other} make demo。"
            ) from error


def wait_until_answering(supervisor: Supervisor, web: Child, port: int, seconds: float) -> None:
    """等到網頁能連上；等不到就說明原因。"""
    deadline = time.monotonic() + seconds
    while not supervisor.stopping.wait(0.1):
        if not web.is_running:
            raise CannotServe(f"網頁進程沒有起來，最後幾行是：\n{web.last_words()}")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline:
            raise CannotServe(f"網頁進程 {seconds:g} 秒內沒有響應，記錄在 {web.log}。")


def demo_children(*, var: Path, port: int) -> list[Child]:
    """網頁、worker、定時器。線程數按兩核的小機器定。"""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "pingtan_civ"]
    web = [*python, "gunicorn", "pingtan_civ.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    web += ["--worker-class", "gthread", "--workers", "1", "--threads", "4"]
    web += ["--no-control-socket", "--log-level", "warning", "--graceful-timeout", "5"]
    worker = [*celery, "worker", "-P", "threads", "-c", "2", "--loglevel", "WARNING"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile="]
    beat += ["--schedule", str(var / f"beat-{port}")]
    logs = var / "log"
    logs.mkdir(parents=True, exist_ok=True)
    return [
        Child("網頁", web, logs / "web.log"),
        Child("後台 worker", worker, logs / "worker.log"),
        Child("定時器", beat, logs / "beat.log"),
    ]
