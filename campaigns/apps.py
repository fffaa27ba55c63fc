from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("創建活動")

    def ready(self) -> None:
        from campaigns.policies import maintains_organisation
        from people.policies import register_maintainer

        register_maintainer(maintains_organisation)
