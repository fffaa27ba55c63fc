"""演示命令的另一半：拒絕得清楚，看管得住，停得乾淨。"""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from desk.demo import processes, sample
from desk.demo.processes import CannotServe, Child, Supervisor
from desk.management.commands import demo
from people.models import User
from tests.factories import UserFactory

FOREVER = [sys.executable, "-c", "import signal; signal.pause()"]
AT_ONCE = [sys.executable, "-c", "raise SystemExit('起不來')"]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        yield busy.getsockname()[1]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def keep(tmp_path: Path, said: list[str]) -> Iterator[object]:
    """看管一個進程；測完必停。"""
    made: list[Supervisor] = []

    def watch(command: list[str]) -> Supervisor:
        child = Child("後台 worker", command, tmp_path / "worker.log")
        made.append(Supervisor([child], dict(os.environ), said.append))
        made[0].start()
        return made[0]

    yield watch
    for supervisor in made:
        supervisor.stop(grace=1)


def test_a_busy_port_is_named_with_the_way_out(taken_port: int) -> None:
    with pytest.raises(CannotServe, match=f"端口 {taken_port} .*PORT=8001 make demo"):
        processes.refuse_busy_port(taken_port)


@pytest.mark.parametrize("port", ["0", "65536", "八千", "-1", "80.5"])
def test_a_wrong_port_is_refused(port: str) -> None:
    with pytest.raises(CommandError, match="端口應為 1 到 65535"):
        demo.read_port(port)


@pytest.mark.parametrize("day", ["昨天", "2026-13-01", "2026-02-30", "23/11/2026"])
def test_a_wrong_day_is_refused(day: str) -> None:
    with pytest.raises(CommandError, match="2026-11-23 這樣的日期"):
        call_command("demo", "--no-serve", "--today", day)


@pytest.mark.django_db
def test_the_sample_is_not_mixed_into_real_data(tmp_path: Path) -> None:
    UserFactory(username="zhangsan")

    with pytest.raises(sample.ForeignDatabase, match="不是空庫"):
        sample.load(accounts_path=tmp_path / "accounts.json", today=demo.clock.today())

    assert User.objects.count() == 1
    assert not (tmp_path / "accounts.json").exists()


def test_a_dead_process_is_started_again_one_second_later(keep, said: list[str]) -> None:
    supervisor = keep(FOREVER)
    child = supervisor.children[0]
    first = child.process.pid
    child.send(signal.SIGKILL)
    child.process.wait()

    supervisor.look_after(100.0)
    supervisor.look_after(100.5)
    waiting = child.is_running
    supervisor.look_after(101.0)

    assert (waiting, child.is_running) == (False, True)
    assert child.process.pid != first
    assert said == [f"後台 worker意外退出，一秒後重新啟動；記錄在 {child.log}。"]


def test_a_process_that_never_stays_up_is_given_up_with_its_last_words(keep) -> None:
    supervisor = keep(AT_ONCE)
    child = supervisor.children[0]
    child.starts.clear()

    def die_again_and_again() -> None:
        for second in range(20):
            child.process.wait()
            supervisor.look_after(1000.0 + second)

    with pytest.raises(CannotServe, match="起不來"):
        die_again_and_again()


def test_stopping_ends_the_process_and_what_it_started(keep, tmp_path: Path) -> None:
    family = (
        "import signal, subprocess, sys;"
        f"p = subprocess.Popen({FOREVER!r});"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(p.pid));"
        f"open({str(tmp_path / 'ready')!r}, 'w').close(); signal.pause()"
    )
    supervisor = keep([sys.executable, "-c", family])
    while not (tmp_path / "ready").exists():
        assert supervisor.children[0].is_running
    grandchild = int((tmp_path / "pid").read_text())

    supervisor.stop(grace=5)

    assert not supervisor.children[0].is_running
    assert ends(grandchild)


def ends(pid: int) -> bool:
    """信號發出後內核稍後才收走它；殭屍（已死、等着被收屍）不算活着。"""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
    return False


def test_children_share_the_day_and_the_address(settings) -> None:
    settings.TODAY = "2026-11-23"

    environment = demo.child_environment(8123)

    assert environment["TODAY"] == "2026-11-23"
    assert environment["SITE_URL"] == "http://127.0.0.1:8123"
