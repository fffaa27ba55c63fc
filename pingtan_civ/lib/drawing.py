"""抽籤：次序由種子定，誰拿着種子和名單都能重抽一遍，抽中的一樣。"""

import hashlib
from collections.abc import Iterable


def draw(seed: str, pool: Iterable[int], count: int) -> list[int]:
    """從 pool 裏抽 count 個，按抽出的先後。與 pool 的次序無關，也不依賴語言的隨機數。"""
    tickets = sorted(set(pool), key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    return tickets[:count]
