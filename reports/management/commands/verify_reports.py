"""核對每一份已印發的彙報：全文與哈希相符，每個計數等於它的清單。"""

from typing import Any

from django.core.management.base import BaseCommand

from reports.models import Report
from reports.services import is_intact


class Command(BaseCommand):
    help = "核對已印發的彙報有沒有被動過；有不符的列出並以 1 退出。"

    def handle(self, *args: Any, **options: Any) -> None:
        broken = count = 0
        issued = Report.objects.filter(state=Report.State.ISSUED).select_related("campaign")
        for report in issued.order_by("campaign__code", "number").iterator(chunk_size=20):
            count += 1
            if not is_intact(report):
                broken += 1
                self.stderr.write(
                    f"{report.campaign.code} 第 {report.number} 期「{report.title}」與印發時的哈希不符。"
                )
        if broken:
            raise SystemExit(1)
        self.stdout.write(f"已印發的 {count} 份全部相符。")
