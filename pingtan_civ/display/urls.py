from django.urls import path

from pingtan_civ.display import views

app_name = "display"
urlpatterns = [path("", views.switch, name="switch")]
