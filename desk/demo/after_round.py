"""樣例裏考核之後的事：反饋期裏的一件異議，答覆、裁定；結果公佈以後下達的一張整改單。"""

from datetime import datetime

from campaigns.models import Campaign
from campaigns.standing import office_members, standing_of
from desk.demo.remarks import remark_on
from evaluations import policies
from evaluations.models import AssessmentRound, Objection, Sheet
from evaluations.services import objections
from evaluations.services.objections import Claim
from evaluations.services.rectifications import order_rectification
from evaluations.sheets import SheetLine, frozen_sheets, latest_snapshot
from people.models import User
from people.services import heads_of
from supervision.models import Order
from supervision.services import Limit, Matter

DECISION = "評定時確實沒有，事後補的不改當時的得分；下一季度按補齊後的計。"
ANSWER = "已調原件核對：所說的是評定之後補的，評定時確實沒有，按當時所見計分。建議維持原分。"


def _worst(sheet: Sheet) -> SheetLine | None:
    """丟分最多而有人評過的一條。"""
    (view,) = frozen_sheets(latest_snapshot(sheet.round), {sheet.department_id})
    return next((line for line in view.gaps if line.result.score_id), None)


def object_to(sheet: Sheet, at: datetime) -> None:
    """對丟分最多的一條提異議。"""
    line, heads = _worst(sheet), heads_of(sheet.department_id, at.date())
    if line is None or not heads:
        return
    claim = Claim(line.criterion_id, remark_on(line.number).claim, points=line.full)
    objections.file_objection(actor=heads[0], sheet_id=sheet.pk, claim=claim, at=at)


def answer_all(round_: AssessmentRound, at: datetime) -> None:
    for row in Objection.objects.filter(sheet__round=round_, state=Objection.State.FILED):
        able = [
            person
            for person in office_members(round_.campaign, at.date())
            if policies.can_answer_objection(standing_of(person, at.date()), row)
        ]
        objections.answer_objection(
            actor=able[0],
            objection_id=row.pk,
            proposal=Objection.Outcome.REJECTED,
            answer=ANSWER,
            at=at,
        )


def decide_all(round_: AssessmentRound, chair: User, at: datetime) -> None:
    for row in Objection.objects.filter(sheet__round=round_, state=Objection.State.ANSWERED):
        objections.decide_objection(
            actor=chair,
            objection_id=row.pk,
            outcome=Objection.Outcome.REJECTED,
            reason=DECISION,
            at=at,
        )


def rectify(campaign: Campaign, at: datetime) -> None:
    """最近公佈的一次考核裏，排在最後的單位丟分最多的一條，下達整改。"""
    sheets = Sheet.objects.filter(
        round__campaign=campaign, round__phase=AssessmentRound.Phase.PUBLISHED
    ).select_related("round__campaign", "department")
    sheet = sheets.order_by("round__period_end", "department__position").last()
    line = _worst(sheet) if sheet else None
    if line is None:
        return
    order_rectification(
        actor=office_members(campaign, at.date())[0],
        sheet=sheet,
        criterion_id=line.criterion_id,
        matter=Matter(
            title=remark_on(line.number).matter,
            demand=f"考核「{line.text}」指出：{remark_on(line.number).fault}"
            "請對照考核辦法改好，說明怎樣改的，附改好之後的材料或照片。",
            limit=Limit(days=10),
            lead_department_id=sheet.department_id,
            source=Order.Source.RECTIFICATION,
        ),
        at=at,
    )
