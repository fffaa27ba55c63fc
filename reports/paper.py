"""一份彙報要印的全部內容：只有值。草稿、命令行和凍結的快照都先變成它，再去排版或顯示。

存成 JSON 時鍵按字母排、不留空白，哈希因此與數據庫怎樣存無關。
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from reports.prose import chapter_number, find_phrase

FORMAT = 2
"""1：沒有文件種類、字號、紅頭、附件和標記；讀舊的快照時取空值，哈希仍按存着的算。"""


@dataclass(frozen=True)
class Item:
    """數據背後清單的一條。kind 是 measure、submission、unreported、seat、unit，或上層登記的。"""

    kind: str
    id: int
    code: str = ""
    title: str = ""
    department: str = ""
    period: str = ""
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """文中的一個數。count 的 value 等於 items 的條數；share 的等於有 note 的占全部的百分比。"""

    key: str
    label: str
    value: str
    unit: str
    items: tuple[Item, ...] = ()
    kind: str = "count"
    quoted: str = ""

    @property
    def phrase(self) -> str:
        return f"{self.value}{self.unit}"

    @property
    def shown(self) -> str:
        """文中現在的寫法；剛彙集時就是 phrase。"""
        return self.quoted or self.phrase

    @property
    def adds_up(self) -> bool:
        if self.kind == "count":
            return self.value == str(len(self.items))
        return self.kind != "share" or self.value == share_of(self.items)


@dataclass(frozen=True)
class Source:
    """一段文字的一個出處；單位寫當時的名稱。"""

    label: str
    department: str = ""
    round_id: int | None = None
    submission_id: int | None = None
    clause_id: int | None = None
    text_sha256: str = ""


@dataclass(frozen=True)
class Paragraph:
    key: str
    text: str
    kind: str = "text"
    sources: tuple[Source, ...] = ()
    figures: tuple[Figure, ...] = ()
    is_edited: bool = False
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    key: str
    level: int
    heading: str = ""
    paragraphs: tuple[Paragraph, ...] = ()
    clause_id: int | None = None
    number: str = ""

    @property
    def printed(self) -> str:
        return f"{self.number}{self.heading}"


@dataclass(frozen=True)
class TablePaper:
    """附件裏的一張表。widths 是各欄的寬（毫米）。"""

    caption: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PicturePaper:
    """照片頁的一張：內容按哈希存在佐證庫裏（tasks.FileContent），說明印在圖下。"""

    sha256: str
    caption: str


@dataclass(frozen=True)
class AnnexPaper:
    """一件附件：幾段文字、幾張表、幾張照片，依次印。"""

    key: str
    title: str
    texts: tuple[str, ...] = ()
    tables: tuple[TablePaper, ...] = ()
    pictures: tuple[PicturePaper, ...] = ()


@dataclass(frozen=True)
class Paper:
    """標題、期間、落款和各章節。day 是成文日期（ISO），names 是轉簡體時不動的人名。"""

    title: str
    campaign: str
    period: tuple[str, str]
    period_name: str
    cutoff: str
    day: str
    salutation: str = ""
    signature: str = ""
    number: int | None = None
    edition: int = 1
    correction: str = ""
    names: tuple[str, ...] = ()
    sections: tuple[Section, ...] = field(default_factory=tuple)
    kind: str = "situation"
    document_number: str = ""
    signer: str = ""
    head_text: str = ""
    copied_to: str = ""
    has_seal_place: bool = False
    prints_marks: bool = False
    annexes: tuple[AnnexPaper, ...] = ()

    def paragraphs(self) -> Iterator[Paragraph]:
        for section in self.sections:
            yield from section.paragraphs

    def figures(self) -> Iterator[Figure]:
        for paragraph in self.paragraphs():
            yield from paragraph.figures

    def figure(self, key: str) -> Figure | None:
        return next((figure for figure in self.figures() if figure.key == key), None)

    def numbered(self) -> Paper:
        """排好編號；沒有任何一段的節不印，其後的順次補上。"""
        return replace(self, sections=tuple(number_sections(self.sections)))

    def as_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **json.loads(json.dumps(asdict(self), ensure_ascii=False))}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Paper:
        values = {key: value for key, value in data.items() if key != "format"}
        values["period"] = tuple(values["period"])
        values["names"] = tuple(values["names"])
        values["sections"] = tuple(_section(row) for row in values["sections"])
        values["annexes"] = tuple(_annex(row) for row in values.get("annexes", ()))
        return cls(**values)


def number_sections(sections: tuple[Section, ...]) -> Iterator[Section]:
    """一級「一、二、」，二級在各章之內「（一）（二）」。空的節略去，有節的章不算空。"""
    chapter, inner = 0, 0
    for index, section in enumerate(sections):
        if not section.paragraphs and not _has_filled_children(sections, index):
            continue
        if section.level == 0:
            yield section
        elif section.level == 1:
            chapter, inner = chapter + 1, 0
            yield replace(section, number=chapter_number(1, chapter))
        else:
            inner += 1
            yield replace(section, number=chapter_number(2, inner))


def _has_filled_children(sections: tuple[Section, ...], index: int) -> bool:
    if sections[index].level != 1:
        return False
    for child in sections[index + 1 :]:
        if child.level < 2:
            return False
        if child.paragraphs:
            return True
    return False


def fingerprint(data: dict[str, Any]) -> str:
    """快照的 SHA-256。"""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def share_of(items: tuple[Item, ...]) -> str:
    """有說明的占全部的百分比，四捨五入到一位小數，末尾的零不寫；清單空着時為 0。"""
    if not items:
        return "0"
    part = sum(1 for item in items if item.note)
    value = (Decimal(part * 100) / len(items)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return format(value.normalize(), "f")


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Piece:
    """一段文字切開的一截：是普通文字，或是一個數。"""

    text: str
    figure: Any = None


def pieces(text: str, figures: list[Any]) -> list[Piece]:
    """把文中的數找出來（按次序，各認一處），供頁面做成可點的標記。

    figures 是有 shown 或 quoted 的值；人改掉的數找不到，就不標。
    """
    found: list[Piece] = []
    at = 0
    for figure in figures:
        phrase = getattr(figure, "shown", None) or figure.quoted
        start = find_phrase(text, phrase, at)
        if start < 0:
            continue
        if start > at:
            found.append(Piece(text[at:start]))
        at = start + len(phrase)
        found.append(Piece(text[start:at], figure))
    return [*found, Piece(text[at:])] if text[at:] else found


def _section(row: dict[str, Any]) -> Section:
    return Section(**{**row, "paragraphs": tuple(_paragraph(p) for p in row["paragraphs"])})


def _annex(row: dict[str, Any]) -> AnnexPaper:
    return AnnexPaper(
        key=row["key"],
        title=row["title"],
        texts=tuple(row["texts"]),
        tables=tuple(
            TablePaper(
                caption=table["caption"],
                columns=tuple(table["columns"]),
                widths=tuple(table["widths"]),
                rows=tuple(tuple(cells) for cells in table["rows"]),
            )
            for table in row["tables"]
        ),
        pictures=tuple(PicturePaper(**picture) for picture in row["pictures"]),
    )


def _paragraph(row: dict[str, Any]) -> Paragraph:
    return Paragraph(
        **{
            **row,
            "marks": tuple(row.get("marks", ())),
            "sources": tuple(Source(**source) for source in row["sources"]),
            "figures": tuple(
                Figure(**{**figure, "items": tuple(Item(**item) for item in figure["items"])})
                for figure in row["figures"]
            ),
        }
    )
