"""邊做邊存的文件：內容一段一段現做，存儲要多少就做多少，既不佔內存也不先寫成臨時文件。"""

from collections.abc import Generator, Iterable, Iterator
from io import UnsupportedOperation

from django.core.files import File


class Flow(File):
    """只能從頭讀一遍的文件。本地存儲一段段取（chunks），對象存儲按字節數取（read）。"""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__(None)
        self._pieces = iter(pieces)
        self._kept = bytearray()
        self._position = 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield from self._pieces

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._kept) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._kept += piece
        end = len(self._kept) if size < 0 else size
        taken = bytes(self._kept[:end])
        del self._kept[:end]
        self._position += len(taken)
        return taken

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        """存之前回到開頭是可以的；讀過的不能再讀。"""
        if (offset, whence, self._position) != (0, 0, 0):
            raise UnsupportedOperation("Flow 只能從頭讀一遍。")
        return 0

    def close(self) -> None:
        """做到一半停下時，讓做的那一頭放開它打開的文件。"""
        if isinstance(self._pieces, Generator):
            self._pieces.close()
