"""認序號：中文數字、括號、圓圈、章條，以及它們的級別。

只認行首。日期（2012年）、小數（1.5萬元）和「一、二級」這類並列不是序號。
"""

import re
from dataclasses import dataclass

from pingtan_civ.lib.plan.script import fold

# 級別：數字小的在上。同級的不同寫法（1、 與 1.）視為同一種。
CHAPTER, DIVISION, CHINESE, ARTICLE, CHINESE_PAREN = 0.0, 1.0, 2.0, 2.5, 3.0
ARABIC, DOTTED, ARABIC_PAREN, CIRCLED, LETTER, BULLET = 4.0, 4.5, 5.0, 6.0, 7.0, 8.0

_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {
    "零": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8,
    "玖": 9, "○": 0,
}  # fmt: skip
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_SCORES = {"廿": 20, "卅": 30}
_CN = "〇○零一二两三四五六七八九十百廿卅壹贰叁肆伍陆柒捌玖拾佰"
_CN_DIGITS = "一二三四五六七八九十"
# 「一、二級」「三、四線」是並列，不是序號。
_NOT_A_LIST = rf"(?![{_CN_DIGITS}]{{1,3}}(?:、|级|等|类|线|楼|号|季度|期|产业|胎|孩))"
# 「1、2026年」的 2026 是正文；「3、4月」的 4 卻是並列。
_NOT_A_NUMBER = r"(?!\d)|(?=(?:19|20)\d\d年)|(?=\d{1,2}月(?!份))"
_BULLETS = "•●■◆▪◇○★☆▲△※"

_PATTERNS: tuple[tuple[float, re.Pattern[str]], ...] = (
    (CHAPTER, re.compile(rf"第 ?([{_CN}]{{1,5}}|\d{{1,3}}) ?(?:章|部分|篇|编)(?=$|[ 、,:.。(])[ 、:.]?")),
    (DIVISION, re.compile(rf"第 ?([{_CN}]{{1,5}}|\d{{1,3}}) ?节(?=$|[ 、:.])[ 、:.]?")),
    (ARTICLE, re.compile(rf"第 ?([{_CN}]{{1,6}}|\d{{1,3}}) ?条(?=$|[ 、:.(])[ 、:.]?")),
    (CHINESE, re.compile(rf"([{_CN}]{{1,5}}) ?[、.]{_NOT_A_LIST}")),
    (CHINESE_PAREN, re.compile(rf"\( ?([{_CN}]{{1,5}}) ?\)[、.]?")),
    (DOTTED, re.compile(r"(\d{1,2}(?:\.\d{1,2}){1,3})(?:、| +(?![万亿元千百倍个%公米吨人次件小]))")),
    (ARABIC, re.compile(rf"(\d{{1,3}}) ?[、.](?:{_NOT_A_NUMBER})")),
    (ARABIC_PAREN, re.compile(r"\( ?(\d{1,3}) ?\)[、.]?")),
    (ARABIC_PAREN, re.compile(r"(\d{1,3}) ?\)[、.]?")),
    (LETTER, re.compile(r"([A-Za-z])[、.)](?![A-Za-z.])")),
    (BULLET, re.compile(rf"([{_BULLETS}]) ?(?=\S)")),
)  # fmt: skip
_SPACED_CHINESE = re.compile(rf"([{_CN}]{{1,3}}) +(?=[^\d {_CN}])")
_SPACED_LIMIT = 24  # 「一　提高認識」只在短行裏算序號
# 單個字符的序號：起點、個數、起始值、級別。
_GLYPHS = (
    (0x2460, 20, 1, CIRCLED), (0x3251, 15, 21, CIRCLED), (0x2776, 10, 1, CIRCLED),
    (0x24F5, 10, 1, CIRCLED), (0x2780, 10, 1, CIRCLED), (0x2474, 20, 1, ARABIC_PAREN),
    (0x2488, 20, 1, ARABIC), (0x3220, 10, 1, CHINESE_PAREN), (0x3280, 10, 1, CIRCLED),
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """行首的序號：印出的樣子、級別、值（圓點為 0）和正文的起點。"""

    printed: str
    rank: float
    number: int
    label: str
    end: int


def chinese_number(text: str) -> int | None:
    """「十一」「廿一」「二〇」「一百零三」的值；不是數字則為 None。"""
    folded = fold(text)
    if not folded or any(c not in _DIGITS and c not in _UNITS and c not in _SCORES for c in folded):
        return None
    if not any(c in _UNITS or c in _SCORES for c in folded):
        return int("".join(str(_DIGITS[c]) for c in folded))
    total, digit = 0, 0
    for char in folded:
        if char in _SCORES:
            total, digit = total + _SCORES[char], 0
        elif char in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[char], 0
        else:
            digit = _DIGITS[char]
    return total + digit


def chinese_numeral(number: int) -> str:
    """1 至 99 的中文數字，如 21 →「二十一」；超出時用阿拉伯數字。"""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    digits = "〇一二三四五六七八九"
    head = "" if tens == 0 else ("十" if tens == 1 else digits[tens] + "十")
    return head + (digits[ones] if ones else "")


def read_mark(line: str) -> Mark | None:
    """認出一行開頭的序號；行首空白不計。"""
    folded = fold(line[:40])
    indent = len(folded) - len(folded.lstrip())
    body = folded[indent:]
    glyph = _glyph(body)
    if glyph:
        return _mark(line, indent, indent + 1, glyph[0], glyph[1], line[indent])
    for rank, pattern in _PATTERNS:
        match = pattern.match(body)
        if match:
            return _from_match(line, indent, rank, match)
    spaced = _SPACED_CHINESE.match(body) if len(line) <= _SPACED_LIMIT else None
    if spaced and body[-1:] not in "。;,":
        return _from_match(line, indent, CHINESE, spaced)
    return None


def _glyph(body: str) -> tuple[float, int] | None:
    code = ord(body[0]) if body else 0
    for start, count, first, rank in _GLYPHS:
        if start <= code < start + count:
            return rank, first + code - start
    return None


def _from_match(line: str, indent: int, rank: float, match: re.Match[str]) -> Mark:
    label = match.group(1)
    start, end = indent + match.start(1), indent + match.end(1)
    return _mark(line, indent, indent + match.end(), rank, _value(label, rank), line[start:end])


def _mark(line: str, indent: int, end: int, rank: float, number: int, label: str) -> Mark:
    printed = line[indent:end]
    rest = line[end:]
    return Mark(printed.rstrip(), rank, number, label, end + len(rest) - len(rest.lstrip()))


def _value(label: str, rank: float) -> int:
    if rank == BULLET:
        return 0
    if rank == LETTER:
        return ord(label.lower()) - ord("a") + 1
    if rank == DOTTED:
        return int(label.rsplit(".", 1)[1])
    return int(label) if label.isdigit() else chinese_number(label) or 0
