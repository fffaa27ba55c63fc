"""一個省的量：一個個縣的活動，各一萬期待填報，每五十期一個人。先寫好一個縣，再整塊抄寫。

兩萬人、一百萬期時：一百個縣，每縣一百個單位（各一名負責人、一名經辦人），五百項措施各下達到
二十個單位；另有組長、兩名副組長、兩名辦公室人員，兼着單位的職務。
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, models, transaction

from benchmarks.data import ISSUED_AT, Written, copy_rows
from campaigns.models import Campaign, Seat
from people.models import Appointment, Department, User
from tasks.models import Assignment, MainTask, Measure, Round, Submission
from tests import factories as make

#: 某個星期二：前一個工作日是星期一，每週一覽那天已經發過。
TONIGHT = date(2026, 11, 24)
LAST_NIGHT = date(2026, 11, 23)
COUNTY = 10_000
PER_PERSON = 50
UNITS_PER_MEASURE = 20
#: 抄寫時要換一個值才不重複的列。
_TEXTS = {(Campaign, "code"), (Department, "code"), (Department, "name"), (User, "username")}


@dataclass(frozen=True)
class Province:
    people: int
    submissions: int


def province_of(size: int, *, due: date | None = None) -> Province:
    """size 期待填報。due 給定時全在那一天到期（最壞的一夜），否則散開在前後幾個月。"""
    written = _county(min(size, COUNTY), due)
    counties = max(size // COUNTY, 1)
    for number in range(1, counties):
        copy_rows(written, number, _shifted)
    analyse()
    return Province(len(written[User]) * counties, len(written[Submission]) * counties)


def analyse() -> None:
    """剛寫入的大表還沒有統計信息，正式環境裏由數據庫自己補上。"""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@contextmanager
def rolled_back() -> Iterator[None]:
    """用完整個回滾：不留一行，也不用清表。"""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _county(size: int, due: date | None) -> Written:
    campaign = make.CampaignFactory(code="county")
    task = make.MainTaskFactory(campaign=campaign)
    count = max(size // PER_PERSON // 2, UNITS_PER_MEASURE)
    units = _save(Department(code=f"u{n}", name=f"單位{n}") for n in range(count))
    people = _save(
        User(username=f"p{n}", name=f"人員{n}", email=f"p{n}@example.test")
        for n in range(2 * count)
    )
    roles = (Appointment.Role.HEAD, Appointment.Role.CLERK)
    posts = _save(
        Appointment(user=person, department=units[n // 2], role=roles[n % 2])
        for n, person in enumerate(people)
    )
    seats = _save(
        Seat(campaign=campaign, role=role, post="", user=people[2 * n])
        for n, role in enumerate([Seat.Role.CHAIR, *[Seat.Role.DEPUTY] * 2, *Seat.OFFICE_ROLES])
    )
    charges = _save(
        Seat.departments.through(seat=seats[1 + n % 2], department=unit)
        for n, unit in enumerate(units)
    )
    return {
        Campaign: [campaign], MainTask: [task], Department: units, User: people,
        Appointment: posts, Seat: seats, Seat.departments.through: charges,
    } | _work(campaign, task, units, people, size, due)  # fmt: skip


def _work(
    campaign: Campaign, task: MainTask, units: list, people: list, size: int, due: date | None
) -> Written:
    count = max(size // UNITS_PER_MEASURE, 1)
    measures = _save(
        Measure(
            campaign=campaign, main_task=task, code=f"{n}", position=n,
            title=f"公開辦事程序、收費標準和監督電話，落實首問負責和一次告知（{n}）",
            lead_department=units[n % len(units)],
            # 一半定了責任人，就是牽頭單位的經辦人。
            owner=people[2 * (n % len(units)) + 1] if n % 2 else None,
            state=Measure.State.ISSUED, issued_at=ISSUED_AT, start_date=ISSUED_AT.date(),
            due_date=date(2027, 3, 20),
        )
        for n in range(count)
    )  # fmt: skip
    assignments = _save(
        Assignment(
            measure=measure, department=units[(n + step) % len(units)],
            role=Assignment.Role.SUPPORTING if step else Assignment.Role.LEAD,
            state=Assignment.State.ACKNOWLEDGED, due_date=measure.due_date, issued_at=ISSUED_AT,
        )
        for n, measure in enumerate(measures)
        for step in range(UNITS_PER_MEASURE)
    )  # fmt: skip
    submissions = _save(
        Submission(
            assignment=assignment, label="2026-11", name="2026年11月",
            period_start=date(2026, 10, 1), period_end=date(2026, 11, 30),
            due_date=(day := due or _spread(n)), first_due_date=day,
        )
        for n, assignment in enumerate(assignments)
    )  # fmt: skip
    rounds = _save(
        Round(submission=row, number=1, opened_at=ISSUED_AT, due_date=row.due_date)
        for row in submissions
    )
    return {Measure: measures, Assignment: assignments, Submission: submissions, Round: rounds}


def _spread(number: int) -> date:
    """三週前到三個月後；大多數還早，約一成逾期。"""
    return TONIGHT + timedelta(days=number * 37 % 113 - 14)


def _save(rows: Iterable[models.Model]) -> list[models.Model]:
    found = list(rows)
    return type(found[0])._default_manager.bulk_create(found, batch_size=1000)


def _shifted(field: models.Field, written: Written, number: int) -> str:
    column = connection.ops.quote_name(field.column)
    source = field.model if field.primary_key else field.related_model
    if source in written:
        return f"{column} + {number * len(written[source])}"
    return f"{column} || '-{number}'" if (field.model, field.name) in _TEXTS else column
