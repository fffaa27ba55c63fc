"""辦公文件（OOXML）的查驗：它是個 ZIP，先按目錄算清會解出多少，再看裏面有沒有不該有的。"""

import zipfile
import zlib
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pingtan_civ.lib.upload_kinds import refused

# 正常的辦公文件遠不到這些數：實測壓縮炸彈在千倍以上，表格的 XML 一般在五十倍以內。
MAX_ENTRIES = 10_000
MAX_TOTAL_BYTES = 500_000_000
MAX_RATIO = 200
# 小文件的比例沒有意義：幾百字節的 XML 重複起來很容易過百倍。
_RATIO_MATTERS_ABOVE = 5_000_000
_MAX_CONTENT_TYPES_BYTES = 2_000_000
_CHUNK = 1 << 18

_MAIN_PARTS = {
    "wordprocessingml.document.main+xml": "docx",
    "spreadsheetml.sheet.main+xml": "xlsx",
    "presentationml.presentation.main+xml": "pptx",
    "presentationml.slideshow.main+xml": "pptx",
}
_MACRO_SIGNS = ("macroenabled", "vbaproject", "macrosheet")


def office_kind(file: BinaryIO, size: int) -> str:
    """返回 docx、xlsx 或 pptx；不是、損壞、帶密碼、帶宏或是炸彈的，抛出 RefusedUpload。"""
    try:
        with zipfile.ZipFile(file) as archive:
            _refuse_bombs(archive, size)
            names = {info.filename for info in archive.infolist()}
            if "[Content_Types].xml" not in names:
                raise refused(_other_package(names))
            types = _content_types(archive)
            _refuse_macros(names, types)
            kind, part = _main_part(types)
            _check_main_part(archive, part)
            return kind
    except (zipfile.BadZipFile, zlib.error, ParseError, DefusedXmlException) as error:
        raise refused("damaged") from error
    except (OSError, EOFError, KeyError, ValueError, NotImplementedError) as error:
        raise refused("damaged") from error


def _refuse_bombs(archive: zipfile.ZipFile, size: int) -> None:
    """只看目錄，不解壓。目錄謊報大小的，讀的時候會在所報之處斷開，也解不出更多。"""
    entries = archive.infolist()
    if any(info.flag_bits & 0x1 for info in entries):
        raise refused("encrypted")
    total = sum(info.file_size for info in entries)
    lopsided = total > _RATIO_MATTERS_ABOVE and total > size * MAX_RATIO
    if len(entries) > MAX_ENTRIES or total > MAX_TOTAL_BYTES or lopsided:
        raise refused("bomb")


def _other_package(names: set[str]) -> str:
    if "OFD.xml" in names:
        return "ofd"
    return "odf" if "META-INF/manifest.xml" in names and "content.xml" in names else "zip"


def _content_types(archive: zipfile.ZipFile) -> dict[str, str]:
    """部件名 → 內容類型（小寫）；默認類型以「.擴展名」為鍵。"""
    if archive.getinfo("[Content_Types].xml").file_size > _MAX_CONTENT_TYPES_BYTES:
        raise refused("bomb")
    root = fromstring(archive.read("[Content_Types].xml"), forbid_dtd=True)
    return {
        (node.get("PartName") or "." + node.get("Extension", "")): node.get(
            "ContentType", ""
        ).lower()
        for node in root
    }


def _refuse_macros(names: set[str], types: dict[str, str]) -> None:
    """宏可以改名，但內容類型瞞不住；兩處都看。"""
    told = " ".join(types.values())
    if any(sign in told for sign in _MACRO_SIGNS) or any("vba" in name.lower() for name in names):
        raise refused("macro")


def _main_part(types: dict[str, str]) -> tuple[str, str]:
    for part, content_type in types.items():
        for sign, kind in _MAIN_PARTS.items():
            if content_type.endswith(sign):
                return kind, part.lstrip("/")
    raise refused("unknown")


def _check_main_part(archive: zipfile.ZipFile, part: str) -> None:
    """正文要在、要完整（讀完會核對校驗和），並且不帶文檔類型聲明（實體炸彈的入口）。"""
    with archive.open(part) as stream:
        head = stream.read(_CHUNK)
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            raise refused("damaged")
        while stream.read(_CHUNK):
            pass
