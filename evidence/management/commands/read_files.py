"""讀出佐證裏的文字：python manage.py read_files [--again]。沒有 worker 的安裝定時跑它。"""

import argparse
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from evidence.services import reading
from pingtan_civ.lib import clock


class Command(BaseCommand):
    help = "把還沒讀的佐證文件讀出來，供查找、核字數、找相同的圖。可以隨時重跑。"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="讀不出的也再試一遍")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["again"]:
            reading.try_again()
        tally = reading.read_files(now=clock.now, spell=None)
        words = {"done": tally.done, "failed": tally.failed, "left": tally.left}
        self.stdout.write(
            _("讀出 %(done)d 份，讀不出 %(failed)d 份，還剩 %(left)d 份待讀。") % words
        )
