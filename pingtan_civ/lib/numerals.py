"""中文數字：標題的「一、」「（十二）」「第一百零三條」所需。"""

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")


def to_chinese(n: int) -> str:
    """0 到 9999 的整數寫成公文通用的小寫數字：12 → 十二，103 → 一百零三，110 → 一百一十。

    超出範圍抛出 ValueError：標題不會有那麼多，遇到了就是程序錯了。
    """
    if not 0 <= n <= 9999:
        raise ValueError(f"只能寫 0 到 9999 的整數，現在是 {n}。")
    if n < 20:
        return ("十" + (_DIGITS[n - 10] if n > 10 else "")) if n >= 10 else _DIGITS[n]
    digits = str(n)
    written = "".join(
        _DIGITS[int(digit)] + (_UNITS[len(digits) - place - 1] if digit != "0" else "")
        for place, digit in enumerate(digits)
    ).rstrip("零")
    while "零零" in written:
        written = written.replace("零零", "零")
    return written
