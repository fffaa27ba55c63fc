"""總時限：一次發送連連接、握手、每一次收發在內，到點就停。

套接字自帶的超時只管一次讀寫；對方每隔幾秒吐一個字節，就永遠不算超時。
這裏的套接字每次讀寫前看還剩多少時間。域名解析由系統自己限時，不在內。
"""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_until: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """裏面的網絡收發合起來不超過 seconds 秒，超過即 TimeoutError。"""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def time_left() -> float | None:
    """還剩幾秒；不在 deadline 之內時為 None。"""
    until = _until.get()
    if until is None:
        return None
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


class _Bounded:
    """每次讀寫之前，把套接字的超時設成剩下的時間。"""

    def _hurry(self: Any) -> None:
        left = time_left()
        if left is not None:
            self.settimeout(left)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._hurry()
        return super().recv_into(*args, **kwargs)  # type: ignore[misc]

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        self._hurry()
        return super().recv(*args, **kwargs)  # type: ignore[misc]

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._hurry()
        return super().send(*args, **kwargs)  # type: ignore[misc]

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._hurry()
        return super().sendall(*args, **kwargs)  # type: ignore[misc]


class BoundedSocket(_Bounded, socket.socket):
    pass


class BoundedTLSSocket(_Bounded, ssl.SSLSocket):
    pass


def connect(
    address: tuple[str, int], timeout: Any = None, source_address: Any = None
) -> BoundedSocket:
    """socket.create_connection 的樣子，連上的套接字守總時限。"""
    left = time_left()
    plain = socket.create_connection(address, timeout if left is None else left, source_address)
    kept = plain.gettimeout()
    bounded = BoundedSocket(fileno=plain.detach())
    bounded.settimeout(kept)
    return bounded


def tls_context(context: ssl.SSLContext | None = None) -> ssl.SSLContext:
    """握手之後換成的加密套接字也守總時限。"""
    context = context or ssl.create_default_context()
    context.sslsocket_class = BoundedTLSSocket
    return context
