"""目錄.html：解壓後雙擊就能看，不要網絡、不用腳本，圖片和文件都是相對的鏈接。"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from evidence.packing.material import Chapter, Folder, Pack, Piece
from evidence.packing.words import CONTENTS, NOTHING, lacks, stand_of, summary_of, title_of
from pingtan_civ.lib.dates import long_date

_STYLE = Path(__file__).with_name("index.css")
_LANGUAGES = {"hant": "zh-Hant", "hans": "zh-Hans"}
_WORDS = {
    "contents": "目錄", "back": "回到目錄", "explanation": "說明", "material": "材料",
    "unit": "單位", "date": "日期", "number": "文號", "form": "形式", "order": "序號",
    "gaps": "缺項清單", "code": "編碼", "indicator": "指標", "lacking": "缺什麼",
    "none": NOTHING, "complete": "各項指標的材料都齊全。", "pieces": "份", "pictures": "圖片",
    "check": "核對方法：在本文件夾執行 sha256sum -c，後面跟校驗文件的名字，逐一比對是否與系統登記的一致。",
}  # fmt: skip


@dataclass(frozen=True)
class _Entry:
    """一份材料在目錄頁上的樣子。"""

    number: int
    piece: Piece
    url: str


@dataclass(frozen=True)
class _Section:
    folder: Folder
    entries: tuple[_Entry, ...]
    paragraphs: list[str]
    stand: str
    lacks: list[str]

    @property
    def pictures(self) -> list[_Entry]:
        return [entry for entry in self.entries if entry.piece.is_picture]


def contents_page(pack: Pack, day: date) -> str:
    chapters = [(chapter, list(_sections(pack, chapter))) for chapter in pack.chapters]
    context = {
        "language": _LANGUAGES[pack.script],
        "style": _style(),
        "words": {key: pack.says(text) for key, text in _WORDS.items()},
        "title": title_of(pack) + pack.says(CONTENTS),
        "unit": pack.unit,
        "period": pack.period,
        "day": pack.says(long_date(day)),
        "summary": summary_of(pack, day),
        "chapters": chapters,
        "lacking": [one for _chapter, sections in chapters for one in sections if one.lacks],
    }
    return render_to_string("evidence/pack_index.html", context)


def _sections(pack: Pack, chapter: Chapter) -> Iterator[_Section]:
    for folder in chapter.folders:
        entries = tuple(
            _Entry(number, piece, quote(piece.path))
            for number, piece in enumerate(folder.pieces, 1)
        )
        paragraphs = folder.explanation.split("\n")[1:]
        yield _Section(folder, entries, paragraphs, stand_of(pack, folder), lacks(pack, folder))


def _style() -> SafeString:
    """樣式寫進頁裏：這一頁離開網站也要好看。樣式是我們自己的文件，不含別人寫的字。"""
    css = mark_safe(_STYLE.read_text(encoding="utf-8"))  # noqa: S308
    return format_html("<style>{}</style>", css)
