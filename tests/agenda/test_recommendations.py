"""整個活動的日程上的考核推薦：走到哪一步、到哪天；誰還沒有表決不說，異議只給看得到的人。"""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from people.models import User
from recommendations.services import publicity
from tests.agenda.test_month_page import day_of, look
from tests.cast import Cast
from tests.recommendations import stage

SignIn = Callable[[User], Client]


def listed(client: Client, day: date) -> list[str]:
    """那一天逐件列出的推薦；格子裏的件數與它一致。"""
    answer = look(client, month=f"{day:%Y-%m}", whose="all", day=day.isoformat())
    found = [str(item.kind) for item in answer.context["page"].object_list]
    counted = [row.count for row in day_of(answer, day).tallies if row.kind == "推薦"]
    assert sum(counted) == len(found)
    return found


def test_the_last_day_to_apply_is_listed_for_all_who_see_the_whole(
    cast: Cast, signed_in: SignIn
) -> None:
    last = date(2026, 11, 27)
    found = stage.programme(cast, apply_by=last)
    stage.programme(cast, state="draft", title="還在擬訂", apply_by=last)

    for who in (cast.office, cast.leader, cast.admin):
        client = signed_in(who)
        assert listed(client, last) == ["推薦申報"]
        page = look(client, whose="all", day=last.isoformat()).content.decode()
        assert found.get_absolute_url() in page
        assert "還在擬訂" not in page


def test_a_vote_is_listed_without_who_has_not_voted(cast: Cast, signed_in: SignIn) -> None:
    stage.voting_on(cast, cast.registry)
    due = date(2026, 11, 30)

    for who in (cast.office, cast.admin):
        client = signed_in(who)
        assert listed(client, due) == ["推薦表決"]
        [item] = look(client, whose="all", day=due.isoformat()).context["page"].object_list
        assert item.detail == ""


@pytest.mark.parametrize(("who", "sees"), [("office", True), ("leader", True), ("admin", False)])
def test_an_objection_is_listed_for_those_who_may_see_it(
    cast: Cast, signed_in: SignIn, who: str, sees: bool
) -> None:
    _found, (row,) = stage.in_publicity(cast, cast.registry)
    publicity.record_objection(
        actor=cast.officer, candidate_id=row.pk, report=stage.REPORT, at=stage.AT
    )

    assert listed(signed_in(getattr(cast, who)), stage.PUBLICITY_ENDS) == (
        ["公示異議", "公示期滿"] if sees else ["公示期滿"]
    )


def test_many_programmes_take_no_more_queries(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    for number in range(20):
        stage.programme(cast, title=f"推薦{number}", apply_by=date(2026, 11, 27))
    office = signed_in(cast.office)
    look(office, whose="all")

    with django_assert_max_num_queries(12):
        look(office, whose="all")
