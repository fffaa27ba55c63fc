"""任務分解表的網址。"""

from django.urls import path

from tasks.views import breakdown as views

urlpatterns = [
    path("tasks/", views.current, name="current"),
    path("tasks/<slug:campaign_code>/", views.breakdown, name="breakdown"),
]
