from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupervisionConfig(AppConfig):
    name = "supervision"
    verbose_name = _("督辦")

    def ready(self) -> None:
        # 模型裝載之後才能引入它們。
        from reports.models import Report
        from supervision import panels, papers, report_flows
        from supervision.reminding import KIND, SupervisionSource
        from supervision.services import move_limits
        from tasks.beside import register_panel
        from tasks.duties import register_source
        from tasks.models import Measure, Submission
        from tasks.tracks import register_track
        from workdays.recalculation import register_recalculation

        for model in (Measure, Submission, Report):
            register_panel(model, panels.beside)
        register_track(KIND)
        register_source(SupervisionSource())
        register_recalculation(move_limits)
        papers.register()
        report_flows.register()
