"""讀一份文件裏的字、頁數和圖的指紋。在受限的子進程裏跑，不碰數據庫。

表格的一行讀成一行，格與格之間是製表符；別處沒有製表符，預覽據此把它們再排成表。
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, TypedDict
from xml.etree.ElementTree import Element

import openpyxl
from defusedxml.ElementTree import fromstring
from PIL import Image
from pypdf import PdfReader

from pingtan_civ.lib.word_numbering import Numbering

#: 存下的字數上限；再多的不存，也就查不到。
MOST_CHARACTERS = 200_000
MOST_PAGES = 500
#: 讀不出時的代號，句子在 services.reading。
DAMAGED, PARTLY = "damaged", "partly"


class Reading(TypedDict):
    """讀出的結果。problem 是代號，空的為讀全了。"""

    text: str
    characters: int | None
    pages: int | None
    picture_hash: str
    problem: str


def read(path: str, extension: str) -> Reading:
    """讀 path 處的一份文件；種類看 extension（入庫時按內容認定的）。"""
    found: Reading = {
        "text": "", "characters": None, "pages": None, "picture_hash": "", "problem": "",
    }  # fmt: skip
    try:
        if extension in _TEXT:
            lines, found["pages"] = _TEXT[extension](path)
            text, is_whole = _gathered(lines)
            found |= {"text": text, "characters": count_characters(text)}
            found["problem"] = "" if is_whole and (found["pages"] or 0) <= MOST_PAGES else PARTLY
        else:
            found["picture_hash"] = picture_hash(path)
    except MemoryError:
        raise
    except Exception:  # 壞文件讓解析庫抛什麼都可能，對人都是同一件事
        found["problem"] = DAMAGED
    return found


def count_characters(text: str) -> int:
    """按公文的數法：空白不算，標點算。"""
    return sum(1 for char in text if not char.isspace())


def _gathered(lines: Iterable[str]) -> tuple[str, bool]:
    """各行連成一篇；到上限為止，第二個值是讀全了沒有。"""
    kept, length = [], 0
    for line in lines:
        clean = line.replace("\x00", "").rstrip(" \r")
        if length + len(clean) > MOST_CHARACTERS:
            kept.append(clean[: MOST_CHARACTERS - length])
            return "\n".join(kept).strip("\n"), False
        kept.append(clean)
        length += len(clean) + 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n"), True


# ── 各種文件 ──────────────────────────────────────────


def _pdf(path: str) -> tuple[Iterator[str], int]:
    reader = PdfReader(path)
    count = len(reader.pages)
    pages = (reader.pages[number] for number in range(min(count, MOST_PAGES)))
    return (page.extract_text().replace("\t", " ") for page in pages), count


def _docx(path: str) -> tuple[Iterator[str], int | None]:
    with zipfile.ZipFile(path) as archive:
        body = _xml(archive, "word/document.xml")
        has = set(archive.namelist())
        parts = ("word/numbering.xml", "word/styles.xml")
        numbers = Numbering(*(_xml(archive, name) if name in has else None for name in parts))
        return _lines(body, numbers.mark), _told_pages(archive)


def _pptx(path: str) -> tuple[list[str], int]:
    with zipfile.ZipFile(path) as archive:
        slides = [name for name in archive.namelist() if _SLIDE.fullmatch(name)]
        slides.sort(key=lambda name: int(_SLIDE.fullmatch(name).group(1)))
        found = [line for name in slides[:MOST_PAGES] for line in _lines(_xml(archive, name))]
        return found, len(slides)


_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")


def _xlsx(path: str) -> tuple[Iterator[str], None]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    return _rows(book), None


def _rows(book: Any) -> Iterator[str]:
    for sheet in book.worksheets:
        # 有的軟件寫錯了範圍，照它讀只讀到第一行。
        sheet.reset_dimensions()
        yield f"【{_cell(sheet.title)}】"
        for row in sheet.iter_rows(values_only=True):
            line = "\t".join(_cell(value) for value in row).rstrip("\t")
            if line.strip():
                # 只有一格的行也留一個製表符，預覽裏仍是表的一行。
                yield line if "\t" in line else f"{line}\t"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split())


def _xml(archive: zipfile.ZipFile, name: str) -> Element:
    return fromstring(archive.read(name), forbid_dtd=True)


def _local(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


#: 同一段文字的備用畫法、已刪去的修訂，讀了就重複或錯了。
_SKIPPED = {"Fallback", "del", "moveFrom"}


def _unnumbered(_paragraph: Element) -> str:
    return ""


def _lines(element: Element, mark: Callable[[Element], str] = _unnumbered) -> Iterator[str]:
    """Word 和 PPT 的正文：一段一行，表的一行一行。兩者只看標籤的本名；mark 數出自動編號。"""
    for child in element:
        name = _local(child)
        if name == "p":
            yield from (mark(child) + _paragraph(child)).split("\n")
        elif name == "tbl":
            yield from _table(child, mark)
        elif name not in _SKIPPED:
            yield from _lines(child, mark)


def _table(table: Element, mark: Callable[[Element], str]) -> Iterator[str]:
    for row in _own_rows(table):
        cells = [cell for cell in row if _local(cell) in ("tc", "sdt")]
        yield "\t".join(" ".join(" ".join(_lines(cell, mark)).split()) for cell in cells) + (
            "\t" if len(cells) == 1 else ""
        )


def _own_rows(table: Element) -> Iterator[Element]:
    """這張表自己的各行；格裏套的表隨那一格讀，不另讀一遍，編號也就不多數。"""
    for child in table:
        if _local(child) == "tr":
            yield child
        else:
            yield from _own_rows(child)


def _paragraph(element: Element) -> str:
    pieces = []
    for child in element:
        name = _local(child)
        if name == "t":
            pieces.append(child.text or "")
        elif name == "tab":
            pieces.append(" ")
        elif name in ("br", "cr"):
            pieces.append("\n")
        elif name not in _SKIPPED:
            pieces.append(_paragraph(child))
    return "".join(pieces).replace("\t", " ")


def _told_pages(archive: zipfile.ZipFile) -> int | None:
    """Word 自己記下的頁數；沒有排版，數不出來。"""
    try:
        root = _xml(archive, "docProps/app.xml")
    except KeyError:
        return None
    told = next((node.text or "" for node in root if _local(node) == "Pages"), "")
    return int(told) if told.isdigit() and 0 < int(told) < 100_000 else None


_TEXT = {"pdf": _pdf, "docx": _docx, "pptx": _pptx, "xlsx": _xlsx}


# ── 圖 ────────────────────────────────────────────────


def picture_hash(path: str) -> str:
    """圖的指紋（差異哈希）：縮成 9×8 的灰度，每格比右鄰暗不暗記一位，共 64 位。

    重新壓縮、縮放、調亮之後指紋幾乎不變。整張一色的沒有指紋，免得白紙張張「相同」。
    """
    with Image.open(path) as image:
        image.draft("L", (256, 256))
        small = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    grey = small.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            left, right = grey[row * 9 + column], grey[row * 9 + column + 1]
            bits = bits << 1 | (left < right)
    flat = max(grey) - min(grey) < 4
    return "" if flat else f"{bits:016x}"
