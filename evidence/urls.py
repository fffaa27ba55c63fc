from django.urls import URLPattern, path

from evidence.views import library, preview, requests, reuse

app_name = "evidence"

# 佐證材料庫、取用、要材料
_LIBRARY = [
    path("evidence/library/", library.library, name="library"),
    path("evidence/library/unlinked/", library.unlinked, name="unlinked"),
    path("evidence/library/files/<int:pk>/", preview.file, name="file"),
    path("evidence/library/files/<int:pk>/reuse/", reuse.file_reuse, name="file-reuse"),
    path("evidence/library/for/<int:pk>/", reuse.reuse, name="reuse"),
    path(
        "evidence/library/requests/<slug:campaign_code>/",
        requests.request_list,
        name="request-list",
    ),
    path(
        "evidence/library/requests/<slug:campaign_code>/new/",
        requests.request_create,
        name="request-create",
    ),
]

urlpatterns: list[URLPattern] = [*_LIBRARY]
