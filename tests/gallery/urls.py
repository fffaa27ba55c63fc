from django.urls import include, path

from pingtan_civ import urls as real
from tests.gallery import views

urlpatterns = [
    path("gallery/", views.gallery, name="gallery"),
    path("gallery/form/", views.form_page, name="gallery-form"),
    path("gallery/save/", views.save, name="gallery-save"),
    path("gallery/upload/", views.upload, name="gallery-upload"),
    path("gallery/fails/", views.fails, name="gallery-fails"),
    path("gallery/refuses/", views.refuses, name="gallery-refuses"),
    path("gallery/sign-in/", views.sign_in, name="gallery-sign-in"),
    path("", include(real)),
]

handler400 = real.handler400
handler403 = real.handler403
handler404 = real.handler404
handler500 = real.handler500
