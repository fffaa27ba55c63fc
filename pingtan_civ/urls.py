"""網址。人們口頭會說的編號（活動代碼、措施編號）出現在網址裏。"""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(url="/desk/")),
    path("", include("desk.urls")),
    path("", include("background.urls")),
    path("", include("people.urls")),
    path("", include("journal.urls")),
    path("", include("campaigns.urls")),
    path("", include("tasks.urls")),
    path("", include("evaluations.urls")),
    path("", include("recommendations.urls")),
    path("", include("reports.urls")),
    path("", include("supervision.urls")),
    path("", include("evidence.urls")),
    path("", include("exchange.urls")),
    path("", include("agenda.urls")),
    path("", include("health.urls")),
    path("display/", include("pingtan_civ.display.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "pingtan_civ.errors.bad_request"
handler403 = "pingtan_civ.errors.permission_denied"
handler404 = "pingtan_civ.errors.page_not_found"
handler500 = "pingtan_civ.errors.server_error"
