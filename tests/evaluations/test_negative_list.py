"""負面清單：從方案列入、加、改、停用；出過事的一項不改。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from evaluations.models import VetoItem
from evaluations.services.veto_items import (
    add_item,
    event_of,
    retire_item,
    seed_from_plan,
    update_item,
)
from journal.models import Entry
from people.models import User
from tests import factories as make
from tests.cast import Cast

SignIn = Callable[[User], Client]


@pytest.fixture
def plan(cast: Cast) -> None:
    objective = make.ObjectiveFactory(campaign=cast.campaign)
    version = make.PlanVersionFactory(campaign=cast.campaign)
    for text, is_veto_like in [
        ("無刑事案件", True),
        ("無髒亂差現象", False),
        ("群眾滿意率高", False),
        ("無「黃賭毒」和邪教活動", True),
    ]:
        clause = make.ClauseFactory(version=version, text=text)
        make.IndicatorFactory(objective=objective, clause=clause, is_veto_like=is_veto_like)


def values(**given: object) -> dict[str, object]:
    return {"event_text": "發生食品安全事故", "authority": "市場監管部門"} | given


def test_the_clauses_of_the_plan_are_the_first_items(cast: Cast, plan: None, now: datetime) -> None:
    seed_from_plan(actor=cast.office, campaign=cast.campaign, at=now)

    found = VetoItem.objects.values_list("event_text", "authority", "effect", "points_hundredths")
    assert list(found) == [
        ("發生刑事案件", "公安機關", "not_eligible", 0),
        ("存在髒亂差現象", "", "points", 100),
        ("發生「黃賭毒」或邪教活動", "公安機關", "not_eligible", 0),
    ]
    assert all(item.indicator.clause.text == item.text for item in VetoItem.objects.all())
    assert Entry.objects.get().summary == "從方案列入負面清單 3 項。"


@pytest.mark.parametrize(
    ("clause", "event"),
    [
        ("無重大安全責任事故", "發生重大安全責任事故"),
        ("無違反職業道德和誠信被投訴現象", "因違反職業道德和誠信被投訴"),
        ("全系統無群體性上訪事件", "發生群體性上訪事件"),
        ("無污染事故發生", "發生污染事故"),
        ("无刑事案件", "发生刑事案件"),
        ("无脏乱差现象", "存在脏乱差现象"),
        ("公墓無亂埋亂葬現象", "公墓存在亂埋亂葬現象"),
        ("全縣無重大火災事故。", "發生重大火災事故"),
        ("被省級以上媒體曝光", "被省級以上媒體曝光"),
    ],
)
def test_a_demand_of_the_plan_becomes_what_happened(clause: str, event: str) -> None:
    assert event_of(clause) == event


def test_seeding_again_adds_only_what_is_new(cast: Cast, plan: None, now: datetime) -> None:
    seed_from_plan(actor=cast.office, campaign=cast.campaign, at=now)
    retire_item(actor=cast.office, item_id=VetoItem.objects.first().pk, at=now)

    assert seed_from_plan(actor=cast.office, campaign=cast.campaign, at=now) == []
    assert VetoItem.objects.count() == 3


@pytest.mark.parametrize("by", ["leader", "head", "admin"])
def test_only_the_office_keeps_the_list(cast: Cast, now: datetime, by: str) -> None:
    with pytest.raises(PermissionDenied):
        add_item(actor=getattr(cast, by), campaign=cast.campaign, values=values(), at=now)


def test_a_closed_campaign_changes_no_more(cast: Cast, now: datetime) -> None:
    cast.campaign.state = Campaign.State.CLOSED
    cast.campaign.save()

    with pytest.raises(PermissionDenied):
        add_item(actor=cast.office, campaign=cast.campaign, values=values(), at=now)


def test_an_item_is_listed_once_but_may_come_back(cast: Cast, now: datetime) -> None:
    item = add_item(actor=cast.office, campaign=cast.campaign, values=values(), at=now)
    with pytest.raises(ValidationError, match="已有這一項"):
        add_item(actor=cast.office, campaign=cast.campaign, values=values(), at=now)

    retire_item(actor=cast.office, item_id=item.pk, at=now)

    with pytest.raises(ValidationError, match="已停用"):
        retire_item(actor=cast.office, item_id=item.pk, at=now)
    again = add_item(actor=cast.office, campaign=cast.campaign, values=values(), at=now)
    assert again.position == item.position + 1


def test_what_happened_under_an_item_keeps_its_rules(cast: Cast, now: datetime) -> None:
    item = make.VetoItemFactory(campaign=cast.campaign, authority="公安機關")
    update_item(actor=cast.office, item_id=item.pk, values={"look_back_months": 24}, at=now)
    make.VetoEventFactory(item=item)

    with pytest.raises(ValidationError, match="另列一項"):
        update_item(actor=cast.office, item_id=item.pk, values={"look_back_months": 12}, at=now)
    update_item(actor=cast.office, item_id=item.pk, values={"authority": "縣公安局"}, at=now)

    item.refresh_from_db()
    assert (item.look_back_months, item.authority) == (24, "縣公安局")
    assert Entry.objects.first().changes == {"認定機關": ["公安機關", "縣公安局"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"effect": "grade_capped"},
        {"grade": "合格"},
        {"effect": "points"},
        {"points_hundredths": 100},
        {"look_back_months": 18},
    ],
)
def test_an_effect_says_all_it_needs_and_no_more(cast: Cast, wrong: dict) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make.VetoItemFactory(campaign=cast.campaign, **wrong)


def test_the_page_seeds_adds_changes_and_retires(cast: Cast, plan: None, signed_in: SignIn) -> None:
    office, code = signed_in(cast.office), cast.campaign.code
    office.post(reverse("evaluations:negative-list-seed", args=[code]))
    form = {"event_text": "辦公區髒亂", "look_back_months": 12, "effect": "points"}
    new = reverse("evaluations:veto-item-create", args=[code])

    assert "寫明扣幾分" in office.post(new, form).content.decode()
    capped = office.post(new, form | {"effect": "grade_capped"})
    assert "最高到哪一等" in capped.content.decode()
    assert office.post(new, form | {"points": "0.5", "grade": "合格"}).status_code == 302
    item = VetoItem.objects.get(event_text="辦公區髒亂")
    assert (item.points_hundredths, item.grade) == (50, "")
    edit = reverse("evaluations:veto-item-edit", args=[code, item.pk])
    assert office.get(edit).context["form"].initial["points"] == "0.5"
    office.post(edit, form | {"effect": "not_eligible", "points": "0.5"})
    item.refresh_from_db()
    assert (item.effect, item.points_hundredths) == ("not_eligible", 0)
    office.post(reverse("evaluations:veto-item-retire", args=[code, item.pk]))
    page = office.get(item.get_absolute_url())
    assert item in page.context["retired"]
    assert len(page.context["listed"]) == 3


def test_everyone_reads_the_list_and_only_the_office_gets_the_buttons(
    cast: Cast, signed_in: SignIn
) -> None:
    item = make.VetoItemFactory(campaign=cast.campaign)

    seen = signed_in(cast.neighbour).get(item.get_absolute_url()).content.decode()

    assert item.event_text in seen
    assert item.text in seen
    assert "加一項" not in seen
    assert "加一項" in signed_in(cast.office).get(item.get_absolute_url()).content.decode()
