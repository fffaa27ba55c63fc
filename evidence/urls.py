"""佐證材料的網址：材料庫、體檢、迎檢資料包。"""

from django.urls import URLPattern, path

from evidence.views import checkup, packs

app_name = "evidence"

urlpatterns: list[URLPattern] = []

# 體檢
_CHECKUP = "evidence/checkup/<slug:campaign_code>/"
urlpatterns += [
    path("evidence/checkup/", checkup.current, name="checkup-current"),
    path(_CHECKUP, checkup.checkup, name="checkup"),
    path(_CHECKUP + "export.xlsx", checkup.checkup_export, name="checkup-export"),
    path(_CHECKUP + "departments/<int:pk>/", checkup.department, name="checkup-department"),
    path(
        _CHECKUP + "departments/<int:pk>/export.xlsx",
        checkup.department_export,
        name="checkup-department-export",
    ),
]

# 迎檢資料包
urlpatterns += [
    path("evidence/<slug:campaign_code>/pack/", packs.pack, name="pack"),
]
