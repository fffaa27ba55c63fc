"""評分表旁邊：審定以後還能做什麼。異議和答覆、下達過的整改、丟分最多的幾條。"""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.urls import reverse

from campaigns.standing import Standing
from evaluations import policies
from evaluations.models import AssessmentRound, Objection, Rectification, Sheet
from evaluations.sheets import SheetLine, SheetView
from supervision.models import Order
from supervision.register import light_of, note_of, rule_on
from tasks.beside import Beside
from tasks.lights import Light
from workdays.services import calendar

Phase = AssessmentRound.Phase


@dataclass(frozen=True)
class RectificationLine:
    """下達過的一張整改單。"""

    order: Order
    light: Light
    note: str


@dataclass(frozen=True)
class SheetAfter:
    """一張評分表旁邊的一塊。object_url、rectify_url 為空的，此人不能辦。"""

    objections: list[Objection]
    rectifications: list[RectificationLine]
    window: date | None
    days_left: int
    object_url: str
    rectify_url: str
    gaps: list[SheetLine]


def after_of(standing: Standing, sheet: Sheet, view: SheetView) -> SheetAfter | None:
    """審定以前沒有這一塊。"""
    if not sheet.round.is_frozen:
        return None
    window = next(row.due_date for row in sheet.round.phases.all() if row.phase == Phase.FEEDBACK)
    is_within = sheet.round.phase == Phase.FEEDBACK and standing.on <= window
    key = [sheet.round.code, sheet.department_id]
    rows = sheet.objections.select_related("criterion", "filed_by", "answered_by")
    return SheetAfter(
        objections=list(rows.exclude(state=Objection.State.WITHDRAWN)),
        rectifications=_rectifications(standing, sheet),
        window=window if is_within else None,
        days_left=calendar().between(standing.on, window),
        object_url=reverse("evaluations:objection-create", args=key)
        if is_within and policies.can_object(standing, sheet)
        else "",
        rectify_url=reverse("evaluations:rectify", args=key)
        if policies.can_order_rectification(standing, sheet)
        else "",
        gaps=view.gaps,
    )


def _rectifications(standing: Standing, sheet: Sheet) -> list[RectificationLine]:
    """此人看得見的；看不看得見由督辦說。"""
    rows = Order.objects.visible_to(standing).filter(rectification__sheet=sheet)
    rule = rule_on(standing.on, calendar())
    return [
        RectificationLine(row, light_of(row, rule), note_of(row, rule))
        for row in rows.select_related("campaign").order_by("-pk")
    ]


def beside_order(request: HttpRequest, order: Order) -> Beside | None:
    """整改單的頁旁邊：出自哪張評分表、哪一條。不是考核下達的沒有。"""
    if not order.is_rectification:
        return None
    rows = Rectification.objects.select_related("sheet__round", "criterion", "visit__sheet").filter(
        order=order
    )
    found = rows.first()
    return Beside("evaluations/rectification_origin.html", found) if found else None
