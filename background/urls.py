from django.urls import path

from background import views

app_name = "background"

urlpatterns = [
    path("jobs/", views.job_list, name="job-list"),
    path("jobs/<int:pk>/", views.job, name="job"),
    path("jobs/<int:pk>/file/", views.job_file, name="job-file"),
    path("jobs/<int:pk>/cancel/", views.job_cancel, name="job-cancel"),
]
