from django.urls import path

from journal import views

app_name = "journal"

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_all, name="notices-read"),
    path("notices/settings/", views.notices, name="preferences"),
    path("notices/<int:pk>/", views.notice, name="notice"),
]
