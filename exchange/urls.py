"""導出、導入的網址。屬於某個活動的表用 ?campaign= 寫明，其餘的參數就是列表頁上的條件。"""

from django.urls import path

from exchange import views

app_name = "exchange"

urlpatterns = [
    path("sheets/<slug:kind>/export.xlsx", views.export, name="export"),
    path("sheets/<slug:kind>/import/", views.upload_new, name="import"),
    path("uploads/<int:pk>/", views.upload, name="upload"),
    path("uploads/<int:pk>/confirm/", views.upload_confirm, name="upload-confirm"),
    path("uploads/<int:pk>/drop/", views.upload_drop, name="upload-drop"),
    path("uploads/<int:pk>/copy.xlsx", views.upload_copy, name="upload-copy"),
]
