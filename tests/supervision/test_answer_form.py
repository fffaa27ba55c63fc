"""寫反饋的頁：自動保存、衝突、登錄過期，填過的字一個不丟；不開腳本也能傳、能撤。"""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse

from supervision import services
from supervision.models import Order
from tests.cast import Cast
from tests.lib import make_files
from tests.supervision import stage

SignIn = Callable[..., Client]
TEXT = "公示欄已裝好，正在核對金額。"


@pytest.fixture
def order(cast: Cast, now: datetime) -> Order:
    return stage.order(cast, now, "accepted")


def url(order: Order, name: str = "order-answer") -> str:
    return reverse(f"supervision:{name}", args=[order.pk])


def test_autosave_keeps_the_words_and_gives_the_new_version(
    cast: Cast, order: Order, signed_in: SignIn
) -> None:
    clerk = signed_in(cast.clerk)

    saved = clerk.post(url(order, "answer-draft"), {"text": TEXT, "version": "0.page"}).json()
    again = clerk.post(url(order, "answer-draft"), {"text": TEXT + "了。", "version": "0.page"})

    assert saved["version"] == "1.page"
    assert again.status_code == 200
    assert stage.fresh(order).current.text == TEXT + "了。"
    assert TEXT in clerk.get(url(order)).content.decode()


def test_a_colleagues_words_are_never_overwritten(
    cast: Cast, order: Order, now: datetime, signed_in: SignIn
) -> None:
    services.save_answer(actor=cast.head, order_id=order.pk, text="負責人寫的", version=0, at=now)
    data = {"text": TEXT, "version": "0.page"}

    draft = signed_in(cast.clerk).post(url(order, "answer-draft"), data)
    page = signed_in(cast.clerk).post(url(order), data | {"action": "submit"})

    assert (draft.status_code, page.status_code) == (409, 409)
    assert stage.fresh(order).current.text == "負責人寫的"
    assert TEXT in page.content.decode()
    assert "負責人寫的" in page.content.decode()


def test_what_is_too_long_is_kept_and_told(cast: Cast, order: Order, signed_in: SignIn) -> None:
    long = "長" * 2001

    page = signed_in(cast.clerk).post(
        url(order), {"text": long, "version": "0.page", "action": "submit"}
    )

    assert page.status_code == 422
    assert "現有 2001 字" in page.content.decode()
    assert stage.fresh(order).current.text == long
    assert stage.fresh(order).current.submitted_at is None


def test_an_empty_answer_is_told_at_its_field(cast: Cast, order: Order, signed_in: SignIn) -> None:
    page = signed_in(cast.clerk).post(
        url(order), {"text": "", "version": "0.page", "action": "submit"}
    )

    assert page.status_code == 422
    assert "寫明辦了什麼" in page.content.decode()


def test_signed_out_meanwhile_the_words_come_back(order: Order, client: Client) -> None:
    answer = client.post(url(order), {"text": TEXT, "version": "0.page", "action": "submit"})

    assert answer.status_code == 401
    assert TEXT in answer.content.decode()
    assert client.get(url(order)).status_code == 302


def test_without_scripts_files_go_with_the_form_and_can_be_removed(
    cast: Cast, order: Order, signed_in: SignIn
) -> None:
    clerk = signed_in(cast.clerk)
    picture = BytesIO(make_files.picture(make_files.scene()))
    picture.name = "公示欄.jpg"
    clerk.post(url(order), {"text": TEXT, "version": "0.page", "action": "save", "file": picture})
    sent = order.attachments.get()

    clerk.post(url(order), {"text": TEXT, "version": "1.page", "action": f"remove-{sent.pk}"})

    sent.refresh_from_db()
    assert sent.removed_at is not None
    assert stage.fresh(order).current.text == TEXT


def test_a_refused_file_leaves_the_words_saved(cast: Cast, order: Order, signed_in: SignIn) -> None:
    bad = BytesIO(b"MZ nothing")
    bad.name = "x.jpg"

    page = signed_in(cast.clerk).post(
        url(order), {"text": TEXT, "version": "0.page", "action": "submit", "file": bad}
    )

    assert page.status_code == 422
    assert "沒有收下" in page.content.decode()
    assert stage.fresh(order).current.text == TEXT


def test_handing_up_and_signing_by_hand(cast: Cast, order: Order, signed_in: SignIn) -> None:
    signed_in(cast.clerk).post(url(order), {"text": TEXT, "version": "0.page", "action": "submit"})
    head = signed_in(cast.head)
    assert "等您簽發" in head.get(order.get_absolute_url()).content.decode()

    head.post(url(order, "order-sign"), {"round": "1"})

    assert stage.fresh(order).state == "answered"


def test_an_answer_is_not_sent_without_the_file_that_found_no_room(
    cast: Cast, order: Order, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supervision.services.attaching.MOST_FILES", 0)
    file = BytesIO(make_files.picture(make_files.scene()))
    file.name = "公示欄.jpg"

    page = signed_in(cast.clerk).post(
        url(order), {"text": TEXT, "version": "0.page", "action": "submit", "file": file}
    )

    assert page.status_code == 422
    assert "「公示欄.jpg」沒有收下" in page.content.decode()
    assert stage.fresh(order).current.text == TEXT
    assert stage.fresh(order).current.submitted_at is None
