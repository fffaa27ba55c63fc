"""每週一覽：給辦公室一份全局，應報多少、還欠多少、逾期多少、等審核多少。全是零就不發。"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta

from django.db.models import Count, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Seat
from pingtan_civ.lib.dates import near_date
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.duties import Call, Line, Scope, weekly_parts
from tasks.models import Submission
from tasks.rungs import Level, Track
from tasks.services.reminder_policy import Policies, load_policies
from tasks.services.reminder_records import unrecorded
from tasks.services.reminder_roster import among

WEEKLY = Track.WEEKLY.value
OFFICE = "office"
_WEEK = timedelta(days=7)


class WeeklyDuties:
    """每個進行中的活動，每週一份（tasks.duties.Source）。一份的時限就是那一天，級恆為 0。

    那天漏跑了，本週裏後來的一次補上；到下一個這一天為止。
    """

    tracks: Collection[str] = (WEEKLY,)

    def calls(self, scope: Scope) -> Iterator[Call]:
        # 先剔去說過的再數：數一遍要掃全部報送，平時整週只數一次。
        calls = list(unrecorded(self._due(scope)) if scope.unrecorded else self._due(scope))
        said = _sentences(calls, scope)
        return (call for call in calls if call.campaign_id in said)

    def lines(self, calls: Collection[Call], scope: Scope) -> Mapping[Call, Line]:
        said = _sentences(calls, scope)
        campaigns = Campaign.objects.in_bulk(said)
        return {
            call: Line(said[call.campaign_id], _url(campaign))
            for call in calls
            if (campaign := campaigns.get(call.campaign_id))
        }

    def people(self, campaign_id: int, on: date) -> Collection[int]:
        """只給辦公室，它在領導小組裏。"""
        return ()

    def _due(self, scope: Scope) -> Iterator[Call]:
        ladders = scope.ladders
        policies = ladders if isinstance(ladders, Policies) else load_policies()
        seats = Seat.objects.on(scope.on).filter(
            role__in=Seat.OFFICE_ROLES,
            user__is_active=True,
            campaign__state=Campaign.State.ACTIVE,
            campaign__start_date__lte=scope.on,
        )
        if scope.people:
            seats = seats.filter(among("user", sorted(scope.people)))
        if (only := scope.subjects(WEEKLY)) is not None:
            seats = seats.filter(campaign__in=only)
        for person, campaign in seats.order_by("pk").values_list("user_id", "campaign_id"):
            if not scope.wants(person):
                continue
            weekday = policies.of_campaign(campaign).weekly_day
            if weekday is not None:
                day = _day_of_week(weekday, scope.on, scope.calendar)
                yield Call(person, campaign, WEEKLY, campaign, day, 0, Level.REMIND.value, OFFICE)


def _day_of_week(weekday: int, on: date, calendar: WorkingCalendar) -> date:
    """on 所在的這一輪是哪天發：最近一個星期幾，遇休息日順延。"""
    nominal = on - timedelta(days=(on.weekday() - weekday) % 7)
    day = calendar.next_working(nominal)
    while day > on:
        nominal -= _WEEK
        day = calendar.next_working(nominal)
    return day


def _counts(days: Mapping[int, date], on: date) -> dict[int, dict[str, int]]:
    """各活動的幾個數；全是零的不在內。同一天發的活動一次查詢，通常只有一天。"""
    found: dict[int, dict[str, int]] = {}
    for day in sorted(set(days.values())):
        ids = [campaign for campaign, due in days.items() if due == day]
        until = _until(day)
        is_open = Q(state=Submission.State.OPEN)
        rows = (
            Submission.objects.in_progress()
            .filter(assignment__measure__campaign__in=ids, period_start__lte=on)
            .exclude(state=Submission.State.ACCEPTED)
            .order_by()
            .values_list("assignment__measure__campaign")
            .annotate(
                expected=Count("pk", filter=Q(due_date__lte=until)),
                missing=Count("pk", filter=is_open & Q(due_date__lte=until)),
                overdue=Count("pk", filter=is_open & Q(due_date__lt=on)),
                submitted=Count("pk", filter=Q(state=Submission.State.SUBMITTED)),
                endorsed=Count("pk", filter=Q(state=Submission.State.ENDORSED)),
            )
        )
        names = ("expected", "missing", "overdue", "submitted", "endorsed")
        found |= {
            campaign: dict(zip(names, numbers, strict=True))
            for campaign, *numbers in rows
            if any(numbers)
        }
    return found


def _until(day: date) -> date:
    """「本週」到哪天：到下一次一覽的前一天。"""
    return day + _WEEK - timedelta(days=1)


def _sentences(calls: Collection[Call], scope: Scope) -> dict[int, str]:
    """各活動的一覽：報送的幾個數，和各應用添的一句；什麼也沒有的活動不在內。"""
    days = {call.campaign_id: call.due for call in calls}
    if not days:
        return {}
    found = {
        campaign: [_of_reports(numbers, days[campaign], scope.on)]
        for campaign, numbers in _counts(days, scope.on).items()
    }
    for part in weekly_parts():
        for campaign, words in part(days, scope.on, scope.calendar).items():
            found.setdefault(campaign, []).append(words)
    return {
        campaign: _("本週一覽：%(parts)s") % {"parts": "".join(parts)}
        for campaign, parts in found.items()
    }


def _of_reports(counts: Mapping[str, int], day: date, on: date) -> str:
    words = {"until": near_date(_until(day), on), **counts}
    return (
        _(
            "到%(until)s應報 %(expected)d 期，未報 %(missing)d（其中逾期 %(overdue)d），"
            "等初審 %(submitted)d，等審核 %(endorsed)d。"
        )
        % words
    )


def _url(campaign: Campaign) -> str:
    """催報台；沒有這一頁時是進展審核。"""
    for view in ("tasks:chase-board", "tasks:review-inbox"):
        try:
            return reverse(view, kwargs={"campaign_code": campaign.code})
        except NoReverseMatch:
            continue
    return campaign.get_absolute_url()
