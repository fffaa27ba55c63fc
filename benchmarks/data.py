"""基準用的數據：一個活動，二十個單位，六個目標六項任務，若干措施；全部批量寫入。"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, models

from campaigns.models import Campaign, EvidenceForm, Seat
from people.models import Appointment, Department, User
from tasks.models import Assignment, MainTask, Measure, MeasureEvidence, Round, Submission
from tests import factories as make
from tests.cast import Cast, assemble

TODAY = date(2026, 11, 23)
ISSUED_AT = make.moment(2026, 3, 10)
HANDED_IN_AT = make.moment(2026, 11, 18)
DEPARTMENTS = 20
NARRATIVE = "辦事程序、收費標準和監督電話已在大廳公開，公示收費十四項，群眾可掃碼評價。" * 3
_BATCH = 5000


@dataclass
class Bench:
    """一個活動和裏面的人。"""

    cast: Cast
    departments: list[Department]
    clerks: dict[int, User]

    @property
    def campaign(self) -> Campaign:
        return self.cast.campaign


def bench_of(size: int, *, everything_owed: bool = False) -> Bench:
    """size 項措施的活動。everything_owed：每項都有一期臨近時限而未報的（量提醒用）。"""
    cast = assemble()
    departments = _departments()
    clerks = _clerks(departments)
    bench = Bench(cast, departments, clerks)
    measures = _measures(bench, size, everything_owed)
    _save(Measure, measures)
    _supporters(departments, measures)
    _work(bench, measures, everything_owed)
    if connection.vendor == "postgresql":
        # 剛寫入的大表還沒有統計信息，正式環境裏由數據庫自己補上。
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return bench


def _save(model: type[models.Model], rows: list[models.Model]) -> None:
    model._default_manager.bulk_create(rows, batch_size=_BATCH)


def _departments() -> list[Department]:
    fresh = make.DepartmentFactory.create_batch(DEPARTMENTS - Department.objects.count())
    return [*Department.objects.exclude(pk__in=[row.pk for row in fresh]), *fresh]


def _clerks(departments: list[Department]) -> dict[int, User]:
    """每個單位都有一名經辦人和一名負責人。"""
    found = {}
    for department in departments:
        posts = Appointment.objects.filter(department=department)
        for role in (Appointment.Role.HEAD, Appointment.Role.CLERK):
            if not posts.filter(role=role).exists():
                make.AppointmentFactory(department=department, role=role)
        found[department.pk] = posts.get(role=Appointment.Role.CLERK).user
    return found


def _measures(bench: Bench, size: int, everything_owed: bool) -> list[Measure]:
    campaign = bench.campaign
    objectives = make.ObjectiveFactory.create_batch(6, campaign=campaign)
    tasks: list[MainTask] = make.MainTaskFactory.create_batch(6, campaign=campaign)
    seat = Seat.objects.get(campaign=campaign, role=Seat.Role.DEPUTY)
    return [
        Measure(
            campaign=campaign,
            main_task=tasks[number // 6 % 6],
            objective=objectives[number % 6],
            code=f"{number % 6 + 1}-{number:06d}",
            position=number,
            title=f"公開辦事程序、收費標準和監督電話，落實首問負責和一次告知（{number}）",
            lead_department=bench.departments[number // 36 % DEPARTMENTS],
            accountable_seat=seat,
            owner=bench.clerks[bench.departments[number // 36 % DEPARTMENTS].pk],
            cycle="monthly",
            **_progress(number, everything_owed),
        )
        for number in range(size)
    ]


def _progress(number: int, everything_owed: bool) -> dict[str, object]:
    """狀態和時限按序號散開：約一成待下達、三成辦結、其餘在辦，在辦的約一成半逾期。"""
    state = Measure.State
    kind = state.ISSUED if everything_owed else _STATES[number % 10]
    if kind == state.DRAFT:
        return {"state": kind, "due_date": date(2026, 12, 10)}
    issued = {"state": kind, "issued_at": ISSUED_AT, "start_date": ISSUED_AT.date()}
    owed = TODAY + timedelta(days=1 if everything_owed else number % 97 - 14)
    if kind == state.CLOSED:
        return issued | {"due_date": TODAY, "percent": 100, "closed_at": HANDED_IN_AT}
    due = owed + timedelta(days=number % 90)
    return issued | {"due_date": due, "owed_date": owed, "percent": number % 100}


_STATES = [
    Measure.State(value) for value in ["draft", *["closed"] * 3, "suspended", *["issued"] * 5]
]


def _supporters(departments: list[Department], measures: list[Measure]) -> None:
    """每三項有一項有配合單位；每項要一種佐證。"""
    through = Measure.supporting_departments.through
    _save(
        through,
        [
            through(measure_id=row.pk, department_id=departments[row.position % DEPARTMENTS].pk)
            for row in measures[::3]
        ],
    )
    form = EvidenceForm.objects.first()
    _save(MeasureEvidence, [MeasureEvidence(measure=row, form=form) for row in measures[::2]])


def _work(bench: Bench, measures: list[Measure], everything_owed: bool) -> None:
    """已下達的措施各有牽頭單位的一項任務、一期報送、一輪。"""
    issued = [row for row in measures if row.issued_at]
    assignments = [
        Assignment(
            measure=row,
            department_id=row.lead_department_id,
            role=Assignment.Role.LEAD,
            state=_ASSIGNED.get(row.state, Assignment.State.ACKNOWLEDGED),
            due_date=row.due_date,
            issued_at=ISSUED_AT,
        )
        for row in issued
    ]
    _save(Assignment, assignments)
    submissions = [_submission(row, everything_owed) for row in assignments]
    _save(Submission, submissions)
    _save(Round, [_round(bench, row) for row in submissions])


_ASSIGNED = {
    Measure.State.CLOSED: Assignment.State.CLOSED,
    Measure.State.SUSPENDED: Assignment.State.SUSPENDED,
}


def _submission(assignment: Assignment, everything_owed: bool) -> Submission:
    measure = assignment.measure
    state = Submission.State.OPEN
    if measure.state == Measure.State.CLOSED:
        state = Submission.State.ACCEPTED
    elif measure.position % 500 == 5 and not everything_owed:
        state = Submission.State.ENDORSED
    due = measure.owed_date or measure.due_date
    return Submission(
        assignment=assignment,
        label="2026-11",
        name="2026年11月",
        period_start=date(2026, 11, 1),
        period_end=date(2026, 11, 30),
        due_date=due,
        first_due_date=due,
        state=state,
        accepted_at=HANDED_IN_AT if state == Submission.State.ACCEPTED else None,
    )


def _round(bench: Bench, submission: Submission) -> Round:
    row = Round(submission=submission, number=1, opened_at=ISSUED_AT, due_date=submission.due_date)
    if submission.state != Submission.State.OPEN:
        row.narrative, row.percent = NARRATIVE, 100
        row.submitted_at = row.endorsed_at = HANDED_IN_AT
        row.submitted_by = bench.clerks[submission.assignment.department_id]
        row.endorsed_by = bench.cast.head
    if submission.state == Submission.State.ACCEPTED:
        row.decision, row.decided_at = Round.Decision.ACCEPTED, HANDED_IN_AT
        row.decided_by = bench.cast.office
    return row
