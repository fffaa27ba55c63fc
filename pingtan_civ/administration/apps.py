from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    default_site = "pingtan_civ.administration.site.PortalAdminSite"
