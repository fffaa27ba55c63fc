"""異議和整改。"""

from django.urls import path

from evaluations.views import objections, rectifications

_SHEET = "rounds/<slug:code>/sheets/<int:department_id>/"

urlpatterns = [
    path("objections/", objections.objection_list, name="objection-list"),
    path(_SHEET + "objections/new/", objections.objection_create, name="objection-create"),
    path("objections/<int:pk>/", objections.objection, name="objection"),
    path("objections/<int:pk>/withdraw/", objections.objection_withdraw, name="objection-withdraw"),
    path("objections/<int:pk>/files/", objections.objection_files, name="objection-files"),
    path("objections/<int:pk>/answer/", objections.objection_answer, name="objection-answer"),
    path("objections/<int:pk>/decide/", objections.objection_decide, name="objection-decide"),
    path("objections/files/<int:pk>/", objections.objection_file, name="objection-file"),
    path(
        "objections/files/<int:pk>/small/",
        objections.objection_file_thumb,
        name="objection-file-thumb",
    ),
    path(_SHEET + "rectify/", rectifications.rectify, name="rectify"),
]
