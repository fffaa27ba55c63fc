"""體檢一個活動的佐證：與頁面同一套規則。"""

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.models import Campaign
from evidence.checkup import Checkup, run
from evidence.checkup.engine import LEVELS
from evidence.checkup.telling import Line, line_of
from people.models import Department
from pingtan_civ.lib import clock
from tasks.specification import Level


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"看不出「{text}」是哪一天，請寫成 2026-11-23。")


class Command(BaseCommand):
    help = (
        "按體檢規則查一個活動（或其中一個單位）的佐證和報送，按單位列出；有錯誤時退出碼為 1。"
        "看到的與創建辦一樣多：還沒初審的不看。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--campaign", required=True, help="活動代碼，如 pt2026")
        parser.add_argument("--department", help="只查這個單位（代碼）")
        parser.add_argument("--on", type=_day, help="按哪一天算到期，如 2026-11-23；默認今天")
        parser.add_argument("--json", action="store_true", help="輸出一個 JSON 列表")

    def handle(self, *args: Any, **options: Any) -> None:
        campaign = Campaign.objects.filter(code=options["campaign"]).first()
        if campaign is None:
            raise CommandError(f"沒有代碼為「{options['campaign']}」的活動。", returncode=2)
        checkup = run(
            campaign,
            on=options["on"] or clock.today(),
            departments=self._departments(options["department"]),
        )
        lines = [line_of(checkup, each) for each in checkup.marks]
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(line) for line in lines], ensure_ascii=False))
        else:
            self._tell(checkup, lines)
        errors = sum(line.level == Level.ERROR for line in lines)
        if errors:
            raise CommandError(f"有 {errors} 處錯誤，不改就不算數。", returncode=1)

    def _departments(self, code: str | None) -> list[int] | None:
        if code is None:
            return None
        found = Department.objects.filter(code=code).first()
        if found is None:
            raise CommandError(f"沒有代碼為「{code}」的單位。", returncode=2)
        return [found.pk]

    def _tell(self, checkup: Checkup, lines: list[Line]) -> None:
        tallies = checkup.tallies()
        by_unit = {key: list(group) for key, group in groupby(lines, key=lambda line: line.unit_id)}
        for unit in checkup.units:
            tally, found = tallies.get(unit.pk), by_unit.get(unit.pk, [])
            counts = "，".join(
                f"{level.label} {sum(line.level == level for line in found)}" for level in LEVELS
            )
            whole = f"{tally.percent}%（{tally.counted}/{tally.wanted}）" if tally else "沒有要交的"
            self.stdout.write(f"{unit.name}：完整度 {whole}；{counts}")
            for line in found:
                place = f"{line.measure} {line.period}".strip()
                self.stdout.write(f"  [{line.level_label}] {place} {line.sentence}{line.cure}")
        if not lines:
            self.stdout.write("都合要求。")


def _as_json(line: Line) -> dict[str, str]:
    return {
        "level": line.level,
        "code": line.code,
        "department": line.unit,
        "measure": line.measure,
        "period": line.period,
        "sentence": line.sentence,
        "cure": line.cure,
        "url": line.url,
    }
