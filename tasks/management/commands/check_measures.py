"""核對分解表上隨辦理維護的日期事實。"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tasks.services.checking import repair, wrong_facts


class Command(BaseCommand):
    help = (
        "重算每項措施的「下次報送時限」和「落後起算日」，列出與庫裏不一致的；有不一致時退出碼為 1。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--campaign", help="只查這個活動（代碼）")
        parser.add_argument("--fix", action="store_true", help="把不一致的改正過來")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = wrong_facts(campaign_code=options["campaign"])
        for fact in wrong:
            self.stdout.write(str(fact))
        if not wrong:
            self.stdout.write("各項措施的日期都對。")
        elif options["fix"]:
            repair(wrong)
            self.stdout.write(f"已改正 {len(wrong)} 項。")
        else:
            raise CommandError(f"有 {len(wrong)} 項不一致；加 --fix 改正。", returncode=1)
