"""編一份彙報、簡報或通報，存成 Word、PDF 或網頁；不改數據庫。"""

import re
from argparse import ArgumentParser
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db.utils import DatabaseError

from campaigns.models import Campaign
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import parse_date
from reports.composing import paper_of
from reports.drafts import with_names
from reports.material import Span, gather
from reports.models import Outline, Report
from reports.outline import ANNEXES, chapters_of
from reports.paper import Paper
from reports.periods import default_period
from reports.printing import document_of
from reports.rendering import (
    MissingGlyphs,
    OfficialDocument,
    RenderingFailed,
    UnreadablePicture,
    advice,
    to_docx,
    to_pdf,
)

FORMATS = {"docx": "Word", "pdf": "PDF", "html": "網頁"}


class Refused(Exception):
    """不能照辦；參數是給人看的一句話。"""


class Command(BaseCommand):
    help = "把審核通過的內容編成彙報、簡報或通報，存成 Word、PDF 或網頁；不保存到數據庫。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--campaign", required=True, metavar="代碼", help="活動代碼")
        kinds = "、".join(f"{value}（{label}）" for value, label in Report.Kind.choices)
        parser.add_argument("--kind", default="situation", metavar="種類", help=kinds)
        parser.add_argument("--outline", metavar="提綱", help="提綱的名稱；默認用這一種的默認提綱")
        parser.add_argument("--tasks", metavar="編碼", help="專題：只說哪幾項主要任務，如 T3,T4")
        parser.add_argument("--annexes", metavar="代碼", help="附件，如 breakdown,pictures:24")
        parser.add_argument("--from", dest="start", metavar="日期", help="期初，默認隨種類")
        parser.add_argument("--to", dest="end", metavar="日期", help="期末，默認隨種類")
        parser.add_argument(
            "--format", default="docx", metavar="格式", help="docx（默認）、pdf 或 html"
        )
        parser.add_argument("--output", required=True, metavar="文件", help="存到哪裏")
        parser.add_argument(
            "--script", default="hant", metavar="字形", help="hant（繁體，默認）或 hans（簡體）"
        )
        parser.add_argument("--sources", action="store_true", help="附來源說明")
        parser.add_argument("--issued", action="store_true", help="取最近印發的一份，不重新彙集")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _check_choice("--kind", options["kind"], dict(Report.Kind.choices))
            _check_choice("--format", options["format"], FORMATS)
            _check_choice("--script", options["script"], {"hant": "繁體", "hans": "簡體"})
            output = _output(Path(options["output"]))
            campaign = _campaign(options["campaign"])
            issued = options["issued"]
            printed = _issued(campaign, options) if issued else _composed(campaign, options)
            data = _render(printed, options)
            _write(output, data)
        except (Refused, MissingGlyphs, UnreadablePicture, RenderingFailed) as error:
            self.stderr.write(str(error))  # 只給一句話，不帶 CommandError 字樣
            raise SystemExit(1) from error
        self.stdout.write(f"已存到 {output}。")
        if options["format"] == "pdf" and (words := advice(options["script"])):
            self.stdout.write(words)


def _check_choice(option: str, given: str, known: dict[str, str]) -> None:
    """認不得的選項值自己答，不讓 argparse 用英文答。"""
    if given not in known:
        *others, last = (f"{value}（{name}）" for value, name in known.items())
        names = f"{'、'.join(others)}或 {last}" if others else last
        raise Refused(f"{option} 不認得「{given}」，請用 {names}。")


def _output(path: Path) -> Path:
    if path.is_dir():
        raise Refused(f"「{path}」是文件夾，請寫明文件名，例如 {path / '彙報.docx'}。")
    if not path.parent.is_dir():
        raise Refused(f"沒有「{path.parent}」這個文件夾，請先建好，或換一個存放處。")
    return path


def _campaign(code: str) -> Campaign:
    try:
        found = Campaign.objects.filter(code=code).first()
        codes = list(Campaign.objects.order_by("code").values_list("code", flat=True))
    except DatabaseError as error:
        raise Refused("數據庫還沒有建好，請先運行 python manage.py migrate。") from error
    if found is None:
        known = f"現有：{'、'.join(codes)}。" if codes else "現在一個活動也沒有。"
        raise Refused(f"沒有代碼為「{code}」的創建活動。{known}")
    return found


def _issued(campaign: Campaign, options: dict[str, Any]) -> Paper:
    kind = Report.Kind(options["kind"])
    issued = campaign.reports.filter(state=Report.State.ISSUED, kind=kind)
    report = issued.order_by("-issued_at", "-pk").first()
    if report is None:
        raise Refused(f"「{campaign.name}」還沒有印發過{kind.label}，去掉 --issued 可以現編一份。")
    return Paper.from_json(report.snapshot)


def _composed(campaign: Campaign, options: dict[str, Any]) -> Paper:
    now, kind = clock.now(), options["kind"]
    outline = _outline(campaign, kind, options["outline"])
    first, last = default_period(campaign, kind, now.date())
    start = _day(options["start"], now.year) or first
    end = _day(options["end"], now.year) or last
    if end < start:
        raise Refused(f"期末 {end} 早於期初 {start}，請改正 --from 或 --to。")
    chapters = chapters_of(outline, kind)
    material = gather(campaign, Span(start, end, now), kind)
    if codes := _codes(options["tasks"]):
        known = [task.code for task in material.main_tasks]
        if strange := [code for code in codes if code not in known]:
            raise Refused(f"沒有「{strange[0]}」這項主要任務。現有：{'、'.join(known)}。")
        chapters = tuple(replace(chapter, scope=codes) for chapter in chapters)
    annexes = _codes(options["annexes"]) or tuple(
        outline.annexes if outline else ANNEXES.get(kind, ())
    )
    printed = paper_of(material, kind, chapters, annexes)
    if outline:
        head = {"head_text": outline.head_text, "copied_to": outline.copied_to}
        printed = replace(printed, **head)
    return with_names(printed)


def _outline(campaign: Campaign, kind: str, name: str | None) -> Outline | None:
    """指名的一份；沒有指名的用默認的，也沒有就是內置的。"""
    rows = campaign.outlines.filter(kind=kind, retired_at__isnull=True)
    if not name:
        return rows.filter(is_default=True).first()
    if found := rows.filter(name=name).first():
        return found
    known = list(rows.values_list("name", flat=True))
    listed = f"現有：{'、'.join(known)}。" if known else "這一種還沒有自己的提綱。"
    raise Refused(f"沒有名為「{name}」的提綱。{listed}")


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(code for code in re.split(r"[,，、\s]+", text or "") if code)


def _day(text: str | None, year: int) -> date | None:
    if not text:
        return None
    try:
        return parse_date(text, year)
    except ValueError as error:
        raise Refused(str(error)) from error


def _render(printed: Paper, options: dict[str, Any]) -> bytes:
    document = document_of(printed, script=options["script"], with_sources=options["sources"])
    if options["format"] == "html":
        return _page(document)
    return to_docx(document) if options["format"] == "docx" else to_pdf(document)


def _page(document: OfficialDocument) -> bytes:
    """存成網頁；這一版的排版還不會時說清楚。"""
    try:
        from reports.rendering import to_html
    except ImportError as error:
        raise Refused("這一版還不能存成網頁，請用 --format docx 或 pdf。") from error
    made = to_html(document)
    return made.encode() if isinstance(made, str) else made


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Refused(f"寫不進「{path}」，請檢查權限和磁盤空間。") from error
