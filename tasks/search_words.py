"""搜索詞的幾種寫法：存的是繁體（也可能有人存了簡體），打的可能是簡體，都要找得到。"""

from functools import lru_cache

from opencc import OpenCC

from pingtan_civ.lib.script import simplify


@lru_cache(maxsize=1)
def _to_traditional() -> tuple[OpenCC, ...]:
    """s2t 一字一形，s2tw 取通行的一形（裏、着、群）；兩種都試，寧可多找到一條。"""
    return OpenCC("s2t"), OpenCC("s2tw")


def spellings(word: str) -> list[str]:
    """原樣、簡體、兩種繁體，去掉重複的。"""
    return list(
        dict.fromkeys(
            [word, simplify(word), *(converter.convert(word) for converter in _to_traditional())]
        )
    )
