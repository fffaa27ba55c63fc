"""日曆改了，按工作日數出來的時限跟着走：上層登記「怎樣重算」，本應用不認識它們。"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models

from pingtan_civ.lib.working_days import WorkingCalendar


@dataclass(frozen=True)
class MovedLimit:
    """隨日曆挪動了的一個時限。上層已經存好，這裏只供留痕和知會。

    target 是挪動的那一行，topic 是人們會在哪一頁上找這段經過；people 是今天該辦它的人。
    label 說是什麼時限（「簽收時限」），subject 說是哪一件，都用原文（繁體）。
    is_live 的時限不存庫，隨用隨算（如辦公室的審核時限），只是知會。
    """

    target: models.Model
    topic: models.Model
    label: str
    subject: str
    url: str
    old: date
    new: date
    people: tuple[Any, ...] = ()
    is_live: bool = False


#: (改動前的日曆, 改動後的日曆, 此刻) → 挪動了的時限。在改日曆的同一事務裏調用，自己存庫。
#: 只挪「按舊日曆數出來正是這一天」的：手定的日期不動，再跑一遍也不會多挪。
Recalculation = Callable[[WorkingCalendar, WorkingCalendar, datetime], list[MovedLimit]]
_recalculations: list[Recalculation] = []


def register_recalculation(recalculate: Recalculation) -> None:
    """應用啟動時登記；重複登記只算一次。"""
    if recalculate not in _recalculations:
        _recalculations.append(recalculate)


def recalculate_limits(
    before: WorkingCalendar, after: WorkingCalendar, at: datetime
) -> list[MovedLimit]:
    """讓各處還開着的時限跟上新日曆，返回挪動了的。"""
    return [moved for each in _recalculations for moved in each(before, after, at)]


@dataclass(frozen=True)
class CalendarShift:
    """一次改動：前後兩份日曆、此刻、變了的第一天和最後一天。往年的改動不算。"""

    before: WorkingCalendar
    after: WorkingCalendar
    today: date
    first: date
    last: date

    @classmethod
    def between(
        cls, before: WorkingCalendar, after: WorkingCalendar, today: date
    ) -> "CalendarShift | None":
        """今年起沒有一天上不上班變了，就沒有時限要挪。"""
        through = max(
            (day.year for day in (before.published_through, after.published_through) if day),
            default=today.year,
        )
        changed = after.changed_days(before, range(today.year, max(through, today.year) + 2))
        return cls(before, after, today, changed[0], changed[-1]) if changed else None

    def moved(self, base: date, days: int, current: date) -> date | None:
        """從 base 起第 days 個工作日的時限現在該是哪天；不是按舊日曆數的、沒有變的返回 None。

        不會提早到過去：提早了也至少留到今天；已經過了的不再提早。
        """
        if self.before.add(base, days) != current:
            return None
        return self._kind(self.after.add(base, days), current)

    def rolled(self, raw: date, current: date) -> date | None:
        """遇休息日順延的時限：raw 是沒有順延的那一天。"""
        if self.before.next_working(raw) != current:
            return None
        return self._kind(self.after.next_working(raw), current)

    def _kind(self, new: date, current: date) -> date | None:
        if new < self.today:
            new = max(new, min(current, self.today))
        return new if new != current else None
