"""該提醒誰，另算一遍：照 docs/decisions 的話寫，不用產品的階梯、日曆和查詢。

只用庫裏的事實（狀態、時限、任職），逐件逐人地數；慢而直白，專門用來對答案。
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.db.models import F

from campaigns.models import Campaign
from people.models import Appointment, User
from tasks.models import Assignment, Measure, Reminder, Round, Submission
from tests.walk.stage import World, is_working

#: 承辦人：前 7、3、1 個工作日，當日，逾期 1 至 4，以後每 5 個。
DOER = (-7, -3, -1, 0, 1, 2, 3, 4)
#: 初審的人：前 1 個工作日起。
ENDORSER = (-1, 0, 1, 2, 3, 4)
HEAD = (1, 2, 3, 4)
LEADER = (4,)
CHAIR = (10,)
OFFICE_ON_LATE_REPORTS = (4, 10)
EVERY = 5

Told = tuple[int, int, date, int]
"""（人，輪次，時限，走到哪一級）"""


def working_days_after(start: date, end: date) -> int:
    """start 之後到 end 為止有幾個工作日。"""
    span = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(map(is_working, span))


def position(due: date, on: date) -> int:
    if on > due:
        return max(working_days_after(due, on), 1)
    last = due
    while not is_working(last):
        last -= timedelta(days=1)
    return -working_days_after(on, last) if last > on else 0


def latest(steps: tuple[int, ...], now: int, *, repeats: bool = True) -> int | None:
    """走到的最近一級；還沒輪到則為 None。"""
    reached = [step for step in steps if step <= now]
    if not reached:
        return None
    beyond = now - steps[-1]
    if repeats and beyond >= 0:
        return steps[-1] + beyond // EVERY * EVERY
    return reached[-1]


def outstanding(world: World, on: date) -> Iterator[tuple[Round, dict[User, tuple[int, ...]]]]:
    """在辦而未通過審核、等着單位辦的當前一輪，和此刻該找的人各自的階梯。"""
    waiting = Round.objects.filter(
        number=F("submission__round_number"),
        submission__state__in=[Submission.State.OPEN, Submission.State.SUBMITTED],
        submission__assignment__measure__campaign__state=Campaign.State.ACTIVE,
        submission__assignment__measure__state=Measure.State.ISSUED,
        submission__assignment__state__in=Assignment.LIVE,
        submission__period_start__lte=on,
    ).select_related("submission__assignment__measure")
    posts = [
        post
        for post in Appointment.objects.filter(user__is_active=True).select_related("user")
        if (not post.start_date or post.start_date <= on)
        and (not post.end_date or post.end_date >= on)
    ]
    for round_ in waiting:
        yield round_, answerable(world, round_, posts)


def answerable(
    world: World, round_: Round, posts: list[Appointment]
) -> dict[User, tuple[int, ...]]:
    unit = round_.submission.assignment.department_id
    own = [post for post in posts if post.department_id == unit]
    heads = [post.user for post in own if post.role == Appointment.Role.HEAD]
    clerks = [post.user for post in own if post.role == Appointment.Role.CLERK]
    if round_.submission.state == Submission.State.SUBMITTED:
        return {head: ENDORSER for head in heads if head.pk != round_.submitted_by_id}
    number = next(n for n, each in enumerate(world.units) if each.department.pk == unit)
    found = {world.chair: CHAIR, world.deputy_of(number): LEADER}
    found |= {person: OFFICE_ON_LATE_REPORTS for person in world.office}
    found |= dict.fromkeys(heads, HEAD)
    return found | dict.fromkeys(clerks or heads, DOER)


def recorded(rows: Iterable[Reminder]) -> set[Told]:
    return {(row.person_id, row.subject_id, row.due_date, row.step) for row in rows}


def expected(world: World, on: date) -> set[Told]:
    """這天跑提醒應當新寫下的：走到的最近一級，這一級（或更晚的一級）還沒記錄過的。"""
    if not is_working(on):
        return set()
    before = Reminder.objects.filter(track="report")
    known: dict[tuple[int, int, date], int] = {}
    for person, subject, due, step in recorded(before):
        key = (person, subject, due)
        known[key] = max(step, known.get(key, step))
    found = set()
    for round_, people in outstanding(world, on):
        for person, steps in people.items():
            now = position(round_.due_date, on)
            step = latest(steps, now, repeats=steps != OFFICE_ON_LATE_REPORTS)
            key = (person.pk, round_.pk, round_.due_date)
            if step is not None and (key not in known or known[key] < step):
                found.add((person.pk, round_.pk, round_.due_date, step))
    return found
