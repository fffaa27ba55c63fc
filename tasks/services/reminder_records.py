"""提醒過沒有：在查詢裏剔，或對一批已找到的事再剔一遍。"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice, pairwise

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from tasks.duties import Call, Scope
from tasks.models import Reminder
from tasks.rungs import Ladder, latest_due
from tasks.services.reminder_policy import Policies

BATCH = 2_000


def unrecorded(calls: Iterable[Call]) -> Iterator[Call]:
    """剔去這一級或更後的一級已有記錄的。每兩千件一次查詢。"""
    found = iter(calls)
    while batch := list(islice(found, BATCH)):
        rows = Reminder.objects.filter(
            person__in={call.person_id for call in batch},
            track__in={call.track for call in batch},
            subject_id__in={call.subject_id for call in batch},
        )
        latest: dict[tuple[str, int, date, int], int] = {}
        for track, subject, due, person, step in rows.order_by().values_list(
            "track", "subject_id", "due_date", "person_id", "step"
        ):
            place = (track, subject, due, person)
            latest[place] = max(step, latest.get(place, step))
        for call in batch:
            told = latest.get((call.track, call.subject_id, call.due, call.person_id))
            if told is None or told < call.step:
                yield call


def settled(found: Iterable[tuple[Call, bool]]) -> Iterator[Call]:
    """拿不準的再查一遍記錄，次序不變；後一項為真的不必查。每兩千件至多一次查詢。"""
    left = iter(found)
    while batch := list(islice(left, BATCH)):
        doubtful = [call for call, is_sure in batch if not is_sure]
        kept = set(unrecorded(doubtful))
        for call, is_sure in batch:
            if is_sure or call in kept:
                yield call


def without_record(
    rows: QuerySet, track: str, *, subject: str, due: str, person: str, step: Combinable
) -> QuerySet:
    """同一件事在數據庫裏問：沒有「這人這事、現在這一級或更後」的記錄。"""
    told = Reminder.objects.filter(
        track=track,
        subject_id=OuterRef(subject),
        due_date=OuterRef(due),
        person=OuterRef("person_now"),
        step__gte=OuterRef("step_now"),
    )
    # 先註上再引用：直接引用到人的路會另連一次任職，問的就不是同一個人了。
    return rows.annotate(person_now=F(person), step_now=step).filter(~Exists(told))


@dataclass(frozen=True)
class StepNow:
    """這幾種人此刻走到的一級，寫成數據庫裏的式子：按時限分段，各活動按自己的階梯。"""

    scope: Scope
    policies: Policies
    track: str
    due: str
    campaign: str

    def of(self, *audiences: str) -> Combinable:
        default, *_own = self.policies.all_ladders(self.track)
        own = [
            When(Q(**{f"{self.campaign}__in": ids}), then=self._by_due(ladder, audiences))
            for ids, ladder in self.policies.differing(self.track)
        ]
        return Case(*own, default=self._by_due(default, audiences), output_field=IntegerField())

    def _by_due(self, ladder: Ladder, audiences: tuple[str, ...]) -> Combinable:
        """時限晚的在前：臨近時限的最多，比一兩次就有結果。"""
        steps = ladder.steps(*audiences)
        if not steps:
            return Value(0)
        whens = [
            When(Q(**{f"{self.due}__gt": self._latest(upper)}), then=Value(lower))
            for lower, upper in pairwise(steps)
        ]
        return Case(*whens, default=Value(steps[-1]), output_field=IntegerField())

    def _latest(self, step: int) -> date:
        return latest_due(step, self.scope.on, self.scope.calendar)
