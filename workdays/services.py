"""取工作日曆，以及改動它的幾種辦法。"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import chinese_calendar.constants as published
from django.db import transaction
from django.utils.translation import gettext as _

from pingtan_civ.lib.holiday_notice import read_notice
from pingtan_civ.lib.working_days import WorkingCalendar
from workdays.models import CalendarDay

# 別的進程改了日曆，本進程最遲這麼多秒後看見；日曆一年改一兩次，值得省下每次的查詢。
FRESH_FOR_SECONDS = 60
_memo: tuple[float, WorkingCalendar] | None = None


def calendar() -> WorkingCalendar:
    """當前的工作日曆：表裏的日子優先，表裏沒有的年份用軟件包帶的，再往後推算。從不出錯。"""
    global _memo
    memo = _memo
    if memo is None or time.monotonic() > memo[0]:
        memo = (time.monotonic() + FRESH_FOR_SECONDS, _build())
        _memo = memo
    return memo[1]


def forget_calendar() -> None:
    """讓本進程下次重新讀表；改動日曆的服務和後台都會調用，測試也可以。"""
    global _memo
    _memo = None


def stored_calendar() -> WorkingCalendar:
    """此刻表裏的日曆，不用記憶；改日曆的事務裏用它看前後有什麼不同。"""
    return _build()


def estimate_note(day: date | None) -> str:
    """這一天所在年份的安排還沒公佈時，該跟在日期後面的一句話；公佈了的為空。"""
    if day is None or not calendar().is_estimate(day):
        return ""
    return _("該年度放假安排尚未公佈，暫按推算")


def _build() -> WorkingCalendar:
    return calendar_from(CalendarDay.objects.values_list("date", "kind"))


def calendar_from(days: Iterable[tuple[date, str]]) -> WorkingCalendar:
    """若表裏是這些日子，日曆是什麼樣。"""
    rows = list(days)
    recorded = {day.year for day, kind in rows if kind != CalendarDay.Kind.LOCAL_CLOSURE}
    overrides = {day: False for day in published.holidays if day.year not in recorded}
    overrides |= {day: True for day in published.workdays if day.year not in recorded}
    overrides |= {day: kind == CalendarDay.Kind.MAKE_UP for day, kind in rows}
    return WorkingCalendar(overrides, _published_through(rows))


def _published_through(rows: list[tuple[date, str]]) -> date:
    """安排已公佈到哪一天。

    一年的安排錄到十月（國慶）才算錄齊；只錄了颱風停辦或元旦的年份仍算推算，
    免得半份安排被當成全年的。
    """
    complete = {
        day.year for day, kind in rows if kind == CalendarDay.Kind.HOLIDAY and day.month == 10
    }
    year = max(published.holidays).year
    while year + 1 in complete:
        year += 1
    return date(year, 12, 31)


@transaction.atomic
def put_day(*, day: date, kind: str, name: str, source: str, at: datetime) -> CalendarDay:
    """記下與平常不同的一天（颱風停辦、臨時調班）；這一天原有的換掉。"""
    row, _created = CalendarDay.objects.update_or_create(
        date=day, defaults={"kind": kind, "name": name, "source": source, "imported_at": at}
    )
    calendar_changed()
    return row


@transaction.atomic
def remove_day(*, day: date) -> None:
    """刪去這一天的記錄，回到週末規則。"""
    CalendarDay.objects.filter(date=day).delete()
    calendar_changed()


@dataclass(frozen=True)
class ImportedYear:
    """導入一年安排的結果，供提示和日誌用。"""

    year: int
    holidays: int
    make_ups: int


@transaction.atomic
def import_year(*, text: str, year: int, source: str, at: datetime) -> ImportedYear:
    """錄入一年的安排（通知全文或表格），換掉該年原有的放假和調休；本地停辦日保留。

    整份要麼全進、要麼不進；讀不懂時抛出 UnreadableNotice。誰導入的由調用者留痕
    （本應用在最底層，不認識人員和留痕）。
    """
    days = read_notice(text, year)
    days_of_year = CalendarDay.objects.select_for_update().filter(date__year=year)
    days_of_year.exclude(kind=CalendarDay.Kind.LOCAL_CLOSURE).delete()
    CalendarDay.objects.filter(date__in=[day.date for day in days]).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(date=day.date, kind=day.kind, name=day.name, source=source, imported_at=at)
        for day in days
    )
    calendar_changed()
    make_ups = sum(day.kind == CalendarDay.Kind.MAKE_UP for day in days)
    return ImportedYear(year, len(days) - make_ups, make_ups)


def calendar_changed() -> None:
    """改過日曆表之後調用：本事務內立刻重讀，提交之後再重讀一次，免得別的線程記住舊的。"""
    forget_calendar()
    transaction.on_commit(forget_calendar)
