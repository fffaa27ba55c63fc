"""任務分解表：列表、篩選、計數、分組、誰看得見。"""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.models import User
from tests import factories as make
from tests.cast import Cast

URL = "/tasks/{}/"
SignIn = Callable[[User], Client]


@pytest.fixture
def office(cast: Cast, signed_in: SignIn) -> Client:
    return signed_in(cast.office)


def url(cast: Cast, query: str = "") -> str:
    return URL.format(cast.campaign.code) + query


def shown(response: object) -> list[str]:
    return [row.title for group in response.context["table"].groups for row in group.rows]


def measure(cast: Cast, title: str = "公開收費標準", **kwargs: object) -> object:
    kwargs.setdefault("lead_department", cast.registry)
    return make.MeasureFactory(campaign=cast.campaign, title=title, **kwargs)


def test_the_office_sees_a_row_with_everything_in_it(cast: Cast, office: Client) -> None:
    row = measure(cast, issued=True, owner=cast.clerk, percent=40)
    row.supporting_departments.add(cast.bureau_office)

    page = office.get(url(cast)).content.decode()

    for words in [
        row.code,
        "公開收費標準",
        "婚姻登記處",
        "局辦公室",
        "登記員己",
        "12月10日",
        "辦理中",
    ]:
        assert words in page


def test_counts_on_the_tabs_equal_the_lists_behind_them(cast: Cast, office: Client) -> None:
    measure(cast, "草擬")
    measure(cast, "逾期", issued=True, due_date=date(2026, 11, 20))
    measure(cast, "臨期", issued=True, due_date=date(2026, 11, 26))
    measure(cast, "正常", issued=True, lead_department=make.DepartmentFactory())
    measure(cast, "辦結", state="closed")

    tabs = office.get(url(cast)).context["tabs"]

    for tab in tabs:
        response = office.get(url(cast, tab.url))
        assert response.context["table"].shown == tab.count == len(shown(response))
    assert {tab.label: tab.count for tab in tabs} == {
        "全部": 5, "逾期和臨期": 2, "待下達": 1, "本月到期": 2, "窗口單位牽頭": 4, "已辦結": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?light=bad", ["逾期"]),
        ("?light=bad&light=todo", ["逾期", "草擬"]),
        ("?state=draft", ["草擬"]),
        ("?due_to=2026-11-30", ["逾期"]),
        ("?due_from=2026-12-01&due_to=2026-12-31", ["草擬"]),
        ("?sort=-due", ["草擬", "逾期"]),
        ("?sort=due&group=none", ["逾期", "草擬"]),
        ("?q=逾", ["逾期"]),
        ("?q=殯儀館", ["逾期"]),
        ("?q=殡仪馆", ["逾期"]),
        ("?q=没有这种", []),
    ],
)
def test_each_filter_narrows_the_list(
    cast: Cast, office: Client, query: str, expected: list[str]
) -> None:
    measure(
        cast, "逾期", issued=True, due_date=date(2026, 11, 20), lead_department=cast.funeral_home
    )
    measure(cast, "草擬")

    assert sorted(shown(office.get(url(cast, query)))) == sorted(expected)


def test_filters_by_objective_task_department_and_leader(cast: Cast, office: Client) -> None:
    objective = make.ObjectiveFactory(campaign=cast.campaign)
    seat = cast.campaign.seats.get(role="deputy")
    one = measure(cast, "甲", objective=objective, accountable_seat=seat)
    one.supporting_departments.add(cast.funeral_home)
    measure(cast, "乙", lead_department=cast.bureau_office)

    for query in [
        f"?objective={objective.pk}",
        f"?task={one.main_task_id}",
        f"?lead={cast.registry.pk}",
        f"?supporting={cast.funeral_home.pk}",
        f"?leader={seat.pk}",
    ]:
        assert shown(office.get(url(cast, query))) == ["甲"], query


@pytest.mark.parametrize("words", ["公開收費", "公开收费", "收費 婚姻", "3-"])
def test_search_finds_traditional_and_simplified_alike(
    cast: Cast, office: Client, words: str
) -> None:
    measure(cast, code="3-77")

    assert shown(office.get(url(cast), {"q": words})) == ["公開收費標準"]


@pytest.mark.parametrize(
    "query",
    [
        "?light=purple",
        "?state=gone",
        "?objective=abc",
        "?due_from=2026-02-30",
        "?sort=drop",
        "?group=x",
        "?view=secret",
        "?page=zz",
        "?lead=99999999999999",
    ],
)
def test_conditions_it_cannot_read_are_left_out_and_said(
    cast: Cast, office: Client, query: str
) -> None:
    measure(cast)

    response = office.get(url(cast, query))

    assert shown(response) == ["公開收費標準"]
    assert "看不懂的條件" in response.content.decode()


def test_a_page_beyond_the_last_shows_the_last(cast: Cast, office: Client) -> None:
    measure(cast)

    assert shown(office.get(url(cast, "?page=9999"))) == ["公開收費標準"]


def test_hostile_search_words_are_only_words(cast: Cast, office: Client) -> None:
    measure(cast)

    response = office.get(url(cast), {"q": "%'\"<script>\x00_" * 30})

    assert response.status_code == 200
    assert "<script>_" not in response.content.decode()


def test_groups_stay_whole_across_pages(cast: Cast, office: Client) -> None:
    first, second = (make.ObjectiveFactory(campaign=cast.campaign) for _ in range(2))
    task = make.MainTaskFactory(campaign=cast.campaign)
    for objective in [second, first]:
        for _number in range(30):
            measure(cast, objective=objective, main_task=task)

    one = office.get(url(cast)).context["table"].groups
    two = office.get(url(cast, "?page=2")).context["table"].groups

    assert [(g.key, len(g.rows), g.continued) for g in one] == [
        (first.pk, 30, False),
        (second.pk, 20, False),
    ]
    assert [(g.key, len(g.rows), g.continued, g.shown) for g in two] == [(second.pk, 10, True, 30)]


def test_waiting_for_a_supporting_department_is_named_as_the_cause(
    cast: Cast, office: Client
) -> None:
    row = measure(cast, issued=True, owed_date=None)
    row.supporting_departments.add(cast.bureau_office)
    make.SubmissionFactory(
        assignment=make.AssignmentFactory(
            measure=row, department=cast.bureau_office, role="supporting"
        )
    )

    assert "等配合單位局辦公室" in office.get(url(cast)).content.decode()


def test_a_draft_says_in_its_row_what_it_lacks(cast: Cast, office: Client) -> None:
    measure(cast, lead_department=None, due_date=None)

    assert "缺牽頭單位和完成時限" in office.get(url(cast)).content.decode()


def test_a_department_sees_what_was_issued_without_the_tools(cast: Cast, signed_in: SignIn) -> None:
    measure(cast, "下達了的", issued=True)
    measure(cast, "草擬中的")

    response = signed_in(cast.clerk).get(url(cast))

    assert shown(response) == ["下達了的"]
    page = response.content.decode()
    assert "bulk-form" not in page
    assert "edit/" not in page
    tabs = {tab.label: tab.count for tab in response.context["tabs"]}
    assert (tabs["全部"], tabs["本單位"], tabs["我負責的"]) == (1, 1, 0)
    assert "待下達" not in tabs


def test_the_leader_sees_drafts_but_does_not_edit(cast: Cast, signed_in: SignIn) -> None:
    measure(cast)

    response = signed_in(cast.leader).get(url(cast))

    assert shown(response) == ["公開收費標準"]
    assert not response.context["can_edit"]


def test_a_stranger_is_sent_to_sign_in(cast: Cast) -> None:
    response = Client().get(url(cast))

    assert response.status_code == 302


def test_empty_states_say_what_to_do_next(cast: Cast, office: Client, signed_in: SignIn) -> None:
    assert "先導入方案" in office.get(url(cast)).content.decode()
    make.MainTaskFactory(campaign=cast.campaign)
    assert "新增措施" in office.get(url(cast)).content.decode()
    assert "還沒有下達的任務" in signed_in(cast.clerk).get(url(cast)).content.decode()
    measure(cast)
    assert "清除篩選" in office.get(url(cast, "?q=無")).content.decode()


def test_htmx_gets_the_rows_only_but_not_when_restoring_history(cast: Cast, office: Client) -> None:
    measure(cast)

    part = office.get(url(cast), headers={"HX-Request": "true"})
    whole = office.get(
        url(cast), headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )

    assert "<html" not in part.content.decode()
    assert "<html" in whole.content.decode()
    assert "HX-Request" in part["Vary"]


def count_queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(address)
    return len(queries)


def test_queries_do_not_grow_with_the_rows(cast: Cast, office: Client) -> None:
    def fill(number: int) -> None:
        for _number in range(number):
            row = measure(cast, issued=True, owner=cast.clerk)
            row.supporting_departments.add(cast.bureau_office, cast.funeral_home)
            make.AssignmentFactory(measure=row)

    fill(3)
    few = count_queries(office, url(cast))
    fill(57)

    assert count_queries(office, url(cast)) == few
    assert few <= 12


def test_a_row_just_issued_is_not_called_ready_to_close(cast: Cast, office: Client) -> None:
    row = measure(cast, issued=True)
    make.AssignmentFactory(measure=row, department=cast.registry, state="issued")
    type(row).objects.filter(pk=row.pk).update(owed_date=None)

    page = office.get(url(cast)).content.decode()

    assert "可銷號" not in page
    assert "待簽收" in page


def test_a_row_with_every_period_accepted_is_ready_to_close(cast: Cast, office: Client) -> None:
    row = measure(cast, issued=True)
    lead = make.AssignmentFactory(measure=row, department=cast.registry)
    make.SubmissionFactory(assignment=lead, state="accepted")
    type(row).objects.filter(pk=row.pk).update(owed_date=None)

    assert "各期均已通過，可銷號" in office.get(url(cast)).content.decode()
