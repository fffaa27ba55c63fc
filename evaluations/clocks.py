"""考核的事輪到人之後，最遲哪天辦。只是日期的算術；定在庫裏的日期（階段、考察、徵詢）不在這裏。"""

from datetime import date, datetime

from django.utils.timezone import localdate

from evaluations.models import TargetLetter, VetoEvent
from pingtan_civ.lib.working_days import WorkingCalendar

LETTER_DAYS = 5
"""責任書輪到一方（簽訂，或退回之後修改再送）幾個工作日內辦。"""


def after_the_phase(due: date, calendar: WorkingCalendar) -> date:
    """自評、異議期截止之後，創建辦哪天往下走：下一個工作日。"""
    return calendar.add(due, 1)


def letter_due(letter: TargetLetter, calendar: WorkingCalendar) -> date:
    return calendar.add(localdate(letter.moved_at), LETTER_DAYS)


def veto_due(event: VetoEvent, calendar: WorkingCalendar) -> date:
    """領導最遲哪天認定：從單位說了話（自報、說明）起，或自報期滿起，數審核時限。

    主管部門還沒有認定的沒有自報期限，從登記起數。
    """
    days = event.item.campaign.review_days
    spoke: datetime | None = event.reported_at if event.is_self_reported else event.stated_at
    if spoke is None and event.report_due_date:
        start = max(event.report_due_date, localdate(event.reported_at))
    else:
        start = localdate(spoke or event.reported_at)
    return calendar.add(start, days)


def release_due(proposed_at: datetime, event: VetoEvent, calendar: WorkingCalendar) -> date:
    """解除提出之後，也數審核時限。"""
    return calendar.add(localdate(proposed_at), event.item.campaign.review_days)


def is_statement_awaited(event: VetoEvent) -> bool:
    """主管部門已認定、單位沒有自報也還沒有說明：等它在自報的期限之內說話。"""
    return (
        event.is_pending
        and not event.is_self_reported
        and event.stated_at is None
        and event.report_due_date is not None
    )
