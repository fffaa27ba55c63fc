"""催報台的網址。"""

from django.urls import path

from tasks.views import chase_records, chasing

_BOARD = "chasing/<slug:campaign_code>/"

urlpatterns = [
    path(_BOARD, chasing.chase_board, name="chase-board"),
    path(_BOARD + "send/", chasing.chase_send, name="chase-send"),
    path(_BOARD + "papers/", chase_records.chase_paper, name="chase-paper"),
    path(_BOARD + "group-text/", chase_records.chase_group, name="chase-group"),
    path(_BOARD + "units/<int:pk>/", chase_records.chase_unit, name="chase-unit"),
    path(_BOARD + "units/<int:pk>/call/", chase_records.chase_phone, name="chase-phone"),
    path("submissions/<int:pk>/chases/", chase_records.chase_history, name="chase-history"),
    path("chases/<uuid:batch>/", chase_records.chase_received, name="chase-received"),
]
