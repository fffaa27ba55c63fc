from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("彙報")

    def ready(self) -> None:
        # 登記本應用自己的各種內容和公文。
        from reports import composing, own_papers, progress, telling  # noqa: F401

        own_papers.register()
