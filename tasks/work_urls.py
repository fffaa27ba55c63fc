"""一項措施和填報的網址。"""

from django.urls import path

from tasks.views import measure, reporting

urlpatterns = [
    path("submissions/<int:pk>/", reporting.submission, name="submission"),
    path("reports-due/<slug:campaign_code>/", reporting.my_reports, name="my-reports"),
    path("evidence/<int:pk>/", reporting.evidence_file, name="evidence-file"),
    path("tasks/<slug:campaign_code>/<str:code>/", measure.detail, name="measure-detail"),
]
