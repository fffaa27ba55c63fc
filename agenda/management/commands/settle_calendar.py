"""日曆改動之後再核一遍時限；有 worker 時由定時器每分鐘做，不必手動。"""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from agenda.services import settle_calendar
from pingtan_civ.lib import clock


class Command(BaseCommand):
    help = "把改日曆前後幾分鐘裏仍按舊日曆定下的時限補挪。可以重複跑。"

    def handle(self, *args: Any, **options: Any) -> None:
        count = settle_calendar(at=clock.now())
        self.stdout.write(_("補挪了 %(count)d 個時限。") % {"count": count})
