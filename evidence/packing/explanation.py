"""指標的說明：用審核通過的原句連成，不超過 500 字，句句寫明是哪個單位哪一期的。

系統不替人寫話：只挑整句、註明出處，放不下的整句略去。
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reports.prose import tidy

LIMIT = 500
_MARKS = "。！？…；：，、;:,」』”）)》"
_SENTENCES = re.compile(r"[^。！？；]*[。！？；]+[”」』）]*|[^。！？；]+$")


@dataclass(frozen=True)
class Statement:
    """一個單位一期審核通過的話。"""

    unit: str
    period: str
    text: str

    @property
    def source(self) -> str:
        return f"{self.unit}（{self.period}）："


def explain(statements: Iterable[Statement], limit: int = LIMIT) -> str:
    """按先後一條一段；一條放不下全部的，放到最後一個放得下的整句為止。"""
    lines: list[str] = []
    left = limit
    for statement in statements:
        room = left - len(statement.source) - (1 if lines else 0)
        text = _whole_sentences(_joined(statement.text), room)
        if text:
            lines.append(statement.source + text)
            left = room - len(text)
    return "\n".join(lines)


def _joined(text: str) -> str:
    """幾行併成一段；一行末尾沒有標點的補上句號，文字本身不動。"""
    lines = tidy(text).split("\n")
    return "".join(line if line.endswith(tuple(_MARKS)) else f"{line}。" for line in lines if line)


def _whole_sentences(text: str, room: int) -> str:
    """從頭取放得下的整句。"""
    taken = ""
    for sentence in _SENTENCES.findall(text):
        if len(taken) + len(sentence) > room:
            break
        taken += sentence
    return taken
