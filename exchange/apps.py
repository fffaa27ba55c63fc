from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = _("表格往來")

    def ready(self) -> None:
        # 模型裝載之後才能引入各種表。
        from background.services import register_job
        from exchange import sheets
        from exchange.services import exporting, importing
        from tasks.services.verifying import register_kept

        sheets.register()
        register_job(exporting.JOB, exporting.run_export)
        register_job(importing.CHECK, importing.run_check)
        register_job(importing.APPLY, importing.run_apply, is_one_step=True)
        register_job(importing.COPY, importing.run_copy)
        register_kept(importing.kept_among)
