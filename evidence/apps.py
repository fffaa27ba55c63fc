from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvidenceConfig(AppConfig):
    name = "evidence"
    verbose_name = _("佐證材料")

    def ready(self) -> None:
        """登記後台任務：打包；和流進彙報的內容。"""
        from background.services import Kind, register_job
        from evidence import report_flows
        from evidence.packing.services import KIND, page, refusal, run_pack

        register_job(KIND, Kind(run_pack, refusal=refusal, page=page))
        report_flows.register()
