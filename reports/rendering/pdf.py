"""公文排成 PDF：字體嵌入、帶書簽、帶結構標記，每頁 22 行、每行 28 字。

文字以 JSON 數據交給 typst，不拼進標記；typst 只看得見一個臨時文件夾。
"""

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import gettext as _

from reports.rendering import layout
from reports.rendering.document import (
    Annex,
    Block,
    BulletinHead,
    Heading,
    OfficialDocument,
    PageBreak,
    Paragraph,
    Picture,
    RedHead,
    Table,
)
from reports.rendering.fonts import (
    MARK_FOR_MISSING,
    ROLES,
    FontBook,
    MissingGlyphs,
    Role,
    font_book,
)
from reports.rendering.pictures import UnreadablePicture, absent_sentence, as_page, prepare
from reports.rendering.text import break_title, breakable, clean, one_line, width_in_characters

logger = logging.getLogger(__name__)

TEMPLATE = Path(__file__).with_name("official.typ")
TYPESETTER = Path(__file__).with_name("typeset.py")
OUT = "out.pdf"
TIMEOUT_SECONDS = 120
# 這些標點在 cwTeX 裡居中且參差，改取宋體的；每個都占一字。
_MARKS = "，。、；：！？「」『』（）《》〈〉〔〕【】“”‘’…—·　"
PUNCTUATION = f"[{_MARKS}]"
LATIN = "[!-~]"
# 最後一段不超過這麼多行，就整段與落款同頁；更長的段落，落款前總會有它的幾行。
_ENDING_LINES = 6

Data = dict[str, Any]
Missing = Literal["refuse", "mark"]
#: 排完一個成分說一聲：排了幾個、共幾個。
Tell = Callable[[int, int], None]


class RenderingFailed(Exception):
    """排版進程沒有排成（超時、出錯）。訊息可以直接給人看。"""


def to_pdf(
    document: OfficialDocument,
    *,
    missing: Missing = "refuse",
    folders: Iterable[Path] | None = None,
) -> bytes:
    """排成 PDF。有字印不出時不印方框：`refuse` 拋出 MissingGlyphs，`mark` 以「〓」代替；
    讀不出的照片同樣，`mark` 在原處印一句話。

    Raises MissingGlyphs, UnreadablePicture, RenderingFailed.
    """
    with tempfile.TemporaryDirectory(prefix="official-") as folder:
        root = Path(folder)
        write_pdf(document, root, missing=missing, folders=folders)
        return (root / OUT).read_bytes()


def write_pdf(
    document: OfficialDocument,
    root: Path,
    *,
    missing: Missing = "refuse",
    folders: Iterable[Path] | None = None,
    tell: Tell | None = None,
    seconds: int | None = None,
) -> Path:
    """同 to_pdf，排在文件夾 root 裏，返回排好的文件；多大也不進本進程的內存。"""
    book = font_book(folders)
    lacking = book.missing("".join(document.texts()), document.script)
    if lacking and missing == "refuse":
        raise MissingGlyphs(lacking)
    substitutes = str.maketrans(dict.fromkeys(lacking, MARK_FOR_MISSING))
    data = _Payload(root, document, substitutes, missing, tell).build(book)
    (root / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    (root / "official.typ").write_bytes(TEMPLATE.read_bytes())
    _typeset(root, book, document, seconds or TIMEOUT_SECONDS)
    return root / OUT


def _typeset(root: Path, book: FontBook, document: OfficialDocument, seconds: int) -> None:
    """在單獨的進程裡排（理由見 typeset.py）。"""
    made = datetime.combine(document.date, time(), UTC) if document.date else None
    job = {
        "font_folders": book.folders_for(document.script),
        "timestamp": int(made.timestamp()) if made else 0,
    }
    (root / "job.json").write_text(json.dumps(job), "utf-8")
    try:
        # 參數只有本項目的腳本和剛建的臨時文件夾，沒有外來的文字。
        subprocess.run(  # noqa: S603
            [sys.executable, str(TYPESETTER), str(root)],
            check=True,
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderingFailed(
            _("排了%(minutes)d分鐘還沒有排完。請減少照片或表格的行數，分成幾份導出。")
            % {"minutes": seconds // 60}
        ) from error
    except subprocess.CalledProcessError as error:
        logger.error("typst: %s", error.stderr.decode(errors="replace")[-2000:])
        raise RenderingFailed(
            _("PDF 沒有排成，原因已記入日誌。請先導出 Word，並告知管理員。")
        ) from error


class _Payload:
    """把文件變成交給 typst 的數據；照片寫進臨時文件夾。"""

    def __init__(
        self,
        root: Path,
        document: OfficialDocument,
        substitutes: dict[int, str],
        missing: Missing,
        tell: Tell | None,
    ) -> None:
        self.root = root
        self.document = document
        self.substitutes = substitutes
        self.missing = missing
        self.tell = tell
        self.pictures = 0
        self.done = 0
        self.total = sum(1 for _block in document.all_blocks())
        self.source_numbers = frozenset(note.number for note in document.listed_sources)

    def text(self, raw: str) -> str:
        return breakable(clean(raw)).translate(self.substitutes)

    def line(self, raw: str | None) -> str:
        return self.text(one_line(raw or ""))

    def build(self, book: FontBook) -> Data:
        document = self.document
        return {
            "sizes": _sizes(),
            "own_width": self.own_width(book),
            "faces": {role: _face(book.role(role, document.script)) for role in ROLES},
            "region": "CN" if document.script == "hans" else "TW",
            "page_number_style": document.page_number_style,
            "title": one_line(document.title),
            "title_lines": self.title_lines(document.title),
            "place_line": self.line(document.place_line),
            "salutation": self.line(document.salutation),
            **self.body(document),
            **self.attachments(document),
            **self.signature(document),
            "closing": [self.block(block) for block in document.closing],
            "annexes": [
                self.annex(annex, document.annex_mark(position))
                for position, annex in enumerate(document.annexes, start=1)
            ],
            "sources_label": document.label("sources"),
            "sources": [
                {"number": n.number, "text": self.line(n.text)} for n in document.listed_sources
            ],
            "head": self.head(),
            "imprint": self.imprint(),
        }

    def own_width(self, book: FontBook) -> str:
        """正文字體要放大才滿一格時，不跟着放大的字：標點和向別的字體借的字，本來就滿一格。"""
        borrowed = book.borrowed("body", self.document.script, "".join(self.document.texts()))
        han = "".join(character for character in borrowed if character.isalpha())
        return f"[{_MARKS}{han}]"

    def head(self) -> Data | None:
        match self.document.head:
            case RedHead() as head:
                return {
                    "kind": "red",
                    "mark": self.line(head.mark),
                    "size": layout.mark_size(head.mark),
                    "top": layout.MARK_TOP_MM,
                    "number": self.line(head.number),
                    "signer_label": self.document.label("signer"),
                    "signer": self.line(head.signer),
                }
            case BulletinHead() as head:
                return {
                    "kind": "bulletin",
                    "mark": self.line(head.name),
                    "size": layout.mark_size(head.name, layout.BULLETIN_MOST_PT),
                    "top": layout.BULLETIN_TOP_MM,
                    "issue": self.line(head.issue),
                    "unit": self.line(head.unit),
                    "day": self.line(head.day),
                }
        return None

    def imprint(self) -> Data | None:
        document = self.document
        if document.imprint is None:
            return None
        return {
            "label": document.label("copied"),
            "copied": self.text(document.copied_text),
            "printed_by": self.line(document.imprint.printed_by),
            "printed_on": document.printed_text,
        }

    def body(self, document: OfficialDocument) -> Data:
        """正文；最後一個自然段不長時單獨交出，好與落款排在同一頁。"""
        blocks = [self.block(block) for block in document.body]
        ending: list[Data] = []
        if blocks and blocks[-1]["kind"] == "group" and blocks[-1]["blocks"]:
            last = blocks[-1]["blocks"][-1]
            width = sum(width_in_characters(run["text"]) for run in last["runs"])
            if width <= _ENDING_LINES * layout.CHARACTERS_PER_LINE:
                ending = [blocks[-1]["blocks"].pop()]
        return {
            "body": blocks,
            "ending": ending,
            "long_ending": len(document.attachment_names) > _ENDING_LINES,
        }

    def title_lines(self, title: str) -> list[str]:
        broken = break_title(title, layout.TITLE_CHARACTERS_PER_LINE, layout.TITLE_MOST_LINES)
        return [self.text(line) for line in broken]

    def attachments(self, document: OfficialDocument) -> Data:
        label = document.label("annex") + "："
        return {
            "attachment_label": label,
            "attachment_label_width": width_in_characters(label),
            "attachment_number_width": 1.0 if len(document.attachment_names) > 1 else 0.0,
            "attachments": [self.line(name) for name in document.attachment_names],
        }

    def signature(self, document: OfficialDocument) -> Data:
        name = self.line(document.signature)
        sealed = document.has_seal_place
        positions = layout.sealed_positions if sealed else layout.signature_positions
        signature_right, date_left = positions(
            width_in_characters(name), width_in_characters(document.date_text)
        )
        day = document.date
        return {
            "signature": name,
            "signature_right": signature_right,
            "date_text": document.date_text,
            "date_left": date_left,
            "sealed": sealed,
            "date_right": layout.SEALED_DATE_RIGHT_CHARACTERS,
            "date": {"year": day.year, "month": day.month, "day": day.day} if day else None,
        }

    def annex(self, annex: Annex, mark: str) -> Data:
        return {
            "kind": "annex",
            "mark": mark,
            "title": self.title_lines(annex.title) or [mark],
            "blocks": [self.block(block) for block in annex.blocks],
        }

    def block(self, block: Block) -> Data:
        if self.tell:
            self.tell(self.done, self.total)
        self.done += 1
        match block:
            case Heading():
                return {"kind": "heading", "level": block.level, "text": self.line(block.text)}
            case Paragraph():
                return {"kind": "group", "blocks": self.paragraphs(block)}
            case Table():
                return self.table(block)
            case Picture():
                return self.picture(block)
            case PageBreak():
                return {"kind": "page_break"}
        raise TypeError(f"正文裡不能放 {type(block).__name__}。")

    def paragraphs(self, block: Paragraph) -> list[Data]:
        natural: list[Data] = [
            {
                "kind": "paragraph",
                "runs": [
                    {"text": self.text(run.text), "bold": run.bold, "face": run.face}
                    for run in line
                ],
                "refs": [],
                "note": "",
            }
            for line in block.lines()
        ]
        if natural:
            natural[-1]["refs"] = [n for n in block.source_refs if n in self.source_numbers]
            natural[-1]["note"] = self.text(self.document.footnote(block.source_refs))
        return natural

    def table(self, block: Table) -> Data:
        widths = layout.fit_widths(tuple(column.width_mm for column in block.columns))
        return {
            "kind": "table",
            "caption": self.line(block.caption),
            "columns": [
                {"title": self.text(column.title), "width": width, "align": column.align}
                for column, width in zip(block.columns, widths, strict=True)
            ],
            "rows": [
                {
                    "cells": [self.text(cell) for cell in row],
                    "breakable": layout.row_may_break(zip(row, widths, strict=True)),
                }
                for row in block.rows
            ],
        }

    def picture(self, block: Picture) -> Data:
        try:
            prepared = prepare(block)
        except UnreadablePicture:
            if self.missing == "refuse":
                raise
            return {"kind": "absent", "text": self.line(absent_sentence(block.caption))}
        self.pictures += 1
        path = f"picture-{self.pictures}.pdf"
        (self.root / path).write_bytes(as_page(prepared))
        caption = self.line(block.caption)
        return {
            "kind": "picture",
            "path": path,
            "width": prepared.width_pt,
            "height": prepared.height_pt,
            "caption": caption,
            "alt": caption,
        }


def _face(role: Role) -> Data:
    return {
        "families": list(role.families),
        "weight": role.weight,
        "stroke_pt": role.stroke_pt,
        "scale": role.scale,
        "punctuation_from": role.punctuation_from,
        "latin_from": role.latin_from,
    }


def _sizes() -> Data:
    return {
        "page_width": layout.PAGE_WIDTH_MM,
        "page_height": layout.PAGE_HEIGHT_MM,
        "margin_top": layout.MARGIN_TOP_MM,
        "margin_bottom": layout.MARGIN_BOTTOM_MM,
        "margin_left": layout.MARGIN_LEFT_MM,
        "margin_right": layout.MARGIN_RIGHT_MM,
        "character": layout.CHARACTER_PT,
        "tracking": layout.CHARACTER_SPACING_PT,
        "line": layout.LINE_PT,
        "body_size": layout.SIZE_3_PT,
        "title_size": layout.SIZE_2_PT,
        "title_line": layout.TITLE_LINE_PT,
        "number_size": layout.SIZE_4_PT,
        "caption_size": layout.SIZE_4_PT,
        "table_size": layout.SIZE_SMALL_4_PT,
        "table_line": layout.TABLE_LINE_PT,
        "cell_inset": layout.TABLE_CELL_INSET_PT,
        "rule": layout.TABLE_RULE_PT,
        "source_size": layout.SIZE_4_PT,
        "source_line": layout.SOURCE_LINE_PT,
        "stroke": layout.STROKE_PT,
        "footer_descent": layout.FOOTER_DESCENT_PT,
        "indent_characters": layout.INDENT_CHARACTERS,
        "page_number_indent": layout.PAGE_NUMBER_INDENT_CHARACTERS,
        "blank_after_title": layout.BLANK_LINES_AFTER_TITLE,
        "blank_before_attachments": layout.BLANK_LINES_BEFORE_ATTACHMENTS,
        "blank_before_signature": layout.BLANK_LINES_BEFORE_SIGNATURE,
        "blank_after_annex_mark": layout.BLANK_LINES_AFTER_ANNEX_MARK,
        "punctuation": PUNCTUATION,
        "latin": LATIN,
        "red": layout.RED,
        "red_rule": layout.RED_RULE_PT,
        "red_rule_space": layout.rule_space_pt(),
        "blank_before_number": layout.BLANK_LINES_BEFORE_NUMBER,
        "blank_before_title": layout.BLANK_LINES_BEFORE_TITLE,
        "bulletin_blank": layout.BULLETIN_BLANK_LINES,
        "head_inset": layout.UPWARD_INSET_CHARACTERS,
        "imprint_thick": layout.IMPRINT_THICK_MM,
        "imprint_thin": layout.IMPRINT_THIN_MM,
        "imprint_inset": layout.IMPRINT_INSET_CHARACTERS,
        "imprint_line": layout.IMPRINT_LINE_PT,
        "footnote_size": layout.FOOTNOTE_PT,
        "footnote_line": layout.FOOTNOTE_LINE_PT,
        "blank_before_sealed": layout.BLANK_LINES_BEFORE_SEALED_SIGNATURE,
        "blank_after_sealed": layout.BLANK_LINES_AFTER_SEALED_DATE,
    }
