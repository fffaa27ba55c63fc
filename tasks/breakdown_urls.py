"""任務分解表的網址。寫在 work_urls 之前：new、bulk、import 不是措施的編號。"""

from django.urls import path

from tasks.views import breakdown as views
from tasks.views import breakdown_bulk as bulk
from tasks.views import breakdown_edit as edit

urlpatterns = [
    path("tasks/", views.current, name="current"),
    path("tasks/<slug:campaign_code>/", views.breakdown, name="breakdown"),
    path("tasks/<slug:campaign_code>/new/", edit.new_measure, name="measure-new"),
    path("tasks/<slug:campaign_code>/bulk/", bulk.bulk, name="breakdown-bulk"),
    path("tasks/<slug:campaign_code>/<str:code>/edit/", edit.edit_measure, name="measure-edit"),
]
