"""一份公文由什麼組成。只有值，沒有行為：編報的人拼好它，Word 與 PDF 各自去排。

標題裡的編號（「一、」「（一）」「1.」「（1）」）已寫在文字中，排版照印，不另編號；
Word 的標題交給它自己的多級列表去數，數出來的與寫定的一字不差（見 word_numbering）。
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path
from typing import Literal

from reports.rendering.text import chinese_date, clean

Script = Literal["hant", "hans"]
Align = Literal["left", "center", "right"]
Face = Literal["body", "kai", "hei"]

SourceStyle = Literal["annex", "notes"]

LABELS = {
    "hant": {
        "annex": "附件", "sources": "來源說明", "no_text": "（無）", "signer": "簽發人：",
        "copied": "抄送：", "printed": "印發",
    },
    "hans": {
        "annex": "附件", "sources": "来源说明", "no_text": "（无）", "signer": "签发人：",
        "copied": "抄送：", "printed": "印发",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """段落裡的一截文字。標準不用粗體；`face` 供段首小標題換楷體、黑體。"""

    text: str
    bold: bool = False
    face: Face = "body"


@dataclass(frozen=True, slots=True)
class Heading:
    """層次標題。一級黑體、二級楷體、三四級仿宋（7.3.3）。"""

    level: int
    text: str

    def __post_init__(self) -> None:
        if self.level not in (1, 2, 3, 4):
            raise ValueError(f"公文標題只有四級，沒有第 {self.level} 級。")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """正文一段。文字中的換行視為另起一段；`runs` 不空時以它為準。

    `source_refs` 是 `OfficialDocument.sources` 中的編號，附來源說明時印成段末的上標。
    """

    text: str = ""
    runs: tuple[Run, ...] = ()
    source_refs: tuple[int, ...] = ()

    def lines(self) -> Iterator[tuple[Run, ...]]:
        """按換行拆成若干自然段，去掉空段和段首的空格（縮進由版式負責）。"""
        line: list[Run] = []
        for run in self.runs or (Run(self.text),):
            first, *more = clean(run.text).split("\n")
            line.append(Run(first, run.bold, run.face))
            for text in more:
                yield from _nonempty(line)
                line = [Run(text, run.bold, run.face)]
        yield from _nonempty(line)


def _nonempty(line: list[Run]) -> Iterator[tuple[Run, ...]]:
    while line and not line[0].text.strip():
        line = line[1:]
    if line:
        yield (Run(line[0].text.lstrip(), line[0].bold, line[0].face), *line[1:])


@dataclass(frozen=True, slots=True)
class Column:
    """表格一欄。寬以毫米計；各欄相加超過版心時按比例縮小。"""

    title: str
    width_mm: float
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """一張表。表頭跨頁時每頁重複。"""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """各行的（欄名, 字）；屏幕窄時一行一張卡，每格前面寫欄名。"""
        titles = [column.title for column in self.columns]
        return [list(zip(titles, row, strict=True)) for row in self.rows]

    def __post_init__(self) -> None:
        if not self.columns or any(column.width_mm <= 0 for column in self.columns):
            raise ValueError("表格至少要有一欄，每欄的寬度都要大於零。")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"表格「{self.caption}」有一行的格數與表頭不符。")


@dataclass(frozen=True, slots=True)
class Picture:
    """一張照片和它的說明。給路徑或函數時到排版那一刻才讀，幾十張照片也不占內存。

    讀不到時函數抛出 OSError。key 是內容的哈希，預覽的頁憑它取圖。
    """

    image: bytes | Path | Callable[[], bytes]
    caption: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class PageBreak:
    """另起一頁。"""


@dataclass(frozen=True, slots=True)
class Annex:
    """附件：另頁起排，左上角標「附件」及序號（7.3.7）。只能放在文件的最外層。"""

    title: str
    blocks: tuple[Heading | Paragraph | Table | Picture | PageBreak, ...] = ()


Block = Heading | Paragraph | Table | Picture | PageBreak | Annex


@dataclass(frozen=True, slots=True)
class SourceNote:
    """一條來源：哪個科室、哪次報送、哪份材料。"""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class RedHead:
    """紅頭：發文機關標志、發文字號；有簽發人的是上行文（7.2.4 至 7.2.7）。"""

    mark: str
    number: str = ""
    signer: str = ""


@dataclass(frozen=True, slots=True)
class BulletinHead:
    """簡報的報頭：名稱、期號，左邊編發單位，右邊日期。"""

    name: str
    issue: str = ""
    unit: str = ""
    day: str = ""


Head = RedHead | BulletinHead


@dataclass(frozen=True, slots=True)
class Imprint:
    """版記：抄送機關，印發機關和印發日期（7.4）。"""

    copied_to: str
    printed_by: str = ""
    printed_on: Date | None = None


@dataclass(frozen=True, slots=True)
class OfficialDocument:
    """一份可以簽發的公文。

    `place_line` 是標題下的一行（如「（2026年11月23日）」），`salutation` 是主送機關，
    `signature` 是落款單位。`attachments` 留空而有附件時，附件說明按附件的標題列出。
    `closing` 排在附件說明之後、附件之前：責任書的簽字處。`head`、`imprint` 不給就沒有紅頭、版記；
    `sources_as` 是來源印成文後的來源說明（annex）還是當頁的腳註（notes）。
    """

    title: str
    blocks: tuple[Block, ...] = ()
    place_line: str | None = None
    salutation: str | None = None
    attachments: tuple[str, ...] = ()
    closing: tuple[Heading | Paragraph | Table, ...] = ()
    signature: str | None = None
    date: Date | None = None
    script: Script = "hant"
    page_number_style: Literal["outside", "centred"] = "outside"
    sources: tuple[SourceNote, ...] = ()
    sources_as: SourceStyle = "annex"
    head: Head | None = None
    imprint: Imprint | None = None
    has_seal_place: bool = False

    def __post_init__(self) -> None:
        if self.script not in LABELS:
            raise ValueError("script 只能是 hant（繁體）或 hans（簡體）。")
        if self.page_number_style not in ("outside", "centred"):
            raise ValueError("page_number_style 只能是 outside（靠外側）或 centred（居中）。")

    @property
    def body(self) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if not isinstance(block, Annex))

    @property
    def annexes(self) -> tuple[Annex, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Annex))

    def all_blocks(self) -> Iterator[Block]:
        """正文、簽字處和各附件裏的成分，依次。"""
        yield from (*self.body, *self.closing)
        for annex in self.annexes:
            yield from annex.blocks

    @property
    def attachment_names(self) -> tuple[str, ...]:
        """附件說明裡的名稱；名稱後不加標點（7.3.4）。"""
        names = self.attachments or tuple(annex.title for annex in self.annexes)
        return tuple(clean(name).replace("\n", "").rstrip("。；，;,. ") for name in names)

    @property
    def date_text(self) -> str:
        return chinese_date(self.date) if self.date else ""

    @property
    def listed_sources(self) -> tuple[SourceNote, ...]:
        """文後列出的來源；印成腳註時不再列。"""
        return self.sources if self.sources_as == "annex" else ()

    def footnote(self, refs: tuple[int, ...]) -> str:
        """這一段的腳註：它的各條來源連成一句；不印腳註或沒有來源的為空。"""
        if self.sources_as != "notes":
            return ""
        texts = {note.number: note.text.rstrip("。；") for note in self.sources}
        found = [texts[number] for number in refs if number in texts]
        return clean("；".join(found) + "。").replace("\n", " ") if found else ""

    @property
    def copied_text(self) -> str:
        """抄送機關，最後一個之後標句號（7.4.3）。"""
        copied = clean(self.imprint.copied_to).strip().rstrip("。") if self.imprint else ""
        copied = copied.removeprefix(self.label("copied"))
        return f"{copied}。" if copied else ""

    @property
    def printed_text(self) -> str:
        """「2026年12月1日印發」。"""
        if not self.imprint or not self.imprint.printed_on:
            return ""
        return chinese_date(self.imprint.printed_on) + self.label("printed")

    def annex_mark(self, position: int) -> str:
        """「附件」或「附件2」：只有一個附件時不編號。"""
        return self.label("annex") + (str(position) if len(self.annexes) > 1 else "")

    def label(self, key: str) -> str:
        return LABELS[self.script][key]

    def texts(self) -> Iterator[str]:
        """文件中會印出來的全部文字，供核對缺字。"""
        yield from (self.title, self.place_line or "", self.salutation or "", self.signature or "")
        yield from (self.date_text, *self.attachment_names, *LABELS[self.script].values())
        yield from (note.text for note in self.sources)
        yield from _head_texts(self.head)
        if self.imprint:
            yield from (self.copied_text, self.imprint.printed_by, self.printed_text)
        for block in (*self.blocks, *self.closing):
            if isinstance(block, Annex):
                yield block.title
                for inner in block.blocks:
                    yield from _texts(inner)
            else:
                yield from _texts(block)


def _head_texts(head: Head | None) -> tuple[str, ...]:
    match head:
        case RedHead():
            return (head.mark, head.number, head.signer)
        case BulletinHead():
            return (head.name, head.issue, head.unit, head.day)
    return ()


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Heading(text=text):
            yield text
        case Paragraph():
            yield from (run.text for run in block.runs or (Run(block.text),))
        case Table():
            yield from (block.caption, *(column.title for column in block.columns))
            for row in block.rows:
                yield from row
        case Picture(caption=caption):
            yield caption
