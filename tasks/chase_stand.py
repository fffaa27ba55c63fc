"""一份報送在今天的樣子：走到哪一步、急不急、最近一次怎樣催的。

急不急只問 tasks.lights（全站一處）；等辦公室審核的按活動的審核時限算，那是辦公室自己的事。
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import F, FilteredRelation, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from pingtan_civ.lib.dates import moment, near_date
from tasks.lights import Light, LightRule
from tasks.models import Assignment, Chase, Measure, Submission


class Stand(StrEnum):
    """走到哪一步。前三種欠在單位，可以催。"""

    OPEN = "open"
    UNSIGNED = "unsigned"
    RETURNED = "returned"
    SUBMITTED = "submitted"
    ENDORSED = "endorsed"
    ACCEPTED = "accepted"
    NIL = "nil"
    LATER = "later"
    STOPPED = "stopped"

    @property
    def label(self) -> str:
        return str(LABELS[self])


LABELS = {
    Stand.OPEN: gettext_lazy("未報"),
    Stand.UNSIGNED: gettext_lazy("未簽收"),
    Stand.RETURNED: gettext_lazy("退回待重報"),
    Stand.SUBMITTED: gettext_lazy("待初審"),
    Stand.ENDORSED: gettext_lazy("待審核"),
    Stand.ACCEPTED: gettext_lazy("已通過"),
    Stand.NIL: gettext_lazy("零報告"),
    Stand.LATER: gettext_lazy("未開始"),
    Stand.STOPPED: gettext_lazy("已中止"),
}
OWED = frozenset({Stand.OPEN, Stand.UNSIGNED, Stand.RETURNED})
"""欠在單位、可以催的。"""
UNFINISHED = OWED | {Stand.SUBMITTED}
"""欠在單位的，連同等本單位負責人初審的。"""
FILTERS = {
    each.value: LABELS[each]
    for each in (
        Stand.OPEN,
        Stand.UNSIGNED,
        Stand.RETURNED,
        Stand.SUBMITTED,
        Stand.ENDORSED,
        Stand.ACCEPTED,
        Stand.NIL,
    )
}


@dataclass(frozen=True, slots=True)
class Last:
    """最近一次催辦。"""

    at: datetime
    channel: str
    by: str
    answer: str

    def words(self, today: date) -> str:
        """「11月20日 15:06 主任丙 電話」。"""
        return f"{moment(self.at, today=today)} {self.by} {Chase.Channel(self.channel).label}"

    def short(self, today: date) -> str:
        """「11月20日 電話」。"""
        day = near_date(timezone.localdate(self.at), today)
        return f"{day} {Chase.Channel(self.channel).label}"


@dataclass(frozen=True, slots=True)
class Item:
    """一份報送。days 是離時限幾個工作日（逾期為負）；待初審、待審核的是已等幾個工作日。"""

    pk: int
    department_id: int
    department: str
    measure_id: int
    code: str
    title: str
    period: str
    ends: date
    stand: Stand
    light: Light
    due: date
    days: int
    note: str
    is_supporting: bool
    is_unsigned: bool
    last: Last | None

    @property
    def is_owed(self) -> bool:
        return self.stand in OWED

    @property
    def is_overdue(self) -> bool:
        """逾期：欠着而過了報送時限，與全站同義。簽收過期、辦公室審核過期都不算。"""
        return self.is_owed and self.stand != Stand.UNSIGNED and self.light == Light.BAD

    def is_chased_since(self, moment: datetime) -> bool:
        return self.last is not None and self.last.at >= moment

    @property
    def is_urgent(self) -> bool:
        """逾期或臨期：一鍵催的、預先勾好的是這些，離時限還遠的由人勾。"""
        return self.is_owed and self.light in (Light.BAD, Light.WARN)

    def matches(self, states: Iterable[str]) -> bool:
        """篩「未簽收」時，逾期未報而又沒簽收的也算。"""
        return self.stand in states or (self.is_unsigned and Stand.UNSIGNED in states)

    @property
    def rank(self) -> tuple[int, date, int]:
        """一格裏有幾份時先說哪一份：欠着的在前，久的在前；辦完的最後。"""
        order = (0 if self.is_owed else 1) if self.stand in UNFINISHED else 2
        if self.stand in (Stand.ACCEPTED, Stand.NIL, Stand.LATER, Stand.STOPPED):
            order = 4 if self.stand == Stand.LATER else 3
        return order, self.due, self.pk

    @property
    def words(self) -> str:
        """「未報，逾期 3 個工作日」「待審核，已等 4 個工作日，時限 5」。"""
        label = self.stand.label
        if self.stand == Stand.OPEN and self.is_unsigned:
            label = _("未報（未簽收）")
        return f"{label}，{self.note}" if self.note else label


@dataclass(frozen=True)
class Times:
    """某活動某日算時限用的：燈號規則和審核時限。"""

    rule: LightRule
    review_days: int

    def review_light(self, waited: int) -> Light:
        if waited > self.review_days:
            return Light.BAD
        return Light.WARN if waited == self.review_days else Light.OK


_FIELDS = (
    "pk",
    "name",
    "state",
    "due_date",
    "period_start",
    "period_end",
    "round_number",
    "assignment__role",
    "assignment__state",
    "assignment__acknowledge_due_date",
    "assignment__department_id",
    "assignment__department__name",
    "assignment__measure_id",
    "assignment__measure__state",
    "assignment__measure__code",
    "assignment__measure__title",
    "current__submitted_at",
    "current__endorsed_at",
    "current__is_nil",
)
_COUNTED = (Measure.State.ISSUED, Measure.State.CLOSED)
_DONE_WITH = (Assignment.State.CANCELLED, Assignment.State.SUSPENDED)


def items_of(campaign: Campaign, condition: Q, rule: LightRule) -> list[Item]:
    """符合條件的報送連同當前一輪，按單位、措施的次序。至多兩次查詢，與件數無關。"""
    current = FilteredRelation("rounds", condition=Q(rounds__number=F("round_number")))
    rows = list(
        Submission.objects.in_campaign(campaign)
        .filter(condition, assignment__measure__state__in=_COUNTED)
        .exclude(assignment__state__in=_DONE_WITH)
        .annotate(current=current)
        .order_by(
            "assignment__department__position",
            "assignment__department_id",
            "assignment__measure__position",
            "assignment__measure_id",
            "due_date",
            "pk",
        )
        .values(*_FIELDS)
    )
    if not rows:
        return []
    pks = Submission.objects.in_campaign(campaign).filter(condition).order_by().values("pk")
    lasts, times = _lasts(pks), Times(rule, campaign.review_days)
    return [_item(row, lasts.get(row["pk"]), campaign, times) for row in rows]


def _lasts(pks: Any) -> dict[int, Last]:
    """每份最近一次催辦。"""
    found: dict[int, Last] = {}
    rows = (
        Chase.objects.filter(submission__in=pks)
        .order_by("-at", "-pk")
        .values_list("submission_id", "at", "channel", "by__name", "answer")
    )
    for pk, *rest in rows:
        found.setdefault(pk, Last(*rest))
    return found


def _item(row: dict[str, Any], last: Last | None, campaign: Campaign, times: Times) -> Item:
    stand = _stand(row, campaign, times.rule.today)
    due, light, days, note = _age(row, stand, times)
    return Item(
        pk=row["pk"],
        department_id=row["assignment__department_id"],
        department=row["assignment__department__name"],
        measure_id=row["assignment__measure_id"],
        code=row["assignment__measure__code"],
        title=row["assignment__measure__title"],
        period=row["name"],
        ends=row["period_end"],
        stand=stand,
        light=light,
        due=due,
        days=days,
        note=note,
        is_supporting=row["assignment__role"] == Assignment.Role.SUPPORTING,
        is_unsigned=stand in OWED and row["assignment__state"] == Assignment.State.ISSUED,
        last=last,
    )


def _stand(row: dict[str, Any], campaign: Campaign, today: date) -> Stand:
    if row["state"] == Submission.State.ACCEPTED:
        return Stand.NIL if row["current__is_nil"] else Stand.ACCEPTED
    is_going = (
        campaign.is_open
        and row["assignment__measure__state"] == Measure.State.ISSUED
        and row["assignment__state"] in Assignment.LIVE
    )
    if not is_going:
        return Stand.STOPPED
    if row["state"] != Submission.State.OPEN:
        return Stand(row["state"])
    if row["round_number"] > 1:
        return Stand.RETURNED
    if row["period_start"] > today:
        return Stand.LATER
    # 已逾期的先說未報，沒簽收另註；還沒到時限的先說沒簽收。
    is_unsigned = row["assignment__state"] == Assignment.State.ISSUED
    return Stand.UNSIGNED if is_unsigned and row["due_date"] >= today else Stand.OPEN


def _age(row: dict[str, Any], stand: Stand, times: Times) -> tuple[date, Light, int, str]:
    """（看哪一天、燈、工作日數、小字）。"""
    rule = times.rule
    due = row["due_date"]
    if stand == Stand.UNSIGNED:
        due = row["assignment__acknowledge_due_date"] or due
    if stand in OWED:
        return due, rule.of_due(due), rule.days_left(due), rule.note(due)
    if stand == Stand.SUBMITTED and row["current__submitted_at"]:
        waited = waited_days(row["current__submitted_at"], rule)
        words = {"days": waited, "due": rule.note(due)}
        note = _("已等 %(days)d 個工作日，報送時限%(due)s") % words
        return due, Light.OK, waited, note
    if stand == Stand.ENDORSED and row["current__endorsed_at"]:
        waited = waited_days(row["current__endorsed_at"], rule)
        words = {"days": waited, "limit": times.review_days}
        note = _("等辦公室審核，已等 %(days)d 個工作日，時限 %(limit)d 個工作日") % words
        return due, times.review_light(waited), waited, note
    return due, Light.DONE if stand in (Stand.ACCEPTED, Stand.NIL) else Light.STOP, 0, ""


def waited_days(since: datetime, rule: LightRule) -> int:
    """從那時到今天等了幾個工作日。"""
    return max(rule.calendar.between(timezone.localdate(since), rule.today), 0)
