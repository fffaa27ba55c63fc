"""佐證材料的網址：材料庫、體檢、迎檢資料包。"""

from django.urls import URLPattern, path

from evidence.views import checkup, library, packs, preview, requests, reuse

app_name = "evidence"

_CHECKUP = "evidence/checkup/<slug:campaign_code>/"
_REQUESTS = "evidence/library/requests/<slug:campaign_code>/"

urlpatterns: list[URLPattern] = [
    # 佐證材料庫、取用、要材料
    path("evidence/library/", library.library, name="library"),
    path("evidence/library/unlinked/", library.unlinked, name="unlinked"),
    path("evidence/library/files/<int:pk>/", preview.file, name="file"),
    path("evidence/library/files/<int:pk>/reuse/", reuse.file_reuse, name="file-reuse"),
    path("evidence/library/for/<int:pk>/", reuse.reuse, name="reuse"),
    path(_REQUESTS, requests.request_list, name="request-list"),
    path(_REQUESTS + "new/", requests.request_create, name="request-create"),
    # 體檢
    path("evidence/checkup/", checkup.current, name="checkup-current"),
    path(_CHECKUP, checkup.checkup, name="checkup"),
    path(_CHECKUP + "export.xlsx", checkup.checkup_export, name="checkup-export"),
    path(_CHECKUP + "departments/<int:pk>/", checkup.department, name="checkup-department"),
    path(
        _CHECKUP + "departments/<int:pk>/export.xlsx",
        checkup.department_export,
        name="checkup-department-export",
    ),
    # 迎檢資料包
    path("evidence/<slug:campaign_code>/pack/", packs.pack, name="pack"),
]
