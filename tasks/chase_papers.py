"""催辦單：每個單位一張，主送、事由、附表、落款、回執。只備字，版式在模板和 chase.css 裏。"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from people.models import Department
from pingtan_civ.lib.dates import long_date, near_date
from pingtan_civ.lib.periods import ONCE
from tasks.lights import days_late
from tasks.models import Submission
from tasks.services.chase_words import by_department
from workdays.services import calendar


@dataclass(frozen=True)
class PaperRow:
    """附表的一行。overdue 是逾期的工作日數，沒有逾期時為空。"""

    code: str
    title: str
    role: str
    period: str
    due: str
    overdue: str


@dataclass(frozen=True)
class Paper:
    """一張催辦單。"""

    unit: str
    body: str
    rows: list[PaperRow]
    issuer: str
    day: str


def papers_of(rows: Sequence[Submission], campaign: Campaign, today: date) -> list[Paper]:
    """一個單位一張，單位按次序。一次查詢（落款的本局名稱）。"""
    issuer = _("%(bureau)s%(name)s領導小組辦公室") % {
        "bureau": _bureau_name(),
        "name": campaign.name,
    }
    return [
        Paper(
            unit=unit.name,
            body=_body(mine, campaign, today),
            rows=[_row(row, today) for row in mine],
            issuer=issuer,
            day=long_date(today),
        )
        for unit, mine in by_department(rows)
    ]


def _body(rows: Sequence[Submission], campaign: Campaign, today: date) -> str:
    late = sum(row.due_date < today for row in rows)
    words = {
        "name": campaign.name,
        "day": long_date(today),
        "count": len(rows),
        "late": late,
        "reply": long_date(calendar().add(today, 1)),
    }
    owed = (
        _(
            "按照%(name)s任務分解的安排，截至%(day)s，你單位有%(count)d項進展尚未報送，"
            "其中%(late)d項已逾期（見附表）。"
        )
        if late
        else _(
            "按照%(name)s任務分解的安排，截至%(day)s，你單位有%(count)d項進展尚待報送（見附表）。"
        )
    )
    ask = _(
        "請抓緊辦理，經單位負責人初審後及時報送；確有困難的，請在回執中寫明原因和"
        "預計報送時間，並於%(reply)s前將回執送回。"
    )
    return (owed + ask) % words


def _row(row: Submission, today: date) -> PaperRow:
    measure = row.assignment.measure
    days = days_late(row.due_date, today, calendar()) if row.due_date < today else 0
    return PaperRow(
        code=measure.code,
        title=measure.title,
        role=row.assignment.get_role_display(),
        period="—" if row.label == ONCE else row.name,
        due=near_date(row.due_date, today),
        overdue=str(days) if days else "—",
    )


def _bureau_name() -> str:
    bureaus = Department.objects.filter(kind=Department.Kind.BUREAU, parent__isnull=True)
    return bureaus.values_list("name", flat=True).first() or ""
