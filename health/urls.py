from django.urls import path

from health import views

app_name = "health"

urlpatterns = [
    path("health/", views.status, name="status"),
    path("health/mail/", views.check_mail, name="mail-check"),
    path("health/remind/", views.remind_now, name="remind-now"),
    path("healthz", views.healthz, name="healthz"),
    path("livez", views.livez, name="livez"),
]
