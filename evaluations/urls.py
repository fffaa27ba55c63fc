from django.urls import path

from evaluations.views import honours, overview, rounds, sheets

app_name = "evaluations"

urlpatterns = [
    path("overview/", overview.current, name="current"),
    path("overview/<slug:campaign_code>/", overview.overview, name="overview"),
    path("honours/", honours.honour_list, name="honour-list"),
    path("honours/new/", honours.honour_create, name="honour-create"),
    path("honours/<int:pk>/edit/", honours.honour_edit, name="honour-edit"),
    path("rounds/", rounds.round_list, name="round-list"),
    path("rounds/<slug:code>/", rounds.round_detail, name="round"),
    path("rounds/<slug:code>/sheets/<int:department_id>/", sheets.sheet, name="sheet"),
]
