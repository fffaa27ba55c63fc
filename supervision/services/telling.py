"""督辦的每一步都留痕並告訴該知道的人：與所講的改動寫在同一個事務裏。"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.timezone import localtime

from campaigns.models import Seat
from campaigns.standing import chairs_of, office_members
from journal.services import Message, record, source_script
from people.models import Department, User
from people.services import heads_of, staff_of
from supervision.models import Order, readers_of

Sentence = str | Promise
"""帶 %(unit)s 等佔位的一句話；在寫入的那一刻按繁體取。"""


@source_script()
def tell(
    *,
    actor: User | None,
    order: Order,
    action: str,
    at: datetime,
    summary: Sentence,
    title: Sentence = "",
    reason: str = "",
    notify: Iterable[Any] = (),
    changes: dict[str, list[Any]] | None = None,
    is_linked: bool = True,
    **words: Any,
) -> None:
    """留一筆痕，並給 notify 各一條消息。title 空着時用 summary；看不到單子的人不給鏈接。"""
    filled = {
        "number": order.full_number,
        "title": order.title,
        "unit": order.lead_department.name if order.lead_department else "",
        "kind": order.words.kind,
        "slip": order.words.slip,
        "issue": order.words.issue,
        "acknowledge": order.words.acknowledge,
        "take": order.words.take,
        "give": order.words.give,
        "report": order.words.report,
        **words,
    }
    said = str(summary) % filled
    record(
        actor=actor,
        action=f"supervision.{action}",
        target=order,
        at=at,
        summary=said,
        reason=reason,
        changes=changes,
        notify=notify,
        message=Message(
            title=str(title) % filled if title else said,
            body=reason or order.title,
            url=order.get_absolute_url() if is_linked else "",
        ),
    )


def day_of(at: datetime) -> date:
    """北京時間的那一天：身份、時限都按它算。"""
    return localtime(at).date()


def office(order: Order, at: datetime) -> list[User]:
    return office_members(order.campaign, day_of(at))


def deciders(order: Order, asker: User, at: datetime) -> list[User]:
    """裁定延期的人：辦公室除申請人以外的；沒有別人時是組長。"""
    others = [person for person in office(order, at) if person != asker]
    return others or chairs_of(order.campaign, day_of(at))


def handlers(order: Order, at: datetime) -> list[User]:
    """承辦單位當日在任的人；還沒有承辦單位時為空。"""
    return staff_of(order.lead_department_id, day_of(at)) if order.lead_department_id else []


def supporters(order: Order, at: datetime) -> list[User]:
    """配合單位的負責人。"""
    units: Iterable[Department] = order.supporting_departments.all()
    return [head for unit in units for head in heads_of(unit.pk, day_of(at))]


def leaders(order: Order, at: datetime) -> list[User]:
    """關心這張單子的領導：批示的領導（或繼任者），和單上寫明的責任領導。"""
    found = readers_of(order.instruction, day_of(at)) if order.instruction else []
    if order.accountable_seat_id:
        seats = Seat.objects.on(day_of(at)).filter(pk=order.accountable_seat_id)
        found += [seat.user for seat in seats.select_related("user") if seat.user]
    return found
