from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationsConfig(AppConfig):
    name = "evaluations"
    verbose_name = _("考核評價")

    def ready(self) -> None:
        # 模型裝載之後才能引入它們。
        from evaluations import papers, report_flows
        from evaluations.reminding import KINDS, AssessmentSource, assessment_week
        from evaluations.sheet_after import beside_order
        from supervision.models import Order
        from tasks.beside import register_panel
        from tasks.duties import register_source, register_weekly
        from tasks.tracks import register_track

        for kind in KINDS:
            register_track(kind)
        register_source(AssessmentSource())
        register_weekly(assessment_week)
        register_panel(Order, beside_order)
        papers.register()
        report_flows.register()
