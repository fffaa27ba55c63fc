"""Word 文件的打包：照片邊打邊讀，腳註是真的腳註，同樣的內容打出同樣的字節。"""

from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE as CT
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.opc.pkgwriter import PackageWriter
from docx.oxml.ns import nsdecls, qn

from reports.rendering.pictures import Prepared
from reports.rendering.word_xml import add, make


class PicturePart(Part):
    """一張照片的部件：內容在臨時文件裏，打包到它時才讀。"""

    def __init__(self, number: int, prepared: Prepared, folder: Path, package: Any) -> None:
        suffix = "png" if prepared.suffix == "png" else "jpeg"
        super().__init__(PackURI(f"/word/media/image{number}.{suffix}"), f"image/{suffix}")
        self._package = package
        self._file = folder / f"{number}.{suffix}"
        self._file.write_bytes(prepared.data)

    @property
    def blob(self) -> bytes:
        return self._file.read_bytes()


class _SteadyZip:
    """同樣的內容打出同樣的字節：不記此刻的時間。照片已壓過，不再壓。"""

    def __init__(self, target: BinaryIO) -> None:
        self._zip = ZipFile(target, "w")

    def write(self, uri: PackURI, blob: bytes) -> None:
        info = ZipInfo(uri.membername, (1980, 1, 1, 0, 0, 0))
        is_picture = uri.membername.startswith("word/media/")
        info.compress_type = ZIP_STORED if is_picture else ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        self._zip.writestr(info, blob)

    def close(self) -> None:
        self._zip.close()


def save(word: WordDocument, target: BinaryIO) -> None:
    package = word.part.package
    for part in package.parts:
        part.before_marshal()
    steady = _SteadyZip(target)
    PackageWriter._write_content_types_stream(steady, package.parts)
    PackageWriter._write_pkg_rels(steady, package.rels)
    PackageWriter._write_parts(steady, package.parts)
    steady.close()


def add_footnotes(word: WordDocument, texts: list[str]) -> None:
    """真的腳註：Word 裏能改、能刪，頁碼變了自己跟着走。"""
    marks = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:pPr><w:pStyle w:val="FootnoteText"/>'
        f"</w:pPr><w:r><w:{kind}/></w:r></w:p></w:footnote>"
        for number, kind in ((-1, "separator"), (0, "continuationSeparator"))
    )
    notes = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr>'
        '<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>'
        f'<w:r><w:t xml:space="preserve"> {escape(text)}</w:t></w:r></w:p></w:footnote>'
        for number, text in enumerate(texts, start=1)
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f"<w:footnotes {nsdecls('w')}>{marks}{notes}</w:footnotes>"
    )
    package = word.part.package
    part = Part(PackURI("/word/footnotes.xml"), CT.WML_FOOTNOTES, xml.encode(), package)
    word.part.relate_to(part, RT.FOOTNOTES)
    settings = word.settings.element
    declared = make("footnotePr")
    for number in (-1, 0):
        add(declared, "footnote", id=number)
    settings.find(qn("w:compat")).addprevious(declared)
