"""各種公文共用的字：轉成要的字形，數字和漢字之間不留空格。"""

import re
from collections.abc import Callable

from people.models import User
from pingtan_civ.lib.script import simplify
from reports.rendering.document import Script

Says = Callable[[str], str]
LONGEST_NAME = 4


def converter(script: Script) -> Says:
    """繁體照原文；簡體整份一起轉，人名不動（一次查詢）。"""
    if script == "hant":
        return lambda text: text
    known = User.objects.order_by().values_list("name", flat=True)
    names = tuple(name for name in known if _is_personal(name))
    return lambda text: simplify(text, names, quotes=True)


def _is_personal(name: str) -> bool:
    """姓名至多四字，或是帶間隔號的；更長的是職務（「副局長（分管社會事務）」），照樣轉。"""
    return len(name) <= LONGEST_NAME or "·" in name


_BETWEEN = re.compile(r"(?<=[㐀-鿿（「《]) +(?=\d)|(?<=\d) +(?=[㐀-鿿）」》])")


def close_up(text: str) -> str:
    """屏幕上的字「2026 年度」「得 95.01 分」，公文裏數字和漢字之間不空格。只用於系統寫的字和名稱。"""
    return _BETWEEN.sub("", text)
