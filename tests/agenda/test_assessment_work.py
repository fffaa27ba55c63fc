"""考核的事也在日程和日曆訂閱裏：只給欠着的人，話與提醒一樣。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client

from agenda.feed import build_feed
from people.models import User
from tests.agenda.test_month_page import day_of, look
from tests.cast import TODAY, Cast
from tests.evaluations import letter_stage, objection_stage
from tests.evaluations import remind_stage as scenes
from tests.evaluations import round_stage as stage
from tests.evaluations.remind_stage import SCENES, Scene
from tests.evaluations.round_stage import START, Phase
from workdays.services import calendar

SignIn = Callable[[User], Client]


def events(user: User) -> list[str]:
    """日曆訂閱裏的各件：「20261130 〔簽訂〕…」。"""
    text = build_feed(user, TODAY, calendar()).content.decode().replace("\r\n ", "")
    days = [line[-8:] for line in text.splitlines() if line.startswith("DTSTART")]
    names = [line[8:] for line in text.splitlines() if line.startswith("SUMMARY")]
    return [f"{day} {name}" for day, name in zip(days, names, strict=True)]


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_who_owes_it_finds_it_in_his_calendar_and_nobody_else(cast: Cast, scene: Scene) -> None:
    scene.lay(cast)

    mine = events(getattr(cast, scene.doer))

    day = f"{scene.due():%Y%m%d}"
    assert any(each.startswith(day) for each in mine)
    assert events(cast.admin) == []
    scene.act(cast)
    left = events(getattr(cast, scene.doer))
    assert not [each for each in left if each in mine and each.startswith(day)]


def test_the_month_shows_the_clerk_his_self_score_and_the_office_its_turn(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    stage.round_at(cast, Phase.SELF)

    clerk, leader = look(signed_in(cast.clerk)), look(signed_in(cast.leader), whose="mine")

    [item] = day_of(clerk, date(2026, 11, 27)).items
    assert (str(item.kind), item.title) == ("自評", "2026年第四季度考核的自評")
    assert "/sheets/" in item.url or "/rounds/" in item.url
    assert leader.context["total"] == 0


def test_a_leader_sees_what_waits_for_his_hand(cast: Cast, signed_in: SignIn) -> None:
    letter_stage.letter(cast, START, "head_signed")
    client = signed_in(cast.leader)

    first, mine = look(client), look(client, whose="mine")

    assert first.context["whose"] == "all"
    [item] = day_of(mine, date(2026, 11, 30)).items
    assert (str(item.kind), item.url.endswith("#sign")) == ("簽訂", True)


def test_a_covert_visit_is_not_in_the_calendar_of_the_visited(cast: Cast) -> None:
    scenes.visit(cast)

    assert any("考察" in each for each in events(cast.neighbour))
    assert not any("考察" in each for each in events(cast.head))


def test_more_work_asks_no_more(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    objection_stage.objection(cast, START)
    scenes.inquiry(cast)
    scenes.event(cast, date_confirmed=date(2026, 11, 16))
    office, head = signed_in(cast.office), signed_in(cast.head)
    look(office), look(head)

    with django_assert_max_num_queries(14):
        look(office, whose="mine")
    with django_assert_max_num_queries(14):
        look(head)
