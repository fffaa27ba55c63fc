"""縮略圖：列表裏看一眼用的小圖，從已整理過的圖片（JPG、PNG）縮成。"""

import io
from typing import BinaryIO

from PIL import Image

# 頁面上最大顯示 240×180，按兩倍屏留足。
_BOX = (480, 360)
_QUALITY = 76


def thumbnail(file: BinaryIO) -> bytes:
    """返回不超過 480×360 的 JPG；透明處鋪白底。圖壞了抛出 OSError。"""
    file.seek(0)
    with Image.open(file, formats=("JPEG", "PNG")) as image:
        image.draft("RGB", _BOX)
        image.thumbnail(_BOX)
        pixels = image.convert("RGBA") if "A" in image.getbands() else image.convert("RGB")
    if pixels.mode == "RGBA":
        page = Image.new("RGB", pixels.size, "white")
        page.paste(pixels, mask=pixels.getchannel("A"))
        pixels = page
    buffer = io.BytesIO()
    pixels.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()
