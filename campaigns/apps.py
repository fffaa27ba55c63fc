from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("創建活動")

    def ready(self) -> None:
        from campaigns.policies import maintains_organisation, works_in_an_office
        from journal.policies import register_outbox_reader
        from people.policies import register_maintainer

        register_maintainer(maintains_organisation)
        register_outbox_reader(works_in_an_office)
