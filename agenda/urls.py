from django.urls import path

from agenda.views import feeds, month, working_days

app_name = "agenda"

urlpatterns = [
    path("calendar/", month.month, name="month"),
    path("calendar/subscribe/", feeds.subscribe, name="subscribe"),
    path("calendar/working-days/", working_days.working_days, name="working-days"),
    path("calendar/working-days/import/", working_days.import_year, name="calendar-import"),
    path("calendar/working-days/day/", working_days.edit_day, name="calendar-day"),
    path("calendar/<slug:key>.ics", feeds.feed, name="feed"),
]
