from django.urls import path

from evidence.views import packs

app_name = "evidence"

urlpatterns = [
    # 迎檢資料包
    path("evidence/<slug:campaign_code>/pack/", packs.pack, name="pack"),
]
