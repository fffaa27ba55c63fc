"""方案導入的網址。"""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
