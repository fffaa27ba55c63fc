from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("任務分解")

    def ready(self) -> None:
        # 模型裝載之後才能引入服務。
        from campaigns.services.campaign import register_after_change
        from tasks.services import chase_words, checking, recalculation, reminders
        from workdays.recalculation import register_recalculation

        reminders.register()
        chase_words.register()
        register_after_change(checking.refresh_campaign)
        register_recalculation(recalculation.move_limits)
