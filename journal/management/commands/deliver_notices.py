"""發一遍等着的通知：python manage.py deliver_notices。"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from journal import services
from pingtan_civ.lib import clock


class Command(BaseCommand):
    help = "發出等待發送的郵件、短信和群消息（平時由定時任務每分鐘執行一次，可以隨時多跑）。"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.MAIL_ENABLED:
            self.stdout.write(_("沒有設置 EMAIL_URL，不發郵件；站內消息照常。"))
        tally = services.deliver_waiting(at=clock.now())
        self.stdout.write(
            _(
                "已發 %(sent)d 條，不再需要 %(cancelled)d 條，稍後再試 %(postponed)d 條，"
                "放棄 %(given_up)d 條，結果不明 %(uncertain)d 條。"
            )
            % {
                "sent": tally.sent,
                "cancelled": tally.cancelled,
                "postponed": tally.postponed,
                "given_up": tally.given_up,
                "uncertain": tally.uncertain,
            }
        )
        if tally.stopped_early:
            self.stderr.write(_("有的渠道不通或太慢，其餘的留待下次；原因見發件台。"))
