"""渠道的頁：只有管理員進得去；密鑰只進不出；測試的結果是人話。"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from journal.channels import vault
from journal.models import Entry, Gateway
from tests.cast import Cast
from tests.web_server import WebServer, web_server

LIST = "/outbox/channels/"
SECRET = "SECverysecret0123456789"
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    settings.GATEWAY_TIMEOUT = 0.4
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with web_server() as server:
        yield server


def webhook(url: str = "https://sms.example.test/send", **values: Any) -> Gateway:
    secrets = {"url": url, "secret": SECRET}
    return Gateway.objects.create(
        kind="webhook", sealed=vault.seal(secrets), **{"name": "接口", **values}
    )


def test_a_robot_is_added_by_pasting_its_whole_address(cast: Cast, signed_in: Callable) -> None:
    browser = signed_in(cast.admin)
    address = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"

    answer = browser.post(f"{LIST}new/wecom/", {"name": "創建工作群", "key": address})

    gateway = Gateway.objects.get()
    assert answer.url == LIST
    assert (gateway.kind, gateway.scope, gateway.is_active) == ("wecom", "group", True)
    assert vault.unseal(gateway.sealed) == {"key": KEY}
    assert KEY not in gateway.sealed
    entry = Entry.objects.get()
    assert entry.summary == "新增渠道「創建工作群」。"
    assert KEY not in f"{entry.summary}{entry.changes}"


@pytest.mark.parametrize(
    ("kind", "field", "typed", "stored"),
    [
        ("dingtalk", "token", "https://oapi.dingtalk.com/robot/send?access_token=ab12", "ab12"),
        ("feishu", "token", "https://open.feishu.cn/open-apis/bot/v2/hook/ab-12", "ab-12"),
        ("wecom", "key", KEY, KEY),
    ],
)
def test_the_key_is_found_in_what_was_pasted(
    cast: Cast, signed_in: Callable, kind: str, field: str, typed: str, stored: str
) -> None:
    signed_in(cast.admin).post(f"{LIST}new/{kind}/", {"name": "群", field: typed})

    assert vault.unseal(Gateway.objects.get().sealed) == {field: stored}


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("wecom", {"key": "一句話"}, "認不出機器人的密鑰"),
        ("wecom", {"key": ""}, "填寫這一項，沒有它發不出去。"),
        ("dingtalk", {"token": "ab12", "secret": "有 空格"}, "加簽密鑰只有字母和數字"),
        ("webhook", {"url": "ftp://x/"}, "地址應寫成 https://"),
        ("webhook", {"url": "http://user:pass@x/"}, "不含空格、漢字和賬號密碼"),
        ("webhook", {"url": "http://x:99999/"}, "地址應寫成 https://"),
        ("webhook", {"url": "https://x/", "secret": "short"}, "至少 16 個字符"),
    ],
)
def test_a_wrong_secret_is_explained_and_not_echoed(
    cast: Cast, signed_in: Callable, kind: str, data: dict[str, str], sentence: str
) -> None:
    typed = {"name": "群", "scope": "group", **data}

    page = signed_in(cast.admin).post(f"{LIST}new/{kind}/", typed).content.decode()

    assert sentence in page
    assert 'value="群"' in page
    assert Gateway.objects.count() == 0
    assert all(f'value="{value}"' not in page for value in data.values() if value)


def test_a_robot_cannot_be_given_to_one_person(cast: Cast, signed_in: Callable) -> None:
    data = {"name": "群", "key": KEY, "scope": "personal"}

    signed_in(cast.admin).post(f"{LIST}new/wecom/", data)

    assert Gateway.objects.get().scope == "group"


def test_the_secret_is_never_shown_again_and_empty_keeps_it(
    cast: Cast, signed_in: Callable
) -> None:
    gateway = webhook()
    browser = signed_in(cast.admin)
    page = f"{LIST}{gateway.pk}/"

    shown = browser.get(page).content.decode() + browser.get(LIST).content.decode()
    browser.post(page, {"name": "政務短信", "scope": "personal", "is_active": "on"})

    gateway.refresh_from_db()
    assert "已設置，留空則不改。" in shown
    assert SECRET not in shown
    assert "sms.example.test" not in shown
    assert (gateway.name, gateway.scope) == ("政務短信", "personal")
    assert vault.unseal(gateway.sealed) == {
        "url": "https://sms.example.test/send",
        "secret": SECRET,
    }
    assert Entry.objects.get().changes == {
        "名稱": ["接口", "政務短信"],
        "發給誰": ["工作群", "個人短信"],
    }


def test_a_new_secret_replaces_the_old_and_asks_for_a_test(
    cast: Cast, signed_in: Callable, now: Any
) -> None:
    gateway = webhook(tested_at=now)
    data = {"name": "接口", "scope": "group", "is_active": "on", "url": "https://new.test/"}

    signed_in(cast.admin).post(f"{LIST}{gateway.pk}/", data)

    gateway.refresh_from_db()
    assert vault.unseal(gateway.sealed) == {"url": "https://new.test/", "secret": SECRET}
    assert gateway.tested_at is None
    assert Entry.objects.get().changes == {"密鑰": ["", "已更換"]}


def test_a_signature_can_be_taken_off(cast: Cast, signed_in: Callable) -> None:
    gateway = webhook()
    data = {"name": "接口", "scope": "group", "is_active": "on", "forget": "on"}

    signed_in(cast.admin).post(f"{LIST}{gateway.pk}/", data)

    gateway.refresh_from_db()
    assert vault.unseal(gateway.sealed) == {"url": "https://sms.example.test/send"}


@pytest.mark.parametrize("role", ["office", "leader", "head", "clerk"])
def test_only_administrators_see_channels(cast: Cast, signed_in: Callable, role: str) -> None:
    gateway = webhook()
    browser = signed_in(getattr(cast, role))

    assert browser.get(LIST).status_code == 403
    assert browser.get(f"{LIST}{gateway.pk}/").status_code == 403
    assert browser.post(f"{LIST}{gateway.pk}/test/").status_code == 403
    assert browser.post(f"{LIST}mail/test/").status_code == 403
    assert Entry.objects.count() == 0


def test_the_test_button_says_that_it_went_out(
    cast: Cast, signed_in: Callable, server: WebServer
) -> None:
    gateway = webhook(f"{server.url}hook")

    page = signed_in(cast.admin).post(f"{LIST}{gateway.pk}/test/", follow=True).content.decode()

    gateway.refresh_from_db()
    assert "測試消息已發到「接口」" in page
    assert "測試已發出" in page
    assert server.requests[0].json["kind"] == "test"
    assert (gateway.test_error, gateway.tested_at is not None) == ("", True)
    assert Entry.objects.get().summary == "測試渠道「接口」：已發出。"


def test_the_test_button_says_why_it_did_not(
    cast: Cast, signed_in: Callable, server: WebServer
) -> None:
    """P6 悄悄失敗：當場說，也留在渠道上。"""
    gateway = webhook(f"{server.url}hook")
    server.mode = "forbid"

    page = signed_in(cast.admin).post(f"{LIST}{gateway.pk}/test/", follow=True).content.decode()

    gateway.refresh_from_db()
    assert "沒有發成。對方不認簽名或不許訪問（代碼 403），請核對簽名密鑰。" in page
    assert gateway.test_error == "對方不認簽名或不許訪問（代碼 403），請核對簽名密鑰。"
    assert Entry.objects.get().summary == "測試渠道「接口」：未成。"


def test_a_test_text_message_needs_a_telephone(
    cast: Cast, signed_in: Callable, server: WebServer
) -> None:
    gateway = webhook(f"{server.url}hook", scope="personal")
    browser = signed_in(cast.admin)

    without = browser.post(f"{LIST}{gateway.pk}/test/", follow=True).content.decode()
    cast.admin.phone = "13900000000"
    cast.admin.save(update_fields=["phone"])
    browser.post(f"{LIST}{gateway.pk}/test/")

    assert "您還沒有填手機號" in without
    assert [request.json["to"] for request in server.requests] == ["13900000000"]


def test_a_test_mail_goes_to_oneself(cast: Cast, signed_in: Callable) -> None:
    """P6 悄悄失敗：郵件通不通，點一下就知道。"""
    page = signed_in(cast.admin).post(f"{LIST}mail/test/", follow=True).content.decode()

    [letter] = mail.outbox
    assert letter.to == [cast.admin.email]
    assert "這是一條測試消息" in letter.subject
    assert f"測試郵件已發往 {cast.admin.email}" in page


def test_a_test_mail_that_fails_says_why(
    cast: Cast, signed_in: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: EmailBackend, messages: list) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", broken)

    page = signed_in(cast.admin).post(f"{LIST}mail/test/", follow=True).content.decode()

    assert "沒有發成。連不上郵件服務器，請檢查 EMAIL_URL 和網絡。" in page


def test_without_mail_settings_the_page_says_what_to_set(
    cast: Cast, signed_in: Callable, settings: Any
) -> None:
    settings.MAIL_ENABLED = False
    browser = signed_in(cast.admin)

    assert "沒有設置 EMAIL_URL" in browser.get(LIST).content.decode()
    tried = browser.post(f"{LIST}mail/test/", follow=True).content.decode()
    assert "還沒有設置 EMAIL_URL" in tried


def test_there_is_no_such_kind(cast: Cast, signed_in: Callable) -> None:
    assert signed_in(cast.admin).get(f"{LIST}new/telegram/").status_code == 404
