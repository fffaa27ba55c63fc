"""一條路一個對象：郵件共用一個連接；每個機器人、每個接口各是各的，一個壞了不礙着別的。"""

import logging
import smtplib
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from journal import letters
from journal.channels import bounded, robots, vault, webhook
from journal.channels.failures import NotSent
from journal.models import Delivery, Gateway
from journal.services.recording import Message

logger = logging.getLogger(__name__)

#: 道別（QUIT）最多等這麼久；信已經收下，不值得等。
GOODBYE_SECONDS = 2


class Lane(Protocol):
    """發一條；沒成即 NotSent。"""

    def send(self, delivery: Delivery, message: Message, at: datetime) -> None: ...

    def hang_up(self) -> None: ...


def lane_for(gateway: Gateway | None) -> Lane:
    return GatewayLane(gateway) if gateway else MailLane()


class MailLane:
    """郵件：一批共用一個連接，出過錯就換一個。"""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def send(self, delivery: Delivery, message: Message, at: datetime) -> None:
        letter = letters.compose(message, delivery)
        try:
            with bounded.deadline(settings.EMAIL_TIMEOUT):
                if self._connection is None:
                    self._connection = get_connection()
                    self._connection.open()
                letter.connection = self._connection
                letter.send()
        except (smtplib.SMTPException, OSError) as error:
            self.hang_up()
            raise NotSent(_mail_reason(error), unreachable=_is_unreachable(error)) from error

    def hang_up(self) -> None:
        """關不上也無妨：信已經發出，或者這個連接本來就壞了。"""
        connection, self._connection = self._connection, None
        if connection is not None:
            with (
                suppress(smtplib.SMTPException, OSError),
                bounded.deadline(GOODBYE_SECONDS),
            ):
                connection.close()


class GatewayLane:
    """一個機器人或一個接口。"""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def send(self, delivery: Delivery, message: Message, at: datetime) -> None:
        secrets = vault.unseal(self._gateway.sealed)
        if self._gateway.kind == Gateway.Kind.WEBHOOK:
            webhook.send(secrets, letters.payload(message, delivery, at), at)
        else:
            robots.send(self._gateway.kind, secrets, letters.group_text(message))

    def hang_up(self) -> None:
        """每條各用一個連接，沒有要關的。"""


def _is_unreachable(error: Exception) -> bool:
    """是服務器的問題，不是這一封信的問題。"""
    return isinstance(
        error,
        (smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected, smtplib.SMTPAuthenticationError),
    ) or (isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException))


def _mail_reason(error: Exception) -> str:
    """給管理員看的一句話。"""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _("郵件服務器不接受賬號或密碼，請檢查 EMAIL_URL。")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _("郵件服務器拒收這個地址，請核對收件人的郵箱。")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _("郵件服務器不接受發件地址，請檢查 MAIL_FROM。")
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return _("郵件服務器 %(seconds)s 秒內沒有收完這封信。") % {
            "seconds": f"{settings.EMAIL_TIMEOUT:g}"
        }
    if isinstance(error, smtplib.SMTPConnectError):
        return _("郵件服務器現在不提供服務（代碼 %(code)s）。") % {"code": error.smtp_code}
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _("郵件服務器中斷了連接。")
    if isinstance(error, smtplib.SMTPResponseException):
        return _("郵件服務器沒有收下這封信（代碼 %(code)s）。") % {"code": error.smtp_code}
    return _("連不上郵件服務器，請檢查 EMAIL_URL 和網絡。")
