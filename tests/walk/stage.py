"""六十天的戲台：二十個單位、各有負責人和兩名經辦人，跨國慶和調休的週末。

每天可能發生的事都經真的服務去辦（報出、初審、審核、退回、延期、中止、換人），
辦不成的（順序不對、已經辦了）就算沒發生。
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError

from campaigns.models import Campaign, Seat
from people.models import Appointment, Department, User
from people.services import hand_over_appointment
from tasks.models import Submission, WrongState
from tasks.services import bulk, handing_in, requests, review
from tests import factories as make
from tests.factories import BEIJING

FIRST, DAYS = date(2026, 9, 14), 60
UNITS = 20
#: 2026 年這六十天裏與週末規則不同的日子，照國務院辦公廳的通知抄，不用系統自己的日曆。
HOLIDAYS = {date(2026, 9, 25), *(date(2026, 10, day) for day in range(1, 8))}
MAKE_UPS = {date(2026, 9, 20), date(2026, 10, 10)}


def days() -> list[date]:
    return [FIRST + timedelta(days=number) for number in range(DAYS)]


def is_working(day: date) -> bool:
    if day in MAKE_UPS:
        return True
    return day.weekday() < 5 and day not in HOLIDAYS


def at(day: date, hour: int = 8, minute: int = 30) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BEIJING)


@dataclass
class Unit:
    """一個單位和它的人；clerks 隨換人而變。"""

    department: Department
    head: User
    clerks: list[User]
    submissions: list[Submission] = field(default_factory=list)


@dataclass
class World:
    campaign: Campaign
    chair: User
    deputies: list[User]
    office: list[User]
    units: list[Unit]

    def deputy_of(self, number: int) -> User:
        return self.deputies[number % len(self.deputies)]


def build(due_offsets: list[int], *, units_with_mail: int = UNITS) -> World:
    """搭台。due_offsets[i] 是第 i 期的時限離 FIRST 幾天，輪流分給各單位；只有前幾個單位的人有郵箱。"""
    campaign = make.CampaignFactory(name="六十天")
    people = {
        name: make.UserFactory(username=name, name=name) for name in ("chair", "office1", "office2")
    }
    deputies = [make.UserFactory(username=f"deputy{n}", name=f"副組長{n}") for n in range(2)]
    make.SeatFactory(campaign=campaign, role=Seat.Role.CHAIR, user=people["chair"])
    seats = [
        make.SeatFactory(campaign=campaign, role=Seat.Role.DEPUTY, user=user) for user in deputies
    ]
    office = [people["office1"], people["office2"]]
    for user in office:
        make.SeatFactory(campaign=campaign, role=Seat.Role.OFFICE_STAFF, user=user)
    world = World(campaign, people["chair"], deputies, office, [])
    for number in range(UNITS):
        world.units.append(_unit(number, seats[number % len(seats)]))
    for number, offset in enumerate(due_offsets):
        _submission(world, number, FIRST + timedelta(days=offset))
    without = [unit.department.pk for unit in world.units[units_with_mail:]]
    User.objects.filter(appointments__department__in=without).update(email="")
    return world


def _unit(number: int, deputy: Seat) -> Unit:
    department = make.DepartmentFactory(code=f"unit{number}", name=f"單位{number}")
    deputy.departments.add(department)
    head = make.UserFactory(username=f"head{number}", name=f"負責人{number}")
    clerks = [
        make.UserFactory(username=f"clerk{number}{letter}", name=f"經辦人{number}{letter}")
        for letter in "ab"
    ]
    make.AppointmentFactory(user=head, department=department, role=Appointment.Role.HEAD)
    for clerk in clerks:
        make.AppointmentFactory(user=clerk, department=department)
    return Unit(department, head, clerks)


def _submission(world: World, number: int, due: date) -> None:
    unit = world.units[number % UNITS]
    measure = make.MeasureFactory(
        campaign=world.campaign,
        lead_department=unit.department,
        code=f"1-{number:02d}",
        due_date=due,
        asks_percent=False,
        issued=True,
    )
    unit.submissions.append(
        make.SubmissionFactory(
            assignment=make.AssignmentFactory(measure=measure),
            label="once",
            name="一次性",
            period_start=FIRST - timedelta(days=30),
            period_end=due,
            due_date=due,
        )
    )


# ── 一天裏可能發生的事 ────────────────────────────────


def hand_in(world: World, submission: Submission, unit: Unit, when: datetime) -> None:
    round_ = handing_in.current_round(submission)
    draft = handing_in.Draft(narrative="大廳公示欄已更新，服務窗口設了引導台。")
    handing_in.submit(
        actor=unit.clerks[0],
        submission_id=submission.pk,
        draft=draft,
        version=round_.version,
        at=when,
    )


def endorse(world: World, submission: Submission, unit: Unit, when: datetime) -> None:
    handing_in.endorse(actor=unit.head, submission_id=submission.pk, at=when)


def accept(world: World, submission: Submission, unit: Unit, when: datetime) -> None:
    review.accept(actor=world.office[0], submission_id=submission.pk, at=when)


def send_back(world: World, submission: Submission, unit: Unit, when: datetime) -> None:
    review.send_back(
        actor=world.office[0], submission_id=submission.pk, reason="請補現場照片。", at=when
    )


def extend(world: World, submission: Submission, unit: Unit, when: datetime) -> None:
    request = requests.ask_extension(
        actor=unit.head,
        submission_id=submission.pk,
        proposed_date=max(submission.due_date, when.date()) + timedelta(days=6),
        reason="等上級發標識牌。",
        at=when,
    )
    requests.decide_request(
        actor=world.office[0], request_id=request.pk, is_approved=True, reason="同意。", at=when
    )


def suspend(world: World, submission: Submission, unit: Unit, when: datetime) -> None:
    bulk.suspend(
        actor=world.office[0],
        measure_ids=[submission.assignment.measure_id],
        reason="上級調整部署。",
        at=when,
    )


def resume(world: World, submission: Submission, unit: Unit, when: datetime) -> None:
    bulk.resume(
        actor=world.office[0],
        measure_ids=[submission.assignment.measure_id],
        reason="恢復辦理。",
        at=when,
    )


def replace_clerk(world: World, submission: Submission, unit: Unit, when: datetime) -> None:
    """第一位經辦人調走，當天起由新人接手。"""
    old = Appointment.objects.get(department=unit.department, user=unit.clerks[0], end_date=None)
    successor = make.UserFactory(username=f"{unit.clerks[0].username}x", name="接手的人")
    hand_over_appointment(
        actor=world.office[0],
        appointment_id=old.pk,
        successor=successor,
        last_day=when.date() - timedelta(days=1),
        at=when,
    )
    unit.clerks[0] = successor


Event = Callable[[World, Submission, Unit, datetime], None]
EVENTS: dict[str, Event] = {
    event.__name__: event
    for event in (hand_in, endorse, accept, send_back, extend, suspend, resume, replace_clerk)
}


#: 辦不成：順序不對、不是這個人辦、還缺東西，或同一天換了兩次人。
NOT_NOW = (
    WrongState,
    PermissionDenied,
    ValidationError,
    handing_in.Incomplete,
    handing_in.Conflict,
)


def happen(world: World, kind: str, number: int, when: datetime) -> bool:
    """第 number 期上發生一件事；此刻辦不成的算沒發生，返回 False。"""
    unit = world.units[number % UNITS]
    if not unit.submissions:
        return False
    submission = unit.submissions[number // UNITS % len(unit.submissions)]
    submission = Submission.objects.with_measure().get(pk=submission.pk)
    try:
        EVENTS[kind](world, submission, unit, when)
    except NOT_NOW:
        return False
    return True
