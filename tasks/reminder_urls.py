"""提醒規則的網址。"""

from django.urls import path

from tasks.views import reminder_rules

_RULES = "campaigns/<slug:campaign_code>/reminders/"

urlpatterns = [
    path(_RULES, reminder_rules.reminder_policy, name="reminder-policy"),
    path(_RULES + "reset/", reminder_rules.reminder_reset, name="reminder-reset"),
    path(_RULES + "preview/", reminder_rules.reminder_preview, name="reminder-preview"),
]
