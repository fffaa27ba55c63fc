from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("任務分解")

    def ready(self) -> None:
        # 模型裝載之後才能引入服務。
        from tasks.services import reminders

        reminders.register()
