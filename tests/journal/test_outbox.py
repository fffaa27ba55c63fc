"""發件台：發到哪一步看得見，說了什麼不外傳；沒發成的可以重新發送。"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localtime

from journal.channels import vault
from journal.models import Delivery, Entry, Gateway, Notice
from journal.services import (
    Message,
    announce,
    deliver_waiting,
    post_to_group,
    retry_deliveries,
)
from tests.cast import Cast
from tests.factories import UserFactory, moment

AT = moment(2026, 11, 23, 8)
State = Delivery.State
PAGE = "/outbox/"


@pytest.fixture(autouse=True)
def no_rechecks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journal.services.rechecking._rechecks", {})


def tell(person: Any, title: str = "開會", kind: str = "event", at: datetime = AT) -> Delivery:
    [notice] = announce(
        message=Message(title, body="機密正文", kind=kind), recipients=[person], at=at
    )
    return notice.deliveries.get()


def becomes(delivery: Delivery, state: str, reason: str = "", **values: Any) -> Delivery:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, last_error=reason, **values)
    return delivery


def seen(browser: Client, query: str = "") -> str:
    answer = browser.get(f"{PAGE}?kind=all" + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_who_may_not_see_the_outbox_may_not_resend_from_elsewhere_either(cast: Cast) -> None:
    delivery = becomes(tell(cast.clerk), State.GIVEN_UP)
    every = Delivery.objects.all()

    with pytest.raises(PermissionDenied):
        retry_deliveries(actor=cast.clerk, deliveries=every, at=AT)

    delivery.refresh_from_db()
    assert delivery.state == State.GIVEN_UP


def test_a_failure_is_seen_with_its_reason_and_the_next_step(
    cast: Cast, signed_in: Callable
) -> None:
    """P6 悄悄失敗：沒發成的擺在最上面，說明緣由和下一步。"""
    becomes(tell(cast.clerk), State.GIVEN_UP, "郵件服務器拒收這個地址。", attempts=6)

    page = seen(signed_in(cast.office))

    assert "有 1 條沒有發成" in page
    assert "郵件服務器拒收這個地址。" in page
    assert "試過 6 次" in page
    assert f"/org/people/{cast.clerk.pk}/" in page
    assert "重新發送" in page


def test_every_state_is_told_in_words(cast: Cast, signed_in: Callable) -> None:
    becomes(tell(cast.clerk), State.SENT, sent_at=AT, attempts=2)
    becomes(tell(cast.head), State.WAITING, "服務器太慢。", attempts=1)
    becomes(tell(cast.officer), State.CANCELLED, "其間已經辦了，不必再發。")
    becomes(tell(cast.helper), State.UNCERTAIN, "不知道對方收到沒有。")

    page = seen(signed_in(cast.admin))

    for words in ("第 2 次發出", "稍後再試", "試過 1 次", "服務器太慢。", "不再需要", "結果不明"):
        assert words in page


def test_notices_without_any_delivery_are_there_too(cast: Cast, signed_in: Callable) -> None:
    person = UserFactory(name="無郵箱", email="")
    announce(message=Message("開會"), recipients=[person], at=AT)

    page = seen(signed_in(cast.office))

    assert "無郵箱" in page
    assert "站內" in page
    assert "未讀" in page


def test_the_office_sees_that_an_event_was_told_but_not_what(
    cast: Cast, signed_in: Callable
) -> None:
    tell(cast.clerk, "退回了 3-04 的進展")
    tell(cast.clerk, "催辦 3-05", kind="chase")

    office, admin = seen(signed_in(cast.office)), seen(signed_in(cast.admin))

    assert "退回了 3-04 的進展" not in office
    assert "只給本人看" in office
    assert "催辦 3-05" in office
    assert "退回了 3-04 的進展" in admin
    assert "機密正文" not in office + admin


def test_my_own_events_keep_their_titles(cast: Cast, signed_in: Callable) -> None:
    tell(cast.office, "延期申請待裁定")

    assert "延期申請待裁定" in seen(signed_in(cast.office))


@pytest.mark.parametrize("role", ["leader", "deputy", "head", "clerk", "neighbour", "helper"])
def test_others_do_not_get_in(cast: Cast, signed_in: Callable, role: str) -> None:
    browser = signed_in(getattr(cast, role))

    assert browser.get(PAGE).status_code == 403
    assert browser.post(f"{PAGE}resend/", {"delivery": "1"}).status_code == 403


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?state=given_up", {"登記員己"}),
        ("?state=waiting", {"處長戊", "創建工作群"}),
        ("?channel=group", {"創建工作群"}),
        ("", {"登記員己", "處長戊", "創建工作群"}),
        ("?kind=all", {"登記員己", "處長戊", "館長庚", "創建工作群"}),
        ("?kind=chase", {"處長戊"}),
        ("?person=登記", {"登記員己"}),
        ("?person=創建", {"創建工作群"}),
        ("?day=2026-11-20", {"館長庚"}),
        ("?channel=group&state=given_up", set()),
        (
            "?state=nonsense&day=0001-01-01&channel=x&kind=y",
            {"登記員己", "處長戊", "創建工作群"},
        ),
    ],
)
def test_filters_live_in_the_address(
    cast: Cast, signed_in: Callable, query: str, expected: set[str]
) -> None:
    group = Gateway.objects.create(kind="wecom", name="創建工作群", sealed=vault.seal({"key": "k"}))
    becomes(tell(cast.clerk), State.GIVEN_UP)
    tell(cast.head, kind="chase")
    becomes(tell(cast.neighbour, at=AT - timedelta(days=3)), State.SENT, sent_at=AT)
    post_to_group(gateway=group, message=Message("群裏說一聲"), at=AT)

    rows = signed_in(cast.admin).get(PAGE + query).context["page"].object_list

    found = {row.recipient.name if row.recipient else row.gateway.name for row in rows}
    assert found == expected


def test_the_counts_follow_the_other_filters(cast: Cast, signed_in: Callable) -> None:
    becomes(tell(cast.clerk), State.GIVEN_UP)
    becomes(tell(cast.head), State.GIVEN_UP)
    tell(cast.clerk)

    tabs = signed_in(cast.admin).get(f"{PAGE}?person=登記").context["tabs"]

    counts = {tab["label"]: tab["count"] for tab in tabs}
    assert counts["放棄"] == 1
    assert counts["站外等待"] == 1
    assert counts["站外已發送"] == 0
    assert counts["全部"] == 2


def test_old_notices_are_found_by_their_day(cast: Cast, signed_in: Callable) -> None:
    tell(cast.clerk, at=AT - timedelta(days=40))
    browser = signed_in(cast.admin)
    day = localtime(AT - timedelta(days=40)).date()

    assert browser.get(PAGE).context["page"].paginator.count == 0
    assert browser.get(f"{PAGE}?day={day}").context["page"].paginator.count == 1


def test_one_button_sends_one_again(cast: Cast, signed_in: Callable) -> None:
    first = becomes(tell(cast.clerk), State.GIVEN_UP, attempts=6)
    second = becomes(tell(cast.head), State.UNCERTAIN, attempts=1)
    browser = signed_in(cast.office)

    data = {"one": first.pk, "delivery": second.pk, "back": "/outbox/?state=given_up"}
    answer = browser.post(f"{PAGE}resend/", data)

    first.refresh_from_db()
    second.refresh_from_db()
    assert answer.url == "/outbox/?state=given_up"
    assert (first.state, first.attempts) == (State.WAITING, 0)
    assert second.state == State.UNCERTAIN
    entry = Entry.objects.get()
    assert entry.actor == cast.office
    assert entry.summary == "重新發送給「登記員己」的郵件。"


def test_ticked_ones_go_again_together_and_arrive(cast: Cast, signed_in: Callable) -> None:
    rows = [becomes(tell(person), State.GIVEN_UP) for person in (cast.clerk, cast.head)]
    browser = signed_in(cast.office)

    browser.post(f"{PAGE}resend/", {"delivery": [row.pk for row in rows]})
    deliver_waiting(at=moment(2026, 11, 23, 10))

    assert {letter.to[0] for letter in mail.outbox} == {"clerk@example.test", "head@example.test"}
    assert Entry.objects.count() == 2


def test_what_was_sent_is_not_sent_again(cast: Cast, signed_in: Callable) -> None:
    """P5 重發：已發出的、取消的，點了也不動。"""
    sent = becomes(tell(cast.clerk), State.SENT, sent_at=AT)
    gone = becomes(tell(cast.head), State.CANCELLED)
    browser = signed_in(cast.office)

    browser.post(f"{PAGE}resend/", {"delivery": [sent.pk, gone.pk, "9" * 40, "x"]})
    deliver_waiting(at=moment(2026, 11, 23, 10))

    assert mail.outbox == []
    assert Entry.objects.count() == 0


def test_the_way_back_stays_at_home(cast: Cast, signed_in: Callable) -> None:
    browser = signed_in(cast.office)

    for back in ("https://evil.test/outbox/", "//evil.test/", "/outbox/../../x", "/desk/"):
        answer = browser.post(f"{PAGE}resend/", {"back": back})
        assert answer.url.startswith("/outbox/")


def test_the_page_asks_the_same_number_of_questions_however_long(
    cast: Cast, signed_in: Callable
) -> None:
    browser = signed_in(cast.admin)
    group = Gateway.objects.create(kind="wecom", name="創建工作群", sealed=vault.seal({"key": "k"}))

    def questions() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            seen(browser)
        return len(captured)

    tell(cast.clerk)
    post_to_group(gateway=group, message=Message("一"), at=AT)
    few = questions()
    for _n in range(60):
        tell(UserFactory())
        post_to_group(gateway=group, message=Message("一"), at=AT)

    assert questions() == few
    assert few <= 12
    assert Notice.objects.count() == 122
