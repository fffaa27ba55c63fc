"""評分單位在一頁上評完自己負責的幾條：各單位各一行，一處不行哪裏也不存，自己的表不在裏面。"""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from evaluations.models import AssessmentRound, Score
from people.models import User
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

SignIn = Callable[[User], Client]
Counter = Callable[..., object]


@pytest.fixture
def checking(cast: Cast) -> AssessmentRound:
    """1.1 由局辦公室評，材料初評，各單位自評過 1.1。"""
    stage.scheme(cast.campaign, cast.office, members=stage.members_of(cast))
    stage.scored_by(cast.bureau_office, "1.1")
    return stage.round_at(cast, Phase.CHECK)


def address(round_: AssessmentRound) -> str:
    return reverse("evaluations:unit-scoring", args=[round_.code])


def cells(page: HttpResponse) -> list[tuple[str, str]]:
    return [(each.line.number, each.sheet.department_name) for each in page.context["page"].cells]


def filled(page: HttpResponse, **values: str) -> dict[str, str]:
    """每一張小表單都填上這幾項。"""
    return {
        f"{cell.form.prefix}-{name}": value
        for cell in page.context["page"].cells
        for name, value in ({"seen": str(cell.form["seen"].value())} | values).items()
    }


def test_a_scoring_unit_scores_its_lines_of_all_units_on_one_page(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    helper = signed_in(cast.helper)
    page = helper.get(address(checking))
    assert sorted(cells(page)) == [("1.1", "婚姻登記處"), ("1.1", "殯儀館")]
    assert "已評 0/2" in page.content.decode()
    assert f'href="{address(checking)}"' in helper.get("/desk/").content.decode()
    assert f'href="{address(checking)}"' in helper.get(checking.get_absolute_url()).content.decode()

    assert helper.post(address(checking), filled(page, is_met="1")).status_code == 302

    rows = Score.objects.filter(criterion__number="1.1", stage="first")
    assert {row.by for row in rows} == {cast.helper}
    assert rows.count() == 2
    again = helper.get(address(checking))
    assert "已評 2/2" in again.content.decode()
    assert address(checking) not in helper.get("/desk/").content.decode()


def test_one_wrong_row_saves_none_and_keeps_what_was_typed(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    helper = signed_in(cast.helper)
    page = helper.get(address(checking))
    _first, second = page.context["page"].cells
    sent = filled(page, is_met="1") | {f"{second.form.prefix}-is_met": "0"}

    answer = helper.post(address(checking), sent)

    assert answer.status_code == 422
    (wrong,) = answer.context["page"].faulty
    assert wrong.sheet == second.sheet
    assert "寫明理由" in answer.content.decode()
    assert not Score.objects.filter(criterion__number="1.1", stage="first").exists()
    assert answer.context["page"].cells[0].form["is_met"].value() == "1"


def test_outside_the_phase_there_is_nothing_to_score(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    helper = signed_in(cast.helper)
    sent = filled(helper.get(address(checking)), is_met="1")
    AssessmentRound.objects.update(phase=Phase.DECISION)

    assert "現在沒有要評的" in helper.get(address(checking)).content.decode()
    late = helper.post(address(checking), sent)
    assert (late.status_code, "不在初評階段" in late.content.decode()) == (409, True)


def test_the_page_takes_the_same_queries_for_any_number_of_units(
    cast: Cast,
    signed_in: SignIn,
    checking: AssessmentRound,
    django_assert_max_num_queries: Counter,
) -> None:
    stage.more_sheets(checking, 20)
    helper = signed_in(cast.helper)
    helper.get(address(checking))
    with django_assert_max_num_queries(16):
        helper.get(address(checking))
