"""督辦延期由誰裁定：辦公室，但不是自己申請的；辦公室沒有別的人時是組長。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from journal.models import Notice
from people.models import Appointment
from supervision import services
from supervision.models import Extension, Order
from tests import factories as make
from tests.cast import Cast
from tests.supervision import stage

SignIn = Callable[..., Client]
APPROVE = {"decision": "approve", "granted_date": "2026-12-04", "reason": "情況屬實"}


@pytest.fixture
def order(cast: Cast, now: datetime) -> Order:
    """創建辦主任兼婚姻登記處經辦人，替本單位申請了延期。"""
    make.AppointmentFactory(user=cast.office, department=cast.registry, role=Appointment.Role.CLERK)
    return stage.order(cast, now, "accepted")


@pytest.fixture
def alone(cast: Cast) -> None:
    """辦公室只有主任一個人。"""
    cast.officer.is_active = False
    cast.officer.save(update_fields=["is_active"])


def ask(cast: Cast, order: Order, at: datetime) -> Extension:
    return stage.ask_extension(cast, order, at, actor=cast.office)


def url_of(extension: Extension) -> str:
    return reverse("supervision:extension-decide", args=[extension.pk])


def told() -> set[str]:
    """請誰裁定。"""
    asked = Notice.objects.filter(title__startswith="請裁定")
    return set(asked.values_list("recipient__username", flat=True))


def test_nobody_in_the_office_decides_what_he_asked_for(
    cast: Cast, order: Order, now: datetime, signed_in: SignIn
) -> None:
    extension = ask(cast, order, now)
    office = signed_in(cast.office)

    page = office.get(order.get_absolute_url()).content.decode()
    answers = [office.get(url_of(extension)), office.post(url_of(extension), APPROVE)]

    assert "您自己申請的，由辦公室的另一位裁定。" in page
    assert f'href="{url_of(extension)}"' not in page
    assert [answer.status_code for answer in answers] == [403, 403]
    assert "請辦公室的另一位來裁定" in answers[0].content.decode()
    assert told() == {"officer"}


def test_another_of_the_office_decides_it(
    cast: Cast, order: Order, now: datetime, signed_in: SignIn
) -> None:
    extension = ask(cast, order, now)
    officer = signed_in(cast.officer)

    todos = {todo.url: todo.verb for todo in officer.get("/desk/").context["todos"]}
    officer.post(url_of(extension), APPROVE)

    assert todos == {order.get_absolute_url(): "裁定"}
    assert stage.fresh(order).extended_times == 1


def test_he_decides_what_a_colleague_of_the_unit_asked_for(
    cast: Cast, order: Order, now: datetime
) -> None:
    extension = stage.ask_extension(cast, order, now)

    services.decide_extension(
        actor=cast.office, extension_id=extension.pk, is_approved=True, reason="同意", at=now
    )

    assert stage.fresh(order).extended_times == 1


@pytest.mark.usefixtures("alone")
def test_the_chair_decides_when_the_office_has_nobody_else(
    cast: Cast, order: Order, now: datetime, signed_in: SignIn
) -> None:
    extension = ask(cast, order, now)
    chair = signed_in(cast.leader)

    page = chair.get(order.get_absolute_url()).content.decode()
    desk = chair.get("/desk/").context
    refused = signed_in(cast.office).get(url_of(extension)).content.decode()
    chair.post(url_of(extension), APPROVE)

    assert "由組長裁定。" in page
    assert f'href="{url_of(extension)}"' in page
    assert desk["shell"].waiting["supervision"] == 1
    assert [todo.verb for todo in desk["todos"]] == ["裁定"]
    assert "請組長裁定" in refused
    assert told() == {"leader"}
    assert stage.fresh(order).extended_times == 1


def test_the_chair_does_not_decide_while_the_office_can(
    cast: Cast, order: Order, now: datetime, signed_in: SignIn
) -> None:
    extension = ask(cast, order, now)

    assert signed_in(cast.leader).get(url_of(extension)).status_code == 403
    with pytest.raises(PermissionDenied, match="由本活動辦公室裁定"):
        services.decide_extension(
            actor=cast.leader, extension_id=extension.pk, is_approved=True, reason="同意", at=now
        )
