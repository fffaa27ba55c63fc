"""PDF 裏夾帶的文件：只許數據 XML（電子發票、電子憑證自帶的那一份）。只在子進程裏運行，不引入 Django。

名字和內容都要對：打開附件時按名字找程序，所以只認 .xml、.xbrl；內容是解析得通的 XML，沒有 DTD、
沒有處理指令（辦公軟件、樣式表憑它認文件），也沒有瀏覽器會當網頁運行的元素。
"""

import re
from collections.abc import Iterator
from typing import Any

from defusedxml.ElementTree import fromstring
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

MOST_FILES = 20
MOST_BYTES = 5_000_000
_ENDINGS = (".xml", ".xbrl")
_NAMES = ("/F", "/UF", "/DOS", "/Mac", "/Unix")
_DECLARATION = re.compile(r"<\?xml\s[^<>]*?\?>")
_ENCODING = re.compile(rb"""<\?xml\s[^<>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,20})""")
_PAGE_NAMESPACES = ("{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}")
_PAGE_ELEMENTS = frozenset({"html", "svg", "script", "hta"})


def are_harmless(path: str, specs: int) -> bool:
    """每一份附件都是數據 XML。

    specs 是逐字節找到幾處 /EF：比這裏按目錄讀到的多，就有藏在目錄之外的，別的閱讀器可能讀得出。
    """
    reader = PdfReader(path)
    found = [each for number in _numbers(reader) for each in _specs(reader.get_object(number))]
    return len(found) == specs <= MOST_FILES and all(map(_is_harmless, found))


def _numbers(reader: PdfReader) -> list[int]:
    """文件裏登記的全部對象，有沒有用到都算。"""
    plain = {number for generation in reader.xref.values() for number in generation}
    return sorted(plain | set(reader.xref_objStm))


def _specs(value: Any) -> Iterator[DictionaryObject]:
    """一個對象裏面（不跟到別的對象去）寫着附件的字典。"""
    if isinstance(value, DictionaryObject):
        if "/EF" in value:
            yield value
        for each in value.values():
            yield from _specs(each)
    elif isinstance(value, ArrayObject):
        for each in value:
            yield from _specs(each)


def _is_harmless(spec: DictionaryObject) -> bool:
    names = [str(spec[name]) for name in _NAMES if name in spec]
    if not names or not all(name.lower().endswith(_ENDINGS) for name in names) or "/RF" in spec:
        return False
    files = spec["/EF"]
    if not isinstance(files, DictionaryObject):
        return False
    streams = [each.get_object() for each in files.values()]
    return bool(streams) and all(
        isinstance(stream, StreamObject) and is_data_xml(stream.get_data()) for stream in streams
    )


def is_data_xml(data: bytes) -> bool:
    """Raises ParseError、DefusedXmlException、UnicodeError、LookupError：都不是。"""
    if len(data) > MOST_BYTES:
        return False
    named = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
    text = data.decode(named[1].decode() if named else "utf-8-sig").lstrip("\ufeff")
    body = _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text
    if "<?" in body:
        return False
    return not any(map(_is_of_a_page, fromstring(body, forbid_dtd=True).iter()))


def _is_of_a_page(element: Any) -> bool:
    tag = str(element.tag).lower()
    return tag.startswith(_PAGE_NAMESPACES) or tag.rpartition("}")[2] in _PAGE_ELEMENTS
