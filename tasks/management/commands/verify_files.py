"""核對全部佐證文件：python manage.py verify_files [--json]。有不對的退出碼為 1。"""

import json
import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from tasks.models import EvidenceFile
from tasks.services.verifying import Finding, verify_files


class Command(BaseCommand):
    help = "逐個核對佐證文件的指紋；不見的、變了的、沒有誰在用的都列出來。什麼也不刪。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="每個不對的一行 JSON，末行是合計")

    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[str] = Counter()
        for finding in verify_files():
            counts[finding.trouble] += 1
            self.stdout.write(_as_json(finding) if options["json"] else _as_words(finding))
        checked = EvidenceFile.objects.count()
        if options["json"]:
            self.stdout.write(json.dumps({"checked": checked, "found": counts}))
        else:
            self.stdout.write(_summary(checked, counts))
        if counts:
            sys.exit(1)


def _as_json(finding: Finding) -> str:
    return json.dumps(finding.as_dict(), ensure_ascii=False)


def _as_words(finding: Finding) -> str:
    used = _("，掛在 %(count)d 處") % {"count": finding.links} if finding.links else ""
    return f"{finding.trouble.label}：{finding.path}{used}。{finding.words}"


def _summary(checked: int, counts: Counter[str]) -> str:
    if not counts:
        return _("核對了 %(checked)d 個文件，都在，都與收下時一樣。") % {"checked": checked}
    return _("核對了 %(checked)d 個文件，有 %(count)d 處不對，見上。") % {
        "checked": checked,
        "count": counts.total(),
    }
