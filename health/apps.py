from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HealthConfig(AppConfig):
    name = "health"
    verbose_name = _("運行狀況")

    def ready(self) -> None:
        # 網頁進程也要認得「補跑提醒」這個任務，門鈴才按得響。
        from tasks import jobs  # noqa: F401
