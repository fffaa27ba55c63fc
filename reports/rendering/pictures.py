"""照片進公文之前：轉正、縮到夠印、去掉拍攝信息，統一成 JPEG 或 PNG；進 PDF 的再裝成一頁。"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from django.utils.translation import gettext as _
from PIL import Image, ImageOps
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, NumberObject

from reports.rendering import layout
from reports.rendering.document import Picture
from reports.rendering.text import one_line

# 版心寬 156 毫米，按每英寸 220 點印，1351 個像素足矣；再多只會讓文件變大。
MAX_WIDTH_PX = round(layout.TYPE_AREA_WIDTH_MM / 25.4 * 220)
MAX_PIXELS = 120_000_000
_KEEP_MODES = ("L", "RGB", "P", "1")


class UnreadablePicture(Exception):
    """照片打不開（損壞、不是圖片、像素過多）。"""

    def __init__(self, caption: str) -> None:
        self.caption = caption
        super().__init__(unreadable_sentence(caption))


def absent_sentence(caption: str) -> str:
    """照樣導出時，印在照片位置上的話。"""
    return f"（照片「{one_line(caption) or '無說明'}」讀不出來，未能印出。）"


def unreadable_sentence(caption: str) -> str:
    return _(
        "照片「%(caption)s」不在存儲裏或打不開，無法排進文件。請換一張，或從文件中移去這張照片。"
    ) % {"caption": one_line(caption) or _("無說明")}


@dataclass(frozen=True, slots=True)
class Prepared:
    """可以直接寫進 Word 和 PDF 的照片；寬高以磅計。"""

    data: bytes
    suffix: str
    width_pt: float
    height_pt: float


def prepare(picture: Picture) -> Prepared:
    """讀一張照片。Raises UnreadablePicture。"""
    try:
        raw = _read(picture.image)
        with Image.open(BytesIO(raw)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise UnreadablePicture(picture.caption)
            return _fit(opened, raw)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadablePicture(picture.caption) from error


def _read(image: bytes | Path | Callable[[], bytes]) -> bytes:
    if isinstance(image, Path):
        return image.read_bytes()
    return image if isinstance(image, bytes) else image()


def _fit(opened: Image.Image, raw: bytes) -> Prepared:
    suffix = "png" if opened.format == "PNG" else "jpg"
    small = opened.width <= MAX_WIDTH_PX and opened.height <= MAX_WIDTH_PX
    opened.draft("RGB", (MAX_WIDTH_PX, MAX_WIDTH_PX))
    image = ImageOps.exif_transpose(opened)
    image.load()
    if not (small and _plain(opened)):
        raw = _encode(image, suffix)
    width_pt, height_pt = layout.fit_picture(*image.size)
    return Prepared(raw, suffix, width_pt, height_pt)


def _plain(opened: Image.Image) -> bool:
    """原樣可用：沒有拍攝信息，且 Word 認得（JPEG 須有 JFIF 頭）。"""
    known = opened.format == "PNG" or (opened.format == "JPEG" and "jfif" in opened.info)
    return known and opened.mode in _KEEP_MODES and not opened.info.get("exif")


def _encode(image: Image.Image, suffix: str) -> bytes:
    if image.mode not in ("L", "RGB"):
        image = _on_white(image)
    image.thumbnail((MAX_WIDTH_PX, MAX_WIDTH_PX))
    target = BytesIO()
    if suffix == "png":
        image.save(target, "PNG")
    else:
        image.save(target, "JPEG", quality=88)
    return target.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    """透明的地方印成白紙，不印成黑塊。"""
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")


def as_page(prepared: Prepared) -> bytes:
    """照片裝成一頁 PDF，一個像素一磅，交給 typst 當圖用。

    typst 把 JPEG 整張解開留在內存裏，一張四五兆，六十張照片就是三百兆；裝成頁，它只照搬壓好的數據，
    排一百頁的內存少大半，還快得多。JPEG 原樣裝進去，PNG 不失真。
    """
    with Image.open(BytesIO(prepared.data)) as opened:
        width, height = opened.size
        if opened.format == "JPEG":
            gray, data, packed = opened.mode == "L", prepared.data, "/DCTDecode"
        else:
            image = opened if opened.mode == "L" else _on_white(opened)
            gray, data, packed = image.mode == "L", zlib.compress(image.tobytes()), "/FlateDecode"
    picture = DecodedStreamObject()
    picture.set_data(data)
    picture.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(width),
            NameObject("/Height"): NumberObject(height),
            NameObject("/ColorSpace"): NameObject("/DeviceGray" if gray else "/DeviceRGB"),
            NameObject("/BitsPerComponent"): NumberObject(8),
            NameObject("/Filter"): NameObject(packed),
        }
    )
    return _page_of(picture, width, height)


def _page_of(picture: DecodedStreamObject, width: int, height: int) -> bytes:
    """只有一張圖、鋪滿全頁的 PDF。"""
    writer = PdfWriter()
    page = writer.add_blank_page(width, height)
    painted = DecodedStreamObject()
    painted.set_data(f"{width} 0 0 {height} 0 0 cm /Photo Do".encode())
    objects = DictionaryObject({NameObject("/Photo"): writer._add_object(picture)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): objects})
    page[NameObject("/Contents")] = writer._add_object(painted)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()
