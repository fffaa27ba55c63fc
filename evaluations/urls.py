from django.urls import path

from evaluations import views

app_name = "evaluations"

urlpatterns = [
    path("overview/", views.current, name="current"),
    path("overview/<slug:campaign_code>/", views.overview, name="overview"),
]
