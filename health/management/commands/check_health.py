"""檢查運行狀況：python manage.py check_health [--json]；退出碼 0 正常，1 要留意，2 不正常。"""

import argparse
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from health.checks import examine
from health.parts import Report, State, when
from pingtan_civ.lib import clock

EXIT_CODES = {State.OK: 0, State.WARN: 1, State.BAD: 2}


class Command(BaseCommand):
    help = "打印各部分的狀況。退出碼：0 正常，1 有要留意的，2 有不正常的。"
    # 連不上數據庫正是要報告的事，不能在這之前就倒下。
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="給機器讀的一行 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = examine(clock.now())
        if options["json"]:
            self.stdout.write(json.dumps(_as_data(report), ensure_ascii=False))
        else:
            self._say(report)
        if code := EXIT_CODES[report.state]:
            sys.exit(code)

    def _say(self, report: Report) -> None:
        today = timezone.localdate(report.at)
        for part in report.parts:
            last = f"（{when(part.last, today)}）" if part.last else ""
            self.stdout.write(f"[{part.state.label}] {part.name}：{part.words}{last}")
            if part.cure:
                self.stdout.write(f"    → {part.cure}")


def _as_data(report: Report) -> dict[str, Any]:
    return {
        "status": report.state.value,
        "at": report.at.isoformat(),
        "parts": [
            {
                "key": part.key,
                "name": part.name,
                "state": "off" if part.state == State.OFF else part.state.value,
                "words": part.words,
                "last": part.last.isoformat() if part.last else None,
                "cure": part.cure,
            }
            for part in report.parts
        ],
    }
