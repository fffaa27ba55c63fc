"""封存留痕：python manage.py seal_journal。"""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from journal import services


class Command(BaseCommand):
    help = "給新的留痕編號並以哈希相連（平時由定時任務每分鐘執行一次）。"

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while sealed := services.seal_entries():
            total += sealed
        sequence, final_hash = services.sealed_through()
        self.stdout.write(_("封存了 %(count)d 條留痕。") % {"count": total})
        self.stdout.write(
            _("末端：第 %(sequence)d 條　%(hash)s") % {"sequence": sequence, "hash": final_hash}
        )
