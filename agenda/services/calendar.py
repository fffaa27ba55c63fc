"""改工作日曆：錄入一年的安排、記一天停辦或調班、刪一天。還開着的時限同一事務裏跟着走。"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agenda import policies
from agenda.models import CalendarChange
from campaigns.standing import standing_of
from journal.services import Message, announce, record, source_script
from people.models import User
from pingtan_civ.lib.dates import long_date, near_date
from pingtan_civ.lib.working_days import WorkingCalendar
from workdays.models import CalendarDay
from workdays.recalculation import MovedLimit, recalculate_limits
from workdays.services import (
    calendar_from,
    forget_calendar,
    import_year,
    put_day,
    remove_day,
    stored_calendar,
)

#: 改動提交之後多久再核一遍：別的進程最遲一分鐘後看見新日曆，多留些餘地。
SETTLE_AFTER = timedelta(minutes=3)
#: 一條知會最多列多少個時限，再多的只說個數。
MOST_LINES = 30

Kinds = dict[date, str]


@dataclass(frozen=True)
class ChangedDay:
    """表裏變了的一天。空的類別表示沒有記錄，按週末（和推算的節日）。"""

    date: date
    old: str
    new: str
    was_working: bool
    is_working: bool

    @property
    def matters(self) -> bool:
        """上不上班真的變了。"""
        return self.was_working != self.is_working


@dataclass(frozen=True)
class CalendarOutcome:
    """一次改動的結果（預覽時是「若保存會怎樣」）。"""

    change: CalendarChange | None
    days: list[ChangedDay] = field(default_factory=list)
    moved: list[MovedLimit] = field(default_factory=list)

    @property
    def working_changed(self) -> int:
        """其中幾天上不上班真的變了。"""
        return sum(day.matters for day in self.days)

    @property
    def is_empty(self) -> bool:
        return not self.days


def import_notice(
    *, actor: User | None, text: str, year: int, source: str, at: datetime
) -> CalendarOutcome:
    """錄入一年的放假安排，全有或全無；讀不懂時拋出 UnreadableNotice。

    actor 為 None 是管理命令。挪了的時限逐個留痕，該辦的人每人一條消息。
    Raises PermissionDenied：不是管理員。
    """
    with source_script():
        summary = _("錄入 %(year)s 年的放假安排。") % {"year": year}
    return _change(
        actor,
        summary,
        source,
        at,
        lambda: import_year(text=text, year=year, source=source, at=at),
    )


def change_day(
    *,
    actor: User | None,
    day: date,
    kind: str,
    name: str,
    source: str,
    at: datetime,
    until: date | None = None,
) -> CalendarOutcome:
    """記一天（或到 until 為止連着幾天）停辦、放假或上班。Raises PermissionDenied：不是管理員。"""
    days = _span(day, until)
    with source_script():
        label = CalendarDay.Kind(kind).label
        words = {"day": _span_words(days), "kind": label, "name": f"（{name}）" if name else ""}
        summary = _("%(day)s%(kind)s%(name)s。") % words
    return _change(
        actor,
        summary,
        source,
        at,
        lambda: [put_day(day=each, kind=kind, name=name, source=source, at=at) for each in days],
    )


def clear_day(
    *, actor: User | None, day: date, at: datetime, until: date | None = None
) -> CalendarOutcome:
    """刪去一天（或連着幾天）的記錄，回到週末規則。Raises PermissionDenied：不是管理員。"""
    days = _span(day, until)
    with source_script():
        summary = _("刪去 %(day)s 的記錄，按平常的週末規則。") % {"day": _span_words(days)}
    return _change(actor, summary, "", at, lambda: [remove_day(day=each) for each in days])


def _span(first: date, last: date | None) -> list[date]:
    count = ((last or first) - first).days + 1
    return [first + timedelta(days=n) for n in range(count)]


def _span_words(days: list[date]) -> str:
    if len(days) == 1:
        return long_date(days[0])
    return _("%(first)s至%(last)s") % {"first": long_date(days[0]), "last": long_date(days[-1])}


def preview(act: Callable[[], CalendarOutcome]) -> CalendarOutcome:
    """若真的這樣改會怎樣：照辦一遍再全部撤回，看到的就是將要發生的。"""
    try:
        with transaction.atomic():
            outcome = act()
            transaction.set_rollback(True)
    finally:
        forget_calendar()
    return outcome


@transaction.atomic
def _change(
    actor: User | None, summary: str, source: str, at: datetime, edit: Callable[[], object]
) -> CalendarOutcome:
    today = timezone.localdate(at)
    if actor is not None and not policies.can_edit_calendar(standing_of(actor, today)):
        raise PermissionDenied(_("只有管理員可以改工作日曆。"))
    # 兩個人同時改：後到的等先到的，看得見先到的結果。
    list(CalendarDay.objects.select_for_update().order_by("pk").values_list("pk"))
    old, before = _kinds(), stored_calendar()
    edit()
    new, after = _kinds(), stored_calendar()
    days = [
        ChangedDay(
            day, old.get(day, ""), new.get(day, ""), before.is_working(day), after.is_working(day)
        )
        for day in sorted(old.keys() | new.keys())
        if old.get(day) != new.get(day)
    ]
    if not days:
        return CalendarOutcome(None)
    change = CalendarChange.objects.create(
        at=at,
        made_by=actor,
        summary=summary,
        source=source,
        days=[[day.date.isoformat(), day.old, day.new] for day in days],
    )
    moved = recalculate_limits(before, after, at)
    _record_change(actor, change, days, at)
    _tell(change, moved, at, key=f"calendar:{change.pk}")
    return CalendarOutcome(change, days, moved)


def settle_calendar(*, at: datetime) -> int:
    """把改動之後幾分鐘裏仍按舊日曆定下的時限補挪，返回挪了幾個。可以重複跑，不多挪。"""
    waiting = CalendarChange.objects.filter(settled_at__isnull=True, at__lte=at - SETTLE_AFTER)
    return sum(_settle(pk, at) for pk in list(waiting.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _settle(pk: int, at: datetime) -> int:
    change = CalendarChange.objects.select_for_update().get(pk=pk)
    if change.settled_at is not None:
        return 0
    moved = [
        limit
        for limit in recalculate_limits(_before(change), stored_calendar(), at)
        if not limit.is_live
    ]
    _tell(change, moved, at, key=f"calendar:{change.pk}:later")
    change.settled_at = at
    change.save(update_fields=["settled_at"])
    return len(moved)


def _before(change: CalendarChange) -> WorkingCalendar:
    """這次改動之前的日曆：從現在的表起，由新到舊逐次倒推。"""
    kinds = _kinds()
    later = CalendarChange.objects.filter(pk__gte=change.pk).order_by("-pk")
    for days in later.values_list("days", flat=True):
        for day, old, _new in days:
            kinds.pop(date.fromisoformat(day), None)
            if old:
                kinds[date.fromisoformat(day)] = old
    return calendar_from(kinds.items())


def _kinds() -> Kinds:
    return dict(CalendarDay.objects.values_list("date", "kind"))


@source_script()
def _record_change(
    actor: User | None, change: CalendarChange, days: list[ChangedDay], at: datetime
) -> None:
    labels = {"": _("平常"), **{kind.value: str(kind.label) for kind in CalendarDay.Kind}}
    record(
        actor=actor,
        action="agenda.calendar_changed",
        target=change,
        at=at,
        summary=change.summary,
        reason=change.source,
        changes={day.date.isoformat(): [labels[day.old], labels[day.new]] for day in days},
    )


@source_script()
def _tell(change: CalendarChange, moved: list[MovedLimit], at: datetime, *, key: str) -> None:
    """挪了的時限逐個留痕（在那件事的經過裏看得到），再每人一條消息。"""
    today = timezone.localdate(at)
    people: dict[User, list[MovedLimit]] = {}
    for limit in moved:
        words = {
            "label": limit.label,
            "old": near_date(limit.old, today),
            "new": near_date(limit.new, today),
        }
        record(
            actor=None,
            action="agenda.limit_moved",
            target=limit.target,
            topic=limit.topic,
            at=at,
            summary=_("工作日曆有變，%(label)s由 %(old)s改為 %(new)s。") % words,
            reason=change.summary,
            changes={limit.label: [limit.old.isoformat(), limit.new.isoformat()]},
        )
        for person in dict.fromkeys(limit.people):  # 兼兩種身份的只說一次
            people.setdefault(person, []).append(limit)
    for person, limits in people.items():
        announce(message=_message(change, limits, today, key), recipients=[person], at=at)
    change.moved += len(moved)
    change.save(update_fields=["moved"])


def _message(
    change: CalendarChange, limits: Iterable[MovedLimit], today: date, key: str
) -> Message:
    rows = sorted(limits, key=lambda limit: (limit.new, limit.subject))
    parts = [change.summary]
    for limit in rows[:MOST_LINES]:
        words = {
            "subject": limit.subject,
            "label": limit.label,
            "old": near_date(limit.old, today),
            "new": near_date(limit.new, today),
        }
        sentence = _("%(subject)s：%(label)s由 %(old)s改為 %(new)s。") % words
        parts.append(f"{sentence}\n{limit.url}")
    if len(rows) > MOST_LINES:
        parts.append(_("另有 %(count)d 個時限改動。") % {"count": len(rows) - MOST_LINES})
    title = _("工作日曆有變，您有 %(count)d 個時限隨之改動") % {"count": len(rows)}
    return Message(title=title, body="\n\n".join(parts), key=key)
