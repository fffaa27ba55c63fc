"""文件存在本機文件夾裏時的存儲：要麼整個在那裏，要麼不在。

與桶存儲（bucket.py）同樣的規矩：save 到已有的名字是整個換掉，讀者看不到半個文件。
"""

import os
import secrets
from collections.abc import Iterator
from glob import escape
from pathlib import Path
from typing import BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

INCOMING = "incoming"
CHUNK = 1 << 18


class WholeFileStorage(FileSystemStorage):
    """先寫進 incoming/，落到盤上才改名到位：寫到一半被殺、斷電，都不會冒充完整的一份。"""

    is_local = True

    def __init__(self, location: str | None = None) -> None:
        super().__init__(location=location, allow_overwrite=True)

    def _save(self, name: str, content: File) -> str:
        waiting = f"{_waiting(name)}{secrets.token_hex(8)}"
        source, target = self.path(waiting), self.path(name)
        try:
            super()._save(waiting, content)  # type: ignore[misc]
            _flush(source)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(source, target)
        except BaseException:
            super().delete(waiting)
            raise
        return name

    def delete(self, name: str) -> None:
        """連同要寫成這個名字、寫到一半被殺的一併刪去。"""
        super().delete(name)
        for left in Path(self.location).glob(f"{escape(_waiting(name))}*"):
            left.unlink(missing_ok=True)

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """從 start 起的 length 個字節，分塊。"""
        with self.open(name) as file:
            file.seek(start)
            yield from pieces(cast(BinaryIO, file), length)

    def handover(
        self, name: str, *, disposition: str, content_type: str, seconds: int
    ) -> str | None:
        """本機的文件沒有別處可去。"""
        return None

    def walk(self) -> Iterator[tuple[str, int]]:
        """文件夾裏的每個文件：相對的名字、字節數。一個一個地走，不全放進內存。"""
        for folder, _folders, names in os.walk(self.location):
            for name in names:
                path = os.path.join(folder, name)
                yield os.path.relpath(path, self.location).replace(os.sep, "/"), _size(path)


def _waiting(name: str) -> str:
    """寫完之前叫什麼（後面再接一個隨機數），看得出是誰的。"""
    return f"{INCOMING}/{name.replace('/', '~')}~"


def _size(path: str) -> int:
    """正走着就被刪掉的（如過期的結果）算零。"""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def pieces(file: BinaryIO, length: int | None = None) -> Iterator[bytes]:
    while (length is None or length > 0) and (
        data := file.read(CHUNK if length is None else min(CHUNK, length))
    ):
        yield data
        if length is not None:
            length -= len(data)


def _flush(path: str) -> None:
    """數據庫那一行提交時已在盤上，文件也要在。"""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
