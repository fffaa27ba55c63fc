"""核對一份已印發的：全文與哈希相符，每個數都能從快照裏的清單重算，附件的合計對得上。"""

import re
from collections.abc import Iterator

from reports.models import Report
from reports.paper import AnnexPaper, Figure, Paper, Paragraph, TablePaper, fingerprint, share_of
from reports.prose import find_phrase

TOTAL = "合計"
_STATED = re.compile(r"共(?:列|獲得|取)?[^，。0-9]{0,12}?(\d+)(?:項|條|個|張|件)")


def faults_of(report: Report) -> list[str]:
    """哪裏不對，一處一句；全對的為空。"""
    if not report.is_issued:
        return []
    found = []
    if fingerprint(report.snapshot) != report.sha256:
        found.append("全文與印發時的哈希不符")
    printed = Paper.from_json(report.snapshot)
    for paragraph in printed.paragraphs():
        for figure in paragraph.figures:
            found += _of_figure(figure, paragraph)
    for annex in printed.annexes:
        found += _of_annex(annex)
    return found


def _of_figure(figure: Figure, paragraph: Paragraph) -> Iterator[str]:
    name = f"數據「{figure.label}」"
    if figure.kind == "count" and not figure.adds_up:
        yield f"{name}寫的是{figure.value}，清單有{len(figure.items)}條"
    elif figure.kind == "share" and not figure.adds_up:
        yield f"{name}寫的是{figure.value}，從清單重算是{share_of(figure.items)}"
    if find_phrase(paragraph.text, figure.shown) < 0:
        yield f"{name}寫作「{figure.shown}」，文中沒有"


def _of_annex(annex: AnnexPaper) -> Iterator[str]:
    for table in annex.tables:
        yield from _of_table(annex, table)
    listed = annex.tables[0] if annex.tables else None
    size = sum(len(table.rows) for table in annex.tables if not _has_total(table))
    size = size if listed else len(annex.pictures)
    for text in annex.texts:
        for stated in _STATED.findall(text):
            if int(stated) != size:
                yield f"附件「{annex.title}」寫的是共{stated}，列出的有{size}"


def _has_total(table: TablePaper) -> bool:
    return bool(table.rows) and table.rows[-1][0] == TOTAL


def _of_table(annex: AnnexPaper, table: TablePaper) -> Iterator[str]:
    """末行是合計的表：各欄的數相加等於合計。"""
    if not _has_total(table):
        return
    *rows, total = table.rows
    for place, column in enumerate(table.columns):
        if place and total[place].isdigit():
            summed = sum(int(row[place]) for row in rows)
            if summed != int(total[place]):
                yield f"附件「{annex.title}」的「{column}」合計寫的是{total[place]}，各行相加是{summed}"
