"""樣例的方案與任務分解：方案經導入服務進來，分解表由創建辦補齊。"""

from datetime import date, datetime
from pathlib import Path

from django.conf import settings

from campaigns.models import Campaign, Cycle, Indicator, Objective, Seat
from campaigns.services.plan_drafts import start_draft
from desk.demo.breakdown import PROVES, ROWS, Row
from journal.services import record
from people.models import Department, User
from tasks.models import Measure, MeasureFigure
from tasks.services.plan import import_plan
from workdays.services import calendar

DOCUMENT = Path("campaigns/sample/situation-report.txt")
# 這兩項的時限跟着演示當天走，好讓人一進來就看到一項剛逾期、一項快到期。
DUE_FROM_TODAY = {"T3.7": -6, "T4.2": 4}
WITHOUT_DEADLINE = {"T6.7"}
# 一年才報一次的定性任務不填百分比，否則大半年都顯得「落後」；這三項已提前報了。
YEARLY_WITH_PERCENT = {"T1.2", "T2.4", "T3.6"}


def import_the_document(campaign: Campaign, office: User, at: datetime) -> None:
    """創建辦把局裏的文件導入成目標、指標、主要任務和待下達的措施。"""
    text = (settings.BASE_DIR / DOCUMENT).read_text(encoding="utf-8")
    draft = start_draft(
        actor=office, campaign_id=campaign.pk, source_name=DOCUMENT.name, source_text=text, at=at
    )
    import_plan(actor=office, campaign_id=campaign.pk, draft_id=draft.pk, at=at, with_measures=True)


class Breakdown:
    """補齊任務分解表：牽頭、配合、時限、責任領導和責任人。"""

    def __init__(self, campaign: Campaign, departments: dict[str, Department], today: date) -> None:
        self.campaign = campaign
        self.departments = departments
        self.today = today
        self.seats = {
            department.pk: seat
            for seat in Seat.objects.filter(campaign=campaign, role=Seat.Role.DEPUTY)
            for department in seat.departments.all()
        }
        self.chair = Seat.objects.get(campaign=campaign, role=Seat.Role.CHAIR)
        self.objectives = {row.code: row for row in Objective.objects.filter(campaign=campaign)}
        self.indicators = {
            row.code: row for row in Indicator.objects.filter(objective__campaign=campaign)
        }

    def complete(self, users: dict[str, User], office: User, at: datetime) -> dict[str, Measure]:
        """返回 {條款編碼: 措施}。"""
        found = {
            measure.clause.code: measure
            for measure in Measure.objects.filter(campaign=self.campaign).select_related("clause")
        }
        for row in ROWS:
            self._complete(found[row.code], row, users)
        record(
            actor=office,
            action="tasks.breakdown_completed",
            target=self.campaign,
            summary=f"編製任務分解表，共 {len(found)} 項措施。",
            at=at,
        )
        return found

    def _complete(self, measure: Measure, row: Row, users: dict[str, User]) -> None:
        lead = self.departments[row.lead]
        proves = PROVES[row.code]
        measure.lead_department = lead
        measure.owner = users[f"{lead.code.replace('_', '-')}-head"]
        measure.accountable_seat = self.seats.get(lead.pk, self.chair)
        measure.objective = self.objectives[proves[0].split(".")[0]]
        measure.asks_percent = measure.cycle != Cycle.YEARLY or row.code in YEARLY_WITH_PERCENT
        if row.code not in WITHOUT_DEADLINE:
            measure.due_date = self._due_date(row)
        measure.save()
        measure.supporting_departments.set([self.departments[code] for code in row.supporting])
        measure.indicators.set([self.indicators[code] for code in proves])
        if row.figure:
            name, unit = row.figure
            MeasureFigure.objects.create(measure=measure, name=name, unit=unit)

    def _due_date(self, row: Row) -> date:
        usual = row.due_date(self.campaign.start_date.year)
        days = DUE_FROM_TODAY.get(row.code)
        if days is None:
            return usual
        shifted = calendar().add(self.today, days)
        earliest = date(self.campaign.start_date.year, 4, 10)
        return shifted if earliest <= shifted <= self.campaign.end_date else usual
