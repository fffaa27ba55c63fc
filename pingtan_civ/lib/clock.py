"""現在幾點：全站只在請求、命令和定時任務的入口取一次時間，其餘一律作為參數傳遞。"""

from datetime import date, datetime, time

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """當前時刻；設了 TODAY（演示用）時，日期取它、鐘點取真實的。"""
    moment = timezone.localtime()
    if settings.TODAY:
        moment = datetime.combine(
            date.fromisoformat(settings.TODAY), moment.timetz().replace(tzinfo=None), moment.tzinfo
        )
    return moment


def today() -> date:
    """北京時間的今天。時限是日期，不是時刻。"""
    return now().date()


def at_hour(day: date, hour: int, minute: int = 0) -> datetime:
    """某日某時（北京時間）。"""
    return datetime.combine(day, time(hour, minute), timezone.get_default_timezone())
