"""文號：從文件名一類的文字裏認出「嵐民〔2026〕12號」。"""

import re

_NUMBER = re.compile(
    r"(?P<org>[\u4e00-\u9fff]{2,6})?\s*[〔\[［(（【]\s*(?P<year>(?:19|20)\d\d)\s*[〕\]］)）】]"
    r"\s*第?\s*(?P<number>\d{1,4})\s*[號号]"
)


def find_number(text: str) -> str:
    """文字裏像文號的那一段，括號統一成公文的〔〕；沒有為空。

    發文機關代字緊挨着年份括號，前面的字分不清是標題還是代字，至多取六個，由人核對。
    """
    found = _NUMBER.search(text)
    if not found or not found["org"]:
        return ""
    return f"{found['org']}〔{found['year']}〕{int(found['number'])}號"
