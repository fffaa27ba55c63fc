"""「方案與目標」頁：人人可看，辦公室就地改指標，查詢數不隨條款增多。"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign, Indicator
from people.models import User
from tasks.models import Measure
from tests import factories as make
from tests.cast import Cast
from tests.plans.documents import REAL, SMALL
from tests.plans.test_revising_a_plan import take_in
from tests.spec_rows import spec_rows

SignIn = Callable[[User], Client]


def plan_url(cast: Cast) -> str:
    return reverse("tasks:plan", args=[cast.campaign.code])


def edit_url(cast: Cast, indicator: Indicator) -> str:
    return reverse("tasks:indicator-edit", args=[cast.campaign.code, indicator.pk])


def answers(**changes: object) -> dict[str, object]:
    typed = {"cycle": "monthly", "measurable": "yes", "standard": "事故為 0"}
    return typed | spec_rows({"form": "report"}) | changes


@pytest.mark.parametrize("who", ["leader", "deputy", "head", "clerk", "neighbour", "admin"])
def test_everyone_in_the_bureau_reads_it_and_only_the_office_edits(
    cast: Cast, signed_in: SignIn, now: datetime, who: str
) -> None:
    take_in(cast, REAL, now)
    indicator = Indicator.objects.first()
    client = signed_in(getattr(cast, who))

    page = client.get(plan_url(cast)).content.decode()

    assert "全系統無群體性上訪事件" in page
    assert edit_url(cast, indicator) not in page
    assert client.get(edit_url(cast, indicator)).status_code == 403
    assert client.post(edit_url(cast, indicator), answers()).status_code == 403


def test_before_any_plan_the_page_says_what_to_do(cast: Cast, signed_in: SignIn) -> None:
    office = signed_in(cast.office).get(plan_url(cast)).content.decode()
    clerk = signed_in(cast.clerk).get(plan_url(cast)).content.decode()

    assert reverse("tasks:plan-import", args=[cast.campaign.code]) in office
    assert "領導小組辦公室導入方案之後" in clerk


def test_the_office_edits_an_indicator_in_its_row(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    take_in(cast, SMALL, now)
    indicator = Indicator.objects.get(clause__text="全縣無重大火災事故")
    client = signed_in(cast.office)
    htmx = {"HX-Request": "true"}

    form = client.get(edit_url(cast, indicator), headers=htmx).content.decode()
    row = client.post(
        edit_url(cast, indicator),
        answers(**spec_rows({"form": "photo", "count": "2", "window": "period"})),
        headers=htmx,
    ).content.decode()

    assert "<form" in form
    assert "實景圖片 2 張" in row
    assert "報送期內" in row
    assert "每月" in row
    assert "已保存" in row
    indicator.refresh_from_db()
    assert (indicator.cycle, indicator.is_veto_like) == ("monthly", False)


def test_without_a_script_there_is_a_page_for_it(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    take_in(cast, SMALL, now)
    indicator = Indicator.objects.first()
    client = signed_in(cast.office)

    page = client.get(edit_url(cast, indicator))
    saved = client.post(edit_url(cast, indicator), answers())

    assert "c-quote" in page.content.decode()
    assert saved.url == f"{plan_url(cast)}?saved={indicator.pk}#ind-{indicator.pk}"
    told = client.get(saved.url).content.decode()
    assert told.count("已保存") == told.count(f'id="saved-{indicator.pk}"') == 1


def test_cancelling_in_the_row_says_nothing_was_saved(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    take_in(cast, SMALL, now)
    url = edit_url(cast, Indicator.objects.first()) + "?cancel=1"

    row = signed_in(cast.office).get(url, headers={"HX-Request": "true"}).content.decode()

    assert "<tr" in row
    assert "已保存" not in row


@pytest.mark.parametrize(
    ("field", "value"), [("cycle", "daily"), ("standard", "長" * 201), ("spec-0-count", "-1")]
)
def test_a_wrong_value_is_said_and_nothing_saved(
    cast: Cast, signed_in: SignIn, now: datetime, field: str, value: str
) -> None:
    take_in(cast, SMALL, now)
    indicator = Indicator.objects.first()

    answer = signed_in(cast.office).post(edit_url(cast, indicator), answers(**{field: value}))

    indicator.refresh_from_db()
    assert answer.status_code == 422
    assert indicator.standard == ""


def test_a_closed_campaign_is_read_only(cast: Cast, signed_in: SignIn, now: datetime) -> None:
    take_in(cast, SMALL, now)
    Campaign.objects.update(state=Campaign.State.CLOSED)
    client = signed_in(cast.office)

    page = client.get(plan_url(cast)).content.decode()

    assert edit_url(cast, Indicator.objects.first()) not in page
    assert client.get(edit_url(cast, Indicator.objects.first())).status_code == 403


def test_drafts_are_not_counted_for_a_clerk(cast: Cast, signed_in: SignIn, now: datetime) -> None:
    take_in(cast, SMALL, now, with_measures=True)

    office = signed_in(cast.office).get(plan_url(cast)).context["plan"]
    clerk = signed_in(cast.clerk).get(plan_url(cast)).context["plan"]

    def counted(plan: object) -> int:
        return sum(item.measures for section in plan.sections for item in section.items)

    assert counted(office) == Measure.objects.count() == 2
    assert counted(clerk) == 0


def test_a_measure_from_and_for_one_clause_is_one(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    """補要材料的措施出處是這一款，也對應這一款的指標：是一項，不是兩項。"""
    take_in(cast, SMALL, now)
    indicator = Indicator.objects.get(clause__text="全縣無重大火災事故")
    plan = signed_in(cast.office).get(plan_url(cast)).context["plan"]
    [before] = [each.measures for each in _clauses(plan) if each.indicator == indicator]

    measure = make.MeasureFactory(campaign=cast.campaign, clause=indicator.clause)
    measure.indicators.add(indicator)

    plan = signed_in(cast.office).get(plan_url(cast)).context["plan"]
    [after] = [each.measures for each in _clauses(plan) if each.indicator == indicator]
    assert after == before + 1


def _clauses(plan: Any) -> list[Any]:
    return [clause for part in plan.sections for item in part.items for clause in item.clauses]


def test_a_measure_whose_clause_is_gone_is_shown_apart(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    take_in(cast, SMALL, now, with_measures=True)
    take_in(cast, SMALL.replace("2、加強培訓。每季度組織一次禮儀培訓。\n", ""), now)

    page = signed_in(cast.office).get(plan_url(cast)).content.decode()

    assert "出處已不在現行方案的措施" in page
    assert "出自第 1 版 T2.1" in page


def test_an_old_version_can_still_be_read(cast: Cast, signed_in: SignIn, now: datetime) -> None:
    take_in(cast, SMALL, now)
    take_in(cast, REAL, now)
    url = reverse("tasks:plan-version", args=[cast.campaign.code, 1])
    client = signed_in(cast.clerk)

    page = client.get(url).content.decode()

    assert "全縣無重大火災事故" in page
    assert "已被修訂取代" in page
    assert client.get(url.replace("/1/", "/9/")).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_plan(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    client = signed_in(cast.office)
    take_in(cast, SMALL, now, with_measures=True)
    client.get(plan_url(cast))
    with CaptureQueriesContext(
        connection,
    ) as small:
        client.get(plan_url(cast))

    take_in(cast, REAL, now, with_measures=True)
    with CaptureQueriesContext(connection) as large:
        client.get(plan_url(cast))

    assert len(large) == len(small)
    assert len(large) <= 30


def test_a_plan_of_a_campaign_in_preparation_is_hidden(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    take_in(cast, SMALL, now)
    Campaign.objects.update(state=Campaign.State.DRAFT)

    assert signed_in(cast.clerk).get(plan_url(cast)).status_code == 404
    assert signed_in(cast.office).get(plan_url(cast)).status_code == 200


def test_the_office_has_what_is_missing_proposed_once(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    take_in(cast, SMALL, now)
    client = signed_in(cast.office)
    url = reverse("tasks:plan-propose", args=[cast.campaign.code])
    before = client.get(plan_url(cast)).content.decode()
    empty = client.get(reverse("tasks:breakdown", args=[cast.campaign.code])).content.decode()

    answer = client.post(url)
    client.post(url)

    signs = Measure.objects.get(title__contains="公開辦事程序")
    assert url in before
    assert url in empty
    assert "下一步：分解任務" in before
    assert answer.url == reverse("tasks:breakdown", args=[cast.campaign.code])
    assert Measure.objects.count() == 2
    assert (signs.lead_department, signs.due_date.isoformat()) == (cast.registry, "2026-06-30")
    assert url not in client.get(plan_url(cast)).content.decode()


@pytest.mark.parametrize("who", ["leader", "deputy", "head", "clerk", "admin"])
def test_only_the_office_has_measures_proposed(
    cast: Cast, signed_in: SignIn, now: datetime, who: str
) -> None:
    take_in(cast, SMALL, now)

    answer = signed_in(getattr(cast, who)).post(
        reverse("tasks:plan-propose", args=[cast.campaign.code])
    )

    assert answer.status_code == 403
    assert not Measure.objects.exists()
