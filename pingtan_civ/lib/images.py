"""照片的整理：轉正、縮到 2 MB 以內、去掉位置和一切附加信息，只留下拍攝時間。

無論原來是什麼，都解碼成像素再重新編碼：藏在圖片後面的東西帶不過來。
"""

import hashlib
import io
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

import pillow_heif
from PIL import Image, ImageCms

from pingtan_civ.lib.dates import BEIJING
from pingtan_civ.lib.upload_kinds import (
    CONTENT_TYPES,
    PICTURES,
    Inspected,
    RefusedUpload,
    refused,
    sniff,
)

MAX_PIXELS = 100_000_000
MAX_SIDE = 20_000
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

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
pillow_heif.register_heif_opener(thumbnails=False)
# 一張一億像素的 PNG 解開要四百 MB（手機照片幾十 MB）；同一進程一次只解一張，其餘排隊。
_decoding = threading.Lock()


def read_header(file: BinaryIO, kind: str) -> tuple[int, int, datetime | None]:
    """只讀頭部：轉正後的寬、高，以及拍攝時間。過大或損壞的抛出 RefusedUpload。"""
    with _opened(file, kind) as image:
        width, height = image.size
        if _orientation(image) >= 5:
            width, height = height, width
        return width, height, _captured_at(image)


def normalise_picture(file: BinaryIO) -> tuple[io.BytesIO, Inspected]:
    """返回整理好的圖片（JPG；小的 PNG 仍為 PNG，免得截圖的字發虛）和它的查驗結果。

    動圖取第一幅。不是圖片、過大、損壞或沒有傳完整的抛出 RefusedUpload。
    """
    file.seek(0)
    kind = sniff(file.read(4096))
    if kind not in PICTURES:
        raise refused("picture")
    with _decoding:
        with _opened(file, kind) as image:
            # JPEG 可以邊解碼邊縮小（只對 JPEG 起作用），一億像素的也只佔一百多 MB。
            image.draft("RGB", _fit(image.size, _FULL_PIXELS))
            image.load()
            captured_at = _captured_at(image)
            pixels = _upright_pixels(image)
        extension, data = _encode(pixels, prefer_png=kind == "png")
    return io.BytesIO(data), Inspected(
        extension,
        CONTENT_TYPES[extension],
        len(data),
        hashlib.sha256(data).hexdigest(),
        *_encoded_size(data),
        captured_at,
    )


@contextmanager
def _opened(file: BinaryIO, kind: str) -> Iterator[Image.Image]:
    """只用該種類的解碼器打開；在解碼之前按頭部所報的尺寸擋住過大的。"""
    file.seek(0)
    try:
        with Image.open(file, formats=_FORMATS[kind]) as image:
            width, height = image.size
            if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
                raise refused("huge_picture")
            yield image
    except (RefusedUpload, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refused("huge_picture") from error
    except Exception as error:  # 解碼器遇到壞文件什麼都可能抛，對上傳者都是同一件事
        raise refused("damaged") from error


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # 附加信息壞了不影響畫面
        return 1


def _captured_at(image: Image.Image) -> datetime | None:
    """拍攝時間。相機寫了時差的按時差換算，沒寫的當作北京時間；讀不懂就當沒有。"""
    try:
        exif = image.getexif().get_ifd(_EXIF_IFD)
        for taken, offset in ((_TAKEN_AT, _TAKEN_OFFSET), (_DIGITISED_AT, _DIGITISED_OFFSET)):
            if moment := _exif_moment(exif.get(taken), exif.get(offset)):
                return moment
    except Exception:  # 同上
        return None
    return None


def _exif_moment(taken: object, offset: object) -> datetime | None:
    try:
        moment = datetime.strptime(str(taken).strip("\0 ")[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    if not 1990 <= moment.year <= 2100:
        return None
    text = str(offset or "").strip("\0 ")
    try:
        zoned = datetime.strptime(text, "%z")
    except ValueError:
        return moment.replace(tzinfo=BEIJING)
    return moment.replace(tzinfo=zoned.tzinfo).astimezone(BEIJING)


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
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _to_srgb(pixels: Image.Image, profile: bytes | None) -> Image.Image:
    """手機的廣色域照片去掉色彩說明會發灰，所以先換算。說明壞了就按 sRGB 看。"""
    if not profile or pixels.mode not in ("RGB", "RGBA"):
        return pixels
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
    raise refused("huge_picture")


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
