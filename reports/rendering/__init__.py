"""公文排版：把一份 `OfficialDocument` 排成 Word 或 PDF，版式依 GB/T 9704-2012。

這個包不碰數據庫，也不轉換繁簡：收到什麼字就排什麼字。
"""

from reports.rendering.checks import check
from reports.rendering.document import (
    Annex,
    Block,
    BulletinHead,
    Column,
    Heading,
    Imprint,
    OfficialDocument,
    PageBreak,
    Paragraph,
    Picture,
    RedHead,
    Run,
    SourceNote,
    Table,
)
from reports.rendering.fonts import MissingGlyphs, advice, missing_characters
from reports.rendering.pdf import RenderingFailed, to_pdf, write_pdf
from reports.rendering.pictures import UnreadablePicture
from reports.rendering.web import to_html
from reports.rendering.word import to_docx, write_docx

__all__ = [
    "Annex",
    "Block",
    "BulletinHead",
    "Column",
    "Heading",
    "Imprint",
    "MissingGlyphs",
    "OfficialDocument",
    "PageBreak",
    "Paragraph",
    "Picture",
    "RedHead",
    "RenderingFailed",
    "Run",
    "SourceNote",
    "Table",
    "UnreadablePicture",
    "advice",
    "check",
    "missing_characters",
    "to_docx",
    "to_html",
    "to_pdf",
    "write_docx",
    "write_pdf",
]
