"""核對每一份已印發的彙報：全文與哈希相符，每個數都從快照裏的清單重算一遍。"""

from typing import Any

from django.core.management.base import BaseCommand

from reports.models import Report
from reports.verifying import faults_of


class Command(BaseCommand):
    help = "核對已印發的彙報有沒有被動過、數對不對；有不符的逐處列出並以 1 退出。"

    def handle(self, *args: Any, **options: Any) -> None:
        broken = total = 0
        issued = Report.objects.filter(state=Report.State.ISSUED).select_related("campaign")
        for report in issued.order_by("campaign__code", "kind", "year", "number").iterator(20):
            total += 1
            faults = faults_of(report)
            broken += bool(faults)
            for fault in faults:
                self.stderr.write(
                    f"{report.campaign.code} {report.get_kind_display()} {report.year} 年"
                    f"第 {report.number} 期「{report.title}」：{fault}。"
                )
        if broken:
            self.stderr.write(f"已印發的 {total} 份裏有 {broken} 份不符。")
            raise SystemExit(1)
        self.stdout.write(f"已印發的 {total} 份全部相符。")
