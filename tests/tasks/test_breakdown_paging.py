"""翻頁：一頁頁接起來就是導出的次序，不重不漏；計數與逐行數出來的一樣。"""

from datetime import date

import pytest
from django.http import QueryDict

from tasks import tables
from tasks.breakdown_counts import facets
from tasks.breakdown_query import GROUPS, SORTS, BreakdownQuery
from tasks.lights import LightRule
from tasks.models import Measure
from tests import factories as make
from tests.cast import TODAY, Cast
from workdays.services import calendar

PER_PAGE = 4


@pytest.fixture
def rule(cast: Cast) -> LightRule:
    return LightRule.on(TODAY, calendar(), cast.campaign.warn_days)


@pytest.fixture
def measures(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """二十來項，各組多少不一，有的沒有目標、單位或時限。"""
    monkeypatch.setattr(tables, "PER_PAGE", PER_PAGE)
    objectives = [*make.ObjectiveFactory.create_batch(3, campaign=cast.campaign), None]
    tasks = make.MainTaskFactory.create_batch(2, campaign=cast.campaign)
    units = [cast.registry, cast.funeral_home, cast.bureau_office, None]
    for number in range(23):
        unit = units[number * number % 4]
        issued = unit is not None and number % 3 > 0
        make.MeasureFactory(
            campaign=cast.campaign,
            objective=objectives[number % 7 % 4],
            main_task=tasks[number % 2],
            lead_department=unit,
            due_date=date(2026, 11, 7 + number) if issued or number % 2 else None,
            percent=number * 4,
            issued=issued,
        )


def pages(cast: Cast, rule: LightRule, words: str) -> list[str]:
    """一頁頁翻到底，依次的編號。"""
    standing, found, number = cast.standing(cast.office), [], 1
    while True:
        query = BreakdownQuery.read(QueryDict(f"{words}&page={number}"))
        visible = Measure.objects.visible_to(standing, cast.campaign)
        table = tables.build_table(
            query, visible, campaign=cast.campaign, standing=standing, rule=rule
        )
        found += [row.code for group in table.groups for row in group.rows]
        if not table.page.has_next():
            assert len(found) == table.shown
            return found
        number += 1


@pytest.mark.parametrize("narrowed", ["", "&view=urgent", "&state=issued"])
@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.usefixtures("measures")
def test_the_pages_joined_are_the_export(
    cast: Cast, rule: LightRule, group: str, sort: str, narrowed: str
) -> None:
    words = f"group={group}&sort={sort}{narrowed}"
    query, standing = BreakdownQuery.read(QueryDict(words)), cast.standing(cast.office)
    visible = Measure.objects.visible_to(standing, cast.campaign)
    rows = query.apply(visible, standing=standing, rule=rule)

    exported = list(rows.order_by(*query.ordering()).values_list("code", flat=True))

    assert pages(cast, rule, words) == exported


@pytest.mark.usefixtures("measures")
def test_counting_by_number_equals_counting_row_by_row(cast: Cast, rule: LightRule) -> None:
    for person in (cast.office, cast.clerk, cast.deputy):
        standing = cast.standing(person)
        visible = Measure.objects.visible_to(standing, cast.campaign)

        found = facets(visible, campaign=cast.campaign, standing=standing, rule=rule)

        assert found.total == visible.count()
        for view, number in found.views.items():
            query = BreakdownQuery(view=view)
            assert number == query.apply(visible, standing=standing, rule=rule).count(), view
        assert {key: total for key, (total, _closed) in found.groups["lead"].items()} == {
            unit: visible.filter(lead_department=unit).count()
            for unit in set(visible.values_list("lead_department", flat=True))
        }
