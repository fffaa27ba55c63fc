"""兩段文字哪裏不同：審核時左右對照，新增的標出來。純函數。"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

# 數字、西文單詞各算一個整體，漢字逐字：「3 場」改「5 場」標出的是數，不是半個數。
TOKEN = re.compile(r"\d+(?:[.,]\d+)*%?|[A-Za-z]+|\s+|.", re.S)


@dataclass(frozen=True)
class Piece:
    """一小段文字；is_changed 表示另一邊沒有。"""

    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class Comparison:
    """舊文（標刪去的）與新文（標新增的）。"""

    old: tuple[Piece, ...]
    new: tuple[Piece, ...]

    @property
    def is_same(self) -> bool:
        return not any(piece.is_changed for piece in self.old + self.new)


def compare(old: str, new: str) -> Comparison:
    """逐詞對照兩段文字。"""
    left, right = TOKEN.findall(old), TOKEN.findall(new)
    old_pieces: list[Piece] = []
    new_pieces: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        _append(old_pieces, "".join(left[a:b]), kind != "equal")
        _append(new_pieces, "".join(right[c:d]), kind != "equal")
    return Comparison(tuple(old_pieces), tuple(new_pieces))


def _append(pieces: list[Piece], text: str, is_changed: bool) -> None:
    if text:
        pieces.append(Piece(text, is_changed))
