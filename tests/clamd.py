"""測試用的假 clamd：在本機隨機端口說 INSTREAM，可以當場變壞。"""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: 文件裏有這一句就當有毒。
VIRUS = b"X5O!P%@AP-test"


@dataclass
class Clamd:
    address: str = ""
    mode: str = "scan"
    """scan 照常；busy 說太大；silent 收完不說話；close 接通就斷。"""
    seen: list[int] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


class _Handler(socketserver.BaseRequestHandler):
    state: Clamd

    def handle(self) -> None:
        if self.state.mode == "close":
            return
        command = self._read_to_zero()
        if command == b"zPING":
            self.request.sendall(b"PONG\0")
            return
        data = b""
        while length := struct.unpack(">L", self._exactly(4))[0]:
            data += self._exactly(length)
        self.state.seen.append(len(data))
        if self.state.mode == "silent":
            self.state.over.wait(30)
        elif self.state.mode == "busy":
            self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
        else:
            found = b"Eicar-Test FOUND" if VIRUS in data else b"OK"
            self.request.sendall(b"stream: " + found + b"\0")

    def _read_to_zero(self) -> bytes:
        said = b""
        while not said.endswith(b"\0"):
            said += self._exactly(1)
        return said[:-1]

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.request.recv(count - len(data))
            if not piece:
                raise ConnectionError
            data += piece
        return data


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: socket.socket, client_address: object) -> None:
        """那頭先走了，不往屏幕上寫。"""


@contextmanager
def clamd(mode: str = "scan") -> Iterator[Clamd]:
    state = Clamd(mode=mode)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    state.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
