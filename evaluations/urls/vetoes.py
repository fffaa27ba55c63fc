"""負面清單、一票否決、徵詢函。"""

from django.urls import path

from evaluations.views import inquiries, negative_list, vetoes

urlpatterns = [
    path("negative-list/<slug:campaign_code>/", negative_list.negative_list, name="negative-list"),
    path("negative-list/<slug:campaign_code>/seed/", negative_list.seed, name="negative-list-seed"),
    path(
        "negative-list/<slug:campaign_code>/new/",
        negative_list.item_create,
        name="veto-item-create",
    ),
    path(
        "negative-list/<slug:campaign_code>/<int:pk>/edit/",
        negative_list.item_edit,
        name="veto-item-edit",
    ),
    path(
        "negative-list/<slug:campaign_code>/<int:pk>/retire/",
        negative_list.item_retire,
        name="veto-item-retire",
    ),
    path("vetoes/", vetoes.veto_list, name="veto-list"),
    path("vetoes/export/", vetoes.veto_export, name="veto-export"),
    path("vetoes/<int:pk>/", vetoes.veto_detail, name="veto-detail"),
    path("vetoes/<int:pk>/edit/", vetoes.veto_edit, name="veto-edit"),
    path("vetoes/<int:pk>/statement/", vetoes.veto_statement, name="veto-statement"),
    path("vetoes/<int:pk>/decide/", vetoes.veto_decide, name="veto-decide"),
    path("vetoes/<int:pk>/release/", vetoes.veto_release, name="veto-release"),
    path("vetoes/<int:pk>/files/", vetoes.veto_file_add, name="veto-file-add"),
    path("vetoes/files/<int:pk>/", vetoes.veto_file, name="veto-file"),
    path("vetoes/files/<int:pk>/thumb/", vetoes.veto_file_thumb, name="veto-file-thumb"),
    path("vetoes/files/<int:pk>/remove/", vetoes.veto_file_remove, name="veto-file-remove"),
    path("vetoes/releases/<int:pk>/", vetoes.release_settle, name="veto-release-settle"),
    path(
        "vetoes/releases/<int:pk>/withdraw/",
        vetoes.release_withdraw,
        name="veto-release-withdraw",
    ),
    path("vetoes/<slug:campaign_code>/new/", vetoes.veto_create, name="veto-create"),
    path("inquiries/<int:pk>/", inquiries.inquiry_detail, name="inquiry-detail"),
    path("inquiries/files/<int:pk>/", inquiries.inquiry_file, name="inquiry-file"),
    path(
        "inquiries/files/<int:pk>/remove/",
        inquiries.inquiry_file_remove,
        name="inquiry-file-remove",
    ),
    path("inquiries/<int:pk>/letter/", inquiries.inquiry_letter, name="inquiry-letter"),
    path("inquiries/<int:pk>/withdraw/", inquiries.inquiry_withdraw, name="inquiry-withdraw"),
    path("inquiries/in/<slug:campaign_code>/", inquiries.inquiry_list, name="inquiry-list"),
    path("inquiries/in/<slug:campaign_code>/new/", inquiries.inquiry_create, name="inquiry-create"),
]
