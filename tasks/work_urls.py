"""一項措施和填報的網址。"""

from django.urls import path

from tasks.views import evidence, measure, my_reports, reporting, requests

_MEASURE = "tasks/<slug:campaign_code>/<str:code>/"

urlpatterns = [
    path("reports-due/<slug:campaign_code>/", my_reports.my_reports, name="my-reports"),
    path("submissions/<int:pk>/", reporting.submission, name="submission"),
    path("submissions/<int:pk>/draft/", reporting.submission_draft, name="submission-draft"),
    path("submissions/<int:pk>/evidence/", evidence.evidence_add, name="evidence-add"),
    path("submissions/<int:pk>/evidence/check/", evidence.evidence_check, name="evidence-check"),
    path("evidence/<int:pk>/", evidence.evidence_file, name="evidence-file"),
    path("evidence/<int:pk>/thumb/", evidence.evidence_thumb, name="evidence-thumb"),
    path("evidence/<int:pk>/remove/", evidence.evidence_remove, name="evidence-remove"),
    path("assignments/<int:pk>/acknowledge/", requests.acknowledge, name="acknowledge"),
    path("assignments/<int:pk>/objection/", requests.objection, name="objection"),
    path("assignments/<int:pk>/extension/", requests.extension, name="extension"),
    path("requests/<int:pk>/decide/", requests.request_decide, name="request-decide"),
    path("requests/<int:pk>/withdraw/", requests.request_withdraw, name="request-withdraw"),
    path(_MEASURE, measure.detail, name="measure-detail"),
    path(_MEASURE + "close-out/", measure.close_out, name="measure-close-out"),
]
