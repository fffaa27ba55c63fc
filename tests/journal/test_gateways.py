"""群機器人、短信和通用接口：真的發到本機的一台服務器，看它收到什麼、壞了記下什麼。

三家機器人的網址寫死在 apprise 裏，這裏把主機換成本機，其餘照走：地址怎麼拼、
正文怎麼寫、簽名、怎樣看回答。沒有連過真的平台。
"""

import base64
import hashlib
import hmac
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from journal.channels import robots, vault, webhook
from journal.channels.failures import NotSent
from journal.models import Delivery, Entry, Gateway, Notice, Preference
from journal.services import (
    Message,
    Tally,
    announce,
    deliver_waiting,
    delivering,
    group_gateways,
    post_to_group,
    retry_deliveries,
    try_gateway,
)
from tests.cast import Cast
from tests.factories import moment
from tests.mail_server import smtp_server
from tests.web_server import WebServer, web_server

AT = moment(2026, 11, 23)
MINUTE = timedelta(minutes=1)
PATIENCE = 0.4
SECRET = "SECverysecret0123456789"
TOKEN = "tokenverysecret9876543210"
NEWS = Message("催辦 3-04：大廳整治", body="婚姻登記處，逾期 2 個工作日。\n/tasks/2026/3-04/")
ROBOTS = (Gateway.Kind.WECOM, Gateway.Kind.DINGTALK, Gateway.Kind.FEISHU)


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    from apprise.plugins import dingtalk, feishu, wecombot

    settings.GATEWAY_TIMEOUT = PATIENCE
    settings.SITE_URL = "https://wenming.example.test"
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with web_server() as server:
        for plugin, host in (
            (dingtalk.NotifyDingTalk, "https://oapi.dingtalk.com/"),
            (feishu.NotifyFeishu, "https://open.feishu.cn/"),
            (wecombot.NotifyWeComBot, "https://qyapi.weixin.qq.com/"),
        ):
            address = plugin.notify_url
            assert address.startswith(host)
            monkeypatch.setattr(plugin, "notify_url", address.replace(host, server.url))
        yield server


@pytest.fixture(autouse=True)
def no_rechecks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journal.services.rechecking._rechecks", {})


def robot(kind: str, name: str = "") -> Gateway:
    secrets = {"key": TOKEN} if kind == Gateway.Kind.WECOM else {"token": TOKEN}
    return Gateway.objects.create(kind=kind, name=name or kind, sealed=vault.seal(secrets))


def phones(server: WebServer, **secrets: str) -> Gateway:
    return Gateway.objects.create(
        kind=Gateway.Kind.WEBHOOK,
        scope=Gateway.Scope.PERSONAL,
        name="短信",
        sealed=vault.seal({"url": f"{server.url}send?token={TOKEN}", **secrets}),
    )


def wants_sms(cast: Cast) -> None:
    cast.clerk.phone = "13800000001"
    cast.clerk.save(update_fields=["phone"])
    Preference.objects.create(user=cast.clerk, mail=False, sms=True)


# ── 群機器人 ──────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "path", "read"),
    [
        ("wecom", f"/cgi-bin/webhook/send?key={TOKEN}", lambda body: body["text"]["content"]),
        ("dingtalk", f"/robot/send?access_token={TOKEN}", lambda body: body["text"]["content"]),
        ("feishu", f"/open-apis/bot/v2/hook/{TOKEN}/", lambda body: body["content"]["text"]),
    ],
)
def test_a_group_reads_what_and_where(server: WebServer, kind: str, path: str, read: Any) -> None:
    post_to_group(gateway=robot(kind), message=NEWS, at=AT)

    assert deliver_waiting(at=AT) == Tally(sent=1)

    [request] = server.requests
    assert request.path == path
    assert read(request.json) == (
        "【文明創建】催辦 3-04：大廳整治\n婚姻登記處，逾期 2 個工作日。\n"
        "https://wenming.example.test/tasks/2026/3-04/"
    )


def test_dingtalk_signs_once_as_its_manual_says(server: WebServer) -> None:
    robots.send("dingtalk", {"token": TOKEN, "secret": SECRET}, "你好")

    query = parse_qs(urlsplit(server.requests[0].path).query)
    [stamp], [sign] = query["timestamp"], query["sign"]
    mac = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert sign == base64.b64encode(mac).decode()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ROBOTS)
def test_a_refusal_dressed_as_200_is_not_taken_for_success(server: WebServer, kind: str) -> None:
    post_to_group(gateway=robot(kind), message=NEWS, at=AT)
    server.mode = "refuse"

    assert deliver_waiting(at=AT) == Tally(postponed=1)

    reason = Delivery.objects.get().last_error
    assert "安全設置" in reason or "錯誤碼 310000" in reason


def test_long_news_are_cut_by_bytes_at_a_line(server: WebServer) -> None:
    lines = [f"第 {n} 行：婚姻登記處的大廳整治還沒有報送。" for n in range(80)]

    robots.send("wecom", {"key": TOKEN}, "\n".join(lines))

    [request] = server.requests
    text = request.json["text"]["content"]
    assert len(text.encode()) <= 2048
    assert text.endswith("還沒有報送。\n……（未完，其餘請到平台查看）")


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["hang", "drip", "close", "portal", "busy"])
def test_a_robot_that_leaves_us_in_doubt_is_never_asked_twice(server: WebServer, mode: str) -> None:
    post_to_group(gateway=robot("wecom"), message=NEWS, at=AT)
    server.mode = mode

    tally = deliver_waiting(at=AT)
    server.mode = "accept"
    later = deliver_waiting(at=AT + timedelta(days=1))

    assert (tally, later) == (Tally(uncertain=1), Tally())
    assert len(server.requests) == 1
    assert "對方可能已經收到" in Delivery.objects.get().last_error


@pytest.mark.django_db
def test_a_robot_nobody_answers_for_is_tried_again(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """連都沒連上，對方不可能收到：照常再試。"""
    from apprise.plugins import wecombot

    good = wecombot.NotifyWeComBot.notify_url
    monkeypatch.setattr(wecombot.NotifyWeComBot, "notify_url", "http://127.0.0.1:1/?key={key}")
    post_to_group(gateway=robot("wecom"), message=NEWS, at=AT)

    first = deliver_waiting(at=AT)
    reason = Delivery.objects.get().last_error
    monkeypatch.setattr(wecombot.NotifyWeComBot, "notify_url", good)
    second = deliver_waiting(at=AT + 2 * MINUTE)

    assert (first, second) == (Tally(postponed=1), Tally(sent=1))
    assert reason == "連不上對方的服務器，請檢查地址和網絡。"


@pytest.mark.django_db
def test_a_worker_killed_while_posting_leaves_it_to_a_human(cast: Cast, server: WebServer) -> None:
    post_to_group(gateway=robot("feishu"), message=NEWS, at=AT)
    delivering._claim(Delivery.objects.get().pk, AT)

    tally = deliver_waiting(at=AT + 11 * MINUTE)
    row = Delivery.objects.get()
    again = retry_deliveries(actor=cast.admin, deliveries=Delivery.objects.all(), at=AT)
    by_hand = deliver_waiting(at=AT + 12 * MINUTE)

    assert tally == Tally(uncertain=1)
    assert (row.state, row.lease_until) == (Delivery.State.UNCERTAIN, None)
    assert "不知道對方收到沒有" in row.last_error
    assert (again, by_hand) == (1, Tally(sent=1))
    assert Entry.objects.get().summary == "重新發送給「feishu」的群消息。"


@pytest.mark.django_db
def test_the_same_group_hears_it_once(server: WebServer) -> None:
    gateway = robot("wecom")

    first = post_to_group(gateway=gateway, message=NEWS, at=AT, key="board:7")
    second = post_to_group(gateway=gateway, message=NEWS, at=AT, key="board:7")

    assert first is not None
    assert second is None
    assert Notice.objects.count() == 1


@pytest.mark.django_db
def test_quiet_hours_hold_a_group_message_back(server: WebServer) -> None:
    post_to_group(gateway=robot("wecom"), message=NEWS, at=AT, not_before=AT + 60 * MINUTE)

    assert deliver_waiting(at=AT + 59 * MINUTE) == Tally()
    assert deliver_waiting(at=AT + 61 * MINUTE) == Tally(sent=1)


@pytest.mark.django_db
def test_only_active_groups_are_offered(server: WebServer) -> None:
    kept, stopped = robot("wecom", "甲群"), robot("feishu", "乙群")
    phones(server)
    post_to_group(gateway=stopped, message=NEWS, at=AT)
    Gateway.objects.filter(pk=stopped.pk).update(is_active=False)

    assert group_gateways() == [kept]
    assert deliver_waiting(at=AT) == Tally(cancelled=1)
    assert Delivery.objects.get().last_error == "這個渠道已停用。"


# ── 短信與通用接口 ──────────────────────────────────────────────


def test_a_text_message_is_short_signed_and_numbered(cast: Cast, server: WebServer) -> None:
    phones(server, secret=SECRET)
    wants_sms(cast)
    chase = Message("催辦 3-04", body="請今天報出。", url="/tasks/2026/3-04/", kind="chase")
    announce(message=chase, recipients=[cast.clerk], at=AT)

    assert deliver_waiting(at=AT) == Tally(sent=1)

    [request] = server.requests
    row = Delivery.objects.get()
    assert request.json == {
        "id": row.message_id.strip("<>"),
        "kind": "chase",
        "to": "13800000001",
        "title": "催辦 3-04",
        "text": "【文明創建】催辦 3-04。請登錄平台辦理：https://wenming.example.test/tasks/2026/3-04/",
        "url": "https://wenming.example.test/tasks/2026/3-04/",
        "sent_at": "2026-11-23T09:00:00+08:00",
    }
    assert request.headers["X-Idempotency-Key"] == request.json["id"]
    assert request.headers["X-Signature"] == webhook.signature(
        SECRET, request.headers["X-Timestamp"], request.body
    )


def test_events_do_not_ring_the_telephone(cast: Cast, server: WebServer) -> None:
    phones(server)
    wants_sms(cast)

    announce(message=Message("審核通過"), recipients=[cast.clerk], at=AT)

    assert Delivery.objects.count() == 0
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("busy", "對方沒有收下（代碼 503）。"),
        ("forbid", "對方不認簽名或不許訪問（代碼 403），請核對簽名密鑰。"),
        ("redirect", "對方要求跳轉到別的地址，為安全起見不跟着走，請填最終的地址。"),
        ("hang", "對方的服務器 0.4 秒內沒有答覆。"),
        ("drip", "對方的服務器 0.4 秒內沒有答覆。"),
        ("close", "對方的服務器中斷了連接。"),
    ],
)
def test_a_webhook_is_tried_again_under_the_same_number(
    cast: Cast, server: WebServer, mode: str, reason: str
) -> None:
    phones(server)
    wants_sms(cast)
    announce(message=Message("催辦", kind="chase"), recipients=[cast.clerk], at=AT)
    server.mode = mode

    bad = deliver_waiting(at=AT)
    written = Delivery.objects.get().last_error
    server.mode = "accept"
    good = deliver_waiting(at=AT + 2 * MINUTE)

    assert (bad, good) == (Tally(postponed=1), Tally(sent=1))
    assert written == reason
    first, second = server.requests
    assert first.headers["X-Idempotency-Key"] == second.headers["X-Idempotency-Key"]


# ── 誰不通誰讓開 ──────────────────────────────────────────────


def test_a_dead_mail_server_does_not_hold_up_the_robots(
    cast: Cast, server: WebServer, settings: Any
) -> None:
    people = [cast.clerk, cast.head, cast.office, cast.officer]
    announce(message=Message("開會"), recipients=people, at=AT)
    groups = [robot("wecom"), robot("dingtalk"), robot("feishu")]
    for group in groups:
        post_to_group(gateway=group, message=NEWS, at=AT)
    settings.EMAIL_BACKEND = "journal.channels.smtp.BoundedBackend"
    settings.EMAIL_TIMEOUT = PATIENCE

    with smtp_server("hang") as mail:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail.port
        tally = deliver_waiting(at=AT)

    assert tally == Tally(sent=3, postponed=2, stopped_early=True)


@pytest.mark.django_db
def test_one_dead_robot_does_not_hold_up_the_others(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins import wecombot

    monkeypatch.setattr(wecombot.NotifyWeComBot, "notify_url", "http://127.0.0.1:1/?key={key}")
    dead, alive = robot("wecom"), robot("feishu")
    for _n in range(4):
        post_to_group(gateway=dead, message=NEWS, at=AT)
        post_to_group(gateway=alive, message=NEWS, at=AT)

    assert deliver_waiting(at=AT) == Tally(sent=4, postponed=2, stopped_early=True)


@pytest.mark.django_db
def test_a_long_queue_of_one_road_leaves_room_for_the_others(cast: Cast, server: WebServer) -> None:
    announce(message=Message("開會"), recipients=[cast.clerk, cast.head, cast.office], at=AT)
    post_to_group(gateway=robot("wecom"), message=NEWS, at=AT + MINUTE)

    assert deliver_waiting(at=AT + MINUTE, limit=1) == Tally(sent=2)


# ── 密鑰只進不出 ──────────────────────────────────────────────


@pytest.mark.parametrize("kind", [*ROBOTS, "webhook"])
@pytest.mark.parametrize("mode", ["echo", "refuse", "hang", "close"])
def test_secrets_stay_out_of_logs_rows_and_words(
    cast: Cast, server: WebServer, caplog: pytest.LogCaptureFixture, kind: str, mode: str
) -> None:
    """對方把網址照抄回來也好，超時也好：日誌、發件記錄、留痕、報錯裏都沒有密鑰。"""
    caplog.set_level(logging.DEBUG)
    gateway = phones(server) if kind == "webhook" else robot(kind)
    Gateway.objects.filter(pk=gateway.pk).update(scope=Gateway.Scope.GROUP)
    gateway.refresh_from_db()
    post_to_group(gateway=gateway, message=NEWS, at=AT)
    server.mode = mode

    deliver_waiting(at=AT)
    problem = try_gateway(actor=cast.admin, gateway=gateway, at=AT)

    gateway.refresh_from_db()
    row = Delivery.objects.get()
    entries = [f"{entry.summary}{entry.reason}{entry.changes}" for entry in Entry.objects.all()]
    said = [caplog.text, row.last_error, problem, gateway.test_error, repr(gateway), str(gateway)]
    assert server.requests
    assert TOKEN in server.requests[0].path
    assert TOKEN not in "".join([*said, *entries, gateway.sealed])


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_malformed_secret_is_not_repeated_in_the_complaint(
    caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    bad = "!!not a key!!"

    with pytest.raises(NotSent, match="密鑰格式不對") as failed:
        robots.send(kind, {"key": bad, "token": bad}, "你好")

    assert bad not in str(failed.value)
    assert failed.value.__cause__ is None
    assert bad not in caplog.text


@pytest.mark.django_db
def test_a_changed_server_key_asks_for_the_secret_again(settings: Any) -> None:
    post_to_group(gateway=robot("wecom"), message=NEWS, at=AT)
    settings.SECRET_KEY = "another-" + "y" * 40

    assert deliver_waiting(at=AT) == Tally(postponed=1)
    assert "要重新填寫" in Delivery.objects.get().last_error


def test_what_was_sealed_before_the_channel_key_still_opens(settings: Any) -> None:
    old = vault.seal({"key": TOKEN})
    settings.CHANNEL_KEY = "channel-" + "z" * 40

    assert vault.unseal(old) == {"key": TOKEN}
    assert vault.unseal(vault.seal({"key": TOKEN})) == {"key": TOKEN}
