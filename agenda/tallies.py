"""整個活動每天到期幾件：只計數，件數再多也是固定的幾次查詢。"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.utils import timezone
from django.utils.functional import Promise

from agenda.deadlines import (
    ENDORSE,
    RECOMMENDATION,
    REPORT,
    REVIEW,
    SIGN,
    SUPERVISION,
    Scope,
    recommendations_due,
    unanswered,
    waiting_for_review,
)
from tasks.lights import Light
from tasks.models import Assignment, Submission


@dataclass(frozen=True)
class DayTally:
    """一天裏一種到期的件數。"""

    on: date
    kind: str | Promise
    count: int
    light: Light


Counts = dict[date, int]


def _to_sign(scope: Scope) -> Counts:
    rows = Assignment.objects.in_progress().filter(
        scope.within("acknowledge_due_date"),
        state=Assignment.State.ISSUED,
        acknowledge_due_date__isnull=False,
        measure__campaign__in=scope.campaigns,
    )
    return dict(rows.order_by().values_list("acknowledge_due_date").annotate(count=Count("pk")))


def _submissions(state: str) -> Callable[[Scope], Counts]:
    def count(scope: Scope) -> Counts:
        rows = Submission.objects.in_progress().filter(
            scope.within("due_date"),
            state=state,
            assignment__measure__campaign__in=scope.campaigns,
        )
        return dict(rows.order_by().values_list("due_date").annotate(count=Count("pk")))

    return count


def _to_review(scope: Scope) -> Counts:
    found: Counter[date] = Counter()
    for campaign in scope.campaigns:
        for endorsed_at in waiting_for_review([campaign]).values_list("endorsed_at", flat=True):
            due = scope.calendar.add(timezone.localdate(endorsed_at), campaign.review_days)
            if scope.holds(due):
                found[due] += 1
    return dict(found)


def _to_answer(scope: Scope) -> Counts:
    rows = unanswered(scope, None).order_by().values_list("due_date")
    return dict(rows.annotate(count=Count("pk")))


def _recommended(scope: Scope) -> Counts:
    return dict(Counter(duty.due for duty in recommendations_due(scope)))


COUNTERS: tuple[tuple[str | Promise, Callable[[Scope], Counts]], ...] = (
    (SIGN, _to_sign),
    (REPORT, _submissions(Submission.State.OPEN)),
    (ENDORSE, _submissions(Submission.State.SUBMITTED)),
    (REVIEW, _to_review),
    (SUPERVISION, _to_answer),
    (RECOMMENDATION, _recommended),
)


def tallies(scope: Scope) -> list[DayTally]:
    """只看一個活動：各天各種的件數。"""
    [campaign] = scope.campaigns
    rule = scope.rule(campaign)
    return [
        DayTally(day, kind, count, rule.of_due(day))
        for kind, counter in COUNTERS
        for day, count in sorted(counter(scope).items())
    ]
