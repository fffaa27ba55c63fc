"""編一份情況彙報，存成 Word 或 PDF；不改數據庫。"""

from argparse import ArgumentParser
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
from reports.forms import default_period
from reports.material import Span, gather
from reports.models import Report
from reports.paper import Paper
from reports.printing import document_of
from reports.rendering import (
    MissingGlyphs,
    RenderingFailed,
    UnreadablePicture,
    advice,
    to_docx,
    to_pdf,
)


class Refused(Exception):
    """不能照辦；參數是給人看的一句話。"""


class Command(BaseCommand):
    help = "把審核通過的內容編成情況彙報，存成 Word 或 PDF；不保存到數據庫。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--campaign", required=True, metavar="代碼", help="活動代碼")
        parser.add_argument("--from", dest="start", metavar="日期", help="期初，默認本季度")
        parser.add_argument("--to", dest="end", metavar="日期", help="期末，默認本季度")
        parser.add_argument("--format", default="docx", metavar="格式", help="docx（默認）或 pdf")
        parser.add_argument("--output", required=True, metavar="文件", help="存到哪裏")
        parser.add_argument(
            "--script", default="hant", metavar="字形", help="hant（繁體，默認）或 hans（簡體）"
        )
        parser.add_argument("--sources", action="store_true", help="附來源說明")
        parser.add_argument("--issued", action="store_true", help="取最近印發的一份，不重新彙集")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _check_choice("--format", options["format"], {"docx": "Word", "pdf": "PDF"})
            _check_choice("--script", options["script"], {"hant": "繁體", "hans": "簡體"})
            output = _output(Path(options["output"]))
            campaign = _campaign(options["campaign"])
            printed = _issued(campaign) if options["issued"] else _composed(campaign, options)
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
        names = "或 ".join(f"{value}（{name}）" for value, name in known.items())
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


def _issued(campaign: Campaign) -> Paper:
    report = campaign.reports.filter(state=Report.State.ISSUED).order_by("-number").first()
    if report is None:
        raise Refused(f"「{campaign.name}」還沒有印發過情況彙報，去掉 --issued 可以現編一份。")
    return Paper.from_json(report.snapshot)


def _composed(campaign: Campaign, options: dict[str, Any]) -> Paper:
    now = clock.now()
    first, last = default_period(now.date(), campaign.start_date, campaign.end_date)
    start = _day(options["start"], now.year) or first
    end = _day(options["end"], now.year) or last
    if end < start:
        raise Refused(f"期末 {end} 早於期初 {start}，請改正 --from 或 --to。")
    return with_names(paper_of(gather(campaign, Span(start, end, now))))


def _day(text: str | None, year: int) -> date | None:
    if not text:
        return None
    try:
        return parse_date(text, year)
    except ValueError as error:
        raise Refused(str(error)) from error


def _render(printed: Paper, options: dict[str, Any]) -> bytes:
    document = document_of(printed, script=options["script"], with_sources=options["sources"])
    return to_docx(document) if options["format"] == "docx" else to_pdf(document)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Refused(f"寫不進「{path}」，請檢查權限和磁盤空間。") from error
