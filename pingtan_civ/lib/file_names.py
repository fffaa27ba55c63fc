"""給人看、也給別的電腦存的文件名：去掉路徑和看不見的字符，避開 Windows 不許的寫法。"""

import re

NAME_LIMIT = 120
#: Windows 不許用作文件名的設備名，加了擴展名也不行。
_DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)")
_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))


def safe_name(name: str, extension: str, *, otherwise: str) -> str:
    """name 的最後一段，換上按內容認出的 extension；什麼也不剩時叫 otherwise。

    控制字符、從右往左的記號等看不見的字符一律去掉，擴展名不能被它們翻到前面去。
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(ch for ch in last if ch.isprintable()).translate(_FORBIDDEN)
    stem = plain.rpartition(".")[0] or plain
    stem = stem.strip(" .")[:NAME_LIMIT].rstrip(" .") or otherwise
    if _DEVICES.match(stem):
        stem = f"{otherwise} {stem}"
    return f"{stem}.{extension}"
