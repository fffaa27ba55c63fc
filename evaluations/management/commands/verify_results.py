"""核對凍結了的：每一版考核定稿、每一份送過簽的責任書、每一份推薦報送，內容與哈希、簽名相符。"""

from typing import Any

from django.core.management.base import BaseCommand

from evaluations.verifying import CHECKS


class Command(BaseCommand):
    help = "核對定稿有沒有被動過；有不符的列出並以 1 退出。"

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for label, check in CHECKS.items():
            count = 0
            for name, fault in check():
                count += 1
                if fault:
                    broken += 1
                    self.stderr.write(f"{name}：{fault}")
            self.stdout.write(f"{label} {count} 份已核對。")
        if broken:
            raise SystemExit(1)
        self.stdout.write("全部相符。")
