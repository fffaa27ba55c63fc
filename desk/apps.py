from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "desk"
    verbose_name = _("工作台")

    def ready(self) -> None:
        # 應用都裝好之後才能引入模型。
        from desk.places import campaign_names
        from journal.places import register_namer

        register_namer(campaign_names)
