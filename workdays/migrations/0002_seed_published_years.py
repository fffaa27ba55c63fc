"""裝好就有 2024–2026 年的放假安排：把 chinesecalendar 與平常週一至週五不同的日子抄進表裏。"""

from datetime import date, datetime, timedelta, timezone

import chinese_calendar
from django.db import migrations

FIRST_YEAR, LAST_YEAR = 2024, 2026
SOURCE = "國務院辦公廳放假通知（chinesecalendar 1.11）"
# 抄錄時間寫成定值，兩台機器裝出來的數據才一模一樣。
COPIED_AT = datetime(2026, 11, 1, tzinfo=timezone.utc)
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春節",
    "Tomb-sweeping Day": "清明節",
    "Labour Day": "勞動節",
    "Dragon Boat Festival": "端午節",
    "National Day": "國慶節",
    "Mid-autumn Festival": "中秋節",
}


def seed(apps, schema_editor):
    CalendarDay = apps.get_model("workdays", "CalendarDay")
    rows, day = [], date(FIRST_YEAR, 1, 1)
    while day.year <= LAST_YEAR:
        working = chinese_calendar.is_workday(day)
        if working == (day.weekday() >= 5):
            name = chinese_calendar.get_holiday_detail(day)[1] or ""
            rows.append(
                CalendarDay(
                    date=day,
                    kind="make_up" if working else "holiday",
                    name=NAMES.get(name, name) + ("調休" if working else ""),
                    source=SOURCE,
                    imported_at=COPIED_AT,
                )
            )
        day += timedelta(days=1)
    CalendarDay.objects.bulk_create(rows, ignore_conflicts=True)


def unseed(apps, schema_editor):
    apps.get_model("workdays", "CalendarDay").objects.filter(source=SOURCE).delete()


class Migration(migrations.Migration):
    dependencies = [("workdays", "0001_initial")]

    operations = [migrations.RunPython(seed, unseed)]
