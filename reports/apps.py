from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("彙報")

    def ready(self) -> None:
        # 登記本應用自己的各種內容。
        from reports import composing, progress, telling  # noqa: F401
