"""運行狀況的頁、/healthz 和命令：由庫裏的行和當場的一問算出，自己會變紅。"""

import importlib
import json
import smtplib
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from health import broker, checks, services
from health.models import Heartbeat
from health.parts import Report
from journal import doorbell
from journal.channels import vault
from journal.jobs import seal_entries
from journal.models import Delivery, Gateway
from journal.services import Message, announce, post_to_group
from people.models import User
from tasks.models import ReminderRun
from tests.cast import Cast
from tests.clamd import clamd

SignIn = Callable[[User], Client]
URL = "/health/"


def alive(at: datetime) -> None:
    """樣樣都好：進程在報到，提醒跑過，活動在日曆錄到的那一年裏結束。"""
    Campaign.objects.update(end_date=date(2026, 12, 31))
    for name in (services.WORKER, services.BEAT):
        services.beat(name=name, at=at)
    ReminderRun.objects.get_or_create(
        on=at.date(), number=1, defaults={"started_at": at, "finished_at": at}
    )


def state(report: Report, key: str) -> str:
    return next(part.state for part in report.parts if part.key == key)


def test_everything_alive_is_green(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    alive(now)

    page = signed_in(cast.office).get(URL).content.decode()

    assert "一切正常。" in page
    assert 'http-equiv="refresh" content="20"' in page
    assert 'hx-trigger="every 20s"' in page


def test_it_turns_red_by_itself(
    cast: Cast, now: datetime, signed_in: SignIn, clock: object
) -> None:
    alive(now)
    client = signed_in(cast.admin)
    clock.move_to(now + timedelta(minutes=6))
    services.beat(name=services.WORKER, at=now + timedelta(minutes=6))

    answer = client.get(URL, headers={"HX-Request": "true"})

    page = answer.content.decode()
    assert "有不正常的。" in page
    assert "定時器" in page
    assert "<html" not in page
    assert "已經 6 分鐘沒有報到。" in page


def test_a_failing_mail_server_is_told_with_its_reason(cast: Cast, now: datetime) -> None:
    announce(message=Message(title="請審核"), recipients=[cast.office], at=now)
    Delivery.objects.update(attempts=2, last_error="郵件服務器連不上。", next_attempt_at=now)

    soon, later = (checks.examine(now + timedelta(minutes=minutes)) for minutes in (10, 120))

    assert [state(report, "mail") for report in (soon, later)] == ["warn", "bad"]
    assert "郵件服務器連不上。" in next(p.words for p in soon.parts if p.key == "mail")
    assert [state(report, "deliveries") for report in (soon, later)] == ["ok", "bad"]


def test_mail_switched_off_is_not_an_alarm(cast: Cast, now: datetime, settings: object) -> None:
    announce(message=Message(title="請審核"), recipients=[cast.office], at=now)
    settings.MAIL_ENABLED = False

    report = checks.examine(now + timedelta(hours=2))

    assert (state(report, "mail"), state(report, "deliveries")) == ("stop", "ok")


def test_a_broker_that_is_down_is_told_and_holds_up_nobody(
    cast: Cast, now: datetime, settings: object
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    report = checks.examine(now)

    assert state(report, "broker") == "bad"
    assert state(report, "database") == "ok"


def test_a_broker_that_hangs_is_given_up_after_a_second(
    settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(broker, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(broker, "_ping", lambda url: time.sleep(0.2))

    assert broker.problem() == "一秒內沒有應答。"


def test_a_folder_that_cannot_be_written_is_told(
    settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = ""
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_in": settings.VAR_DIR}
    monkeypatch.setattr("health.broker.os.access", lambda *_args: False)

    assert broker.problem() == "文件夾不可寫。"


def test_a_full_disk_is_red(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 10, "total": 100})
    monkeypatch.setattr("health.checks.shutil.disk_usage", lambda _folder: usage)

    assert state(checks.examine(now), "disk") == "bad"


def test_late_and_doubled_beats_only_move_forward(cast: Cast, now: datetime) -> None:
    for minutes in (0, 5, 3):
        services.beat(name="worker", at=now + timedelta(minutes=minutes))

    assert Heartbeat.objects.get().at == now + timedelta(minutes=5)


def test_the_page_costs_a_fixed_number_of_queries(
    cast: Cast, now: datetime, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    client = signed_in(cast.office)
    client.get(URL)

    with django_assert_max_num_queries(12):
        polled = client.get(URL, headers={"HX-Request": "true"})

    assert polled.status_code == 200


# ── 機器 ──────────────────────────────────────────────


def ask() -> tuple[int, dict[str, object]]:
    answer = Client().get("/healthz")
    return answer.status_code, answer.json()


@pytest.mark.usefixtures("clock")
def test_a_machine_is_answered_without_signing_in(cast: Cast, now: datetime) -> None:
    alive(now)

    code, found = ask()

    assert (code, found["status"]) == (200, "ok")
    assert found["parts"]["worker"] == "ok"


@pytest.mark.usefixtures("clock")
def test_a_dead_worker_degrades_but_does_not_stop_the_site(cast: Cast) -> None:
    code, found = ask()

    assert (code, found["status"], found["parts"]["worker"]) == (200, "degraded", "bad")


@pytest.mark.usefixtures("clock")
def test_a_broker_down_still_answers(cast: Cast, now: datetime, settings: object) -> None:
    alive(now)
    settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"

    answer = Client().get("/healthz")

    assert answer.json()["status"] == "degraded"
    assert "secret" not in answer.content.decode()


def test_without_a_database_it_says_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_at: datetime) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr("health.checks._inside", fail)

    assert ask()[0] == 503
    assert ask()[1]["status"] == "down"


@pytest.mark.usefixtures("clock")
def test_asking_often_costs_nothing(cast: Cast, django_assert_num_queries: Callable) -> None:
    ask()

    with django_assert_num_queries(0):
        ask()
        live = Client().get("/livez")

    assert live.content == b"ok"


@pytest.mark.usefixtures("clock")
def test_the_command_exits_with_what_it_found(
    cast: Cast, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as red:
        call_command("check_health")
    said = capsys.readouterr().out
    alive(now - timedelta(minutes=3))
    with pytest.raises(SystemExit) as yellow:
        call_command("check_health", "--json")
    told = json.loads(capsys.readouterr().out)
    alive(now)
    call_command("check_health")

    assert (red.value.code, yellow.value.code) == (2, 1)
    assert "[不正常] 後台處理進程：從來沒有報到過。" in said
    assert "    → 啟動後台處理進程" in said
    assert told["status"] == "warn"
    assert "[正常] 後台處理進程" in capsys.readouterr().out


# ── 補跑提醒、封存、渠道 ──────────────────────────────


@pytest.mark.parametrize(
    ("is_rung", "sentence"), [(True, "已交給後台補跑"), (False, "後台叫不應，沒有補跑。")]
)
def test_missed_reminders_are_run_on_a_button(
    cast: Cast,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    is_rung: bool,
    sentence: str,
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", lambda job: rung.append(job) or is_rung)
    client = signed_in(cast.office)

    page = client.get(URL).content.decode()
    said = client.post(reverse("health:remind-now"), follow=True).content.decode()

    assert "現在補跑" in page
    assert rung == ["tasks.jobs.remind_due"]
    assert sentence in said


def test_the_button_really_runs_the_reminders(cast: Cast, signed_in: SignIn) -> None:
    signed_in(cast.office).post(reverse("health:remind-now"))

    assert ReminderRun.objects.get().finished_at


def test_no_reminders_are_run_on_a_day_off(
    cast: Cast, signed_in: SignIn, clock: Any, now: datetime
) -> None:
    client = signed_in(cast.office)
    clock.move_to(now - timedelta(days=1))

    said = client.post(reverse("health:remind-now"), follow=True).content.decode()

    assert "今天不上班，不發提醒" in said
    assert not ReminderRun.objects.exists()


@pytest.mark.usefixtures("clock")
def test_sealing_reports_when_it_is_done(cast: Cast, now: datetime) -> None:
    importlib.import_module("health.jobs")  # 平時由 worker 載入
    seal_entries.apply()

    assert Heartbeat.objects.get(name=services.SEAL).at == now


def test_a_group_that_did_not_get_the_last_message_is_told(cast: Cast, now: datetime) -> None:
    values = {"kind": "wecom", "sealed": vault.seal({"key": "k"})}
    group = Gateway.objects.create(name="創建工作群", tested_at=now, **values)
    Gateway.objects.create(name="停用的群", is_active=False, **values)
    post_to_group(gateway=group, message=Message("催報"), at=now + timedelta(minutes=1))
    before = checks.examine(now)
    Delivery.objects.update(state="given_up", attempts=6, last_error="群裏沒有這個機器人。")

    after = checks.examine(now)

    key = f"gateway-{group.pk}"
    assert [state(report, key) for report in (before, after)] == ["ok", "warn"]
    assert "停用的群" not in [part.name for part in after.parts]


# ── 試連郵件 ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (None, "郵件服務器有應答。"),
        (ConnectionRefusedError(), "連不上郵件服務器"),
        (smtplib.SMTPAuthenticationError(535, b"secret"), "賬號或密碼不對"),
    ],
)
def test_the_mail_server_is_tried_on_a_button(
    cast: Cast,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    problem: Exception | None,
    sentence: str,
) -> None:
    def open_connection(self: object) -> None:
        if problem:
            raise problem

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.open", open_connection)

    answer = signed_in(cast.admin).post(reverse("health:mail-check"), follow=True)

    assert sentence in answer.content.decode()
    assert "secret" not in answer.content.decode()


def test_a_mail_server_that_dribbles_does_not_hold_the_page(
    cast: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """一個字節一個字節地答，每一個都不超時：總時限一到就不等了。"""

    def dribble(listener: socket.socket) -> None:
        connection, _address = listener.accept()
        with connection, suppress(OSError):
            for byte in b"220 " + b"-" * 16 + b"\r\n":
                connection.send(bytes([byte]))
                time.sleep(0.05)
            connection.recv(1000)
            connection.send(b"250 here\r\n")

    monkeypatch.setattr("health.views.MAIL_SECONDS", 0.4)
    settings.EMAIL_BACKEND = "journal.channels.smtp.BoundedBackend"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.EMAIL_HOST, settings.EMAIL_PORT = listener.getsockname()[:2]
        server = threading.Thread(target=dribble, args=[listener])
        server.start()

        answer = signed_in(cast.admin).post(reverse("health:mail-check"), follow=True)

        server.join()
    assert "連不上郵件服務器" in answer.content.decode()


def test_the_virus_scanner_is_asked_and_told(cast: Cast, now: datetime, settings: object) -> None:
    with clamd() as scanner:
        settings.CLAMAV_ADDRESS = scanner.address
        alive = checks.examine(now)
        scanner.mode = "close"
        dead = checks.examine(now)

    assert (state(alive, "scanner"), state(dead, "scanner")) == ("ok", "bad")
