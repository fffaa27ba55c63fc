"""樣例裏考核之後的事：反饋階段的一次考核，一件異議已答覆、等裁定；一張整改單正在改。"""

from datetime import date, datetime

from campaigns.models import Campaign
from campaigns.standing import office_members, standing_of
from evaluations import policies
from evaluations.models import AssessmentRound, Objection, Sheet
from evaluations.services import objections
from evaluations.services.objections import Claim
from evaluations.services.rectifications import order_rectification
from evaluations.sheets import SheetLine, frozen_sheets, latest_snapshot
from people.services import heads_of
from pingtan_civ.lib import clock
from supervision import services as supervision
from supervision.models import Order
from supervision.services import Limit, Matter
from workdays.services import calendar

REASON = "扣分寫的那一次，當天下午已補齊並拍照，考核組來之前就已改好，請對照原件核實。"
ANSWER = "已調原件核對：補齊在檢查當天下午，檢查時確實不全，按當時所見計分。建議維持原分。"


def play(campaign: Campaign, today: date) -> None:
    """沒有在反饋階段的考核時不演。"""
    rows = AssessmentRound.objects.filter(
        campaign=campaign, phase=AssessmentRound.Phase.FEEDBACK
    ).select_related("campaign")
    round_ = rows.first()
    if round_ is None:
        return
    told = round_.phases.get(phase=AssessmentRound.Phase.FEEDBACK).start_date
    first, second = list(round_.sheets.order_by("department__position", "pk"))[:2]
    _object(first, _on(told, 1, today, 15))
    _rectify(second, _on(told, 1, today, 16), _on(told, 2, today, 10))


def _on(start: date, days: int, today: date, hour: int) -> datetime:
    """反饋後第幾個工作日的幾點，不晚於今天。"""
    return clock.at_hour(min(calendar().add(start, days), today), hour)


def _worst(sheet: Sheet) -> SheetLine | None:
    """丟分最多而有人評過的一條。"""
    (view,) = frozen_sheets(latest_snapshot(sheet.round), {sheet.department_id})
    return next((line for line in view.gaps if line.result.score_id), None)


def _object(sheet: Sheet, at: datetime) -> None:
    line, heads = _worst(sheet), heads_of(sheet.department_id, at.date())
    if line is None or not heads:
        return
    row = objections.file_objection(
        actor=heads[0],
        sheet_id=sheet.pk,
        claim=Claim(line.criterion_id, REASON, points=line.full),
        at=at,
    )
    for person in office_members(sheet.round.campaign, at.date()):
        if policies.can_answer_objection(standing_of(person, at.date()), row):
            objections.answer_objection(
                actor=person,
                objection_id=row.pk,
                proposal=Objection.Outcome.REJECTED,
                answer=ANSWER,
                at=at,
            )
            return


def _rectify(sheet: Sheet, at: datetime, later: datetime) -> None:
    line, heads = _worst(sheet), heads_of(sheet.department_id, at.date())
    if line is None or not heads:
        return
    order = order_rectification(
        actor=office_members(sheet.round.campaign, at.date())[0],
        sheet=sheet,
        criterion_id=line.criterion_id,
        matter=Matter(
            title=f"{line.text}沒有做到位"[:200],
            demand="對照考核辦法逐項改好，附整改前後的照片。",
            limit=Limit(days=10),
            lead_department_id=sheet.department_id,
            source=Order.Source.RECTIFICATION,
        ),
        at=at,
    )
    supervision.acknowledge(actor=heads[0], order_id=order.pk, at=later)
