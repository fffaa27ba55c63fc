from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommendationsConfig(AppConfig):
    name = "recommendations"
    verbose_name = _("考核推薦")

    def ready(self) -> None:
        # 模型裝載之後才能引入它們。
        from evaluations.verifying import register_check
        from recommendations import papers
        from recommendations.reminding import KINDS, RecommendationSource, recommendation_week
        from recommendations.services.submitting import verify_submittals
        from tasks.duties import register_source, register_weekly
        from tasks.tracks import register_track

        register_check("推薦報送", verify_submittals)
        for kind in KINDS:
            register_track(kind)
        register_source(RecommendationSource())
        register_weekly(recommendation_week)
        papers.register()
