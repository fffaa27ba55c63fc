"""先一步讀：一個線程按次序讀各份文件、算哈希，打包的這一頭同時寫；手上至多留幾段。"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import BinaryIO

CHUNK = 1 << 20
_AHEAD = 8
_PATIENCE = 0.1

Open = Callable[[str], BinaryIO]


class Reader:
    """按 places 的次序逐份讀；next_file() 給出下一份的各段，讀完之後 digest 是它的 SHA-256。

    用 with：中途不要了，線程隨即停下。打不開、讀不了的錯在 next_file() 裏照樣拋出。
    """

    def __init__(self, places: Sequence[str], open_file: Open) -> None:
        self._places, self._open = places, open_file
        self._queue: Queue[bytes | str | BaseException] = Queue(maxsize=_AHEAD)
        self._stopped = Event()
        self._thread = Thread(target=self._read_all, name="pack-reader", daemon=True)
        self.digest = ""

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        while self._thread.is_alive():
            self._drop()
            self._thread.join(_PATIENCE)

    def next_file(self) -> Iterator[bytes]:
        while True:
            found = self._queue.get()
            if isinstance(found, BaseException):
                raise found
            if isinstance(found, str):
                self.digest = found
                return
            yield found

    def _read_all(self) -> None:
        try:
            for place in self._places:
                digest = hashlib.sha256()
                with self._open(place) as source:
                    while chunk := source.read(CHUNK):
                        digest.update(chunk)
                        self._put(chunk)
                self._put(digest.hexdigest())
        except _NotWanted:
            return
        except Exception as error:
            self._put_last(error)

    def _put(self, found: bytes | str | BaseException) -> None:
        while not self._stopped.is_set():
            try:
                return self._queue.put(found, timeout=_PATIENCE)
            except Full:
                continue
        raise _NotWanted

    def _put_last(self, error: Exception) -> None:
        try:
            self._put(error)
        except _NotWanted:
            return

    def _drop(self) -> None:
        try:
            self._queue.get_nowait()
        except Empty:
            return


class _NotWanted(Exception):
    """那一頭不要了。"""
