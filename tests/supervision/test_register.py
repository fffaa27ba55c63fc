"""督辦台賬：篩選、計數、導出出自同一個查詢；查詢次數與件數無關。"""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from campaigns.services.campaign import close_campaign
from supervision import services
from supervision.models import Order
from supervision.register import RegisterQuery
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment
from tests.supervision import stage

SignIn = Callable[..., Client]
LIST = "/supervision/"


def exported(client: Client, query: str = "") -> list[tuple]:
    answer = client.get(reverse("supervision:order-export") + query)
    book = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))
    return list(book.active.values)


@pytest.fixture
def orders(cast: Cast, now: datetime) -> dict[str, Order]:
    return {
        "late": stage.order(cast, moment(2026, 11, 9), "accepted", title="值班無人接聽"),
        "answered": stage.instruct(cast, now, "answered"),
        "closed": stage.order(cast, now, "closed", title="公示過期"),
        "other": stage.order(cast, now, title="車輛停放", lead_department_id=cast.funeral_home.pk),
        "draft": stage.order(cast, now, "draft", title="還沒想好"),
    }


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", {"late", "answered", "closed", "other", "draft"}),
        ("?overdue=1", {"late"}),
        ("?state=closed", {"closed"}),
        ("?source=instruction", {"answered"}),
        ("?year=2026&state=draft", {"draft"}),
        ("?year=2025", set()),
        ("?q=值班", {"late"}),
        ("?q=值班无人", {"late"}),
        ("?q=4號", {"other"}),
    ],
)
def test_the_sheet_holds_exactly_what_the_filter_shows(
    cast: Cast, orders: dict[str, Order], signed_in: SignIn, query: str, wanted: set[str]
) -> None:
    office = signed_in(cast.office)

    page = office.get(LIST + query).context
    rows = exported(office, query)

    shown = {row.order.pk for row in page["rows"]}
    assert shown == {orders[name].pk for name in wanted}
    assert [row[1] for row in rows[1:]] == [row.order.title for row in page["rows"]]


def test_each_tab_counts_the_list_it_opens(
    cast: Cast, orders: dict[str, Order], signed_in: SignIn
) -> None:
    office = signed_in(cast.office)
    tabs = office.get(LIST).context["tabs"]

    opened = {tab.label: office.get(LIST + tab.url).context["page"].paginator.count for tab in tabs}

    assert opened == {tab.label: tab.count for tab in tabs}
    assert opened["逾期"] == 1


@pytest.mark.parametrize(
    ("who", "wanted"),
    [
        ("leader", {"late", "answered", "closed", "other"}),
        ("deputy", {"late", "answered", "closed"}),
        ("clerk", {"late", "answered", "closed"}),
        ("neighbour", {"other"}),
        ("helper", set()),
        ("admin", set()),
    ],
)
def test_everyone_lists_and_exports_his_own(
    cast: Cast, orders: dict[str, Order], signed_in: SignIn, who: str, wanted: set[str]
) -> None:
    client = signed_in(getattr(cast, who))

    shown = {row.order.pk for row in client.get(LIST).context["rows"]}

    assert shown == {orders[name].pk for name in wanted}
    assert len(exported(client)) == len(wanted) + 1


def test_the_office_of_another_campaign_sees_nothing_of_ours(
    cast: Cast, orders: dict[str, Order], signed_in: SignIn
) -> None:
    foreign = make.SeatFactory(
        campaign=make.CampaignFactory(code="other"), role="office_director"
    ).user

    assert signed_in(foreign).get(LIST).context["rows"] == []


def test_a_cell_that_looks_like_a_formula_is_only_text(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    evil = '=HYPERLINK("http://evil","點我")'
    order = stage.order(cast, now, "accepted", title=evil, demand="+1+1")
    services.submit_answer(actor=cast.clerk, order_id=order.pk, text="@SUM(1)", version=0, at=now)
    services.sign_answer(actor=cast.head, order_id=order.pk, round_number=1, at=now)

    answer = signed_in(cast.office).get(reverse("supervision:order-export"))
    sheet = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).active

    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row if cell.value}
    for text in (evil, "+1+1", "@SUM(1)"):
        assert cells[text].data_type == "s"
        assert cells[text].quotePrefix


def test_an_unsigned_draft_never_reaches_the_sheet(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    stage.order(cast, now, "submitted")

    rows = exported(signed_in(cast.office))

    assert stage.ANSWER not in {value for row in rows for value in row}


def test_an_empty_register_exports_its_heading(cast: Cast, signed_in: SignIn) -> None:
    assert exported(signed_in(cast.office))[0][:3] == ("編號", "督辦事項", "來源")


def test_the_list_asks_as_often_with_much_as_with_little(
    cast: Cast,
    now: datetime,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable,
) -> None:
    office = signed_in(cast.office)
    stage.order(cast, now, "answered")
    office.get(LIST)
    with django_assert_max_num_queries(12) as one:
        office.get(LIST)
    for _each in range(6):
        stage.order(cast, now, "answered", supporting_ids=[cast.bureau_office.pk])
        stage.instruct(cast, now, text=f"第{_each}件。")

    with django_assert_max_num_queries(12) as many:
        office.get(LIST)

    assert len(many) == len(one)


@pytest.mark.parametrize("who", ["office", "leader", "clerk"])
def test_an_order_page_costs_few_queries(
    cast: Cast,
    now: datetime,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable,
    who: str,
) -> None:
    order = stage.instruct(cast, now, "answered")
    client = signed_in(getattr(cast, who))
    client.get(order.get_absolute_url())

    with django_assert_max_num_queries(12):
        assert client.get(order.get_absolute_url()).status_code == 200


def test_what_cannot_be_read_in_the_address_is_said_and_not_used(
    cast: Cast, signed_in: SignIn
) -> None:
    odd = RegisterQuery.read(QueryDict("year=99999999999&state=nope&overdue=x&page=²"))

    page = signed_in(cast.office).get(LIST + "?year=abc&state=nope").content.decode()

    assert odd == RegisterQuery()
    assert set(odd.ignored) == {"year", "state", "overdue", "page"}
    assert "網址裏有看不懂的條件" in page


# ── 我的批示 ──────────────────────────────────────────


def test_answers_waiting_for_the_leader_come_first_and_late_ones_next(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    late = stage.instruct(cast, moment(2026, 11, 9), text="早先的。")
    waiting = stage.instruct(cast, now, "answered", text="有了反饋的。")
    running = stage.instruct(cast, now, text="剛寫的。")

    page = signed_in(cast.leader).get(reverse("supervision:instructions"))

    assert [row.order for row in page.context["rows"]] == [waiting, late, running]
    assert "1 件批示有了反饋，等您閱示" in page.content.decode()
    assert [row.order for row in page.context["late"]] == [late]


def test_a_leader_sees_only_his_own_instructions_there(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    stage.instruct(cast, now, text="組長的。")
    own = stage.instruct(cast, now, actor=cast.deputy, text="副組長的。")

    page = signed_in(cast.deputy).get(reverse("supervision:instructions"))

    assert [row.order for row in page.context["rows"]] == [own]


# ── 菜單和工作台 ──────────────────────────────────────


@pytest.mark.parametrize(
    ("upto", "who"),
    [
        ("issued", "clerk"),
        ("accepted", "clerk"),
        ("submitted", "head"),
        ("answered", "leader"),
        ("read", "office"),
    ],
)
def test_the_menu_counts_and_the_desk_lists_what_waits_for_this_person(
    cast: Cast, now: datetime, signed_in: SignIn, upto: str, who: str
) -> None:
    order = stage.instruct(cast, now, upto)

    page = signed_in(getattr(cast, who)).get("/desk/").context
    nobody = signed_in(cast.neighbour).get("/desk/").context

    assert page["shell"].waiting["supervision"] == 1
    assert order.get_absolute_url() in [todo.url for todo in page["todos"]]
    assert nobody["shell"].waiting["supervision"] == 0
    assert nobody["todos"] == []


def test_an_extension_and_an_unplaced_instruction_wait_for_the_office(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    asked = stage.order(cast, now, "accepted")
    stage.ask_extension(cast, asked, now)
    report = stage.report_of(cast, now)
    placed = stage.instruction(now, actor=cast.leader, subject=report, text="請核實。").order

    todos = signed_in(cast.office).get("/desk/").context["todos"]

    verbs = {todo.url: todo.verb for todo in todos}
    assert verbs[asked.get_absolute_url()] == "裁定"
    assert verbs[placed.get_absolute_url()] == "交辦"


def test_nothing_is_overdue_once_the_campaign_is_closed(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now, "accepted")
    Order.objects.filter(pk=order.pk).update(due_date=date(2026, 11, 16))
    office = signed_in(cast.office)
    before = office.get(LIST).context
    close_campaign(actor=cast.office, campaign_id=cast.campaign.pk, reason="年度結束", at=now)

    after = office.get(LIST).context

    assert (before["tally"]["running"], before["tally"]["overdue"]) == (1, 1)
    assert (after["tally"]["running"], after["tally"]["overdue"]) == (0, 0)
    assert after["rows"][0].days_late == 0
    assert not office.get(LIST, {"overdue": "1"}).context["rows"]


def test_an_export_too_long_is_refused_rather_than_cut(
    cast: Cast, now: datetime, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supervision.views.register.MOST_ROWS", 1)
    stage.order(cast, now), stage.order(cast, now)

    page = signed_in(cast.office).get(
        reverse("supervision:order-export"), {"state": "issued"}, follow=True
    )

    assert page.request["QUERY_STRING"] == "state=issued"
    assert "超過 1 件" in page.content.decode()


def test_a_list_never_fetches_the_frozen_text_of_reports(cast: Cast, now: datetime) -> None:
    report = stage.report_of(cast, now)
    stage.instruction(now, actor=cast.leader, subject=report, text="請核實。")

    assert "snapshot" in Order.objects.with_everything().get().report.get_deferred_fields()


def test_the_overdue_stand_first_then_the_running_then_the_rest(
    cast: Cast, orders: dict[str, Order], signed_in: SignIn
) -> None:
    names = {order.pk: name for name, order in orders.items()}

    rows = signed_in(cast.office).get(LIST).context["rows"]

    assert [names[row.order.pk] for row in rows] == [
        "late", "draft", "other", "answered", "closed"
    ]  # fmt: skip


def test_the_sheet_tells_what_the_leader_said_and_when(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    stage.instruct(cast, now, "read")

    head, row = exported(signed_in(cast.office))
    said = dict(zip(head, row, strict=True))

    assert said["閱示結果"] == "滿意"
    assert said["閱示日期"].date() == now.date()
