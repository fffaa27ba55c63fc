"""本機各進程、各線程之間分幾個位子，同時只許這麼多個在做。佔着位子的進程死了，位子自己空出來。"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

_PAUSE = 0.05


@contextmanager
def one_of(count: int, *, folder: Path, name: str, seconds: float) -> Iterator[None]:
    """佔一個位子；都佔着就等。等了 seconds 秒還沒有的，抛出 TimeoutError。"""
    deadline = time.monotonic() + seconds
    with ExitStack() as opened:
        files = [
            opened.enter_context(open(folder / f"{name}-{number}.lock", "ab"))
            for number in range(count)
        ]
        while not any(map(_take, files)):
            if time.monotonic() >= deadline:
                raise TimeoutError(name)
            time.sleep(_PAUSE)
        yield


def _take(file: BinaryIO) -> bool:
    """鎖跟着打開的文件走，關上就放；同一進程裏另開的一次也要等。"""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
