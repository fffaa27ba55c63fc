from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = _("表格往來")

    def ready(self) -> None:
        # 模型裝載之後才能引入各種表。
        from background.services import Kind, register_job
        from exchange import sheets
        from exchange.services import exporting, importing
        from tasks.services.verifying import register_kept

        sheets.register()
        exported = Kind(exporting.run_export, refusal=exporting.refusal, page=exporting.page)
        register_job(exporting.JOB, exported)
        register_job(importing.CHECK, Kind(importing.run_check, page=importing.page))
        applied = Kind(importing.run_apply, page=importing.page, is_one_step=True)
        register_job(importing.APPLY, applied)
        register_job(importing.COPY, Kind(importing.run_copy, page=importing.page))
        register_kept(importing.kept_among)
