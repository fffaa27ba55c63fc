from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackgroundConfig(AppConfig):
    name = "background"
    verbose_name = _("後台任務")

    def ready(self) -> None:
        # 網頁進程按門鈴時要認得這些任務；autodiscover 只在 worker 裏進行。
        from background import jobs  # noqa: F401
