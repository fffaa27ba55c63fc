"""郵件後端：Django 自帶的那個，加上總時限。"""

import smtplib
import ssl
from typing import Any

from django.core.mail.backends.smtp import EmailBackend
from django.utils.functional import cached_property

from journal.channels import bounded


class _Connecting(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: Any) -> bounded.BoundedSocket:
        return bounded.connect((host, port), timeout, self.source_address)


class _ConnectingTLS(smtplib.SMTP_SSL, _Connecting):
    """SMTP_SSL 先經父類連上再握手，所以 _Connecting 在它後面。"""


class BoundedBackend(EmailBackend):
    """在 bounded.deadline 之內發的信守總時限；不在其中的，照 EMAIL_TIMEOUT。"""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _ConnectingTLS if self.use_ssl else _Connecting

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return bounded.tls_context(super().ssl_context)
