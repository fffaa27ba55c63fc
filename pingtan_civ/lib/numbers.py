"""讀懂網址和表單裏寫的整數（別人能在那裏寫任何東西）；字節數寫成給人看的。"""

import math

LARGEST_KEY = 2**63 - 1
"""數據庫主鍵的上限。"""


def read_int(text: str | None, low: int = 0, high: int = LARGEST_KEY) -> int | None:
    """只認 ASCII 數字寫成的、在 low 與 high 之間的非負整數；其餘一律為 None。

    幾千位的數、上標和別種文字的數字、負號，都當作沒有寫，不讓它們走到換算和數據庫那一步。
    """
    if not text or not text.isascii() or not text.isdigit() or len(text) > len(str(high)):
        return None
    number = int(text)
    return number if low <= number <= high else None


def megabytes(size: int) -> float:
    """字節數是多少 MB，一位小數，往大處進：剛過上限的不會寫成「2.0 MB，超過 2 MB」。"""
    return math.ceil(size * 10 / 1_048_576) / 10
