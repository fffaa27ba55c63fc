"""整改單：與督辦單同一套步驟，另編號、有自己的叫法和通知書，銷號前要寫明復查情況。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from supervision import services
from supervision.models import Order
from supervision.services import Limit
from tasks.services.handing_in import Incomplete
from tests.cast import Cast
from tests.supervision import stage
from tests.supervision.test_notice import bureau, words_of  # noqa: F401
from tests.supervision.test_whole_life import told

SignIn = Callable[..., Client]
LIST = "/supervision/rectifications/"


def rectify(cast: Cast, now: datetime, upto: str = "issued", **changes: object) -> Order:
    values = {"source": Order.Source.RECTIFICATION, "limit": Limit(days=10)} | changes
    return stage.order(cast, now, upto, **values)


def test_rectifications_are_numbered_in_a_book_of_their_own(cast: Cast, now: datetime) -> None:
    supervised, rectified = stage.order(cast, now), rectify(cast, now)

    assert supervised.full_number == "平民創督〔2026〕1號"
    assert rectified.full_number == "平民創整〔2026〕1號"
    assert rectified.due_date == date(2026, 12, 7)
    assert told(cast.head, "整改：平民創整〔2026〕1號「大廳收費公示不全」，請簽收")


@pytest.mark.parametrize(
    ("upto", "label"),
    [
        ("draft", "草擬"),
        ("issued", "已下達"),
        ("accepted", "整改中"),
        ("answered", "待復查"),
    ],
)
def test_each_step_is_called_by_its_own_word(
    cast: Cast, now: datetime, upto: str, label: str
) -> None:
    assert rectify(cast, now, upto).state_label == label


def test_it_is_not_closed_before_someone_has_looked_again(cast: Cast, now: datetime) -> None:
    order = rectify(cast, now, "answered")
    close = {"actor": cast.office, "order_id": order.pk, "round_number": 1, "at": now}

    with pytest.raises(Incomplete):
        services.close_order(**close, words=" ")
    services.close_order(**close, words="到大廳看過，14 項收費已公示。")

    order = stage.fresh(order)
    assert (order.state, order.current.reason) == ("closed", "到大廳看過，14 項收費已公示。")


def test_what_is_not_put_right_gets_a_new_limit_and_the_first_answer_stays(
    cast: Cast, now: datetime
) -> None:
    order = rectify(cast, now, "answered")

    services.send_back(
        actor=cast.office,
        order_id=order.pk,
        round_number=1,
        reason="照片裏還缺兩項。",
        limit=Limit(),
        at=now,
    )

    order = stage.fresh(order)
    assert (order.state_label, order.current.number) == ("整改中", 2)
    assert order.due_date == date(2026, 12, 7)
    assert order.rounds.get(number=1).reason == "照片裏還缺兩項。"
    assert told(cast.head, "復查不合格，再改：平民創整〔2026〕1號")


def test_the_register_of_rectifications_holds_nothing_else(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    stage.order(cast, now, title="值班無人接聽")
    rectify(cast, now, title="收費公示不全")

    page = signed_in(cast.office).get(LIST).content.decode()
    sheet = signed_in(cast.office).get(LIST).context["query"].export_url

    assert "收費公示不全" in page
    assert "值班無人接聽" not in page
    assert "整改台賬</h1>" in page
    assert sheet == "?source=rectify"


def test_a_neighbour_sees_no_rectification_of_another(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = rectify(cast, now)

    assert "收費公示" not in signed_in(cast.neighbour).get(LIST).content.decode()
    assert signed_in(cast.neighbour).get(order.get_absolute_url()).status_code == 404


def test_the_office_opens_one_by_hand(cast: Cast, signed_in: SignIn) -> None:
    url = reverse("supervision:order-create") + "?source=rectify"
    office = signed_in(cast.office)

    assert "存在問題" in office.get(url).content.decode()
    office.post(
        url,
        {
            "title": "花圈擺放過道",
            "lead_department": cast.registry.pk,
            "limit_days": 3,
            "urgency": "normal",
        },
    )

    order = Order.objects.get()
    assert (order.full_number, order.state_label) == ("平民創整〔2026〕1號", "已下達")


@pytest.mark.usefixtures("bureau")
def test_the_notice_of_rectification_says_all_it_must(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = rectify(cast, now)
    url = reverse("supervision:order-notice", args=[order.pk])

    answer = signed_in(cast.head).get(url, {"format": "docx"})
    words = words_of(b"".join(answer.streaming_content))

    for part in (
        "整改通知書",
        "平民創整〔2026〕1號",
        "存在問題：大廳收費公示不全。",
        "2026年12月7日前改好並報送整改情況（10個工作日）",
        "整改情況反饋單",
        "復查意見",
    ):
        assert part in words
    assert "督辦" not in words
