"""發一個 HTTP POST：有總時限，不跟着跳轉，只走 http 和 https，回答只讀開頭一段。

代理按系統的 HTTP_PROXY、HTTPS_PROXY、NO_PROXY。報錯裏沒有網址：網址裏往往就是密鑰。
"""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib import request
from urllib.error import URLError
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from journal.channels import bounded
from journal.channels.failures import NotSent

LONGEST_ANSWER = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """對方的回答。字段名照 requests 的，apprise 的插件也認得。"""

    status_code: int
    content: bytes

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status_code < 300


class _Connection(http.client.HTTPConnection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._create_connection = bounded.connect


class _TLSConnection(http.client.HTTPSConnection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._create_connection = bounded.connect


class _HTTPHandler(request.HTTPHandler):
    def http_open(self, req: request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _HTTPSHandler(request.HTTPSHandler):
    def https_open(self, req: request.Request) -> http.client.HTTPResponse:
        return self.do_open(_TLSConnection, req, context=bounded.tls_context())


@sensitive_variables()
def post(
    url: str, *, data: bytes, headers: Mapping[str, str], params: Mapping[str, str] | None = None
) -> Answer:
    """Raises NotSent：連不上、超時、話說到一半斷了。任何狀態碼都算有回答。"""
    seconds = settings.GATEWAY_TIMEOUT
    try:
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        asked = request.Request(url, data=data, headers=dict(headers), method="POST")  # noqa: S310
        with bounded.deadline(seconds), _opener().open(asked, timeout=seconds) as answer:
            return Answer(answer.status, answer.read(LONGEST_ANSWER))
    except URLError as error:
        # 還沒說完：連接、代理、握手、發送這幾步。對方不會把半句話當真。
        raise NotSent(_why(error.reason, seconds), unreachable=True) from None
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(_why(error, seconds), unreachable=True, maybe_sent=True) from None
    except ValueError:
        raise NotSent(_("地址寫得不對，請重新填寫。"), unreachable=True) from None


def _opener() -> request.OpenerDirector:
    """只裝要用的幾件：沒有跳轉，沒有 file://，非 2xx 也照樣返回。"""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.UnknownHandler(),
        _HTTPHandler(),
        _HTTPSHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _why(error: object, seconds: float) -> str:
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return _("對方的服務器 %(seconds)s 秒內沒有答覆。") % {"seconds": f"{seconds:g}"}
    if isinstance(error, http.client.HTTPException | ConnectionError) and not isinstance(
        error, ConnectionRefusedError
    ):
        return _("對方的服務器中斷了連接。")
    if "CERTIFICATE" in str(error).upper():
        return _("對方服務器的證書驗不過，請檢查地址，或把單位的根證書裝到本機。")
    return _("連不上對方的服務器，請檢查地址和網絡。")
