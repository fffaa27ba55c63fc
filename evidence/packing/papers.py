"""目錄和缺項清單的 Word、Excel。格子一律寫成文字，像公式的也只是文字。"""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import xlsxwriter

from evidence.packing.material import Chapter, Folder, Pack
from evidence.packing.words import CONTENTS, GAPS, NOTHING, lacks, summary_of, title_of
from reports.prose import chapter_number
from reports.rendering import (
    Annex,
    Block,
    Column,
    Heading,
    OfficialDocument,
    Paragraph,
    Table,
    to_docx,
)
from reports.rendering.text import width_in_characters
from tasks.services.excel.writing import OPTIONS, lay_out_for_print, sheet_formats, write_text

Cell = str | int
_LINE = 14
"""一行字的高，磅。"""
_CONTENTS = (
    ("編碼", 9), ("指標", 34), ("序號", 7), ("材料", 40), ("形式", 12), ("單位", 18),
    ("報送期", 16), ("材料日期", 12), ("文號", 20), ("字節數", 12), ("包內位置", 110),
    ("SHA-256", 68),
)  # fmt: skip
_GAPS = (
    ("編碼", 9), ("指標", 44), ("佐證形式", 14), ("要", 6), ("作數", 6), ("缺", 6), ("說明", 60),
)  # fmt: skip


def contents_sheet(pack: Pack) -> bytes:
    """目錄.xlsx：一份材料一行，沒有材料的指標也有一行。"""
    return _sheet(pack, CONTENTS, _CONTENTS, _content_rows(pack), printed=9)


def gaps_sheet(pack: Pack) -> bytes:
    """缺項清單.xlsx：每項指標要什麼、有多少、缺多少；不齊的寫成話。"""
    return _sheet(pack, GAPS, _GAPS, _gap_rows(pack))


def _content_rows(pack: Pack) -> Iterator[tuple[Cell, ...]]:
    for folder in pack.folders():
        if not folder.pieces:
            yield (folder.code, folder.text, "", pack.says(NOTHING), *([""] * 8))
        for number, piece in enumerate(folder.pieces, 1):
            yield (
                folder.code, folder.text, number, piece.title, piece.form, piece.unit,
                piece.period, piece.day, piece.number, piece.size, piece.path, piece.sha256,
            )  # fmt: skip


def _gap_rows(pack: Pack) -> Iterator[tuple[Cell, ...]]:
    for folder in pack.folders():
        for want in folder.wants:
            words = want.sentence or pack.says("齊全。")
            yield (
                folder.code, folder.text, want.form, want.wanted, want.counted, want.missing, words
            )  # fmt: skip
        told = {want.sentence for want in folder.wants}
        rest = [sentence for sentence in lacks(pack, folder) if sentence not in told]
        if not folder.wants and not folder.is_lacking:
            rest.append(pack.says("零報告，不要材料。" if folder.is_nil else "沒有規定要什麼。"))
        for sentence in rest:
            yield (folder.code, folder.text, "", "", "", "", sentence)


def _sheet(
    pack: Pack,
    name: str,
    columns: Sequence[tuple[str, int]],
    rows: Iterable[tuple[Cell, ...]],
    printed: int = 0,
) -> bytes:
    """printed 是打印前幾列（後面的位置、校驗值只供查對）；0 是全部。"""
    buffer, name = io.BytesIO(), pack.says(name)
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties({"title": title_of(pack) + name, "author": ""})
        formats = sheet_formats(book)
        sheet = book.add_worksheet(name)
        for index, (heading, width) in enumerate(columns):
            sheet.set_column(index, index, width)
            sheet.write_string(0, index, pack.says(heading), formats["head"])
        last = 0
        for row, cells in enumerate(rows, 1):
            last = row
            sheet.set_row(row, _LINE * _lines(cells, columns))
            for index, value in enumerate(cells):
                if isinstance(value, int):
                    sheet.write_number(row, index, value, formats["text"])
                else:
                    write_text(sheet, row, index, value, formats)
        if printed:
            sheet.print_area(0, 0, last, printed - 1)
        sheet.freeze_panes(1, 2)
        lay_out_for_print(sheet, f"{title_of(pack)}{name}（{pack.period}）")
    return buffer.getvalue()


def _lines(cells: tuple[Cell, ...], columns: Sequence[tuple[str, int]]) -> int:
    """這一行要排幾行字：不是每種表格軟件都會自己撐高。一個漢字佔兩個西文字符寬。"""
    needed = [
        -(-2 * width_in_characters(str(cell)) // (width - 1))
        for cell, (_heading, width) in zip(cells, columns, strict=True)
    ]
    return max(1, int(max(needed)))


def contents_document(pack: Pack, day: date) -> bytes:
    """目錄.docx：公文版式，缺項清單作附件。"""
    blocks: list[Block] = [Paragraph(summary_of(pack, day))]
    for number, chapter in enumerate(pack.chapters, 1):
        blocks.append(Heading(1, chapter_number(1, number) + chapter.title))
        blocks += _chapter(pack, chapter)
    if lacking := [folder for folder in pack.folders() if lacks(pack, folder)]:
        blocks.append(Annex(pack.says(GAPS), (_gap_table(pack, lacking),)))
    return to_docx(
        OfficialDocument(
            title=title_of(pack) + pack.says(CONTENTS),
            place_line=f"（{pack.period}）",
            blocks=tuple(blocks),
            signature=pack.unit or None,
            date=day,
            script="hans" if pack.script == "hans" else "hant",
        )
    )


def _chapter(pack: Pack, chapter: Chapter) -> Iterator[Block]:
    titles = [pack.says(title) for title in ("序號", "材料", "單位", "日期")]
    widths = (13, 75, 33, 35)
    aligns = ("center", "left", "left", "center")
    columns = tuple(map(Column, titles, widths, aligns))
    for number, folder in enumerate(chapter.folders, 1):
        yield Heading(2, f"{chapter_number(2, number)}{folder.code} {folder.text}")
        if not folder.pieces:
            yield Paragraph(pack.says("零報告。" if folder.is_nil else NOTHING))
            continue
        rows = (
            (str(place), piece.title, piece.unit, piece.day or piece.period)
            for place, piece in enumerate(folder.pieces, 1)
        )
        yield Table("", columns, tuple(rows))


def _gap_table(pack: Pack, folders: list[Folder]) -> Table:
    columns = (
        Column(pack.says("編碼"), 18, "center"),
        Column(pack.says("指標"), 62),
        Column(pack.says("缺什麼"), 76),
    )
    rows = ((each.code, each.text, "\n".join(lacks(pack, each))) for each in folders)
    return Table("", columns, tuple(rows))
