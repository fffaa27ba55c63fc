"""請 ClamAV 看一遍（INSTREAM 協議）。設了 CLAMAV_ADDRESS 才看；每一步、整件事都有時限。"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from django.conf import settings

from pingtan_civ.lib.upload_kinds import refused

_CHUNK = 1 << 16
_CONNECT_SECONDS = 3
_LONGEST_ANSWER = 4096
#: 健康檢查問一聲，最多等這麼久。
PING_SECONDS = 1.0


class Unavailable(Exception):
    """連不上、不說話，或答非所問。參數是給管理員看的一句話的要點。"""


def refuse_infected(file: BinaryIO) -> None:
    """有毒的拒收；查毒服務不通時按 CLAMAV_REQUIRED 決定拒收還是放行。讀完後 file 回到開頭。

    Raises RefusedUpload。
    """
    if not settings.CLAMAV_ADDRESS:
        return
    try:
        found = scan(file)
    except Unavailable as error:
        if settings.CLAMAV_REQUIRED:
            raise refused("no_scanner") from error
        return
    finally:
        file.seek(0)
    if found:
        raise refused("infected", virus=found)


def scan(file: BinaryIO) -> str:
    """病毒的名字；乾淨的為空。Raises Unavailable。"""
    with _connected(settings.CLAMAV_SECONDS) as (connection, until):
        connection.sendall(b"zINSTREAM\0")
        file.seek(0)
        while chunk := file.read(_CHUNK):
            connection.settimeout(_left(until))
            connection.sendall(struct.pack(">L", len(chunk)) + chunk)
        connection.sendall(struct.pack(">L", 0))
        answer = _answer(connection, until)
    if answer.endswith(" FOUND"):
        return answer.removesuffix(" FOUND").rpartition(": ")[2][:80]
    if answer.endswith("OK"):
        return ""
    raise Unavailable(answer[:200])


def ping() -> None:
    """Raises Unavailable。"""
    with _connected(PING_SECONDS) as (connection, until):
        connection.sendall(b"zPING\0")
        if _answer(connection, until) != "PONG":
            raise Unavailable


@contextmanager
def _connected(seconds: float) -> Iterator[tuple[socket.socket, float]]:
    until = time.monotonic() + seconds
    try:
        with _open(min(_CONNECT_SECONDS, seconds)) as connection:
            connection.settimeout(_left(until))
            yield connection, until
    except OSError as error:
        raise Unavailable(str(error)) from error


def _open(seconds: float) -> socket.socket:
    address = settings.CLAMAV_ADDRESS
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(seconds)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection
    host, __, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=seconds)


def _answer(connection: socket.socket, until: float) -> str:
    """一句話，以零字節結束。一個字節一個字節地吐也拖不過總的時限。"""
    said = b""
    while b"\0" not in said and len(said) < _LONGEST_ANSWER:
        connection.settimeout(_left(until))
        data = connection.recv(_LONGEST_ANSWER)
        if not data:
            break
        said += data
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("查毒超過了時限。")
    return left
