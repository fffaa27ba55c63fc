"""測試用的文件，全部現做：圖片、辦公文件、PDF，以及各種不該收的。"""

import io
import random
import zipfile
from typing import Any

import docx
import pillow_heif
from openpyxl import Workbook
from PIL import Image

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_POWERPOINT = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


def word(text: str = "創建活動") -> bytes:
    document, buffer = docx.Document(), io.BytesIO()
    document.add_paragraph(text)
    document.save(buffer)
    return buffer.getvalue()


def excel() -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    book.active["A1"] = "任務"
    book.save(buffer)
    return buffer.getvalue()


def package(
    content_type: str = _WORD, extra: dict[str, bytes] | None = None, body: bytes = b"<document/>"
) -> bytes:
    """最小的辦公文件包：一個內容類型清單、一個正文，外加 extra。"""
    types = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{content_type}"/></Types>'
    )
    return archive(
        {"[Content_Types].xml": types.encode(), "word/document.xml": body, **(extra or {})}
    )


def powerpoint() -> bytes:
    return package(_POWERPOINT)


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            target.writestr(name, data)
    return buffer.getvalue()


def pdf(extra: bytes = b"") -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n" + extra + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )


def ole(*names: str) -> bytes:
    """舊版辦公文件的外殼，目錄裏寫着 names。"""
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + entries


def scene(width: int = 800, height: int = 600, *, noise: int = 0) -> Image.Image:
    """左上角紅、其餘藍的畫面，方向一看便知；noise 讓它像照片一樣難壓縮。"""
    image = Image.new("RGB", (width, height), (20, 60, 200))
    image.paste((220, 30, 30), (0, 0, width // 2, height // 2))
    if noise:
        size = (width // noise, height // noise)
        grain = Image.frombytes("L", size, random.Random(7).randbytes(size[0] * size[1]))
        grain = grain.resize((width, height), Image.Resampling.NEAREST)
        image = Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.25)
    return image


def exif(
    *, taken: str = "", offset: str = "", orientation: int = 1, gps: bool = False
) -> Image.Exif:
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F] = "相機".encode().decode("latin-1")
    if taken:
        data.get_ifd(0x8769)[36867] = taken
    if offset:
        data.get_ifd(0x8769)[36881] = offset
    if gps:
        data.get_ifd(0x8825).update({1: "N", 2: (25.0, 30.0, 0.0), 3: "E", 4: (119.0, 47.0, 0.0)})
    return data


def picture(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    pillow_heif.register_heif_opener(thumbnails=False)
    if "exif" in options:
        options["exif"] = options["exif"].tobytes()
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()
