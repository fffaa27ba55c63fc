"""回溯期：某日往前數若干個月之內的事算不算數。純函數，不讀數據庫。

往前數按月、按同一天：2026年11月23日前 12 個月從 2025年11月23日起（那一天算在內）。
那個月沒有這一天的，取那個月的最後一天：2026年3月31日前一個月從 2026年2月28日起。
"""

from datetime import date

from pingtan_civ.lib.dates import month_end


def months_after(day: date, months: int) -> date:
    """往後數 months 個月的同一天（負數往前）；那個月沒有這一天的取月底。"""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = month_end(year, month + 1)
    return last.replace(day=min(day.day, last.day))


def is_within(happened: date, on: date, months: int) -> bool:
    """happened 在 on 往前 months 個月之內；兩頭都算在內。"""
    return months_after(on, -months) <= happened <= on


def last_day_within(happened: date, months: int) -> date:
    """happened 最後哪一天還在回溯期內；次日起不再算。與 is_within 一致由測試守住。

    月底的事算到月底：回溯從 2月29日往前數一年是 2月28日，所以 2月28日的事到 2月29日還算。
    """
    same = months_after(happened, months)
    if happened == month_end(happened.year, happened.month):
        return month_end(same.year, same.month)
    return same
