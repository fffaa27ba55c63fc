"""各活動的提醒規則：階梯、免打擾的時段、每週一覽。讀一次，整遍提醒都用它。"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache

from django.utils import timezone

from campaigns.models import Campaign
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.models import ReminderPolicy, ReminderStep
from tasks.rungs import Ladder, Rung
from tasks.tracks import default_rungs
from workdays.services import calendar as working_calendar

_EMPTY = Ladder(())


@cache
def default_ladders() -> Mapping[str, Ladder]:
    """默認的各條階梯：應用都登記完（啟動）之後才用得到。"""
    return {track: Ladder(rungs) for track, rungs in default_rungs().items()}


@dataclass(frozen=True)
class Hours:
    """一天裏站外不打擾的一段，如 20:00 至次日 8:00；兩頭相同表示沒有。"""

    start: time
    end: time

    def covers(self, moment: time) -> bool:
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True)
class Policy:
    """一個活動的規則。"""

    hours: Hours
    weekly_day: int | None
    ladders: Mapping[str, Ladder] = field(default_factory=default_ladders)


def default_policy() -> Policy:
    blank = ReminderPolicy()
    return Policy(Hours(blank.quiet_from, blank.quiet_until), blank.weekly_day)


class Policies:
    """全部活動的規則（tasks.duties.Ladders）。沒有自己一份的用默認的。"""

    def __init__(self, own: Mapping[int, Policy]) -> None:
        self._own = dict(own)
        self.default = default_policy()

    def of_campaign(self, campaign_id: int) -> Policy:
        return self._own.get(campaign_id, self.default)

    def of(self, campaign_id: int, track: str) -> Ladder:
        return self.of_campaign(campaign_id).ladders.get(track, _EMPTY)

    def replacing(self, campaign_id: int, policy: Policy) -> "Policies":
        """假如這個活動改用 policy：預覽還沒有保存的規則。"""
        return Policies(self._own | {campaign_id: policy})

    def differing(self, track: str) -> list[tuple[list[int], Ladder]]:
        """這條階梯與默認不同的：（哪些活動，怎樣的階梯）；相同的並在一起。"""
        found: dict[tuple[Rung, ...], list[int]] = {}
        for campaign_id in sorted(self._own):
            rungs = self.of(campaign_id, track).rungs
            if rungs != default_ladders().get(track, _EMPTY).rungs:
                found.setdefault(rungs, []).append(campaign_id)
        return [(ids, Ladder(rungs)) for rungs, ids in found.items()]

    def all_ladders(self, track: str) -> list[Ladder]:
        """用着的各條：默認的和各活動自己的。"""
        own = [ladder for _ids, ladder in self.differing(track)]
        return [default_ladders().get(track, _EMPTY), *own]


def load_policies(campaign_ids: Collection[int] | None = None) -> Policies:
    """讀出規則，兩次查詢。默認只讀進行中的活動的。"""
    rows = ReminderPolicy.objects.order_by("pk")
    if campaign_ids is None:
        rows = rows.filter(campaign__state=Campaign.State.ACTIVE)
    else:
        rows = rows.filter(campaign__in=campaign_ids)
    return Policies({row.campaign_id: as_policy(row) for row in rows.prefetch_related("steps")})


def as_policy(row: ReminderPolicy) -> Policy:
    return Policy(
        hours=Hours(row.quiet_from, row.quiet_until),
        weekly_day=row.weekly_day,
        ladders=ladders_of(row.steps.all()),
    )


def ladders_of(steps: Iterable[ReminderStep]) -> dict[str, Ladder]:
    rungs: dict[str, list[Rung]] = {}
    for step in steps:
        rung = Rung(step.offset, step.audience, step.level, step.repeat_every)
        rungs.setdefault(step.track, []).append(rung)
    return {track: Ladder(found) for track, found in rungs.items()}


def quiet_until(campaigns: Iterable[Campaign | int], at: datetime) -> datetime:
    """站外最早幾時可以發：過了這些活動的免打擾時段，而且是工作日。此刻就可以的為 at。

    給系統和辦公室催人的話用（journal.services.announce 的 not_before）。
    """
    ids = [each if isinstance(each, int) else each.pk for each in campaigns]
    policies = load_policies(ids)
    return loud_from({policies.of_campaign(pk).hours for pk in ids}, at, working_calendar())


def loud_from(hours: Iterable[Hours], at: datetime, calendar: WorkingCalendar) -> datetime:
    """at 起第一個不在任何一段免打擾裏的工作日時刻；幾段合起來佔滿全天的，沒有空當可等，就是 at。"""
    spans = sorted(set(hours), key=lambda span: (span.start, span.end))
    moment = timezone.localtime(at)
    # 每一步不是換一天就是過一段，幾步之內必定停下；連放九天的長假也只要一步。
    for _turn in range(4 * (len(spans) + 1)):
        if not calendar.is_working(moment.date()):
            moment = _midnight(calendar.next_working(moment.date()))
        span = next((span for span in spans if span.covers(moment.time())), None)
        if span is None:
            return max(moment, at)
        moment = _end_of(span, moment)
    return at


def _end_of(span: Hours, moment: datetime) -> datetime:
    end = datetime.combine(moment.date(), span.end, moment.tzinfo)
    return end if end > moment else end + timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_default_timezone())
