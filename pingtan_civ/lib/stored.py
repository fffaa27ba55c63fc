"""佐證和結果文件所在的存儲：本機文件夾或桶，比 Django 的存儲多會幾樣事。"""

from collections.abc import Iterator
from typing import Protocol, cast

from django.core.files.base import File
from django.core.files.storage import default_storage


class Store(Protocol):
    """兩種存儲共有的本事；怎樣做見 storage.py 和 bucket.py。"""

    is_local: bool

    def open(self, name: str) -> File: ...
    def size(self, name: str) -> int: ...
    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]: ...
    def walk(self) -> Iterator[tuple[str, int]]: ...
    def handover(
        self, name: str, *, disposition: str, content_type: str, seconds: int
    ) -> str | None: ...


store = cast(Store, default_storage)
