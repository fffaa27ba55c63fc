"""導入一年的放假安排：python manage.py import_calendar 通知.txt --year 2027 --source 文號。"""

import argparse
import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from agenda import services
from agenda.notice_files import UnreadableFile, year_in
from agenda.notice_files import read_file as read_notice_file
from agenda.services import CalendarOutcome
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import weekday
from pingtan_civ.lib.holiday_notice import UnreadableNotice
from workdays.models import CalendarDay

_YEARS = range(2004, 2101)


class Command(BaseCommand):
    help = (
        "導入國務院辦公廳的放假通知（.txt）或「日期,類別,名稱」的表（.csv .xlsx）。"
        "全有或全無：有一處不對就什麼也不存，以 1 退出。"
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", help="通知全文 .txt，或表格 .csv、.xlsx；UTF-8 或 GBK")
        parser.add_argument("--year", help="哪一年的安排；不寫時從內容裏認")
        parser.add_argument("--source", default="", help="依據，如通知的文號")
        parser.add_argument(
            "--check", "--dry-run", action="store_true", dest="check", help="只說會改什麼，不存"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            text = read_notice_file(path.name, _content(path))
        except UnreadableFile as error:
            raise CommandError(str(error))
        year = _year(options["year"], text)
        at = clock.now()

        def act() -> CalendarOutcome:
            return services.import_notice(
                actor=None, text=text, year=year, source=options["source"][:200], at=at
            )

        try:
            outcome = services.preview(act) if options["check"] else act()
        except UnreadableNotice as error:
            raise CommandError("\n".join(error.problems))
        self._say(outcome, year, options["check"])

    def _say(self, outcome: CalendarOutcome, year: int, is_check: bool) -> None:
        if outcome.is_empty:
            self.stdout.write(_("%(year)s 年的安排與已錄入的一樣，沒有改動。") % {"year": year})
            return
        for day in outcome.days:
            words = {"day": day.date.isoformat(), "weekday": weekday(day.date)}
            words |= {"old": _kind(day.old), "new": _kind(day.new)}
            self.stdout.write(_("%(day)s %(weekday)s：%(old)s → %(new)s") % words)
        for limit in outcome.moved:
            self.stdout.write(f"{limit.subject} {limit.label}：{limit.old} → {limit.new}")
        counts = {"year": year, "days": len(outcome.days), "moved": len(outcome.moved)}
        done = (
            _("核對完畢，沒有保存：%(year)s 年將改動 %(days)d 天，%(moved)d 個時限將隨之改動。")
            if is_check
            else _("已錄入 %(year)s 年的安排：改動 %(days)d 天，%(moved)d 個時限隨之改動。")
        )
        self.stdout.write(done % counts)


def _kind(kind: str) -> str:
    return str(CalendarDay.Kind(kind).label) if kind else _("平常")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(
            _("讀不到文件「%(path)s」：%(why)s。請檢查路徑。")
            % {"path": path, "why": error.strerror}
        )


def _year(given: str | None, text: str) -> int:
    if given is None:
        found = year_in(text)
        if found is None:
            raise CommandError(_("看不出是哪一年的安排，請加 --year，如 --year 2027。"))
        return found
    if not re.fullmatch(r"\d{4}", given, re.ASCII) or int(given) not in _YEARS:
        raise CommandError(
            _("年份「%(year)s」不對，請寫 %(first)s 到 %(last)s 之間的四位數。")
            % {"year": given, "first": _YEARS[0], "last": _YEARS[-1]}
        )
    return int(given)
