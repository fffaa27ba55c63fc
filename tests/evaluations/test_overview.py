"""創建總覽：數字等於清單，分母誠實，只數看得見的。"""

from datetime import date

import pytest
from django.test import Client

from evaluations.overview import overview
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.lights import Light, LightRule
from tasks.models import Measure
from tests.cast import TODAY, Cast
from tests.factories import MeasureFactory, ObjectiveFactory

RULE = LightRule.on(TODAY, WorkingCalendar({}, None), warn_days=5)


@pytest.fixture
def measures(cast: Cast) -> None:
    objective = ObjectiveFactory(campaign=cast.campaign, number=1)
    common = {"campaign": cast.campaign, "lead_department": cast.registry, "issued": True}
    MeasureFactory(**common, objective=objective, owed_date=date(2026, 11, 18))
    MeasureFactory(**common, objective=objective, owed_date=date(2026, 11, 25))
    MeasureFactory(**common, owed_date=date(2027, 1, 25), behind_date=date(2026, 11, 1))
    MeasureFactory(**common | {"lead_department": cast.funeral_home}, owed_date=date(2027, 1, 25))
    MeasureFactory(**common | {"state": Measure.State.CLOSED}, objective=objective)
    MeasureFactory(**common | {"state": Measure.State.SUSPENDED})
    MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)


def test_the_denominator_leaves_out_drafts_and_suspended_work(cast: Cast, measures: None) -> None:
    found = overview(cast.standing(cast.office), cast.campaign, RULE)

    assert (found.total.total, found.total.done, found.total.percent) == (5, 1, "20.0")
    assert found.drafts == 1
    counts = {part.light: part.count for part in found.lights}
    assert counts == {Light.DONE: 1, Light.OK: 1, Light.WARN: 2, Light.BAD: 1}


def test_rows_and_columns_add_up_to_the_whole(cast: Cast, measures: None) -> None:
    found = overview(cast.standing(cast.office), cast.campaign, RULE)

    assert sum(row.total.tally.total for row in found.rows) == found.total.total
    assert sum(column.total.total for column in found.columns) == found.total.total
    assert sum(task.tally.total for task in found.tasks) == found.total.total


def test_a_clerk_does_not_count_what_is_not_issued(cast: Cast, measures: None) -> None:
    found = overview(cast.standing(cast.clerk), cast.campaign, RULE)

    assert found.drafts == 0


def test_a_department_that_closed_is_marked(cast: Cast, measures: None) -> None:
    cast.funeral_home.periods.create(end_date=date(2026, 6, 30))

    found = overview(cast.standing(cast.office), cast.campaign, RULE)

    assert {row.department: row.is_gone for row in found.rows} == {
        "婚姻登記處": False,
        "殯儀館": True,
    }


def test_every_number_opens_a_list_of_that_length(cast: Cast, measures: None, signed_in) -> None:
    client: Client = signed_in(cast.office)
    found = overview(cast.standing(cast.office), cast.campaign, RULE)
    links = [(part.url, part.count) for part in found.lights]
    links += [(cell.url, cell.tally.total) for row in found.rows for cell in row.cells]
    links += [(row.total.url, row.total.tally.total) for row in found.rows]
    links += [(task.url, task.tally.total) for task in found.tasks]
    links.append((found.drafts_url, found.drafts))

    for url, count in links:
        page = client.get(url)
        assert page.context["table"].shown == count, url


@pytest.mark.parametrize("many", [1, 20])
def test_the_page_asks_as_often_with_little_as_with_much(
    cast: Cast, signed_in, django_assert_max_num_queries, many: int
) -> None:
    for _n in range(many):
        MeasureFactory(campaign=cast.campaign, issued=True)
    client = signed_in(cast.office)
    client.get(f"/overview/{cast.campaign.code}/")

    with django_assert_max_num_queries(12):
        page = client.get(f"/overview/{cast.campaign.code}/")

    assert page.status_code == 200


def test_with_nothing_issued_the_page_says_what_comes_next(cast: Cast, signed_in) -> None:
    page = signed_in(cast.office).get(f"/overview/{cast.campaign.code}/")

    assert "還沒有任務" in page.content.decode()
