"""發到期提醒：python manage.py remind --on 2026-11-23 [--dry-run] [--json]。"""

import argparse
import json
import re
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import long_date, weekday
from tasks.services.reminder_words import reached_words
from tasks.services.reminders import DigestPlan, PlannedLine, send_reminders
from workdays.services import calendar


class Command(BaseCommand):
    help = "給某一天該提醒的人各發一份到期提醒，並打印誰收到什麼。重跑不會重發。"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--on", default="", help="日期，如 2026-11-23；不寫則為今天")
        parser.add_argument("--dry-run", action="store_true", help="只打印，不發也不記")
        parser.add_argument("--json", action="store_true", help="只打印 JSON，給程序讀")

    def handle(self, *args: Any, **options: Any) -> None:
        on = _parse_day(options["on"]) if options["on"] else clock.today()
        dry_run = options["dry_run"]
        outcome = send_reminders(on=on, at=clock.now(), dry_run=dry_run)
        plans = outcome.plans if dry_run else outcome.sent
        if options["json"]:
            codes = dict(Campaign.objects.order_by().values_list("pk", "code"))
            found = [_as_json(plan, codes) for plan in plans]
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
            return
        day = {"day": long_date(on), "weekday": weekday(on)}
        if not outcome.is_working:
            self.stdout.write(
                _("%(day)s（%(weekday)s）不是工作日，不發提醒，留到下一個工作日。") % day
            )
            return
        for plan in plans:
            self._print(plan)
        lines = sum(len(plan.lines) for plan in plans)
        counts = day | {"people": len(plans), "lines": lines}
        self.stdout.write(_summary(dry_run, bool(plans)) % counts)

    def _print(self, plan: DigestPlan) -> None:
        self.stdout.write(
            _("%(name)s　%(channel)s　%(title)s")
            % {
                "name": plan.person,
                "channel": _channels(plan),
                "title": plan.message.title,
            }
        )
        for line in plan.lines:
            call = line.call
            self.stdout.write(f"  · {line.sentence}")
            words = reached_words(call.track, call.due, plan.on, calendar(), today=plan.on)
            self.stdout.write(f"    {words}　{line.url}")


def _as_json(plan: DigestPlan, codes: dict[int, str]) -> dict[str, Any]:
    """一個人的一份。step 是其中走得最遠的一級，items 逐件列出。"""
    furthest = max(plan.lines, key=lambda line: line.call.step)
    return {
        "person": plan.person.username,
        "address": plan.person.email if settings.MAIL_ENABLED else "",
        "channel": "mail" if settings.MAIL_ENABLED and plan.person.email else "site",
        "step": furthest.step,
        "title": plan.message.title,
        "items": [_item(line, codes) for line in plan.lines],
    }


def _item(line: PlannedLine, codes: dict[int, str]) -> dict[str, Any]:
    call = line.call
    return {
        "track": call.track,
        "campaign": codes.get(call.campaign_id, ""),
        "measure": line.line.matter,
        "department": line.line.department,
        "due": call.due.isoformat(),
        "step": line.step,
        "level": call.level,
        "sentence": line.sentence,
        "url": line.url,
    }


def _summary(dry_run: bool, anyone: bool) -> str:
    if not anyone:
        return _("%(day)s（%(weekday)s）沒有要提醒的人。")
    if dry_run:
        return _(
            "%(day)s（%(weekday)s）將提醒 %(people)d 人，共 %(lines)d 件。只是預覽，沒有發出。"
        )
    return _("%(day)s（%(weekday)s）已提醒 %(people)d 人，共 %(lines)d 件。")


def _channels(plan: DigestPlan) -> str:
    if settings.MAIL_ENABLED and plan.person.email:
        return _("站內、郵件 %(address)s") % {"address": plan.person.email}
    return _("站內")


def _parse_day(text: str) -> date:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII):
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            day = None
        if day and 1990 <= day.year <= 2100:
            return day
    raise CommandError(
        _("日期「%(text)s」不對，請寫成 2026-11-23 這樣，年份在 1990 到 2100 之間。")
        % {"text": text}
    )
