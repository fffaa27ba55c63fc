"""工作台上考核的事：退回的責任書、逾期的徵詢函、等單位說明的，都是一條，寫明等了多久，直達。"""

from collections.abc import Callable
from datetime import date, datetime

from django.test import Client

from desk.todo import Todo
from evaluations.services import letter_signing, vetoes
from people.models import User
from tasks.lights import Light
from tests.cast import TODAY, Cast
from tests.evaluations import letter_stage, objection_stage
from tests.evaluations import remind_stage as scenes
from tests.evaluations.round_stage import START, Phase, round_at
from tests.factories import moment
from tests.supervision.stage import instruct

SignIn = Callable[[User], Client]


def todos(client: Client) -> list[Todo]:
    return client.get("/desk/").context["todos"]


def test_a_returned_letter_waits_on_the_desk_of_the_office(cast: Cast, signed_in: SignIn) -> None:
    letter = letter_stage.letter(cast, moment(2026, 11, 11))
    letter_signing.return_letter(
        actor=cast.head, letter_id=letter.pk, reason="指標寫錯。", at=moment(2026, 11, 12)
    )

    [todo] = todos(signed_in(cast.officer))

    assert (todo.label, todo.verb) == ("已等 7 個工作日", "修改再送")
    assert "11月12日退回：指標寫錯。" in todo.why
    assert (todo.light, todo.due) == (Light.BAD, date(2026, 11, 19))
    assert todo.url == letter.get_absolute_url()
    assert todos(signed_in(cast.head)) == []


def test_an_overdue_inquiry_is_a_call_to_make(cast: Cast, signed_in: SignIn) -> None:
    scenes.inquiry(cast)
    inquiry = cast.campaign.inquiries.get()
    office = signed_in(cast.office)
    assert todos(office) == []
    type(inquiry).objects.update(asked_date=date(2026, 11, 2), due_date=date(2026, 11, 18))

    [todo] = todos(office)

    assert todo.title == "打電話催問：向平潭縣公安局的徵詢函"
    assert (todo.label, todo.light) == ("逾期 3 個工作日", Light.BAD)
    assert todo.why == "11月2日發函，應於11月18日前答覆，2 個單位還沒有答覆。"
    assert todo.url == inquiry.get_absolute_url()
    assert todos(signed_in(cast.leader)) == []
    scenes.reply(cast)
    assert todos(office) == []


def test_a_unit_is_asked_for_its_statement_and_the_leaders_for_theirs(
    cast: Cast, signed_in: SignIn
) -> None:
    event = scenes.event(cast, date_confirmed=date(2026, 11, 16))
    clerk = signed_in(cast.clerk)

    [own] = todos(clerk)
    [above] = todos(signed_in(cast.leader))

    assert (own.verb, own.due) == ("寫單位說明", date(2026, 12, 16))
    assert (above.verb, above.light) == ("作出決定", Light.WARN)
    assert clerk.get(own.url).status_code == 200
    vetoes.state_case(actor=cast.head, event_id=event.pk, text="已滅火。", at=START)
    assert todos(clerk) == []


def test_the_desk_of_the_office_stays_quick_with_everything_open(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    objection_stage.objection(cast, START)
    scenes.inquiry(cast)
    type(cast.campaign.inquiries.get()).objects.update(
        asked_date=date(2026, 11, 2), due_date=date(2026, 11, 18)
    )
    letter = letter_stage.letter(cast, START)
    letter_signing.return_letter(actor=cast.head, letter_id=letter.pk, reason="錯", at=START)
    officer = signed_in(cast.officer)
    officer.get("/desk/")

    with django_assert_max_num_queries(14):
        verbs = {todo.verb for todo in todos(officer)}

    assert verbs == {"答覆", "記答覆", "修改再送"}


def test_what_is_due_today_stands_before_what_only_waits(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    """單子的時限是承辦單位的，等閱示的不因它過了就排到今天截止的審定之前。"""
    instruct(cast, moment(2026, 11, 9), "answered")
    letter_stage.letter(cast, now, "head_signed")
    row = round_at(cast, Phase.DECISION)
    row.phases.filter(phase=Phase.DECISION).update(start_date=TODAY, due_date=TODAY)

    found = todos(signed_in(cast.leader))

    assert [todo.verb for todo in found] == ["審定", "簽訂", "閱示"]
    assert found[1].label == "今天送簽"
