"""整改單：與督辦單同一套步驟，另編號、有自己的叫法和通知書，銷號前要寫明復查情況。"""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from journal.models import Notice
from supervision import services
from supervision.models import Order
from supervision.services import Limit
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from tasks.services.reminders import send_reminders
from tests.cast import Cast
from tests.factories import moment
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


# ── 話和菜單 ──────────────────────────────────────────


def said_on(day: date, person: object) -> str:
    """那天的每日提醒寫給他的話（郵件也是這一份）。"""
    at = moment(day.year, day.month, day.day, 8, 30)
    [plan] = [plan for plan in send_reminders(on=day, at=at).sent if plan.person == person]
    return plan.message.body


@pytest.mark.parametrize(
    ("upto", "day", "who", "words"),
    [
        ("issued", date(2026, 11, 26), "clerk", "前簽收，請簽收整改通知。"),
        ("issued", date(2026, 11, 26), "head", "本單位尚未簽收，請督促。"),
        ("accepted", date(2026, 12, 7), "clerk", "時限12月7日，請報送整改情況。"),
        ("accepted", date(2026, 12, 8), "office", "尚未報送整改情況，請催辦。"),
        ("accepted", date(2026, 12, 9), "deputy", "尚未整改到位，請過問。"),
        ("submitted", date(2026, 12, 7), "head", "的整改情況已擬好，時限12月7日，等您簽發。"),
        ("answered", date(2026, 11, 26), "office", "的整改情況，請復查、銷號。"),
    ],
)
def test_its_reminders_speak_of_rectification(
    cast: Cast, now: datetime, upto: str, day: date, who: str, words: str
) -> None:
    rectify(cast, now, upto)

    text = said_on(day, getattr(cast, who))

    assert words in text
    assert "領辦" not in text
    assert "反饋" not in text


def test_its_notices_speak_of_rectification(cast: Cast, now: datetime) -> None:
    rectify(cast, now, "answered")

    assert told(cast.clerk, "整改：平民創整〔2026〕1號「大廳收費公示不全」，請簽收整改通知並於")
    assert told(cast.head, "請簽發：平民創整〔2026〕1號「大廳收費公示不全」的整改情況")
    assert told(cast.office, "婚姻登記處已報送整改情況：平民創整〔2026〕1號")
    said = Notice.objects.filter(key=None).values_list("title", flat=True)
    assert not [title for title in said if "反饋" in title or "領辦" in title]


@pytest.mark.parametrize("page", ["order-detail", "order-answer"])
def test_its_page_stands_under_the_register_of_rectifications(
    cast: Cast, now: datetime, signed_in: SignIn, page: str
) -> None:
    order, other = rectify(cast, now, "accepted"), stage.order(cast, now, "accepted")
    clerk = signed_in(cast.clerk)

    def here(pk: int) -> list[str]:
        shell = clerk.get(reverse(f"supervision:{page}", args=[pk])).context["shell"]
        return [str(item.label) for _h, items in shell.sections for item in items if item.current]

    assert here(order.pk) == ["整改台賬"]
    assert here(other.pk) == ["督辦台賬"]


def test_what_is_refused_and_exported_speaks_of_rectification(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    """整改單的出錯的話、Excel 的表頭都不說「反饋」「督辦單」。"""
    order = rectify(cast, now, "answered")
    seen = {"order_id": order.pk, "round_number": 1, "at": now}

    with pytest.raises(PermissionDenied, match="這張整改單由婚姻登記處承辦"):
        services.sign_answer(actor=cast.neighbour, **seen)
    other = rectify(cast, now, "accepted")
    with pytest.raises(WrongState, match="這份整改情況不在待簽發"):
        services.sign_answer(actor=cast.head, **seen | {"order_id": other.pk})
    with pytest.raises(Incomplete, match="整改情況最多"):
        services.submit_answer(
            actor=cast.clerk, order_id=other.pk, text="改" * 5000, version=0, at=now
        )
    office = signed_in(cast.office)
    answer = office.get(reverse("supervision:order-export"), {"source": "rectify"})
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    heads = [cell.value for cell in book.active[1]]
    assert {"存在問題", "整改要求", "簽收日期", "最近整改情況"} <= set(heads)
    listed = office.get(LIST).content.decode()
    page = office.get(other.get_absolute_url() + "suspend/").content.decode()

    assert book.active.title == "整改台賬"
    assert not [head for head in heads if "反饋" in head or "督辦" in head]
    assert "最近整改情況" in listed
    assert "還沒有報送整改情況" in listed
    assert "中止整改單" in page
