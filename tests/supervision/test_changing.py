"""調整已交辦的單子：沒有改的時限照舊，改了的留痕、告訴該知道的人，日子從對的那天數起。"""

from datetime import date, datetime
from typing import Any

import pytest

from journal.models import Entry, Notice
from supervision import services
from supervision.models import Order
from supervision.services import Limit
from supervision.services.orders import counted_from
from tasks.services.handing_in import Incomplete
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment
from tests.supervision import stage

LATER = moment(2026, 12, 8)


def change(cast: Cast, order: Order, at: datetime, **changes: Any) -> Order:
    order = stage.fresh(order)
    day = None if order.limit_days else order.due_date
    same = {
        "title": order.title,
        "demand": order.demand,
        "lead_department_id": order.lead_department_id,
        "limit": Limit(order.limit_days, day),
    }
    services.change_order(
        actor=cast.office,
        order_id=order.pk,
        matter=stage.matter(cast, **same | changes),
        version=order.version,
        at=at,
    )
    return stage.fresh(order)


@pytest.mark.parametrize("limit", [Limit(day=date(2026, 12, 1)), Limit(days=5)])
def test_an_overdue_order_is_edited_without_moving_its_limit(
    cast: Cast, now: datetime, limit: Limit
) -> None:
    order = stage.order(cast, now, "accepted", limit=limit)

    changed = change(cast, order, LATER, demand="還要附照片。")

    assert changed.demand == "還要附照片。"
    assert changed.due_date == order.due_date


def test_words_are_edited_near_the_end_of_the_campaign(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    cast.campaign.end_date = date(2026, 12, 9)
    cast.campaign.save()

    assert change(cast, order, LATER, demand="還要附照片。").demand == "還要附照片。"


def test_a_new_limit_past_the_end_of_the_campaign_is_refused(cast: Cast, now: datetime) -> None:
    draft = stage.order(cast, now, "draft")
    cast.campaign.end_date = date(2026, 12, 9)
    cast.campaign.save()

    with pytest.raises(Incomplete, match="活動結束日"):
        services.issue_order(actor=cast.office, order_id=draft.pk, at=LATER)

    order = stage.order(cast, now)
    with pytest.raises(Incomplete, match="活動結束日"):
        change(cast, order, now, limit=Limit(day=date(2026, 12, 10)))


def test_the_record_says_what_was_changed_into_what(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")

    change(
        cast,
        order,
        now,
        limit=Limit(day=date(2026, 12, 4)),
        supporting_ids=[cast.bureau_office.pk],
    )

    entry = Entry.objects.about(order).get(action="supervision.changed")
    assert "辦理時限（2026年11月30日→2026年12月4日）" in entry.summary
    assert "配合單位（無→局辦公室）" in entry.summary
    assert Notice.objects.filter(entry=entry, recipient=cast.clerk).exists()
    assert Notice.objects.filter(entry=entry, recipient=cast.helper_head).exists()


def test_a_resumed_order_gets_its_days_to_accept_back(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "issued")
    services.suspend_order(actor=cast.office, order_id=order.pk, reason="等批覆", at=now)

    services.resume_order(actor=cast.office, order_id=order.pk, at=LATER)

    assert stage.fresh(order).acknowledge_due_date == date(2026, 12, 9)


def test_giving_back_inside_the_unit_does_not_restart_the_limit(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "submitted")
    later = moment(2026, 11, 25)
    services.give_back(
        actor=cast.head, order_id=order.pk, round_number=1, reason="補照片", at=later
    )

    order = stage.fresh(order)
    assert counted_from(order) == now.date()
    assert change(cast, order, later, limit=Limit(days=6)).due_date == date(2026, 12, 1)


def test_who_takes_over_the_writing_hears_what_to_mend(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "submitted")
    cast.clerk.appointments.update(end_date=date(2026, 11, 24))
    successor = make.UserFactory()
    make.AppointmentFactory(user=successor, department=cast.registry, role="clerk")

    services.give_back(
        actor=cast.head, order_id=order.pk, round_number=1, reason="補照片", at=LATER
    )

    told = Notice.objects.filter(created_at=LATER).values_list("recipient", flat=True)
    assert set(told) == {successor.pk}
