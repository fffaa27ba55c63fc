"""各種佐證文件，現做一份放進存儲，登記成 EvidenceFile。"""

import hashlib
import io
import zipfile
from typing import Any

import openpyxl
import typst
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from docx import Document
from PIL import Image, ImageDraw

from pingtan_civ.lib.upload_kinds import CONTENT_TYPES
from tasks.models import EvidenceFile
from tests.factories import moment


def stored(data: bytes, extension: str) -> EvidenceFile:
    sha256 = hashlib.sha256(data).hexdigest()
    path = default_storage.save(f"evidence/{sha256[:2]}/{sha256}.{extension}", ContentFile(data))
    return EvidenceFile.objects.create(
        sha256=sha256,
        size=len(data),
        content_type=CONTENT_TYPES[extension],
        extension=extension,
        path=path,
        stored_at=moment(2026, 11, 18),
    )


def docx(*paragraphs: str, table: list[list[str]] | None = None) -> bytes:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if table:
        grid = document.add_table(len(table), len(table[0]))
        for row, values in zip(grid.rows, table, strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
    return _saved(document)


def xlsx(*rows: list[Any], title: str = "台賬") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return _saved(book)


def pptx(*slides: str) -> bytes:
    """最小的演示文稿：只有讀得到文字的那些部件。"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, text in enumerate(slides, 1):
            name = "http://schemas.openxmlformats.org/drawingml/2006/main"
            xml = f'<s xmlns:a="{name}"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></s>'
            archive.writestr(f"ppt/slides/slide{number}.xml", xml)
    return buffer.getvalue()


def pdf(text: str) -> bytes:
    return typst.compile(text.encode(), format="pdf")


def picture(seed: int = 0, size: tuple[int, int] = (320, 240), extension: str = "JPEG") -> bytes:
    """一張有內容的圖；seed 不同，畫面就不同。"""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    width, height = size
    for step in range(6):
        left = (seed * 37 + step * 53) % 100 * width // 100
        top = (seed * 61 + step * 29) % 100 * height // 100
        draw.rectangle((left, top, left + width // 4, top + height // 5), fill=(step * 40, 90, 60))
    buffer = io.BytesIO()
    image.save(buffer, extension)
    return buffer.getvalue()


def _saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()
