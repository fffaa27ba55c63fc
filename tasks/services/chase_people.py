"""催誰：責任人（須仍在該單位），否則經辦人，連同負責人；單位裏沒有人時找辦公室。"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from campaigns.models import Seat
from people.models import Appointment, Department, User
from people.services import holders
from tasks.models import Assignment, Submission


@dataclass(frozen=True)
class Letter:
    """一人將收到的一條，說哪幾項。stand_in 是沒有人在任、由他代為聯絡的單位。"""

    person: User
    rows: tuple[Submission, ...]
    stand_in: frozenset[int] = frozenset()


def letters_for(rows: Sequence[Submission], on: date) -> list[Letter]:
    """這些報送該告訴誰，按當日在任的人。查詢次數固定；同一人只有一條。"""
    if not rows:
        return []
    departments = {row.assignment.department_id for row in rows}
    living = set(
        Department.objects.existing(on)
        .filter(pk__in=departments)
        .order_by()
        .values_list("pk", flat=True)
    )
    heads = holders(living, on, role=Appointment.Role.HEAD)
    clerks = holders(living, on, role=Appointment.Role.CLERK)
    deserted = {pk for pk in departments if not heads.get(pk) and not clerks.get(pk)}
    campaigns = {
        row.assignment.measure.campaign_id
        for row in rows
        if row.assignment.department_id in deserted
    }
    office = _office(campaigns, on)
    told: dict[User, list[Submission]] = {}
    for row in rows:
        if row.assignment.department_id in deserted:
            people = office.get(row.assignment.measure.campaign_id, [])
        else:
            people = _of_department(row.assignment, heads, clerks)
        for person in people:
            told.setdefault(person, []).append(row)
    return [
        Letter(
            person,
            tuple(mine),
            frozenset(row.assignment.department_id for row in mine) & deserted,
        )
        for person, mine in told.items()
    ]


def _of_department(
    assignment: Assignment, heads: dict[int, list[User]], clerks: dict[int, list[User]]
) -> list[User]:
    chiefs = heads.get(assignment.department_id, [])
    doers = clerks.get(assignment.department_id, [])
    owner = assignment.measure.owner
    if assignment.role == Assignment.Role.LEAD and owner and owner in [*doers, *chiefs]:
        doers = [owner]
    return list(dict.fromkeys([*doers, *chiefs]))


def _office(campaigns: set[int], on: date) -> dict[int, list[User]]:
    if not campaigns:
        return {}
    seats = Seat.objects.on(on).filter(
        campaign__in=campaigns, role__in=Seat.OFFICE_ROLES, user__is_active=True
    )
    found: dict[int, list[User]] = {}
    for seat in seats.select_related("user"):
        found.setdefault(seat.campaign_id, []).append(seat.user)
    return {key: list(dict.fromkeys(people)) for key, people in found.items()}
