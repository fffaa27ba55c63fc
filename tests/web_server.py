"""測試用的真 HTTP 服務器：在本機隨機端口收 POST，可以當場變壞。

with web_server() as server:
    server.url               # http://127.0.0.1:端口/
    server.mode = "drip"     # 見 MODES
    server.requests[0].json  # 收到的
"""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODES = {
    "accept": "照常收下",
    "refuse": "回 200，正文說拒收（errcode 310000）",
    "echo": "回 500，把網址和正文照抄一遍",
    "busy": "回 503",
    "forbid": "回 403",
    "redirect": "回 302，要去別處",
    "portal": "回 200 和一個網頁，像是攔路的登錄頁",
    "hang": "收完不說話",
    "drip": "每隔一小會兒吐一個字節",
    "close": "收完就斷開",
}
DRIP_SECONDS = 0.05


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class WebServer:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.url = ""
        self.requests: list[Request] = []
        self.over = threading.Event()

    @property
    def mode(self) -> str:
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"沒有這種壞法：{mode}")
        self._mode = mode


class _Handler(BaseHTTPRequestHandler):
    state: WebServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.state.requests.append(Request(self.path, dict(self.headers), body))
        mode = self.state.mode
        if mode == "hang":
            self.state.over.wait(30)
        elif mode == "drip":
            self._drip()
        elif mode == "close":
            self.close_connection = True
        elif mode == "redirect":
            self._answer(302, b"", location="http://127.0.0.1:1/elsewhere")
        elif mode == "echo":
            self._answer(500, self.path.encode() + b" " + body)
        else:
            self._answer(*self._plain(mode))

    def do_GET(self) -> None:
        """跟着跳轉來的也記下：本不該有。"""
        self.state.requests.append(Request(self.path, dict(self.headers), b""))
        self._answer(200, b"")

    def _plain(self, mode: str) -> tuple[int, bytes]:
        return {
            "accept": (200, b'{"errcode": 0, "code": 0}'),
            "refuse": (200, b'{"errcode": 310000, "code": 19024, "errmsg": "sign not match"}'),
            "busy": (503, b""),
            "forbid": (403, b""),
            "portal": (200, b"<html>please sign in</html>"),
        }[mode]

    def _answer(self, status: int, content: bytes, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)

    def _drip(self) -> None:
        try:
            while not self.state.over.wait(DRIP_SECONDS):
                self.wfile.write(b"H")
                self.wfile.flush()
        except OSError:
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """不往屏幕上寫。"""


@contextmanager
def web_server(mode: str = "accept", *, tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """在本機隨機端口開一台，離開時關掉，掛着的連接一併放開。給了 tls 就是 https。"""
    state = WebServer(mode)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    state.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
