"""工作日的算術：不讀數據庫，由 workdays.services.calendar() 填好數據交來。

時限一律「當日不計，次日起算」。法定放假日、調休上班日、本地停辦日以交來的為準；
晚於最後公佈年份的日子按週末加法定節假日推算，從不出錯，但 is_estimate 會如實說。
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import date

from pingtan_civ.lib.statutory import statutory_holidays

_SATURDAY = 5


class WorkingCalendar:
    """一份工作日曆。建好後不再改變，可在線程間共用。

    overrides 說明某一天上班（True）還是不上班（False），蓋過週末規則；
    published_through 是國務院已公佈安排的最後一天，None 表示一年都沒有公佈。
    """

    def __init__(
        self, overrides: Mapping[date, bool] | None = None, published_through: date | None = None
    ) -> None:
        self._overrides = dict(overrides or {})
        self.published_through = published_through
        self._years: dict[int, list[int]] = {}

    def is_working(self, day: date) -> bool:
        """這一天辦公嗎。"""
        if (known := self._overrides.get(day)) is not None:
            return known
        if day.weekday() >= _SATURDAY:
            return False
        return not (self.is_estimate(day) and day in statutory_holidays(day.year))

    def is_estimate(self, day: date) -> bool:
        """這一天所在年份的放假安排尚未公佈，結果只是推算。"""
        return self.published_through is None or day > self.published_through

    def add(self, start: date, n: int) -> date:
        """start 之後第 n 個工作日；start 當日不計。n 為負則往前數，為 0 則原樣返回。"""
        if n == 0:
            return start
        year, days = start.year, self._working_ordinals(start.year)
        if n > 0:
            index = bisect_right(days, start.toordinal()) + n - 1
            while index >= len(days):
                index -= len(days)
                year += 1
                days = self._working_ordinals(year)
        else:
            index = bisect_left(days, start.toordinal()) + n
            while index < 0:
                year -= 1
                days = self._working_ordinals(year)
                index += len(days)
        return date.fromordinal(days[index])

    def between(self, a: date, b: date) -> int:
        """從 a 到 b 有幾個工作日：a 不計、b 計；b 早於 a 則為負數。

        與 add 互為逆運算：b 是工作日時，add(a, between(a, b)) == b。
        """
        if b < a:
            return -self._count(b.toordinal() - 1, a.toordinal() - 1)
        return self._count(a.toordinal(), b.toordinal())

    def next_working(self, day: date) -> date:
        """當日是工作日則為當日，否則為其後第一個工作日。"""
        return day if self.is_working(day) else self.add(day, 1)

    def previous_working(self, day: date) -> date:
        """當日是工作日則為當日，否則為其前最後一個工作日。"""
        return day if self.is_working(day) else self.add(day, -1)

    def changed_days(self, other: "WorkingCalendar", years: Iterable[int]) -> list[date]:
        """這些年裏，上不上班與另一份日曆不同的日子，按先後。"""
        differing: set[int] = set()
        for year in years:
            differing ^= set(self._working_ordinals(year)) ^ set(other._working_ordinals(year))
        return [date.fromordinal(ordinal) for ordinal in sorted(differing)]

    def _count(self, after: int, through: int) -> int:
        """序數在 (after, through] 之間的工作日數。"""
        total = 0
        for year in range(date.fromordinal(max(after, 1)).year, date.fromordinal(through).year + 1):
            days = self._working_ordinals(year)
            total += bisect_right(days, through) - bisect_right(days, after)
        return total

    def _working_ordinals(self, year: int) -> list[int]:
        """該年全部工作日的序數，第一次用到時算好；多個線程同時算，結果相同，無需加鎖。"""
        if year not in self._years:
            first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            self._years[year] = [
                ordinal
                for ordinal in range(first, last + 1)
                if self.is_working(date.fromordinal(ordinal))
            ]
        return self._years[year]
