"""在命令行做一份迎檢資料包：以管理員身份，只收審核採用的佐證。"""

import os
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q

from campaigns.models import Campaign, Indicator
from evidence.packing.building import Broken, stream
from evidence.packing.material import gather
from evidence.packing.periods import periods_of
from evidence.packing.scope import HANS, HANT, Scope
from evidence.packing.survey import active_indicators
from people.models import Department
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import parse_date


class Refused(Exception):
    """不能照辦；參數是給人看的一句話。"""


class Command(BaseCommand):
    help = "做一份迎檢資料包（zip）：一項指標一個文件夾，只收審核採用、合要求的佐證。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--campaign", required=True, metavar="代碼", help="活動代碼")
        parser.add_argument(
            "--objective", action="append", default=[], metavar="編碼", help="目標，如 G1，可以幾個"
        )
        parser.add_argument(
            "--indicator", action="append", default=[], metavar="編碼", help="指標，如 G1.3"
        )
        parser.add_argument(
            "--department", action="append", default=[], metavar="單位", help="單位的代碼或名稱"
        )
        parser.add_argument("--period", metavar="期", help="如 2026、2026-H2、2026-Q4、2026-11")
        parser.add_argument("--from", dest="start", metavar="日期", help="默認活動開始那天")
        parser.add_argument("--to", dest="end", metavar="日期", help="默認活動結束那天")
        parser.add_argument("--script", default=HANT, metavar="字形", help="hant（默認）或 hans")
        parser.add_argument("--output", required=True, metavar="文件", help="存到哪裏")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            output = _output(Path(options["output"]))
            campaign = _campaign(options["campaign"])
            self._write(campaign, _scope(campaign, options), output)
        except (Refused, Broken) as error:
            self.stderr.write(str(error))  # 只給一句話，不帶 CommandError 字樣
            raise SystemExit(1) from error
        self.stdout.write(f"已存到 {output}。")

    def _write(self, campaign: Campaign, scope: Scope, output: Path) -> None:
        """先寫在旁邊，做成了才改成那個名字：半途停下不留半個包。"""
        pack = gather(campaign, scope, None)
        if not pack.chapters:
            raise Refused("這個範圍裏沒有指標，請改選目標、指標或單位。")
        total = sum(1 for _piece in pack.pieces())
        half = output.with_name(f".{output.name}.{os.getpid()}")

        def tell(done: int, title: str) -> None:
            self.stderr.write(f"{done + 1}/{total} {title}")

        try:
            with half.open("wb") as target:
                for chunk in stream(pack, clock.today(), tell):
                    target.write(chunk)
            half.replace(output)
        except OSError as error:
            raise Refused(f"寫不進「{output}」，請檢查權限和磁盤空間。") from error
        finally:
            half.unlink(missing_ok=True)
        self.stderr.write(f"{total} 份材料，{len(pack.lacking)} 項指標材料不齊。")


def _output(path: Path) -> Path:
    if path.is_dir():
        raise Refused(f"「{path}」是文件夾，請寫明文件名，例如 {path / '迎檢資料.zip'}。")
    if not path.parent.is_dir():
        raise Refused(f"沒有「{path.parent}」這個文件夾，請先建好，或換一個存放處。")
    return path


def _campaign(code: str) -> Campaign:
    found = Campaign.objects.filter(code=code).first()
    if found is None:
        codes = "、".join(Campaign.objects.order_by("code").values_list("code", flat=True))
        raise Refused(f"沒有代碼為「{code}」的創建活動。現有：{codes or '一個也沒有'}。")
    return found


def _scope(campaign: Campaign, options: dict[str, Any]) -> Scope:
    if options["script"] not in (HANT, HANS):
        raise Refused(f"--script 不認得「{options['script']}」，請用 hant（繁體）或 hans（簡體）。")
    start, end = _span(campaign, options)
    if end < start:
        raise Refused(f"結束日期 {end} 早於開始日期 {start}，請改正 --from 或 --to。")
    indicators = active_indicators(campaign)
    objectives = {row.objective.code: row.objective_id for row in indicators}
    return Scope(
        campaign_id=campaign.pk,
        start=start,
        end=end,
        script=options["script"],
        objectives=_keys("目標", options["objective"], objectives),
        indicators=_keys("指標", options["indicator"], _codes(indicators)),
        departments=tuple(_department(text) for text in options["department"]),
    )


def _codes(indicators: list[Indicator]) -> dict[str, int]:
    return {row.code: row.pk for row in indicators}


def _keys(what: str, wanted: list[str], known: dict[str, int]) -> tuple[int, ...]:
    for code in wanted:
        if code not in known:
            raise Refused(f"沒有編碼為「{code}」的{what}。現有：{'、'.join(known)}。")
    return tuple(known[code] for code in wanted)


def _department(text: str) -> int:
    found = Department.objects.filter(Q(code=text) | Q(name=text)).first()
    if found is None:
        raise Refused(f"沒有代碼或名稱為「{text}」的單位。")
    return found.pk


def _span(campaign: Campaign, options: dict[str, Any]) -> tuple[date, date]:
    if options["period"]:
        known = periods_of(campaign)
        if options["period"] not in known:
            raise Refused(f"--period 不認得「{options['period']}」。可用：{'、'.join(known)}。")
        period = known[options["period"]]
        return period.start, period.end
    year = clock.today().year
    start, end = (_day(options[name], year) for name in ("start", "end"))
    return start or campaign.start_date, end or campaign.end_date


def _day(text: str | None, year: int) -> date | None:
    if not text:
        return None
    try:
        return parse_date(text, year)
    except ValueError as error:
        raise Refused(str(error)) from error
