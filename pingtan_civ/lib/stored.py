"""佐證和結果文件所在的存儲：本機文件夾或桶，比 Django 的存儲多會幾樣事。"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol, cast

from django.core.files.base import File
from django.core.files.storage import default_storage


class Store(Protocol):
    """兩種存儲共有的本事；怎樣做見 storage.py 和 bucket.py。"""

    is_local: bool

    def open(self, name: str) -> File: ...
    def path(self, name: str) -> str: ...
    def size(self, name: str) -> int: ...
    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]: ...
    def walk(self) -> Iterator[tuple[str, int]]: ...
    def handover(
        self, name: str, *, disposition: str, content_type: str, seconds: int
    ) -> str | None: ...


store = cast(Store, default_storage)


@contextmanager
def on_disk(name: str) -> Iterator[str]:
    """這個文件在本機的路徑，交給子進程（confined.py）打開；存在桶裏的先取到臨時文件，用完就刪。

    Raises FileNotFoundError。
    """
    store.size(name)
    if store.is_local:
        yield store.path(name)
        return
    with tempfile.NamedTemporaryFile() as copy:
        for piece in store.read(name):
            copy.write(piece)
        copy.flush()
        yield copy.name


@contextmanager
def upload_on_disk(file: BinaryIO) -> Iterator[str]:
    """剛傳上來的文件在本機的路徑；上傳時已落在臨時文件裏的不再抄一遍。"""
    if hasattr(file, "temporary_file_path"):
        yield file.temporary_file_path()
        return
    with tempfile.NamedTemporaryFile() as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        yield copy.name
