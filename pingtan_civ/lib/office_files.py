"""辦公文件（OOXML）的查驗：它是個 ZIP，先看外形，再看裏面有沒有不該有的。

不收的：宏、嵌入的程序和 OLE 對象、ActiveX 控件、夾帶的網頁、指向外面的模板和圖片、會取外部程序
數據的域（DDE）、Excel 的數據連接和查詢、套着的壓縮包。圖表自帶的 Excel 表格是正常的，拆開按同樣的規矩再看一層。
"""

import html
import io
import re
import zipfile
import zlib
from typing import BinaryIO
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pingtan_civ.lib.upload_kinds import OFFICE_ZIP, OLE, refused, sniff
from pingtan_civ.lib.zip_shape import entries, limits, open_archive

_MAX_LIST_BYTES = 2_000_000
#: 圖表自帶的表格一般幾十 KB；再大就不是圖表，該單獨傳。
_MAX_EMBEDDED_BYTES = 20_000_000
_HEAD = 4096
_CHUNK = 1 << 18
#: 域代碼可以拆在許多小段裏，連起來看；正常文檔的全部域代碼不過幾十 KB。
_MAX_FIELD_BYTES = 1_000_000
_OVERLAP = 4096

_MAIN_PARTS = {
    "wordprocessingml.document.main+xml": "docx",
    "spreadsheetml.sheet.main+xml": "xlsx",
    "presentationml.presentation.main+xml": "pptx",
    "presentationml.slideshow.main+xml": "pptx",
}
_MACRO_SIGNS = ("macroenabled", "vbaproject", "macrosheet", "vbadata")
_OBJECT_SIGNS = ("activex", "oleobject", "webextension")
#: 關係的類型（最後一段）裏，這些是程序、控件或夾帶的網頁。
_MACRO_RELATIONS = {"vbaproject", "wordvbadata", "xlmacrosheet", "xlintlmacrosheet"}
_OBJECT_RELATIONS = {
    *("oleobject", "control", "activexcontrolbinary", "attachedtoolbars", "afchunk"),
    *("webextension", "webextensiontaskpanes"),
}
#: 打開或刷新時到數據庫、網頁、別的文件取數的連接和查詢。
_CONNECTION_RELATIONS = {"connections", "querytable"}
_CONNECTION_SIGNS = ("spreadsheetml.connections+xml", "spreadsheetml.querytable+xml")
_FIELD = re.compile(
    rb"<(?:\w+:)?instrText\b[^<>]*>([^<]*)(?=<)"
    rb'|<(?:\w+:)?fldSimple\b[^<>]*?\binstr="([^"<>]*)"'
)
#: 壓縮過的圖元文件，舊演示文稿轉來的文檔裏常有。
_METAFILES = (".emz", ".wmz")
#: 域名不分大小寫，字母也可以寫成 &#68;，所以先還原再找。
_DDE = re.compile(r"\bDDE(?:AUTO)?\b", re.ASCII | re.IGNORECASE)
_DDE_LINK = re.compile(rb"<(?:\w+:)?ddeLink\b")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_SAFE_LINK = re.compile(r"(?i)(?:https?|mailto|ftp|tel|file|onenote):|(?![a-z][a-z0-9+.-]*:)")
#: 本機盤上的（file:///C:\…）和相對的路徑；別人的機器、網上的不算。
_LOCAL_PATH = re.compile(r"(?i)(?:file:///?)?[a-z]:[\\/]|(?![a-z][a-z0-9+.-]+:)(?![\\/]{2})")


def office_kind(file: BinaryIO, size: int, *, is_embedded: bool = False) -> str:
    """返回 docx、xlsx 或 pptx；不是、損壞、帶密碼、帶宏、夾帶別的或是炸彈的，抛出 RefusedUpload。"""
    try:
        with open_archive(file, size) as archive:
            found = entries(archive, file, size)
            names = {info.filename for info in found}
            if "[Content_Types].xml" not in names:
                raise refused(_other_package(names))
            types = _content_types(archive)
            _refuse_by_type(names, types)
            for info in found:
                _check_part(archive, info, is_embedded=is_embedded)
            kind, part = _main_part(types)
            _check_main_part(archive, kind, part)
            return kind
    except (zipfile.BadZipFile, zlib.error, ParseError, DefusedXmlException) as error:
        raise refused("damaged") from error
    except (OSError, EOFError, KeyError, ValueError, NotImplementedError) as error:
        raise refused("damaged") from error


def _other_package(names: set[str]) -> str:
    if "OFD.xml" in names:
        return "ofd"
    return "odf" if "META-INF/manifest.xml" in names and "content.xml" in names else "zip"


def _xml(archive: zipfile.ZipFile, name: str) -> Element:
    if archive.getinfo(name).file_size > _MAX_LIST_BYTES:
        raise refused("bomb", **limits())
    return fromstring(archive.read(name), forbid_dtd=True)


def _content_types(archive: zipfile.ZipFile) -> dict[str, str]:
    """部件名 → 內容類型（小寫）；默認類型以「.擴展名」為鍵。"""
    return {
        (node.get("PartName") or "." + node.get("Extension", "")): node.get(
            "ContentType", ""
        ).lower()
        for node in _xml(archive, "[Content_Types].xml")
    }


def _refuse_by_type(names: set[str], types: dict[str, str]) -> None:
    """宏和控件可以改名，但內容類型瞞不住；兩處都看。"""
    told = " ".join(types.values())
    lower = [name.lower() for name in names]
    if any(sign in told for sign in _MACRO_SIGNS) or any("vba" in name for name in lower):
        raise refused("macro")
    # 只聲明「.bin 是 OLE 對象」而裏面並沒有的很常見，所以默認類型不算。
    overrides = " ".join(kind for part, kind in types.items() if not part.startswith("."))
    if any(sign in overrides for sign in _OBJECT_SIGNS) or any("activex/" in n for n in lower):
        raise refused("object")
    if any(sign in overrides for sign in _CONNECTION_SIGNS):
        raise refused("connection")


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, is_embedded: bool) -> None:
    if info.is_dir():
        return
    if info.filename.lower().endswith(".rels"):
        _check_relations(_xml(archive, info.filename))
        return
    with archive.open(info) as stream:
        head = stream.read(_HEAD)
    if _has_entities(head):
        raise refused("damaged")
    kind = sniff(head)
    if kind == "exe":
        raise refused("program_inside")
    if kind == OLE:
        raise refused("object")
    if kind == OFFICE_ZIP:
        _check_embedded(archive, info, is_embedded=is_embedded)
    elif (kind == "zip" and not info.filename.lower().endswith(_METAFILES)) or (
        kind == "html" and not info.filename.lower().endswith(".xml")
    ):
        raise refused("nested")


def _has_entities(head: bytes) -> bool:
    if head[:2] in _WIDE:
        head = head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and bool(_ENTITIES.search(head))


def _check_embedded(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, is_embedded: bool) -> None:
    """圖表的數據、插入的表格：是正經的辦公文件就許一層，別的壓縮包不許。"""
    if is_embedded or "/embeddings/" not in info.filename.lower():
        raise refused("nested")
    if info.file_size > _MAX_EMBEDDED_BYTES:
        raise refused("bomb", **limits())
    data = archive.read(info)
    office_kind(io.BytesIO(data), len(data), is_embedded=True)


def _check_relations(root: Element) -> None:
    for node in root:
        kind = node.get("Type", "").rstrip("/").rpartition("/")[2].lower()
        if kind in _MACRO_RELATIONS:
            raise refused("macro")
        if kind in _CONNECTION_RELATIONS:
            raise refused("connection")
        is_external = node.get("TargetMode", "").lower() == "external"
        if is_external and not _may_point_out(kind, node.get("Target", "")):
            raise refused("external")
        # 鏈接到外面的 OLE 對象是上一條；嵌在裏面的、控件、夾帶的網頁是這一條。
        if kind in _OBJECT_RELATIONS:
            raise refused("object")


def _may_point_out(kind: str, target: str) -> bool:
    """超鏈接點了才去，許；打開文件就會自己去取的（模板、圖片、對象），只許本機路徑。"""
    plain = "".join(ch for ch in unquote(target) if ch.isprintable()).strip()
    if kind == "hyperlink":
        return bool(_SAFE_LINK.match(plain))
    return bool(_LOCAL_PATH.match(plain))


def _main_part(types: dict[str, str]) -> tuple[str, str]:
    for part, content_type in types.items():
        for sign, kind in _MAIN_PARTS.items():
            if content_type.endswith(sign):
                return kind, part.lstrip("/")
    raise refused("unknown")


def _check_main_part(archive: zipfile.ZipFile, kind: str, part: str) -> None:
    """正文要在、要完整（讀完會核對校驗和），域和外部鏈接裏不許取外部程序的數據。"""
    names = archive.namelist()
    others = [name for name in names if kind == "docx" and _is_story(name) and name != part]
    for name in (part, *others):
        fields = _fields(archive, name)
        if _DDE.search(html.unescape(fields.decode("utf-8", "replace"))):
            raise refused("macro")
    for name in names:
        if name.startswith("xl/externalLinks/externalLink") and _has_dde_link(archive, name):
            raise refused("macro")


def _is_story(name: str) -> bool:
    """正文之外也可以有域的：頁眉、頁腳、腳註、批註、文本塊。"""
    return name.startswith("word/") and name.lower().endswith(".xml")


def _has_dde_link(archive: zipfile.ZipFile, name: str) -> bool:
    tail = b""
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            if _DDE_LINK.search(tail + chunk):
                return True
            tail = chunk[-_OVERLAP:]
    return False


def _fields(archive: zipfile.ZipFile, part: str) -> bytes:
    """正文裏的全部域代碼，連成一串：分塊讀，跨塊的留到下一塊看。"""
    fields, tail = b"", b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if chunk[:2] in _WIDE and not tail:
                # 辦公軟件自己從不這樣存；照字節找不到裏面的域。
                raise refused("crooked_zip")
            text, seen = tail + chunk, 0
            for match in _FIELD.finditer(text):
                fields += match.group(1) or match.group(2) or b""
                seen = match.end()
            if len(fields) > _MAX_FIELD_BYTES:
                raise refused("bomb", **limits())
            tail = text[max(seen, len(text) - _OVERLAP) :]
    return fields
