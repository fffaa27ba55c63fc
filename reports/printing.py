"""把一份彙報（Paper）變成可以排版的公文：繁體照原文，簡體整份一起轉。"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Literal

from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.script import simplify
from pingtan_civ.lib.stored import store
from reports.marks import labels_of
from reports.models import Report
from reports.paper import AnnexPaper, Paper, PicturePaper, TablePaper
from reports.rendering import (
    Annex,
    Block,
    BulletinHead,
    Column,
    Heading,
    Imprint,
    OfficialDocument,
    Paragraph,
    Picture,
    RedHead,
    SourceNote,
    Table,
)
from reports.rendering.document import Head, Script, SourceStyle
from tasks.models import EvidenceFile

_QUOTED_TITLE = re.compile(r"《[^《》\n]{1,80}》")
DRAFT_MARK = "草稿"
#: 數字、日期一類的短欄居中，其餘靠左。
_NARROW_MM = 26
#: 來源怎樣印：腳註、文後的來源說明、不印。
Sources = Literal["notes", "annex", "none"]

Says = Callable[[str], str]


def _place(printed: Paper, *, is_draft: bool) -> Iterator[str]:
    """標題下一行：簡報沒有報頭時期號印在這裏，然後是期間、是不是草稿。"""
    if printed.kind == "bulletin" and printed.number and not printed.head_text:
        yield f"第{printed.number}期"
    yield printed.period_name
    if is_draft:
        yield DRAFT_MARK


def document_of(
    printed: Paper,
    *,
    script: Script = "hant",
    with_sources: bool = False,
    sources: Sources | None = None,
    is_draft: bool = False,
) -> OfficialDocument:
    """排版用的公文。sources 決定每段的出處印成腳註、文後的來源說明，還是不印。"""
    chosen: Sources = sources or ("annex" if with_sources else "none")
    style: SourceStyle = "notes" if chosen == "notes" else "annex"
    says = _converter(printed, script)
    notes = _notes(printed) if chosen != "none" else {}
    period = f"（{'，'.join(_place(printed, is_draft=is_draft))}）"
    day = date.fromisoformat(printed.day)
    return OfficialDocument(
        title=says(printed.title),
        place_line=says(period),
        salutation=says(f"{printed.salutation.rstrip('：:')}：") if printed.salutation else None,
        blocks=(*_blocks(printed, says, notes), *_annexes(printed, says)),
        signature=says(printed.signature) or None,
        date=day,
        script=script,
        sources=tuple(SourceNote(number, says(label)) for label, number in notes.items()),
        sources_as=style,
        head=_head(printed, day, says),
        imprint=_imprint(printed, day, says),
        has_seal_place=printed.has_seal_place,
    )


def _head(printed: Paper, day: date, says: Says) -> Head | None:
    """沒有定發文機關標志的不印紅頭；簡報用自己的報頭。"""
    if not printed.head_text:
        return None
    if printed.kind == Report.Kind.BULLETIN:
        return BulletinHead(
            name=says(printed.head_text),
            issue=says(f"第{printed.number}期" if printed.number else "第　期"),
            unit=says(printed.signature),
            day=long_date(day),
        )
    # 人名不轉。
    return RedHead(says(printed.head_text), says(printed.document_number), printed.signer)


def _imprint(printed: Paper, day: date, says: Says) -> Imprint | None:
    if not printed.copied_to:
        return None
    return Imprint(says(printed.copied_to), says(printed.signature), day)


def _blocks(printed: Paper, says: Says, notes: dict[str, int]) -> Iterator[Block]:
    if printed.correction:
        yield Paragraph(says(printed.correction))
    for section in printed.sections:
        if section.level:
            yield Heading(section.level, says(section.printed))
        for paragraph in section.paragraphs:
            refs = [notes[source.label] for source in paragraph.sources if source.label in notes]
            text = paragraph.text.rstrip()
            if printed.prints_marks and (labels := labels_of(paragraph.marks)):
                text = f"{text}（{'、'.join(labels)}）"
            yield Paragraph(says(text), source_refs=tuple(dict.fromkeys(refs)))


def _annexes(printed: Paper, says: Says) -> Iterator[Annex]:
    wanted = {picture.sha256 for annex in printed.annexes for picture in annex.pictures}
    places = dict(
        EvidenceFile.objects.filter(sha256__in=wanted).values_list("sha256", "path")
        if wanted
        else ()
    )
    for annex in printed.annexes:
        yield Annex(says(annex.title), tuple(_inside(annex, places, says)))


def _inside(annex: AnnexPaper, places: dict[str, str], says: Says) -> Iterator[Block]:
    """文字、表、照片，依次。"""
    yield from (Paragraph(says(text)) for text in annex.texts)
    yield from (_table(table, says) for table in annex.tables)
    yield from (_picture(picture, places, says) for picture in annex.pictures)


def _table(table: TablePaper, says: Says) -> Table:
    columns = (
        Column(says(title), width, "center" if width <= _NARROW_MM else "left")
        for title, width in zip(table.columns, table.widths, strict=True)
    )
    rows = (tuple(says(cell) for cell in row) for row in table.rows)
    return Table(says(table.caption), tuple(columns), tuple(rows))


def _picture(picture: PicturePaper, places: dict[str, str], says: Says) -> Picture:
    """照片的內容到排那一頁時才讀；庫裏、存儲裏沒有的，排版時說明是哪一張。"""
    place = places.get(picture.sha256, "")

    def read() -> bytes:
        if not place:
            raise FileNotFoundError(picture.sha256)
        return b"".join(store.read(place))

    return Picture(read, says(picture.caption), picture.sha256)


def _notes(printed: Paper) -> dict[str, int]:
    """各條來源編一個號；同一來源只列一次。"""
    labels = dict.fromkeys(
        source.label for paragraph in printed.paragraphs() for source in paragraph.sources
    )
    return {label: number for number, label in enumerate(labels, 1)}


def _converter(printed: Paper, script: Script) -> Says:
    """轉簡體時人名和《》裏的題名一字不動。"""
    if script == "hant":
        return lambda text: text
    texts = "\n".join([printed.title, *(paragraph.text for paragraph in printed.paragraphs())])
    texts += "\n".join(_annex_texts(printed.annexes))
    keep = (*printed.names, *dict.fromkeys(_QUOTED_TITLE.findall(texts)))
    return lambda text: simplify(text, keep, quotes=True)


def _annex_texts(annexes: Iterable[AnnexPaper]) -> Iterator[str]:
    for annex in annexes:
        yield from annex.texts
        for table in annex.tables:
            for row in table.rows:
                yield from row
