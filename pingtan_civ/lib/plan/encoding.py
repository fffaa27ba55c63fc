"""認文本文件的編碼：UTF-8、GB18030、Big5、UTF-16。

按常用字打分，不靠碰巧能解開：Big5 的字節多半也是合法的 GB18030，只是解出來全是生僻字。
"""

import re

from pingtan_civ.lib.plan.package import UnreadablePlan
from pingtan_civ.lib.plan.script import fold

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# 公文和日常文字裏最常見的字和標點（摺成簡體後比對）。
_COMMON = frozenset(
    fold(
        "的一是不了在有人我他這為之大來以個中上們到說國和地也子時道出而要於就下得可你年生會自著去後那能對"
        "工作建設文明行業民政創服務管理單位組織領導制度落實加強提高開展活動群眾部門負責任考核目標主措施方案"
        "通知意見計劃全縣區市省局辦公室科各級幹職進推動發社教育宣傳健完善機規範環境共安檢查評價材料照片附件"
        "月日前度第條章二三四五六七八九十百分數及其與等按根據關精神窗口優質形象誠信法律學習培訓志願婚姻登記"
        "殯儀養老助孤救基層黨支總結情況匯名稱間點內容具體步驟階段求三深入本新平潭區積極重高"
    )
    + "。、,;:「」“”《》()"
)
_GOOD_SCORE = 0.15
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd\ue000-\uf8ff]")
_MAX_CONTROL = 0.02
_SAMPLE = 20_000
_BINARY = "文件不是文本，或是認不出的編碼；請在記事本裏另存為 UTF-8 文本，或直接貼入文字。"


def decode(data: bytes) -> str:
    """解成文字，去掉字節順序標記。

    Raises UnreadablePlan：二進制，或哪一種編碼都解不出像樣的文字。
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _readable(data.decode(encoding, errors="replace").lstrip("\ufeff"))
    try:
        return _readable(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    except UnreadablePlan:
        if b"\x00" not in data:
            raise
    best = max(_candidates(data), key=lambda found: found[0])
    if best[0] < _GOOD_SCORE:
        raise UnreadablePlan(_BINARY)
    return _readable(best[1])


def _candidates(data: bytes) -> list[tuple[float, str]]:
    names = ["gb18030", "big5hkscs"]
    if len(data) % 2 == 0:
        names += ["utf-16-le", "utf-16-be"]
    texts = [data.decode(name, errors="replace") for name in names]
    # 只壞了幾個字節的 UTF-8，仍是 UTF-8。
    texts.append(data.decode("utf-8", errors="replace"))
    return [(_score(text), text) for text in texts]


def _score(text: str) -> float:
    """常用字佔非英文字符的比例；解不開的和私用區的字倒扣。"""
    sample = fold(text[:_SAMPLE])
    foreign = [char for char in sample if ord(char) > 0x7F]
    if not foreign:
        return 0.0
    hits = sum(1 for char in foreign if char in _COMMON)
    return (hits - 3 * len(_CONTROL.findall(sample))) / len(foreign)


def _readable(text: str) -> str:
    sample = text[:_SAMPLE]
    bad = len(_CONTROL.findall(sample))
    if bad > max(_MAX_CONTROL * len(sample), 0) and bad > 0:
        raise UnreadablePlan(_BINARY)
    return text.replace("\x00", "")
