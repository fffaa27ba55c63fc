from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommendationsConfig(AppConfig):
    name = "recommendations"
    verbose_name = _("考核推薦")

    def ready(self) -> None:
        # 模型裝載之後才能引入它們。
        from evaluations.verifying import register_check
        from recommendations import papers
        from recommendations.services.submitting import verify_submittals

        register_check("推薦報送", verify_submittals)
        papers.register()
