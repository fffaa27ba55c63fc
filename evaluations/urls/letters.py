"""目標責任書。"""

from django.urls import path

from evaluations.views import letters

urlpatterns = [
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
