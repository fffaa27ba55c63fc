"""網址：消息、消息設置、發件台、渠道。"""

from django.urls import path

from journal.views import gateways, notices, outbox, preferences

app_name = "journal"

urlpatterns = [
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/settings/", preferences.preferences, name="preferences"),
    path("notices/<int:pk>/", notices.notice, name="notice"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/resend/", outbox.resend, name="outbox-resend"),
    path("outbox/channels/", gateways.gateway_list, name="gateway-list"),
    path("outbox/channels/mail/test/", gateways.mail_try, name="mail-try"),
    path("outbox/channels/new/<slug:kind>/", gateways.gateway_create, name="gateway-create"),
    path("outbox/channels/<int:pk>/", gateways.gateway_edit, name="gateway-edit"),
    path("outbox/channels/<int:pk>/test/", gateways.gateway_try, name="gateway-try"),
]
