"""渠道還通不通：測試和真發的，以最近的一次為準。"""

from datetime import timedelta

import pytest

from journal.models import Delivery, Gateway
from journal.services import Message, failing, post_to_group, soundness
from tests.factories import moment

AT = moment(2026, 11, 23, 9)
pytestmark = pytest.mark.django_db


def group(**values: object) -> Gateway:
    return Gateway.objects.create(kind="wecom", name="創建工作群", sealed="", **values)


def deliver(gateway: Gateway, state: str, reason: str = "") -> None:
    notice = post_to_group(gateway=gateway, message=Message("催報"), at=AT)
    sent_at = AT if state == "sent" else None
    Delivery.objects.filter(notice=notice).update(
        state=state, attempts=1, last_error=reason, sent_at=sent_at
    )


def test_one_that_was_never_tried_has_no_moment() -> None:
    group()

    [one] = soundness(Gateway.objects.all())

    assert (one.at, one.has_failed) == (None, False)


def test_a_failed_test_counts_until_a_message_arrives() -> None:
    tested = group(tested_at=AT - timedelta(hours=1), test_error="連不上。")
    before = failing(Gateway.objects.all())

    deliver(tested, "sent")

    assert (before, failing(Gateway.objects.all())) == (["創建工作群"], [])


@pytest.mark.parametrize("state", ["given_up", "uncertain", "waiting"])
def test_a_message_that_did_not_arrive_outweighs_an_earlier_test(state: str) -> None:
    deliver(group(tested_at=AT - timedelta(hours=1)), state)

    [one] = soundness(Gateway.objects.all())

    assert (one.at, one.reason) == (AT, "結果不明。")


def test_a_test_after_the_repair_clears_it() -> None:
    repaired = group(tested_at=AT + timedelta(hours=1))
    deliver(repaired, "given_up", "連不上。")

    assert failing(Gateway.objects.all()) == []


def test_all_are_judged_in_one_query(django_assert_num_queries: object) -> None:
    deliver(group(), "sent")
    Gateway.objects.create(kind="feishu", name="另一群", sealed="")

    with django_assert_num_queries(1):
        found = soundness(Gateway.objects.all())

    assert len(found) == 2
