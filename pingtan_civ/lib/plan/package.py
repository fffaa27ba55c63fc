"""上傳文件的門衛：大小、格式、加密、壓縮炸彈、XML 實體。過了這一關才解析。

每一種拒絕都是一句話，說清發生了什麼、該怎麼辦。
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_BYTES = 20 * 1024 * 1024
MAX_ENTRIES = 2_000
MAX_UNPACKED = 120 * 1024 * 1024
MAX_XML_PART = 24 * 1024 * 1024
MAX_RATIO = 150
_RATIO_FROM = 2 * 1024 * 1024  # 小文件壓得狠是常事，不算炸彈

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_IMAGE = "這是圖片，不是文字文件；請貼入文字，或上傳 .txt、.docx、.xlsx。"
_ARCHIVE = "這是壓縮包；請解壓後上傳其中的 .txt、.docx 或 .xlsx。"
_OTHER_FORMATS = (
    (b"%PDF", "這是 PDF 文件，不能直接讀取；請打開後複製文字貼入，或另存為 .docx 再上傳。"),
    (b"{\\rtf", "這是 RTF 文件，不能直接讀取；請用 Word 打開後另存為 .docx 再上傳。"),
    (b"\xff\xd8\xff", _IMAGE),
    (b"\x89PNG", _IMAGE),
    (b"GIF8", _IMAGE),
    (b"Rar!", _ARCHIVE),
    (b"7z\xbc\xaf", _ARCHIVE),
    (b"\x1f\x8b", _ARCHIVE),
)
_SUFFIX_OF = {"word/document.xml": ".docx", "xl/workbook.xml": ".xlsx"}
_SUFFIXES = (".txt", ".docx", ".xlsx")
_ENTITY = re.compile(rb"<\s*!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DAMAGED = "文件已損壞或不完整，請用 Word 或 Excel 打開後另存一份再上傳。"
_BOMB = "文件展開後大得不正常，已拒絕讀取；請只保留方案正文，另存後再上傳。"
_ENTITIES = "文件裏有外部實體聲明，不安全，已拒絕讀取；請另存為新文件後再上傳。"


class UnreadablePlan(Exception):
    """文件讀不了；文字就是給人看的那一句。"""


def check_upload(data: bytes, filename: str) -> str:
    """按內容認出 .txt、.docx 或 .xlsx；與擴展名不符的拒絕。

    Raises UnreadablePlan：空、過大、加密、別的格式。
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise UnreadablePlan("文件是空的，請換一個文件或直接貼入文字。")
    if len(data) > MAX_BYTES:
        raise UnreadablePlan(f"文件超過 {MAX_BYTES // 1024 // 1024} MB，請刪去圖片後再上傳。")
    for magic, sentence in _OTHER_FORMATS:
        if data.startswith(magic):
            raise UnreadablePlan(sentence)
    if data.startswith(_OLE):
        raise UnreadablePlan(_ole_sentence(data))
    suffix = _suffix(filename)
    actual = _kind_of_zip(data) if data.startswith(_ZIP) else ".txt"
    if suffix in (".docx", ".xlsx") and actual == ".txt":
        raise UnreadablePlan(f"文件名是 {suffix}，內容卻不是；請用 Word 或 Excel 另存後再上傳。")
    if suffix and suffix != actual:
        raise UnreadablePlan(f"文件名是 {suffix}，內容卻是 {actual}；請改正擴展名後再上傳。")
    return actual


def _suffix(filename: str) -> str:
    name = filename.lower().replace("\\", "/").rsplit("/", 1)[-1]
    suffix = "." + name.rsplit(".", 1)[1] if "." in name else ""
    if suffix and suffix not in (*_SUFFIXES, ".text", ".md"):
        raise UnreadablePlan(
            "不能讀取這種格式的文件；請上傳 .txt、.docx 或 .xlsx，或直接貼入文字。"
        )
    return ".txt" if suffix in (".text", ".md") else suffix


def _ole_sentence(data: bytes) -> str:
    if _ENCRYPTED_STREAM in data:
        return "文件設了打開密碼，無法讀取；請取消密碼、另存後再上傳。"
    return "這是舊版的 .doc 或 .xls 文件；請用 Word 或 Excel 另存為 .docx 或 .xlsx 再上傳。"


def _kind_of_zip(data: bytes) -> str:
    with open_package(data) as package:
        names = set(package.namelist())
    for part, suffix in _SUFFIX_OF.items():
        if part in names:
            return suffix
    raise UnreadablePlan(_ARCHIVE)


def open_package(data: bytes) -> zipfile.ZipFile:
    """打開 docx、xlsx 這層壓縮包；加密的、炸彈和壞包在這裏擋住。"""
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
        entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise UnreadablePlan(_DAMAGED) from error
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise UnreadablePlan("文件設了密碼，無法讀取；請取消密碼、另存後再上傳。")
    unpacked = sum(entry.file_size for entry in entries)
    ratio = unpacked / max(len(data), 1)
    too_dense = unpacked > _RATIO_FROM and ratio > MAX_RATIO
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or too_dense:
        raise UnreadablePlan(_BOMB)
    return package


def read_part(package: zipfile.ZipFile, name: str) -> bytes | None:
    """包裏的一個部件；沒有則為 None。"""
    try:
        entry = package.getinfo(name)
    except KeyError:
        return None
    if entry.file_size > MAX_XML_PART:
        raise UnreadablePlan(_BOMB)
    try:
        with package.open(entry) as stream:
            data = stream.read(MAX_XML_PART + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as e:
        raise UnreadablePlan(_DAMAGED) from e
    if len(data) > MAX_XML_PART:
        raise UnreadablePlan(_BOMB)
    return data


def read_xml(package: zipfile.ZipFile, name: str) -> Element | None:
    """解析一個部件；有實體聲明的拒絕，壞的說壞了。"""
    data = read_part(package, name)
    if data is None:
        return None
    if _ENTITY.search(data.replace(b"\x00", b"")):  # UTF-16 的 XML 每個字母帶一個零字節
        raise UnreadablePlan(_ENTITIES)
    try:
        root: Element = fromstring(data)
    except DefusedXmlException as error:
        raise UnreadablePlan(_ENTITIES) from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise UnreadablePlan(_DAMAGED) from error
    return root


def check_parts(package: zipfile.ZipFile) -> None:
    """交給別的庫解析之前，把每個 XML 部件都查一遍實體聲明。"""
    for name in _xml_names(package):
        data = read_part(package, name) or b""
        if _ENTITY.search(data.replace(b"\x00", b"")):
            raise UnreadablePlan(_ENTITIES)


def _xml_names(package: zipfile.ZipFile) -> Iterator[str]:
    return (name for name in package.namelist() if name.lower().endswith((".xml", ".rels")))


def damaged() -> UnreadablePlan:
    return UnreadablePlan(_DAMAGED)
