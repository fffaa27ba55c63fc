"""月曆的格子：週一在前，休、班、停各有記號，每天的到期放進格裏。不查庫。"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from agenda.deadlines import Deadline
from agenda.tallies import DayTally
from pingtan_civ.lib.dates import month_end, weekday
from pingtan_civ.lib.working_days import WorkingCalendar
from workdays.models import CalendarDay

#: 一格裏最多列幾件，再多的寫「另有幾件」。
MOST_IN_CELL = 3
FIRST_YEAR, LAST_YEAR = 2004, 2099

Records = dict[date, tuple[str, str]]
"""日曆表裏的日子：{日期: (類別, 名稱)}。"""


@dataclass
class Day:
    """月曆上的一天。mark 是「休」「班」「停」或空。"""

    date: date
    in_month: bool
    is_today: bool
    is_working: bool
    is_estimate: bool
    mark: str
    name: str
    items: list[Deadline] = field(default_factory=list)
    tallies: list[DayTally] = field(default_factory=list)

    @property
    def shown(self) -> list[Deadline]:
        return self.items if len(self.items) <= MOST_IN_CELL + 1 else self.items[:MOST_IN_CELL]

    @property
    def hidden(self) -> int:
        return len(self.items) - len(self.shown)

    @property
    def weekday(self) -> str:
        return weekday(self.date)

    @property
    def is_empty(self) -> bool:
        return not (self.items or self.tallies)

    @property
    def meaning(self) -> str:
        """記號的意思，讀屏和提示用。"""
        words = {
            _("休"): _("放假"),
            _("班"): _("調休上班"),
            _("停"): _("本地停辦"),
        }
        return " ".join(part for part in (words.get(self.mark, ""), self.name) if part)


@dataclass(frozen=True)
class Week:
    """一行：年內第幾週，這一整週有幾個工作日。"""

    number: int
    working: int
    days: list[Day]


@dataclass(frozen=True)
class Month:
    """一個月。working 是全月工作日數，left 是今天之後還剩幾個（不是本月的為 None）。"""

    first: date
    last: date
    weeks: list[Week]
    working: int
    left: int | None
    is_estimate: bool

    @property
    def days(self) -> list[Day]:
        return [day for week in self.weeks for day in week.days]

    @property
    def busy_days(self) -> list[Day]:
        """手機上按日列：有到期的、與平常不同的、今天。"""
        return [
            day
            for day in self.days
            if day.in_month and (not day.is_empty or day.mark or day.is_today)
        ]


def grid_of(first: date) -> tuple[date, date]:
    """月曆格子的第一天和最後一天：補足頭尾兩週。"""
    last = month_end(first.year, first.month)
    return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())


def build_month(
    first: date,
    today: date,
    calendar: WorkingCalendar,
    records: Records,
    items: list[Deadline],
    counts: list[DayTally],
) -> Month:
    start, end = grid_of(first)
    last = month_end(first.year, first.month)
    days = {
        day: _day(day, first, today, calendar, records)
        for day in (start + timedelta(days=n) for n in range((end - start).days + 1))
    }
    for item in items:
        if item.on in days:
            days[item.on].items.append(item)
    for tally in counts:
        if tally.on in days:
            days[tally.on].tallies.append(tally)
    row = list(days.values())
    weeks = [_week(row[n : n + 7]) for n in range(0, len(row), 7)]
    before = first - timedelta(days=1)
    return Month(
        first=first,
        last=last,
        weeks=weeks,
        working=calendar.between(before, last),
        left=calendar.between(today, last) if first <= today <= last else None,
        is_estimate=calendar.is_estimate(last),
    )


def _week(days: list[Day]) -> Week:
    working = sum(day.is_working for day in days)
    return Week(days[0].date.isocalendar().week, working, days)


def _day(day: date, first: date, today: date, calendar: WorkingCalendar, records: Records) -> Day:
    kind, name = records.get(day, ("", ""))
    is_working = calendar.is_working(day)
    marks = {
        CalendarDay.Kind.HOLIDAY: _("休"),
        CalendarDay.Kind.MAKE_UP: _("班"),
        CalendarDay.Kind.LOCAL_CLOSURE: _("停"),
    }
    mark = marks.get(kind, "")
    if not mark and is_working != (day.weekday() < 5):
        # 表裏沒有記錄：軟件包帶的，或推算的節日。
        mark = _("班") if is_working else _("休")
    return Day(
        date=day,
        in_month=day.month == first.month and day.year == first.year,
        is_today=day == today,
        is_working=is_working,
        is_estimate=calendar.is_estimate(day),
        mark=mark,
        name=name,
    )
