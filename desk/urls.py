from django.urls import path

from desk import views

app_name = "desk"

urlpatterns = [
    path("desk/", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("search/<slug:campaign_code>/", views.search, name="search"),
]
