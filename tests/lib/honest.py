"""正經的文件，其中有些帶着看起來可疑、其實很平常的東西。"""

import io
import zlib
from collections.abc import Callable

import docx
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from PIL import Image

from tests.lib import hostile
from tests.lib import make_files as make

_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


def word_with_picture() -> bytes:
    document, buffer = docx.Document(), io.BytesIO()
    document.add_heading("政務公開辦法")
    for number in range(400):
        document.add_paragraph(f"第{number}條　窗口實行首問負責制、一次性告知制。{hash(number)}")
    document.add_picture(io.BytesIO(make.picture(make.scene(1200, 900, noise=3))))
    document.save(buffer)
    return buffer.getvalue()


def workbook_with_chart() -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    for number in range(500):
        book.active.append([f"任務{number}", number * number % 97])
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=2, min_row=1, max_row=50))
    book.active.add_chart(chart, "E2")
    book.save(buffer)
    return buffer.getvalue()


def long_pdf() -> bytes:
    noise = zlib.compress(bytes(range(256)) * 4000, 0)
    page = b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\n"
    return make.pdf(page % (len(noise), noise))


def phone_photo() -> bytes:
    return make.picture(
        make.scene(2000, 1500, noise=2),
        quality=90,
        exif=make.exif(taken="2026:11:20 09:00:00", orientation=6, gps=True),
    )


def motion_photo() -> bytes:
    """手機的動態照片：JPEG 後面接一段視頻。"""
    return make.picture(make.scene()) + b"\0\0\0\x18ftypmp42\0\0\0\0isomavc1" + bytes(5000)


#: 名稱 → (文件名, 怎麼做, 收下後的種類)
CASES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "word": ("關於印發《政務公開辦法》的通知（嵐民〔2026〕12號）.docx", make.word, "docx"),
    "long word": ("政務公開辦法.docx", word_with_picture, "docx"),
    "excel": ("台賬.xlsx", make.excel, "xlsx"),
    "excel with a chart": ("好差評統計.xlsx", workbook_with_chart, "xlsx"),
    "slides": ("彙報.pptx", make.powerpoint, "pptx"),
    "slides with a chart's own workbook": (
        "彙報.pptx",
        lambda: make.package(
            _SLIDES, extra={"ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": make.excel()}
        ),
        "pptx",
    ),
    "slides with an old drawing": (
        "彙報.pptx",
        lambda: make.package(_SLIDES, extra={"ppt/media/image1.emz": b"\x1f\x8b\x08" + b"\1" * 90}),
        "pptx",
    ),
    "word from a template of its own machine": (
        "總結.docx",
        lambda: hostile.pointing("attachedTemplate", "file:///C:\\Users\\wang\\公文.dotx"),
        "docx",
    ),
    "word with links": (
        "總結.docx",
        lambda: hostile.pointing("hyperlink", "https://www.gov.cn/zhengce/"),
        "docx",
    ),
    "word with a table of contents": (
        "總結.docx",
        lambda: hostile.fields('TOC \\o "1-3"', "HYPERLINK", " PAGEREF _Toc1"),
        "docx",
    ),
    "workbook linked to another": (
        "台賬.xlsx",
        lambda: make.package(
            hostile.SHEET,
            extra={
                "xl/externalLinks/_rels/externalLink1.xml.rels": hostile.relations(
                    "externalLinkPath", "file:///D:\\臺賬\\2025.xlsx"
                )
            },
        ),
        "xlsx",
    ),
    "pdf": ("意見.pdf", make.pdf, "pdf"),
    "long pdf": ("掃描件.PDF", long_pdf, "pdf"),
    "pdf of a browser": (
        "網頁.pdf",
        lambda: make.pdf(b"9 0 obj<</OpenAction[3 0 R/Fit]/Names 4 0 R>>endobj"),
        "pdf",
    ),
    "pdf with object streams": (
        "制度.pdf",
        lambda: hostile.pdf_with_object_stream(b"4 0 <</Type/Font/BaseFont/SimSun>>"),
        "pdf",
    ),
    "e-invoice with its own data": (
        "電子發票.pdf",
        lambda: hostile.pdf_with_attachment(hostile.INVOICE),
        "pdf",
    ),
    "e-voucher in the older encoding": (
        "電子憑證.pdf",
        lambda: hostile.pdf_with_attachment(
            "<?xml version='1.0' encoding='GB18030'?><憑證><金額>12.00</金額></憑證>".encode(
                "gb18030"
            ),
            b"voucher.XBRL",
        ),
        "pdf",
    ),
    "phone photo": ("IMG_20261120.jpg", phone_photo, "jpg"),
    "motion photo": ("MVIMG_20261120.jpg", motion_photo, "jpg"),
    "iphone photo": ("IMG_0001.HEIC", lambda: make.picture(make.scene(), "HEIF"), "jpg"),
    "screenshot": ("截圖 2026-11-20.png", lambda: make.picture(make.scene(), "PNG"), "png"),
    "web picture": ("公示欄.webp", lambda: make.picture(make.scene(), "WEBP"), "jpg"),
    "tiny picture": ("點.png", lambda: make.picture(Image.new("1", (1, 1)), "PNG"), "png"),
}
