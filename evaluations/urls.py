from django.urls import path

from evaluations.views import honours, letters, overview

app_name = "evaluations"

urlpatterns = [
    path("overview/", overview.current, name="current"),
    path("overview/<slug:campaign_code>/", overview.overview, name="overview"),
    path("honours/", honours.honour_list, name="honour-list"),
    path("honours/new/", honours.honour_create, name="honour-create"),
    path("honours/<int:pk>/edit/", honours.honour_edit, name="honour-edit"),
    path("letters/<slug:campaign_code>/", letters.letter_list, name="letter-list"),
    path("letters/<slug:campaign_code>/draft/", letters.draft_all, name="letter-draft-all"),
    path("letters/<slug:campaign_code>/send/", letters.send_all, name="letter-send-all"),
    path("letters/<slug:campaign_code>/print/", letters.print_all, name="letter-print-all"),
    path("letter/<int:pk>/", letters.letter, name="letter"),
    path("letter/<int:pk>/terms/", letters.letter_terms, name="letter-terms"),
    path("letter/<int:pk>/send/", letters.letter_send, name="letter-send"),
    path("letter/<int:pk>/sign/", letters.letter_sign, name="letter-sign"),
    path("letter/<int:pk>/return/", letters.letter_return, name="letter-return"),
    path("letter/<int:pk>/void/", letters.letter_void, name="letter-void"),
    path("letter/<int:pk>/supplement/", letters.letter_supplement, name="letter-supplement"),
    path("letter/<int:pk>/acknowledge/", letters.letter_acknowledge, name="letter-acknowledge"),
    path("letter/<int:pk>/paper/", letters.letter_paper, name="letter-paper"),
]
