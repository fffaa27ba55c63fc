"""報送週期：一項措施按月、季、半年、年要報幾次，每次報哪一段，何時截止。"""

from dataclasses import dataclass
from datetime import date, timedelta

from pingtan_civ.lib.dates import month_end
from pingtan_civ.lib.numerals import to_chinese

# 每種週期一期幾個月；一次性的不分期。
MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
ONCE = "once"


@dataclass(frozen=True)
class Period:
    """一期。label 供程序和唯一約束用，name 給人看；start、end 首尾兩天都算在內。"""

    label: str
    name: str
    start: date
    end: date


def periods(cycle: str, start: date, end: date) -> list[Period]:
    """覆蓋 [start, end] 的各期，按日曆的月、季、半年、年對齊，先後為序。

    頭尾兩期可能超出 [start, end]：十一月開始的季報，第一期仍是整個第四季度。
    一次性的就是 start 到 end 這一段。end 早於 start 時一期也沒有。
    """
    if cycle != ONCE and cycle not in MONTHS:
        raise ValueError(f"不認識的週期 {cycle}。")
    if end < start:
        return []
    if cycle == ONCE:
        return [Period(ONCE, "一次性", start, end)]
    found = [period_of(cycle, start)]
    while found[-1].end < end:
        found.append(period_of(cycle, found[-1].end + timedelta(days=1)))
    return found


def period_of(cycle: str, day: date) -> Period:
    """某日所在的那一期（一次性除外）。"""
    months = MONTHS[cycle]
    number = (day.month - 1) // months + 1
    label, name = _names(cycle, day.year, number)
    return Period(
        label,
        name,
        date(day.year, (number - 1) * months + 1, 1),
        month_end(day.year, number * months),
    )


def _names(cycle: str, year: int, number: int) -> tuple[str, str]:
    if cycle == "monthly":
        return f"{year}-{number:02d}", f"{year}年{number}月"
    if cycle == "quarterly":
        return f"{year}-Q{number}", f"{year}年第{to_chinese(number)}季度"
    if cycle == "half_yearly":
        return f"{year}-H{number}", f"{year}年{'上下'[number - 1]}半年"
    return str(year), f"{year}年度"


def due_date(period: Period, report_day: int = 25, last: date | None = None) -> date:
    """該期的報送截止日：最後一個月的 report_day 日，不晚於 last。

    一次性的沒有「每月幾日」，截止日就是該段的最後一天。report_day 超過當月天數的取月末。
    是否順延到工作日由調用者決定。
    """
    if period.label == ONCE:
        due = period.end
    else:
        due = period.end.replace(day=min(report_day, period.end.day))
    return due if last is None else min(due, last)
