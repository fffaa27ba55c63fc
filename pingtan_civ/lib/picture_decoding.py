"""圖片的解碼和重編。只在子進程裏運行（見 images.py、confined.py），所以不引入 Django。

無論原來是什麼，都解碼成像素再重新編碼：藏在圖片後面的東西帶不過來。
"""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

# 上級的材料系統要求每張圖片不超過 2 MB。
MAX_RESULT_BYTES = 2_000_000

# 先降質量，再縮尺寸；按總像素縮，長截圖才不會縮得看不清。兩百萬像素約合 1600×1200。
_FULL_PIXELS = 12_800_000
_STEPS = (
    *((_FULL_PIXELS, quality) for quality in (88, 80, 72, 64)),
    *((pixels, quality) for pixels in (8_000_000, 5_000_000, 3_200_000) for quality in (75, 62)),
    *((2_000_000, quality) for quality in (75, 62, 50)),
    *((pixels, 50) for pixels in (1_000_000, 500_000, 250_000)),
)
_FORMATS = {
    "jpg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "webp": ("WEBP",),
    "heic": ("HEIF",),
}
_EXIF_IFD = 0x8769
_TAKEN_AT, _DIGITISED_AT = 36867, 36868
_TAKEN_OFFSET, _DIGITISED_OFFSET = 36881, 36882


class Refused(Exception):
    """不收這張圖：reason 是 upload_kinds.ADVICE 裏的一條，facts 是句子裏要填的數。"""

    def __init__(self, reason: str, **facts: int) -> None:
        super().__init__(reason)
        self.reason, self.facts = reason, facts


def normalise(path: str, kind: str, max_pixels: int, max_side: int) -> dict[str, Any]:
    """整理 path 處的圖片：{extension, data, width, height, taken}，或 {refused, facts}。

    taken 是 [拍攝時間, 時差] 的清單，照相機裏怎麼寫就怎麼交，由 images.py 讀懂。
    """
    Image.MAX_IMAGE_PIXELS = None  # 由我們按尺寸攔，好說出這張有多大
    try:
        with _opened(path, kind, max_pixels, max_side) as image:
            # JPEG 可以邊解碼邊縮小（只對 JPEG 起作用），一億像素的也只佔一百多 MB。
            image.draft("RGB", _fit(image.size, _FULL_PIXELS))
            image.load()
            taken = _taken(image)
            pixels = _upright_pixels(image)
        extension, data = _encode(pixels, prefer_png=kind == "png")
    except Refused as refusal:
        return {"refused": refusal.reason, "facts": refusal.facts}
    width, height = _encoded_size(data)
    return {
        "extension": extension,
        "data": data,
        "width": width,
        "height": height,
        "taken": taken,
    }


@contextmanager
def _opened(path: str, kind: str, max_pixels: int, max_side: int) -> Iterator[Image.Image]:
    """只用該種類的解碼器打開；在解碼之前按頭部所報的尺寸擋住過大的。"""
    if kind == "heic":
        _learn_heic()
    try:
        with Image.open(path, formats=_FORMATS[kind]) as image:
            width, height = image.size
            if width * height > max_pixels or max(width, height) > max_side:
                raise Refused("huge_picture", width=width, height=height)
            yield image
    except (Refused, MemoryError):
        raise
    except Exception as error:  # 解碼器遇到壞文件什麼都可能抛，對上傳者都是同一件事
        raise Refused("damaged") from error


def _learn_heic() -> None:
    """別的圖片用不着它，不必每次都引入。"""
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # 附加信息壞了不影響畫面
        return 1


def _taken(image: Image.Image) -> list[list[str]]:
    try:
        exif = image.getexif().get_ifd(_EXIF_IFD)
    except Exception:  # 同上
        return []
    pairs = ((_TAKEN_AT, _TAKEN_OFFSET), (_DIGITISED_AT, _DIGITISED_OFFSET))
    return [[str(exif.get(name) or "")[:40] for name in pair] for pair in pairs]


def _upright_pixels(image: Image.Image) -> Image.Image:
    """已解碼的圖：縮到上限、轉正、換成 sRGB，並去掉一切附加信息。"""
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    pixels = _to_srgb(_shrunk(_plain_mode(image), _FULL_PIXELS), profile)
    if (turn := _TURNS.get(orientation)) is not None:
        pixels = pixels.transpose(turn)
    pixels.info.clear()
    return pixels


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _plain_mode(image: Image.Image) -> Image.Image:
    """化成 L、RGB 或 RGBA：十六位灰度、調色板、CMYK 等都不留。"""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _to_srgb(pixels: Image.Image, profile: bytes | None) -> Image.Image:
    """手機的廣色域照片去掉色彩說明會發灰，所以先換算。說明壞了就按 sRGB 看。"""
    if not profile or pixels.mode not in ("RGB", "RGBA"):
        return pixels
    from PIL import ImageCms  # 多數圖片沒有色彩說明，用到才引入

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(pixels, source, ImageCms.createProfile("sRGB")) or pixels
    except (ImageCms.PyCMSError, OSError, ValueError):
        return pixels


def _encode(pixels: Image.Image, *, prefer_png: bool) -> tuple[str, bytes]:
    if prefer_png:
        data = _saved(pixels, "PNG")
        if len(data) <= MAX_RESULT_BYTES:
            return "png", data
    flat = _flattened(pixels)
    for budget, quality in _STEPS:
        flat = _shrunk(flat, budget)
        data = _saved(flat, "JPEG", quality=quality, optimize=True)
        if len(data) <= MAX_RESULT_BYTES:
            return "jpg", data
    raise Refused("huge_picture", width=pixels.width, height=pixels.height)


def _flattened(pixels: Image.Image) -> Image.Image:
    """JPG 沒有透明，透明處鋪白底。"""
    if pixels.mode != "RGBA":
        return pixels
    page = Image.new("RGB", pixels.size, "white")
    page.paste(pixels, mask=pixels.getchannel("A"))
    return page


def _fit(size: tuple[int, int], budget: int) -> tuple[int, int]:
    """等比縮到總像素不超過 budget；已經夠小的不動。"""
    width, height = size
    if width * height <= budget:
        return size
    factor = math.sqrt(budget / (width * height))
    return max(1, int(width * factor)), max(1, int(height * factor))


def _shrunk(pixels: Image.Image, budget: int) -> Image.Image:
    target = _fit(pixels.size, budget)
    if target == pixels.size:
        return pixels
    return pixels.resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _saved(pixels: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    pixels.save(buffer, form, **options)
    return buffer.getvalue()


def _encoded_size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size
