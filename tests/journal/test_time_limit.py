"""總時限：明的、加密的、發信的、發網絡請求的，慢吞吞地吐字節也一樣到點就停。"""

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection

from journal.channels import bounded, http
from journal.channels.failures import NotSent
from tests import certificates
from tests.mail_server import smtp_server
from tests.web_server import web_server

PATIENCE = 0.4


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """本機信這張證書。"""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture(autouse=True)
def patience(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.GATEWAY_TIMEOUT = PATIENCE
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    # 不限時的話，掛住的測試要等到系統的超時；這裏給一個遠大於總時限的底。
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)
    yield
    socket.setdefaulttimeout(before)


def mail_backend(port: int, **options: Any) -> Any:
    return get_connection(
        "journal.channels.smtp.BoundedBackend", host="127.0.0.1", port=port, timeout=15, **options
    )


def send(connection: Any) -> int:
    letter = EmailMessage("你好", "正文", "a@example.test", ["b@example.test"])
    with bounded.deadline(PATIENCE):
        return connection.send_messages([letter])


@pytest.mark.usefixtures("trusted")
def test_https_works(certificate: Path) -> None:
    with web_server(tls=certificates.server_context(certificate)) as server:
        answer = http.post(server.url, data=b"{}", headers={})

    assert answer.is_ok


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("mode", ["drip", "hang"])
def test_a_slow_https_server_is_left_in_time(certificate: Path, mode: str) -> None:
    with (
        web_server(mode, tls=certificates.server_context(certificate)) as server,
        pytest.raises(NotSent, match=r"0\.4 秒內沒有答覆") as failed,
    ):
        http.post(server.url, data=b"{}", headers={})

    assert failed.value.maybe_sent


def test_a_stranger_with_a_certificate_of_his_own_is_not_told(certificate: Path) -> None:
    with (
        web_server(tls=certificates.server_context(certificate)) as server,
        pytest.raises(NotSent, match="證書驗不過") as failed,
    ):
        http.post(server.url, data=b"secret", headers={})

    assert server.requests == []
    assert not failed.value.maybe_sent


def test_a_silent_port_is_left_in_time() -> None:
    """連得上，握手時不說話：握手也算在總時限裏。"""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NotSent, match=r"0\.4 秒內沒有答覆") as failed:
            http.post(url, data=b"{}", headers={})

    assert not failed.value.maybe_sent


@pytest.mark.usefixtures("trusted")
def test_starttls_mail_works_and_is_bounded_too(certificate: Path) -> None:
    with smtp_server(starttls=certificates.server_context(certificate)) as server:
        good = send(mail_backend(server.port, use_tls=True))
        server.mode = "drip"
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            send(mail_backend(server.port, use_tls=True))

    assert good == 1
    assert len(server.letters) == 1


def test_mail_over_tls_from_the_start_is_bounded_in_the_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        send(mail_backend(silent.getsockname()[1], use_ssl=True))


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/", "nonsense", "http://"])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(NotSent):
        http.post(url, data=b"", headers={})
