"""包裏的文件夾名和文件名：在 Windows 自帶的解壓裏也是原樣，一個文件夾裏不重名。"""

import re
import unicodedata

from reports.prose import typeset

_SPACES = re.compile(r"\s+")
# 漢字（含相容漢字）、字母數字、公文裏常用的標點；其餘（表情、控制符、Windows 不許的）不留。
_STRANGE = re.compile(
    r"[^ \w\-.,+~&()'\u00b7\u2014\u2018\u2019\u201c\u201d\u3001\u3002"
    r"\u300a\u300b\u300c\u300d\u300e\u300f\u3010\u3011\u3014\u3015\uff01\uff08\uff09\uff0c\uff1a\uff1b]"
)
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?=\.|$)", re.IGNORECASE)
_CODE = re.compile(r"\d+")


def safe_name(text: str, limit: int) -> str:
    """一段可以用在文件名裏的文字，至多 limit 個字。全是不能用的字符時為「_」。"""
    plain = unicodedata.normalize("NFC", typeset(_SPACES.sub(" ", text)))
    plain = _FORBIDDEN.sub("_", plain)
    plain = "".join(ch for ch in plain if ord(ch) <= 0xFFFF)
    plain = _STRANGE.sub("", plain)[:limit].strip(" .,，、；：-—_") or "_"
    return f"{plain}_" if _RESERVED.match(plain) else plain


def padded(code: str) -> str:
    """「G1.3」→「G1.03」：按名字排序時也是原來的次序。"""
    head, dot, tail = code.rpartition(".")
    return f"{head}{dot}{_CODE.sub(lambda found: found.group().zfill(2), tail)}" if dot else code


class Taken:
    """一個文件夾裏用掉的名字；不分大小寫，重了就在後面加 (2)。"""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def unique(self, stem: str, ending: str = "") -> str:
        name, number = f"{stem}{ending}", 1
        while name.casefold() in self._used:
            number += 1
            name = f"{stem}({number}){ending}"
        self._used.add(name.casefold())
        return name
