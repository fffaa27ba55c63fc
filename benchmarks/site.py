"""一個登錄的人經全套中間件打開一頁：不經測試客戶端，免得把它的開銷也量進去。"""

from collections.abc import Mapping
from typing import Any, BinaryIO

from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, RequestFactory, encode_multipart

from people.models import User

_TOKEN = "b" * 32


class Browser:
    """以某人身份登錄的瀏覽器，直接喚起 WSGI 應用。"""

    def __init__(self, user: User) -> None:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        self._headers = {
            "HTTP_HOST": "127.0.0.1",
            "HTTP_COOKIE": f"{cookies}; csrftoken={_TOKEN}",
            "HTTP_X_CSRFTOKEN": _TOKEN,
        }
        self._application = WSGIHandler()

    def get(self, path: str) -> bytes:
        return self._send(RequestFactory().get(path).environ, expected="200")

    def post(self, path: str, body: bytes) -> bytes:
        """提交一張（事先編好的）表單；要求辦成之後跳轉。"""
        made = RequestFactory().generic("POST", path, body, content_type=MULTIPART_CONTENT)
        return self._send(made.environ, expected="302")

    def upload(self, path: str, body: BinaryIO, length: int) -> bytes:
        """後台逐件上傳：內容從流裏讀，不先整個放進內存。"""
        made = RequestFactory().generic("POST", path)
        stream = {
            "wsgi.input": body,
            "CONTENT_LENGTH": str(length),
            "CONTENT_TYPE": MULTIPART_CONTENT,
        }
        return self._send(made.environ | stream, expected="200")

    def _send(self, environ: dict[str, Any], *, expected: str) -> bytes:
        said: list[str] = []
        response = self._application(
            environ | self._headers, lambda status, headers, *rest: said.append(status)
        )
        body = b"".join(response)
        response.close()
        if not said[0].startswith(expected):
            raise AssertionError(f"{environ['PATH_INFO']}：{said[0]}\n{body.decode()[:2000]}")
        return body


def encoded(form: Mapping[str, Any]) -> bytes:
    return encode_multipart(BOUNDARY, form)
