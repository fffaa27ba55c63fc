"""日期的中文寫法，以及讀懂人們手打的和 Excel 裏的日期。"""

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

BEIJING = ZoneInfo("Asia/Shanghai")
# 早於或晚於此的，多半是打錯了一位。
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_WEEKDAYS = "一二三四五六日"


def sensible_day(day: date) -> None:
    """表單裏日期的校驗：早於 1990 年或晚於 2100 年的多半打錯了，也免得再加幾天就出了曆法。"""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        words = {"first": _FIRST_YEAR, "last": _LAST_YEAR}
        raise ValidationError(_("日期應在 %(first)s 年至 %(last)s 年之間，請檢查年份。") % words)


def long_date(day: date) -> str:
    """2026年11月23日，公文用。"""
    return f"{day.year}年{day.month}月{day.day}日"


def short_date(day: date) -> str:
    """11月23日，列表用；年份從上下文可知時才用。"""
    return f"{day.month}月{day.day}日"


def near_date(day: date, today: date) -> str:
    """今年的寫 11月23日，別的年份帶上年：2027年1月31日。時刻按北京時間取日子。"""
    if isinstance(day, datetime):
        day = (day.astimezone(BEIJING) if day.tzinfo else day).date()
    return short_date(day) if day.year == today.year else long_date(day)


def weekday(day: date) -> str:
    """週三。"""
    return "週" + _WEEKDAYS[day.weekday()]


def moment(at: datetime, *, today: date) -> str:
    """時刻：當天寫「今天 09:12」，同年寫「11月20日 15:06」，別的年份帶上年。一律北京時間。"""
    local = at.astimezone(BEIJING) if at.tzinfo else at
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return _("今天 %(clock)s") % {"clock": clock}
    return f"{near_date(local.date(), today)} {clock}"


def date_range(start: date, end: date) -> str:
    """一段日子，相同的年月不重複：2026年11月1日至30日。"""
    if start == end:
        return long_date(start)
    if start.year != end.year:
        return f"{long_date(start)}至{long_date(end)}"
    if start.month != end.month:
        return f"{long_date(start)}至{short_date(end)}"
    return f"{long_date(start)}至{end.day}日"


def month_end(year: int, month: int) -> date:
    """該月最後一天。"""
    return date(year, month, calendar.monthrange(year, month)[1])


_Y = r"(?P<year>\d{4})"
_M = r"(?P<month>\d{1,2})"
_D = r"(?P<day>\d{1,2})"
_TENS = {"上": 10, "中": 20}


# 寫法 → 怎樣變成日期。先匹配的先用；沒有年份的用調用者給的那一年。
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int], date]], ...] = tuple(
    (re.compile(pattern, re.ASCII), build)
    for pattern, build in [
        (
            rf"{_Y}(?P<mark>[-/.]){_M}(?P=mark){_D}(?:[T ]\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?",
            lambda m, year: date(int(m["year"]), int(m["month"]), int(m["day"])),
        ),
        (
            r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
            lambda m, year: date(int(m["year"]), int(m["month"]), int(m["day"])),
        ),
        (
            rf"(?:{_Y}年)?{_M}月{_D}[日號号]?",
            lambda m, year: date(int(m["year"] or year), int(m["month"]), int(m["day"])),
        ),
        (
            rf"{_M}[-/.]{_D}",
            lambda m, year: date(year, int(m["month"]), int(m["day"])),
        ),
        (
            rf"(?:{_Y}年)?{_M}月份?[底末]?",
            lambda m, year: month_end(int(m["year"] or year), int(m["month"])),
        ),
        (
            rf"{_Y}[-/.]{_M}",
            lambda m, year: month_end(int(m["year"]), int(m["month"])),
        ),
        (
            rf"(?:{_Y}年)?{_M}月份?(?P<ten>[上中下])旬",
            lambda m, year: _ten_days(int(m["year"] or year), int(m["month"]), m["ten"]),
        ),
        (
            rf"(?:{_Y}年)?第?(?P<quarter>[一二三四1-4])季度[底末]?",
            lambda m, year: month_end(int(m["year"] or year), 3 * _quarter(m["quarter"])),
        ),
        (
            rf"(?:{_Y}年)?(?P<half>[上下])半年",
            lambda m, year: month_end(int(m["year"] or year), 6 if m["half"] == "上" else 12),
        ),
        (
            rf"(?:{_Y}年|全?年)[底末]?",
            lambda m, year: date(int(m["year"] or year), 12, 31),
        ),
    ]
)


def _ten_days(year: int, month: int, ten: str) -> date:
    return date(year, month, _TENS[ten]) if ten in _TENS else month_end(year, month)


def _quarter(text: str) -> int:
    return int(text) if text.isdigit() else "一二三四".index(text) + 1


def parse_date(text: object, year: int) -> date:
    """讀懂一個日期；沒有寫年份的，按 year 年。

    「12月底前」「12月」讀作當月最後一天，「3月上旬」讀作 10 日，「第一季度」讀作季末。
    讀不懂或沒有這一天時抛出 ValueError，帶一句可以直接給人看的話。
    """
    if isinstance(text, datetime):
        found = (text.astimezone(BEIJING) if text.tzinfo else text).date()
    elif isinstance(text, date):
        found = text
    else:
        found = _read(str(text), year)
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise ValueError(_("日期「%(text)s」的年份不對，請改正後再試。") % {"text": text})
    return found


def _read(text: str, year: int) -> date:
    plain = _plain(text)
    for pattern, build in _PATTERNS:
        if match := pattern.fullmatch(plain):
            try:
                return build(match, year)
            except ValueError:
                raise ValueError(
                    _("沒有「%(text)s」這一天，請核對月份和日期。") % {"text": text.strip()}
                )
    raise ValueError(
        _("「%(text)s」看不出是哪一天，請寫成 2026-11-23 或 11月23日。")
        % {"text": text.strip()[:40]}
    )


def _plain(text: str) -> str:
    """去掉全半角、空白、星期和「前」字這些不影響是哪一天的寫法。"""
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"\((?:週|周|星期)[一二三四五六日天]\)$", "", plain)
    plain = re.sub(r"(?<=[年月日號号底末旬\d度])\s*(?:之前|以前|前)$", "", plain)
    plain = re.sub(r"\s+(?=[年月日號号底末\d]*[年月日號号底末])", "", plain)
    return re.sub(r"(?<=[年月])\s+", "", plain).strip()
