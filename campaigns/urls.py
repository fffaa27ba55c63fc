"""網址：創建活動、領導小組、方案。活動代碼出現在網址裏。"""

from django.urls import path

from campaigns import views, views_evidence_sets

app_name = "campaigns"

urlpatterns = [
    path("campaigns/", views.campaign_list, name="campaign-list"),
    path("evidence-sets/", views_evidence_sets.evidence_sets, name="evidence-sets"),
    path("evidence-sets/new/", views_evidence_sets.evidence_set_create, name="evidence-set-create"),
    path(
        "evidence-sets/<int:pk>/", views_evidence_sets.evidence_set_edit, name="evidence-set-edit"
    ),
    path("campaigns/new/", views.campaign_create, name="campaign-create"),
    path("campaigns/<slug:campaign_code>/", views.campaign_detail, name="campaign-detail"),
    path("campaigns/<slug:campaign_code>/edit/", views.campaign_edit, name="campaign-edit"),
    path("campaigns/<slug:campaign_code>/start/", views.campaign_start, name="campaign-start"),
    path("campaigns/<slug:campaign_code>/close/", views.campaign_close, name="campaign-close"),
    path("campaigns/<slug:campaign_code>/reopen/", views.campaign_reopen, name="campaign-reopen"),
    path(
        "campaigns/<slug:campaign_code>/leading-group/", views.leading_group, name="leading-group"
    ),
    path(
        "campaigns/<slug:campaign_code>/leading-group/seats/new/",
        views.seat_create,
        name="seat-create",
    ),
    path("campaigns/<slug:campaign_code>/leading-group/fill/", views.seats_fill, name="seats-fill"),
    path(
        "campaigns/<slug:campaign_code>/leading-group/seats/<int:pk>/edit/",
        views.seat_edit,
        name="seat-edit",
    ),
    path(
        "campaigns/<slug:campaign_code>/leading-group/seats/<int:pk>/end/",
        views.seat_end,
        name="seat-end",
    ),
    path(
        "campaigns/<slug:campaign_code>/leading-group/seats/<int:pk>/hand-over/",
        views.seat_hand_over,
        name="seat-hand-over",
    ),
]
