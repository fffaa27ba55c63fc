"""測試用的真 SMTP 服務器：在本機隨機端口收信，可以當場變壞。

    with smtp_server() as server:
        settings.EMAIL_PORT = server.port
        …
        server.mode = "hang"        # 之後的每一步都按新的樣子
        letter = server.letters[0]  # email.message.EmailMessage

各種壞法見 MODES。壞的服務器自己不會拖住測試：with 結束時一切連接都斷開。
"""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MODES = {
    "accept": "照常收下",
    "refuse": "一連上就說 421 不服務",
    "refuse_message": "收完內容說 554 不要這封",
    "refuse_recipient": "說 550 沒有這個收件人",
    "hang": "收完內容不說話",
    "hang_greeting": "連上以後不說話",
    "drip": "每隔一小會兒吐一個字節，永遠吐不完一行",
    "close": "收內容收到一半斷開",
    "close_after": "收下了信，沒說收下就斷開",
}
DRIP_SECONDS = 0.05


class Server:
    """一台服務器此刻的樣子和收到的信。mode 隨時可以改。"""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.port = 0
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.connections = 0

    @property
    def mode(self) -> str:
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"沒有這種壞法：{mode}")
        self._mode = mode

    # aiosmtpd 的約定：方法名就是 SMTP 的一步。

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.mode == "refuse_recipient":
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        if self.mode == "hang":
            await _forever()
        if self.mode == "refuse_message":
            return "554 5.7.1 refused as spam"
        if self.mode == "drip":
            await _drip(smtp.transport)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        if self.mode == "close_after":
            smtp.transport.abort()
        return "250 OK"


class _Protocol(SMTP):
    """aiosmtpd 的一個連接，外加開頭就壞和中途就斷。"""

    async def _handle_client(self) -> None:
        server = self.event_handler
        server.connections += 1
        if server.mode == "refuse":
            await self.push("421 4.3.2 service not available")
            self.transport.close()
        elif server.mode == "hang_greeting":
            await _forever()
        else:
            await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:
        if self.event_handler.mode == "close":
            await self.push("354 go on")
            await self._reader.read(64)
            self.transport.abort()
            await _forever()  # 斷開時由 aiosmtpd 取消
        await super().smtp_DATA(arg)


class _Controller(Controller):
    starttls: ssl.SSLContext | None = None

    def factory(self) -> SMTP:
        return _Protocol(
            self.handler,
            enable_SMTPUTF8=True,
            ident="loopback test server",
            tls_context=self.starttls,
        )


@contextmanager
def smtp_server(
    mode: str = "accept", *, starttls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """在本機隨機端口開一台，離開時關掉。給了 starttls 就也肯加密。"""
    server = Server("accept")
    # aiosmtpd 開好以後自己按端口連一下，所以端口要先定、樣子要先好。
    controller = _Controller(server, hostname="127.0.0.1", port=_free_port(), ready_timeout=10)
    controller.starttls = starttls
    controller.start()
    server.port, server.connections, server.mode = controller.port, 0, mode
    try:
        yield server
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def _forever() -> None:
    await asyncio.Event().wait()


async def _drip(transport: asyncio.Transport) -> None:
    while not transport.is_closing():
        transport.write(b"2")
        await asyncio.sleep(DRIP_SECONDS)
