"""全站搜索：繁簡皆可，看不見的找不到。"""

from datetime import datetime

import pytest

from desk.search import excerpt, marked
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    CampaignFactory,
    EvidenceLinkFactory,
    MeasureFactory,
    SubmissionFactory,
)
from tests.recommendations import stage as recommendations
from tests.supervision import stage


@pytest.fixture
def assignment(cast: Cast):
    measure = MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, title="公開辦事程序", issued=True
    )
    return AssignmentFactory(measure=measure)


def names(page) -> list[str]:
    return [group.name for group in page.context["groups"]]


@pytest.mark.parametrize("query", ["辦事程序", "办事程序"])
def test_both_scripts_find_the_same_task(cast: Cast, assignment, signed_in, query: str) -> None:
    page = signed_in(cast.clerk).get("/search/", {"q": query})

    assert names(page) == ["任務"]
    assert "<mark>辦事程序</mark>" in page.content.decode()


def test_a_neighbour_finds_nothing_of_what_is_not_accepted(
    cast: Cast, assignment, signed_in
) -> None:
    submission = SubmissionFactory(assignment=assignment, endorsed=True)
    EvidenceLinkFactory(round=submission.rounds.get(), name="收費公示欄.jpg")

    assert names(signed_in(cast.neighbour).get("/search/", {"q": "收費"})) == []
    assert names(signed_in(cast.office).get("/search/", {"q": "收費"})) == ["進展", "佐證"]


def test_an_accepted_report_is_found_by_everyone(cast: Cast, assignment, signed_in) -> None:
    SubmissionFactory(assignment=assignment, accepted=True)

    assert names(signed_in(cast.neighbour).get("/search/", {"q": "收費標準"})) == ["進展"]


def test_evidence_that_was_not_taken_is_not_found_by_a_neighbour(
    cast: Cast, assignment, signed_in
) -> None:
    submission = SubmissionFactory(assignment=assignment, accepted=True)
    EvidenceLinkFactory(round=submission.rounds.get(), name="證件照.jpg", state="rejected")

    assert names(signed_in(cast.neighbour).get("/search/", {"q": "證件照"})) == []
    assert names(signed_in(cast.clerk).get("/search/", {"q": "證件照"})) == ["佐證"]


def test_a_draft_is_not_found_by_the_office_nor_the_administrator(
    cast: Cast, assignment, signed_in
) -> None:
    SubmissionFactory(assignment=assignment, by__narrative="還在寫的草稿")

    assert names(signed_in(cast.office).get("/search/", {"q": "草稿"})) == []
    assert names(signed_in(cast.admin).get("/search/", {"q": "草稿"})) == []
    assert names(signed_in(cast.clerk).get("/search/", {"q": "草稿"})) == ["進展"]


def test_a_nomination_is_found_by_who_may_open_it(cast: Cast, signed_in) -> None:
    programme = recommendations.programme(cast, title="推薦省級示範點")
    recommendations.candidate(cast, programme, deeds="推行容缺受理，群眾少跑一趟。")
    recommendations.programme(cast, "draft", title="推薦市級示範點", members=False)

    def found(who: str, query: str) -> list[str]:
        return names(signed_in(getattr(cast, who)).get("/search/", {"q": query}))

    assert found("office", "容缺受理") == found("head", "容缺受理") == ["推薦對象"]
    assert found("neighbour", "容缺受理") == []
    assert found("neighbour", "推荐省级") == ["推薦項目"]
    assert found("neighbour", "推薦市級") == []
    assert found("leader", "推薦市級") == ["推薦項目"]


def test_one_character_asks_for_more(cast: Cast, signed_in) -> None:
    assert "至少寫兩個字" in signed_in(cast.clerk).get("/search/", {"q": "收"}).content.decode()


def test_what_was_typed_comes_back_escaped(cast: Cast, signed_in) -> None:
    page = signed_in(cast.clerk).get("/search/", {"q": "<script>alert(1)</script>"})

    assert "<script>alert" not in page.content.decode()


def test_the_words_around_a_hit_are_shown() -> None:
    pieces = excerpt("前" * 40 + "收費" + "後" * 40, ["收費"])

    assert [piece.text for piece in pieces] == ["…" + "前" * 24, "收費", "後" * 24 + "…"]
    assert [piece.is_hit for piece in marked("公開收費標準", ["收费", "收費"])] == [
        False,
        True,
        False,
    ]


def test_the_search_names_its_campaign_and_offers_the_others(
    cast: Cast, assignment, signed_in
) -> None:
    other = CampaignFactory(code="second2026", name="文明窗口創建")
    MeasureFactory(
        campaign=other, lead_department=cast.registry, title="另公開辦事程序", issued=True
    )
    client = signed_in(cast.clerk)

    first = client.get(f"/search/{cast.campaign.code}/", {"q": "辦事程序"}).content.decode()
    second = client.get("/search/second2026/", {"q": "辦事程序"}).content.decode()

    assert f"搜的是「{cast.campaign.name}」。" in first
    assert "/search/second2026/?q=" in first
    assert "另公開" not in first.replace("<mark>", "")
    assert "另公開" in second.replace("<mark>", "")
    assert client.get("/search/nowhere/", {"q": "辦事程序"}).status_code == 404


@pytest.mark.parametrize("query", ["收费公示", "補齊全部收費項目", "平民創督〔2026〕1號"])
def test_an_order_is_found_by_its_words_and_its_number(
    cast: Cast, now: datetime, signed_in, query: str
) -> None:
    order = stage.order(cast, now)
    stage.order(cast, now, title="另一件事", demand="另行報送。")

    (group,) = signed_in(cast.clerk).get("/search/", {"q": query}).context["groups"]

    assert (group.name, [hit.url for hit in group.hits]) == ("督辦單", [order.get_absolute_url()])


@pytest.mark.parametrize(
    ("who", "found"),
    [
        ("office", 2),
        ("leader", 1),
        ("deputy", 1),
        ("clerk", 1),
        ("helper", 1),
        ("neighbour", 0),
        ("admin", 0),
    ],
)
def test_orders_are_found_by_those_who_see_them_in_the_register(
    cast: Cast, now: datetime, signed_in, who: str, found: int
) -> None:
    """交婚姻登記處、局辦公室配合的一張，和還沒交辦的一張。"""
    stage.order(cast, now, supporting_ids=[cast.bureau_office.pk])
    stage.order(cast, now, "draft")
    client = signed_in(getattr(cast, who))

    groups = client.get("/search/", {"q": "公示不全"}).context["groups"]
    listed = client.get("/supervision/").context["page"]

    assert [group.count for group in groups if group.name == "督辦單"] == [found] * bool(found)
    assert listed.paginator.count == found
