"""往來的戲台：每種表各擺幾行，導出、在 Excel 裏改、讀回。"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.http import QueryDict
from openpyxl import Workbook, load_workbook

from campaigns.models import EvidenceForm
from exchange.checking import Findings
from exchange.kinds import Scope, SheetKind, kind_of
from exchange.models import Upload
from exchange.services import importing
from exchange.writing import write_workbook
from people.models import User
from tasks.models import Measure, MeasureEvidence, MeasureFigure
from tests import factories as make
from tests.cast import TODAY, Cast

KINDS = ("breakdown", "progress", "indicators", "departments", "people", "honours")
#: 各種表由誰改。
EDITOR = dict.fromkeys(KINDS, "office") | {"progress": "clerk"}


def set_the_stage(cast: Cast) -> None:
    """每種表都有幾行，各種格都有內容。"""
    measure = a_measure(cast)
    make.MeasureFactory(campaign=cast.campaign, main_task=measure.main_task, lead_department=None)
    issued = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, issued=True, code="5-01"
    )
    MeasureFigure.objects.create(measure=issued, name="培訓場次", unit="次")
    make.SubmissionFactory(assignment=make.AssignmentFactory(measure=issued))
    indicators(cast)
    make.DepartmentFactory(name="養老服務科", short_name="養老科", parent=cast.bureau_office)
    make.UserFactory(name="待任命", username="idle", phone="13800000000")
    make.HonourFactory(name="省文明行業")
    make.HonourFactory(name="巾幗文明崗", level="city", department=cast.registry, note="窗口")
    make.HonourFactory(name="先進個人", person=cast.clerk, campaign=cast.campaign)


def a_measure(cast: Cast) -> Measure:
    task = make.MainTaskFactory(campaign=cast.campaign, number=3, code="T3")
    row = make.MeasureFactory(
        campaign=cast.campaign,
        main_task=task,
        objective=make.ObjectiveFactory(campaign=cast.campaign, code="G4", number=4),
        lead_department=cast.registry,
        accountable_seat=cast.campaign.seats.get(role="deputy"),
        owner=cast.clerk,
        code="3-04",
        title="公開收費標準",
        requirement="一、上牆；\n二、上網。",
        note="甲\n乙",
    )
    row.supporting_departments.add(cast.bureau_office)
    form = EvidenceForm.objects.filter(is_active=True).first()
    MeasureEvidence.objects.create(measure=row, form=form, count=2)
    MeasureFigure.objects.create(measure=row, name="公示項數", unit="項")
    return row


def indicators(cast: Cast) -> None:
    version = make.PlanVersionFactory(campaign=cast.campaign, imported_by=cast.office)
    objective = make.ObjectiveFactory(campaign=cast.campaign, code="G9", number=9)
    for number in range(3):
        clause = make.ClauseFactory(version=version, code=f"G9.{number}", position=number + 1)
        row = make.IndicatorFactory(objective=objective, clause=clause, standard="每年一次")
        form = EvidenceForm.objects.filter(is_active=True).last()
        row.evidence_requirements.create(form=form, count=number + 1)


@dataclass
class Desk:
    """一個人在用一種表。"""

    cast: Cast
    kind: SheetKind
    person: User

    def scope(self, query: str = "") -> Scope:
        campaign = self.cast.campaign if self.kind.of_campaign else None
        return Scope(self.person, TODAY, campaign, QueryDict(query))

    def exported(self, query: str = "") -> bytes:
        buffer = io.BytesIO()
        write_workbook(self.kind, self.scope(query), buffer, at=make.moment(2026, 11, 23))
        return buffer.getvalue()

    def uploaded(self, data: bytes, at: datetime, name: str = "改好的.xlsx") -> Upload:
        file = ContentFile(data, name)
        return importing.receive(
            actor=self.person,
            kind=self.kind,
            campaign=self.cast.campaign if self.kind.of_campaign else None,
            file=file,
            name=name,
            at=at,
        )

    def preview(self, data: bytes, at: datetime) -> Findings:
        return importing.check(upload=self.uploaded(data, at), at=at)

    def applied(self, data: bytes, at: datetime) -> Findings:
        upload = self.uploaded(data, at)
        importing.check(upload=upload, at=at)
        return importing.apply(upload=upload, at=at)

    def at(self, data: bytes, heading: str, row: int) -> str:
        """某列某行的地址。"""
        sheet = load_workbook(io.BytesIO(data)).worksheets[0]
        column = next(cell.column_letter for cell in sheet[1] if cell.value == heading)
        return f"{column}{row}"

    def edited(self, data: bytes, row: int, **cells: object) -> bytes:
        """改一行的幾格：edited(data, 2, 具體措施="新名稱")。"""
        return edited(
            data, {self.at(data, heading, row): value for heading, value in cells.items()}
        )

    def row_of(self, data: bytes, text: str) -> int:
        """寫着這幾個字的那一行。"""
        sheet = load_workbook(io.BytesIO(data)).worksheets[0]
        return next(
            row[0].row for row in sheet.iter_rows(min_row=2) if text in [cell.value for cell in row]
        )


def desk(cast: Cast, code: str, person: User | None = None) -> Desk:
    found = kind_of(code)
    assert found is not None
    return Desk(cast, found, User.objects.get(pk=(person or getattr(cast, EDITOR[code])).pk))


def edited(data: bytes, cells: dict[str, object]) -> bytes:
    return changed(data, lambda sheet: [sheet.__setitem__(a, v) for a, v in cells.items()])


def changed(data: bytes, act: Callable[[Any], object]) -> bytes:
    book = load_workbook(io.BytesIO(data))
    act(book.worksheets[0])
    return saved(book)


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def texts(data: bytes, heading: str) -> list[Any]:
    """一列的內容，不含表頭。"""
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    place = [cell.value for cell in sheet[1]].index(heading)
    return [row[place].value for row in sheet.iter_rows(min_row=2)]
