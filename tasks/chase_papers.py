"""催辦單：每個單位一張，主送、事由、附表、落款、回執。只備字；屏幕的版式在模板和 chase.css 裏，Word、PDF 在 reports.papers.chase。"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.naming import signature_of
from pingtan_civ.lib.dates import long_date, near_date
from pingtan_civ.lib.periods import ONCE
from tasks.lights import days_late
from tasks.models import Submission
from tasks.services.chase_words import by_department, is_to_sign, limit_of
from workdays.services import calendar


@dataclass(frozen=True)
class PaperRow:
    """附表的一行：等簽收的說簽收時限。overdue 是逾期的工作日數，沒有逾期時是「—」。"""

    code: str
    title: str
    role: str
    period: str
    wanted: str
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
    unit_id: int = 0


def papers_of(rows: Sequence[Submission], campaign: Campaign, today: date) -> list[Paper]:
    """一個單位一張，單位按次序。至多一次查詢（落款的本局名稱）。"""
    issuer = signature_of(campaign)
    return [
        Paper(
            unit=unit.name,
            body=_body(mine, campaign, today),
            rows=[_row(row, today) for row in mine],
            issuer=issuer,
            day=long_date(today),
            unit_id=unit.pk,
        )
        for unit, mine in by_department(rows, today)
    ]


def _body(rows: Sequence[Submission], campaign: Campaign, today: date) -> str:
    signing = sum(is_to_sign(row, today) for row in rows)
    words = {
        "name": "".join(campaign.name.split()),  # 公文裏數字和漢字之間不空格
        "day": long_date(today),
        "owing": len(rows) - signing,
        "signing": signing,
        "late": sum(limit_of(row, today) < today for row in rows),
        "reply": long_date(calendar().add(today, 1)),
    }
    owed = _owed_words(words) + (_("，其中%(late)d項已逾期") if words["late"] else "")
    ask = (
        _("請抓緊辦理，經單位負責人初審後及時報送；")
        if not signing
        else _("請及時簽收，抓緊辦理，經單位負責人初審後及時報送；")
    )
    opening = _("按照%(name)s任務分解的安排，截至%(day)s，你單位有")
    slip = _("確有困難的，請在回執中寫明原因和預計辦理時間，並於%(reply)s前將回執送回。")
    return (opening + owed + _("（見附表）。") + ask + slip) % words


def _owed_words(words: dict[str, object]) -> str:
    if not words["signing"]:
        return _("%(owing)d項進展尚未報送")
    if not words["owing"]:
        return _("%(signing)d項任務尚未簽收")
    return _("%(owing)d項進展尚未報送、%(signing)d項任務尚未簽收")


def _row(row: Submission, today: date) -> PaperRow:
    measure, due = row.assignment.measure, limit_of(row, today)
    days = days_late(due, today, calendar()) if due < today else 0
    return PaperRow(
        code=measure.code,
        title=measure.title,
        role=row.assignment.get_role_display(),
        period="—" if row.label == ONCE else row.name,
        wanted=_("簽收") if is_to_sign(row, today) else _("報送"),
        due=near_date(due, today),
        overdue=str(days) if days else "—",
    )
