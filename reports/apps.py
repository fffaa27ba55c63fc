from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("彙報")

    def ready(self) -> None:
        from background.services import Kind, register_job

        # 登記本應用自己的各種內容和公文。
        from reports import composing, own_papers, progress, telling  # noqa: F401
        from reports.services import files

        own_papers.register()
        register_job(files.KIND, Kind(files.run_file, refusal=files.refusal, page=files.page))
