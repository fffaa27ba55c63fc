"""繁簡轉換：只在顯示和導出時轉，存的一律是原文。

底子是 OpenCC 的 tw2s（逐字，不換詞；*p 類配置會把「創建」改成「建立」，絕不可用），
另加一張本系統自己的詞表，改正它的錯處，並保證已是簡體的文字再轉一次也不變。
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from django.utils.translation import gettext as _
from opencc import OpenCC

# tw2s 轉錯或轉兩次會變的詞：左為可能遇到的寫法，右為通行的簡體。
_FIXED = {
    "甚麼": "什么",
    "么": "么",
    "牠": "它",
    "衞": "卫",
    "汚": "污",
    "傚": "效",
    "倣": "仿",
    "姪": "侄",
    "隣": "邻",
    "粧": "妆",
    "身分": "身份",
    "部份": "部分",
    "策畫": "策划",
    "台帳": "台账",
    "臺帳": "台账",
    "帳目": "账目",
    "帳號": "账号",
    "帳戶": "账户",
    "帳簿": "账簿",
    **dict.fromkeys(["顯著", "显著"], "显著"),
    **dict.fromkeys(["專著", "专著"], "专著"),
    **dict.fromkeys(["譯著", "译著"], "译著"),
    **dict.fromkeys(["編著", "编著"], "编著"),
    **dict.fromkeys(["遺著", "遗著"], "遗著"),
    **dict.fromkeys(["著稱", "著称"], "著称"),
    **dict.fromkeys(["著錄", "著录"], "著录"),
    **{word: word for word in ["卓著", "昭著", "原著", "拙著", "土著", "名著", "合著"]},
}
# 「論著」不是「討論著」；「覆核」是復核，「顛覆核心」不是。
_IN_CONTEXT = (
    (r"(?<![討讨議议辯辩談谈爭争評评])[論论]著", "论著"),
    (r"(?<![顛颠傾倾翻])覆(?=[核查函信議议審审檢检試试驗验])", "复"),
)
# 引用的一段，可以套一層；截斷了的引到末尾為止。
_QUOTED = re.compile(
    r"「[^「」]*(?:「[^「」]*」[^「」]*)*(?:」|\Z)|『[^『』]*(?:『[^『』]*』[^『』]*)*(?:』|\Z)"
)
_QUOTES = str.maketrans("「」『』", "“”‘’")


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    """第一次用到時才載入詞典（約 2 MB）；載入後可在線程間共用。"""
    return OpenCC("tw2s")


@lru_cache(maxsize=128)
def _splitter(keep: tuple[str, ...]) -> re.Pattern[str]:
    """把文字切開：一組命中要原樣保留的詞，一組命中詞表，其餘交給 OpenCC。"""
    kept = "|".join(re.escape(term) for term in keep) or "(?!)"
    fixed = "|".join(sorted(_FIXED, key=len, reverse=True))
    in_context = "|".join(pattern for pattern, _word in _IN_CONTEXT)
    return re.compile(f"(?P<keep>{kept})|(?P<fixed>{fixed})|(?P<context>{in_context})")


def simplify(text: str, keep: Iterable[str] = (), *, quotes: bool = False) -> str:
    """繁體轉簡體。keep 中的詞（人名、引用的標題）一字不動，長的優先。

    quotes=True 時把「」『』換成“”‘’，用於簡體的正式文件。
    """
    terms = tuple(sorted({term for term in keep if term}, key=lambda t: (-len(t), t)))
    pieces, position = [], 0
    for found in _splitter(terms).finditer(text):
        pieces.append(_converter().convert(text[position : found.start()]))
        pieces.append(_replacement(found))
        position = found.end()
    pieces.append(_converter().convert(text[position:]))
    simplified = "".join(pieces)
    return simplified.translate(_QUOTES) if quotes else simplified


def simplify_sentence(text: str, keep: Iterable[str] = ()) -> str:
    """系統的一句話轉簡體：「」『』裏引的多半是人寫的標題，一字不動；引的是界面上的詞就照目錄。"""
    pieces, position = [], 0
    for found in _QUOTED.finditer(text):
        pieces += [simplify(text[position : found.start()], keep), _as_quoted(found.group())]
        position = found.end()
    return "".join([*pieces, simplify(text[position:], keep)])


def _as_quoted(quotation: str) -> str:
    inside = quotation[1:-1]
    if inside and quotation[-1] in "」』":
        return quotation[0] + _(inside) + quotation[-1]
    return quotation


def _replacement(found: re.Match[str]) -> str:
    if found.lastgroup == "keep":
        return found.group()
    if found.lastgroup == "fixed":
        return _FIXED[found.group()]
    return "复" if found.group() == "覆" else "论著"


#: 大五碼裏也有（是別的字或古字），今天的繁體公文不用的簡體字。
_SLIPS = dict(zip("与极价机体举", "與極價機體舉", strict=True))
#: OpenCC 給的古雅寫法，換成通行的。
_USUAL = str.maketrans("爲衆", "為眾")


@lru_cache(maxsize=1)
def _to_traditional() -> OpenCC:
    return OpenCC("s2t")


@cache
def _meant(character: str) -> str:
    """簡體字該寫的繁體字；兩體都用的字（后、里、台）為空。"""
    if character in _SLIPS:
        return _SLIPS[character]
    try:
        character.encode("big5")
    except UnicodeEncodeError:
        right = _to_traditional().convert(character).translate(_USUAL)
        return "" if right == character else right
    return ""


def simplified_slips(text: str) -> Iterator[tuple[int, str, str]]:
    """夾在繁體裏的簡體字：（第幾個字、寫成什麼、該寫什麼）。通篇是簡體的不算夾雜，不列。"""
    han = [
        (at, character) for at, character in enumerate(text) if "\u4e00" <= character <= "\u9fff"
    ]
    found = [(at, character, right) for at, character in han if (right := _meant(character))]
    if len(found) * 3 <= len(han):
        yield from found


def search_key(text: str) -> str:
    """搜索用的鍵：全半角、大小寫、繁簡和空白都看作相同。存進表裏的和查詢的都要過一遍。"""
    folded = simplify(unicodedata.normalize("NFKC", text)).casefold()
    return " ".join(folded.split())
