"""佈景：用業務服務把一張督辦單辦到某一步。"""

from datetime import date, datetime
from typing import Any

from people.models import User
from reports.models import Report
from supervision import services
from supervision.models import Extension, Instruction, Order
from supervision.services import Limit, Matter
from tasks.models import Measure
from tests import factories as make
from tests.cast import Cast
from tests.reports.stage import draft

STATES = ("draft", "issued", "accepted", "submitted", "answered", "read", "closed")
ANSWER = "收費公示欄已裝在大廳，14 項收費全部公示。"


def matter(cast: Cast, **changes: Any) -> Matter:
    values: dict[str, Any] = {
        "title": "大廳收費公示不全",
        "demand": "補齊全部收費項目並拍照。",
        "limit": Limit(days=5),
        "lead_department_id": cast.registry.pk,
    }
    return Matter(**values | changes)


def order(cast: Cast, at: datetime, upto: str = "issued", **changes: Any) -> Order:
    """辦公室開的一張，交婚姻登記處，辦到 upto：draft … closed（read 同 answered）。"""
    row = services.create_order(
        actor=cast.office, campaign=cast.campaign, matter=matter(cast, **changes), at=at
    )
    if upto != "draft":
        services.issue_order(actor=cast.office, order_id=row.pk, at=at)
    return advance(cast, row, at, upto)


def measure_of(cast: Cast, **values: Any) -> Measure:
    code = f"9-{Measure.objects.count() + 1:02d}"
    values = {"lead_department": cast.registry, "issued": True, "code": code} | values
    return make.MeasureFactory(campaign=cast.campaign, **values)


def instruct(cast: Cast, at: datetime, upto: str = "issued", **values: Any) -> Order:
    """組長在婚姻登記處的一項措施上批示，辦到 upto。"""
    values = {"actor": cast.leader, "subject": measure_of(cast), "text": "請儘快補齊。"} | values
    return advance(cast, instruction(at, **values).order, at, upto)


def instruction(at: datetime, **values: Any) -> Instruction:
    return services.give_instruction(at=at, **values)


def advance(cast: Cast, row: Order, at: datetime, upto: str) -> Order:
    """從已交辦往下辦。"""
    reached = STATES.index(upto)
    if reached >= 2:
        services.acknowledge(actor=cast.clerk, order_id=row.pk, at=at)
    if reached >= 3:
        services.submit_answer(actor=cast.clerk, order_id=row.pk, text=ANSWER, version=0, at=at)
    if reached >= 4:
        services.sign_answer(actor=cast.head, order_id=row.pk, round_number=1, at=at)
    row = fresh(row)
    if reached >= 5 and row.instruction:
        services.give_verdict(
            actor=cast.leader, order_id=row.pk, round_number=1, verdict="satisfied", at=at
        )
    if reached >= 6:
        services.close_order(actor=cast.office, order_id=row.pk, round_number=1, at=at)
    return fresh(row)


def fresh(row: Order) -> Order:
    return Order.objects.with_everything().get(pk=row.pk)


def report_of(cast: Cast, at: datetime) -> Report:
    return draft(cast, at)


def ask_extension(
    cast: Cast,
    row: Order,
    at: datetime,
    day: date = date(2026, 12, 4),
    actor: User | None = None,
) -> Extension:
    return services.ask_extension(
        actor=actor or cast.clerk,
        order_id=row.pk,
        progress="公示欄已訂做",
        reason="廠家要到下週交貨",
        proposed_date=day,
        at=at,
    )
