"""先一步讀：次序、哈希、錯誤和中途停下。"""

import hashlib
from io import BytesIO
from typing import BinaryIO

import pytest

from evidence.packing.reading import CHUNK, Reader

FILES = {"a": b"x" * (CHUNK + 5), "b": b"", "c": b"end"}


def open_file(place: str) -> BinaryIO:
    if place not in FILES:
        raise FileNotFoundError(place)
    return BytesIO(FILES[place])


def test_files_come_in_order_with_their_hashes() -> None:
    with Reader(list(FILES), open_file) as reader:
        read = [(b"".join(reader.next_file()), reader.digest) for _each in FILES]

    assert read == [(data, hashlib.sha256(data).hexdigest()) for data in FILES.values()]


def test_a_missing_file_is_raised_where_it_is_read() -> None:
    with Reader(["c", "gone"], open_file) as reader:
        assert b"".join(reader.next_file()) == b"end"
        with pytest.raises(FileNotFoundError):
            list(reader.next_file())


def test_the_thread_ends_when_nobody_wants_more() -> None:
    with Reader(["a"] * 50, open_file) as reader:
        assert len(next(reader.next_file())) == CHUNK

    assert not reader._thread.is_alive()
