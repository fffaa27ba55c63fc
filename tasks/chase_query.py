"""催報台的篩選：網址裏的條件讀成一個值，矩陣、手機清單、催全部、打印和群文本都用它。"""

import re
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from pingtan_civ.lib.dates import month_end
from pingtan_civ.lib.numerals import to_chinese
from tasks.breakdown_query import Reader
from tasks.chase_stand import FILTERS
from tasks.models import Assignment, Submission

BY = ("measure", "indicator")
OWED, CURRENT = "owed", "now"
"""期的兩個特別值：不論哪一期、還沒辦完的；今天所在的那一期。"""
_PERIOD = re.compile(r"(?P<year>20\d\d)-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4]))")


@dataclass(frozen=True)
class ChaseQuery:
    """一組條件。ignored 是讀不懂而沒有用上的參數名，要告訴人。"""

    by: str = "measure"
    period: str = OWED
    unit: int | None = None
    task: int | None = None
    objective: int | None = None
    state: tuple[str, ...] = ()
    role: str = ""
    overdue: bool = False
    since: date | None = None
    """只看這一天以來沒有催過的。"""
    whole: bool = False
    """連不欠的單位和措施也列出。"""
    measure: int | None = None
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, data: QueryDict) -> "ChaseQuery":
        """讀網址裏的參數；不認識的值不用，記在 ignored 裏。"""
        reader = Reader(data)
        period = data.get("period") or OWED
        if period not in (OWED, CURRENT) and not _PERIOD.fullmatch(period):
            reader.ignored.append("period")
            period = OWED
        return cls(
            by=reader.one("by", BY, "measure"),
            period=period,
            unit=reader.number("unit"),
            task=reader.number("task"),
            objective=reader.number("objective"),
            state=reader.several("state", list(FILTERS)),
            role=reader.one("role", ["", *Assignment.Role.values], ""),
            overdue=reader.one("overdue", ["", "1"], "") == "1",
            since=reader.day("since"),
            whole=reader.one("whole", ["", "1"], "") == "1",
            measure=reader.number("measure"),
            ignored=tuple(reader.ignored),
        )

    def as_dict(self) -> dict[str, Any]:
        """只含與默認不同的條件，網址因此最短。"""
        found: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "ignored" or value == each.default:
                continue
            if isinstance(value, bool):
                value = 1
            found[each.name] = value.isoformat() if isinstance(value, date) else value
        return found

    @property
    def words(self) -> str:
        """網址裏「?」後面的部分；沒有條件時為空。"""
        return urlencode(self.as_dict(), doseq=True)

    def url(self, **changes: Any) -> str:
        words = replace(self, **changes).words
        return f"?{words}" if words else "?"

    def bare(self) -> "ChaseQuery":
        """去掉篩選，留下看法（措施或指標、哪一期、列不列不欠的）。"""
        return ChaseQuery(by=self.by, period=self.period, whole=self.whole)

    @property
    def is_filtered(self) -> bool:
        return self.bare() != self

    # 查詢

    def scope(self, today: date) -> Q:
        """要看的報送：這一期的，連同能在庫裏篩的條件。"""
        return _in_period(self.period, today) & self.place("assignment__")

    def place(self, path: str = "") -> Q:
        """單位、措施、主要任務、工作目標、分工；path 是走到 Assignment 的路。"""
        pairs = {
            "department": self.unit,
            "measure": self.measure,
            "measure__main_task": self.task,
            "measure__objective": self.objective,
            "role": self.role or None,
        }
        return Q(**{f"{path}{key}": value for key, value in pairs.items() if value is not None})


def _in_period(period: str, today: date) -> Q:
    if period == OWED:
        return Q(period_start__lte=today) & ~Q(state=Submission.State.ACCEPTED)
    if period == CURRENT:
        # 往期逾期的一併取來，只數份數，不上矩陣。
        earlier = Q(state=Submission.State.OPEN, period_end__lt=today, due_date__lt=today)
        return Q(period_start__lte=today) & (Q(period_end__gte=today) | earlier)
    first, last = span_of(period)
    return Q(due_date__range=(first, last))


def span_of(period: str) -> tuple[date, date]:
    """「2026-11」「2026-Q4」的首尾兩天。"""
    found = _PERIOD.fullmatch(period)
    year = int(found["year"])
    if found["month"]:
        month = int(found["month"])
        return date(year, month, 1), month_end(year, month)
    last = 3 * int(found["quarter"])
    return date(year, last - 2, 1), month_end(year, last)


def period_choices(campaign: Campaign, today: date, chosen: str) -> list[tuple[str, str]]:
    """期的選項：全部未報、本期，活動開始以來各季各月（新的在前）。"""
    found = [(OWED, _("全部未報")), (CURRENT, _("本期"))]
    end = min(campaign.end_date, month_end(today.year, today.month))
    end = max(end, campaign.start_date)
    months = _months(campaign.start_date, end)
    quarters = list(dict.fromkeys((year, (month + 2) // 3) for year, month in months))
    found += [(f"{year}-{month:02d}", _month_words(year, month)) for year, month in months]
    found += [(f"{year}-Q{number}", _quarter_words(year, number)) for year, number in quarters]
    if chosen not in dict(found):
        first, _last = span_of(chosen)
        label = (
            _quarter_words(first.year, (first.month + 2) // 3)
            if "Q" in chosen
            else _month_words(first.year, first.month)
        )
        found.append((chosen, label))
    return found


def _month_words(year: int, month: int) -> str:
    return _("%(year)d年%(month)d月到期") % {"year": year, "month": month}


def _quarter_words(year: int, number: int) -> str:
    return _("%(year)d年第%(number)s季度到期") % {"year": year, "number": to_chinese(number)}


def _months(start: date, end: date) -> list[tuple[int, int]]:
    found = []
    year, month = end.year, end.month
    while (year, month) >= (start.year, start.month) and len(found) < 24:
        found.append((year, month))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return found
