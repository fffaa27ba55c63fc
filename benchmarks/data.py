"""基準用的數據：一個活動，二十個單位，六個目標六項任務，若干措施；全部批量寫入。"""

from collections.abc import Callable
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
#: 先經模型寫這麼多項，再大的整塊抄寫。
BLOCK = 5_000
Written = dict[type[models.Model], list[models.Model]]
Shifted = Callable[[models.Field, Written, int], str]
NARRATIVE = "辦事程序、收費標準和監督電話已在大廳公開，公示收費十四項，群眾可掃碼評價。" * 3


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
    bench = Bench(cast, departments, _clerks(departments))
    block = min(size, BLOCK)
    written = _write(bench, _measures(bench, block, everything_owed), everything_owed)
    for number in range(1, size // block):
        copy_rows(written, number, _shifted)
    if connection.vendor == "postgresql":
        # 剛寫入的大表還沒有統計信息，正式環境裏由數據庫自己補上。
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return bench


def _save(model: type[models.Model], rows: list[models.Model]) -> list[models.Model]:
    return model._default_manager.bulk_create(rows, batch_size=1000)


def copy_rows(written: Written, number: int, shifted: Shifted) -> None:
    """把第一塊整個再抄一份，編號順延：一張表一條語句，十萬項也只要幾秒。

    shifted 給出抄第 number 份時一列的值。
    """
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model, rows in written.items():
            table, fields = quote(model._meta.db_table), model._meta.concrete_fields
            columns = ", ".join(quote(field.column) for field in fields)
            values = ", ".join(shifted(field, written, number) for field in fields)
            # 表名、列名都出自模型，不是人填的。
            sql = f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table}"  # noqa: S608
            cursor.execute(f"{sql} WHERE id BETWEEN {rows[0].pk} AND {rows[-1].pk}")


def _shifted(field: models.Field, written: Written, number: int) -> str:
    """抄第 number 份時這一列的值：編號和指向同批的外鍵順延，編碼加後綴，其餘照抄。"""
    column = connection.ops.quote_name(field.column)
    source = field.model if field.primary_key else field.related_model
    if source in written:
        return f"{column} + {number * len(written[source])}"
    if field.model is Measure and field.name == "position":
        return f"{column} + {number * len(written[Measure])}"
    if field.model is Measure and field.name == "code":
        return f"{column} || '-{number}'"
    return column


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
            # 目標多半隨任務走，七項裏有一項另屬別的目標。
            objective=objectives[(number // 6 + (number % 7 == 0)) % 6],
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


def _write(bench: Bench, measures: list[Measure], everything_owed: bool) -> Written:
    """第一塊：措施，三項有一項的配合單位，佐證要求，以及已下達的任務、報送、輪次。"""
    through = Measure.supporting_departments.through
    units, form = bench.departments, EvidenceForm.objects.first()
    written: Written = {Measure: _save(Measure, measures)}
    written[through] = _save(
        through,
        [
            through(measure_id=row.pk, department_id=units[row.position % DEPARTMENTS].pk)
            for row in measures[::3]
        ],
    )
    written[MeasureEvidence] = _save(
        MeasureEvidence, [MeasureEvidence(measure=row, form=form) for row in measures[::2]]
    )
    assignments = [_assignment(row) for row in measures if row.issued_at]
    written[Assignment] = _save(Assignment, assignments)
    submissions = [_submission(row, everything_owed) for row in assignments]
    written[Submission] = _save(Submission, submissions)
    written[Round] = _save(Round, [_round(bench, row) for row in submissions])
    return written


def _assignment(measure: Measure) -> Assignment:
    return Assignment(
        measure=measure,
        department_id=measure.lead_department_id,
        role=Assignment.Role.LEAD,
        state=_ASSIGNED.get(measure.state, Assignment.State.ACKNOWLEDGED),
        due_date=measure.due_date,
        issued_at=ISSUED_AT,
    )


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
