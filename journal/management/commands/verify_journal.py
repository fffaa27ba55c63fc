"""核驗留痕：python manage.py verify_journal；有被改過或刪掉的，列出並以 1 退出。"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from journal import services


class Command(BaseCommand):
    help = "核驗封存的留痕有沒有被改過、刪過。"

    def handle(self, *args: Any, **options: Any) -> None:
        broken = services.broken_entries()
        for place in broken:
            self.stdout.write(str(place))
        if broken:
            raise CommandError(
                _("封存鏈有 %(count)d 處對不上，請保留數據庫備份並查明原因。")
                % {"count": len(broken)}
            )
        sequence, final_hash = services.sealed_through()
        if not sequence:
            self.stdout.write(_("還沒有封存的留痕；請先執行 seal_journal。"))
            return
        self.stdout.write(
            _("留痕完好：共封存 %(sequence)d 條，末端 %(hash)s。")
            % {"sequence": sequence, "hash": final_hash}
        )
