"""數工作日：python manage.py working_days --from 2026-02-10 --add 5。"""

import argparse
import re
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from workdays.services import calendar

# 再多就不是時限了；同時免得一個打錯的數字數到公元一萬年。
_MOST = 2500


class Command(BaseCommand):
    help = "從某日起數若干個工作日（當日不計），打印得到的日期。"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--from", dest="start", required=True, help="起始日期，如 2026-02-10")
        parser.add_argument("--add", dest="days", required=True, help="工作日數，如 5；負數往前數")

    def handle(self, *args: Any, **options: Any) -> None:
        start = _parse_day(options["start"])
        days = _parse_count(options["days"])
        working = calendar()
        due = working.add(start, days)
        self.stdout.write(due.isoformat())
        if working.is_estimate(due):
            self.stderr.write(_("%(year)s年放假安排尚未公佈，暫按推算。") % {"year": due.year})


def _parse_day(text: str) -> date:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII):
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            day = None
        if day and 1990 <= day.year <= 2100:
            return day
    raise CommandError(
        _("日期「%(text)s」不對，請寫成 2026-02-10 這樣，年份在 1990 到 2100 之間。")
        % {"text": text}
    )


def _parse_count(text: str) -> int:
    if re.fullmatch(r"[+-]?\d{1,4}", text.strip(), re.ASCII) and abs(int(text)) <= _MOST:
        return int(text)
    raise CommandError(
        _("工作日數「%(text)s」不對，請寫 -%(most)s 到 %(most)s 之間的整數。")
        % {"text": text, "most": _MOST}
    )
