"""總覽和榮譽。"""

from django.urls import path

from evaluations.views import honours, overview

urlpatterns = [
    path("overview/", overview.current, name="current"),
    path("overview/<slug:campaign_code>/", overview.overview, name="overview"),
    path("honours/", honours.honour_list, name="honour-list"),
    path("honours/new/", honours.honour_create, name="honour-create"),
    path("honours/<int:pk>/", honours.honour_detail, name="honour"),
    path("honours/<int:pk>/files/", honours.honour_file_add, name="honour-file-add"),
    path("honours/files/<int:pk>/", honours.honour_file, name="honour-file"),
    path("honours/files/<int:pk>/remove/", honours.honour_file_remove, name="honour-file-remove"),
    path("honours/<int:pk>/edit/", honours.honour_edit, name="honour-edit"),
]
