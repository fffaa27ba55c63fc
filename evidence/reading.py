"""佐證裏的文字怎樣存、怎樣查：存進表裏的和查詢的過同一個函數，繁體簡體都找得到。"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pingtan_civ.lib.script import search_key, simplify

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
#: 兩個漢字之間的空白：多半是 PDF 斷行、公文裏的字距，查的時候當作沒有。
_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")
#: 命中處前後各取多少字。
AROUND = 36
LONGEST = 60
MOST_WORDS = 5


def normalised(text: str) -> str:
    """查找用的寫法：簡體、小寫、全半角和空白歸一，漢字之間不留空白。"""
    return _BETWEEN_HAN.sub("", search_key(text.replace("\x00", "")))


def words_of(query: str) -> list[str]:
    """人打的詞，以空格隔開，都要找到；過長過多的截去。"""
    return query.replace("\x00", "").split()[:MOST_WORDS]


@dataclass(frozen=True)
class Piece:
    """摘錄的一段；is_hit 的是命中的字。"""

    text: str
    is_hit: bool = False


def excerpt(text: str, words: list[str]) -> list[Piece]:
    """原文裏第一處命中的前後，命中的字標出；一處也沒有為空。"""
    pattern = _finder(tuple(words))
    found = pattern.search(text) if pattern else None
    if found is None:
        return []
    start, end = max(0, found.start() - AROUND), min(len(text), found.end() + AROUND)
    pieces = list(_marked(" ".join(text[start:end].split()), pattern))
    before = [Piece("…")] if start else []
    return [*before, *pieces, *([Piece("…")] if end < len(text) else [])]


def marked(text: str, words: list[str]) -> list[Piece]:
    """整句，命中的字標出；沒有命中的就是一整段。"""
    pattern = _finder(tuple(words))
    return list(_marked(text, pattern)) if pattern else [Piece(text)]


def _marked(text: str, pattern: re.Pattern[str]) -> Iterator[Piece]:
    position = 0
    for found in pattern.finditer(text):
        if found.start() > position:
            yield Piece(text[position : found.start()])
        yield Piece(found.group(), is_hit=True)
        position = found.end()
    if position < len(text):
        yield Piece(text[position:])


@lru_cache(maxsize=64)
def _finder(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """在原文裏找這些詞：每個字的繁簡、大小寫、全半角都認，字間可有空白。"""
    keys = [key for word in words if (key := normalised(word))]
    patterns = [r"\s*".join(_any_form(char) for char in key if char != " ") for key in keys]
    return re.compile("|".join(sorted(patterns, key=len, reverse=True))) if patterns else None


def _any_form(char: str) -> str:
    forms = _forms().get(char, "") + char
    return "[" + "".join(re.escape(each) for each in dict.fromkeys(forms)) + "]"


@lru_cache(maxsize=1)
def _forms() -> dict[str, str]:
    """歸一後的字 → 歸到它的各種寫法。第一次用到時算一遍（約兩萬字）。"""
    han = "".join(map(chr, range(0x4E00, 0xA000)))
    wide = "".join(map(chr, [*range(0x21, 0x7F), *range(0xFF01, 0xFF5F)]))
    found: dict[str, str] = {}
    for char, plain in zip(han, simplify("\n".join(han)).split("\n"), strict=True):
        found[plain] = found.get(plain, "") + char
    for char in wide:
        plain = unicodedata.normalize("NFKC", char).casefold()
        found[plain] = found.get(plain, "") + char
    return found
