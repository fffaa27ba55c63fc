"""榮譽台賬：辦公室記，人人看，只記上級授予的。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from evaluations.models import Honour
from evaluations.services.honours import record_honour, update_honour
from journal.models import Entry, Notice
from people.models import User
from tests import factories as make
from tests.cast import Cast

SignIn = Callable[[User], Client]
LIST = "/honours/"


def values(**given: object) -> dict[str, object]:
    return {
        "name": "福建省文明行業",
        "level": "province",
        "granted_by": "福建省委、省政府",
        "granted_date": date(2024, 2, 1),
    } | given


def filled(**given: object) -> dict[str, object]:
    return {key: value for key, value in values(**given).items() if value is not None}


def test_the_office_records_one_and_the_unit_is_told(cast: Cast, now: datetime) -> None:
    honour = record_honour(actor=cast.office, values=values(department=cast.registry), at=now)

    assert str(honour) == "省級「福建省文明行業」"
    assert honour.recipient == "婚姻登記處"
    entry = Entry.objects.about(honour).get()
    assert "授予婚姻登記處" in entry.summary
    assert set(Notice.objects.values_list("recipient", flat=True)) == {
        cast.head.pk,
        cast.clerk.pk,
    }


def test_a_head_of_a_unit_may_not(cast: Cast, now: datetime) -> None:
    with pytest.raises(PermissionDenied):
        record_honour(actor=cast.head, values=values(), at=now)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"granted_date": date(2026, 12, 1)}, "granted_date"),
        ({"name": ""}, "name"),
        ({"level": "galactic"}, "level"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    cast: Cast, now: datetime, given: dict, field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        record_honour(actor=cast.office, values=values(**given), at=now)

    assert field in caught.value.message_dict
    assert not Honour.objects.exists()


def test_the_form_offers_units_and_people_by_post(cast: Cast, signed_in: SignIn) -> None:
    """本局不在單位裏選；人寫職務，系統管理員不列。"""
    bureau = make.DepartmentFactory(name="平潭縣民政局", kind="bureau")

    form = signed_in(cast.office).get(reverse("evaluations:honour-create")).context["form"]

    assert bureau not in form.fields["department"].queryset
    people = {label for _value, label in form.fields["person"].choices}
    assert {"處長戊（婚姻登記處負責人）", "組長甲"} <= people
    assert not [label for label in people if "管理員" in label]


def test_the_same_honour_is_recorded_once(cast: Cast, now: datetime) -> None:
    record_honour(actor=cast.office, values=values(), at=now)

    with pytest.raises(ValidationError, match="已記過"):
        record_honour(actor=cast.office, values=values(), at=now)
    record_honour(actor=cast.office, values=values(department=cast.registry), at=now)


def test_an_honour_has_one_recipient(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make.HonourFactory(department=cast.registry, person=cast.clerk)


def test_a_change_is_kept_in_the_journal_and_no_change_is_not(cast: Cast, now: datetime) -> None:
    honour = make.HonourFactory(name="省文明行業")
    update_honour(actor=cast.office, honour_id=honour.pk, values={"name": "省文明行業"}, at=now)
    assert not Entry.objects.exists()

    update_honour(
        actor=cast.office, honour_id=honour.pk, values={"revoked_date": date(2025, 1, 1)}, at=now
    )

    assert Entry.objects.get().changes == {"撤銷日期": ["", "2025-01-01"]}


def test_the_form_records_and_edits(cast: Cast, signed_in: SignIn) -> None:
    office = signed_in(cast.office)
    form = filled(granted_date="2024-02-01", department=cast.registry.pk)

    assert office.post(reverse("evaluations:honour-create"), form).status_code == 302
    honour = Honour.objects.get()
    address = reverse("evaluations:honour-edit", args=[honour.pk])
    both = office.post(address, form | {"person": cast.clerk.pk})
    assert "請只選一個" in both.content.decode()
    assert office.post(address, form | {"name": "全國文明單位"}).status_code == 302
    honour.refresh_from_db()
    assert honour.name == "全國文明單位"


def test_everyone_reads_the_list_and_only_the_office_gets_the_buttons(
    cast: Cast, signed_in: SignIn
) -> None:
    make.HonourFactory(name="省文明行業", department=cast.registry)

    seen = signed_in(cast.neighbour).get(LIST).content.decode()

    assert "省文明行業" in seen
    assert "記一項榮譽" not in seen
    assert "記一項榮譽" in signed_in(cast.office).get(LIST).content.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["丙", "乙", "甲"]),
        ("level=city", ["乙"]),
        ("whom=bureau", ["甲"]),
        ("whom=person", ["丙"]),
        ("year=2023", ["甲"]),
        ("q=婚姻登记处", ["乙"]),
        ("level=nonsense&year=x&page=zz", ["丙", "乙", "甲"]),
    ],
)
def test_the_filters_are_in_the_address(
    cast: Cast, signed_in: SignIn, query: str, names: list[str]
) -> None:
    make.HonourFactory(name="甲", granted_date=date(2023, 1, 1))
    make.HonourFactory(
        name="乙", level="city", department=cast.registry, granted_date=date(2024, 1, 1)
    )
    make.HonourFactory(name="丙", person=cast.clerk, granted_date=date(2025, 1, 1))

    page = signed_in(cast.clerk).get(f"{LIST}?{query}").context["page"]

    assert [honour.name for honour in page] == names


def test_more_honours_take_no_more_queries(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    for _number in range(20):
        make.HonourFactory(department=cast.registry, campaign=cast.campaign)
    office = signed_in(cast.office)

    with django_assert_max_num_queries(12):
        office.get(LIST)
