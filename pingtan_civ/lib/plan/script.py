"""比對用的字形摺疊：繁體摺成簡體，全角摺成半角；長度不變，位置可以直接對回原文。

摺疊後的文字只用來認詞，從不保存，也不給人看。
"""

import re
from functools import lru_cache

from opencc import OpenCC

_TO_SIMPLIFIED = OpenCC("tw2s")
_PUNCTUATION = str.maketrans(
    "，；：！？（）．［］﹑､　\u00a0\t﹐﹔﹕｡", ",;:!?()." + "[]" + "、、   ,;:。"
)
# 轉換器按詞處理而漏掉的單字，以及文件裏常見的異體。
_VARIANTS = {"么": "么", "乾": "干", "着": "着", "著": "着", "幺": "么", "準": "准", "羣": "群"}


class _FoldTable(dict[int, str]):
    """逐字查表，見過的字記下來；一字只許變一字。"""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = _VARIANTS.get(char) or _fold_char(char)
        self[code] = folded
        return folded


def _fold_char(char: str) -> str:
    if "！" <= char <= "～":
        char = chr(ord(char) - 0xFEE0)
        return char
    punctuation = char.translate(_PUNCTUATION)
    if punctuation != char:
        return punctuation
    if char < "\u3400" or "\ud800" <= char <= "\udfff":
        return char
    simplified = _TO_SIMPLIFIED.convert(char)
    return simplified if len(simplified) == 1 else char


_TABLE = _FoldTable()


def fold(text: str) -> str:
    """摺疊後的文字，長度與原文相同。"""
    return text.translate(_TABLE)


@lru_cache(maxsize=256)
def cue(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """以繁體寫的詞語模式，編譯成可比對摺疊文字的正則式。"""
    return re.compile(fold(pattern), flags)
