"""一項指標要哪些佐證：各行可加、可去、可整組選用，錯在哪一格說在哪一格，存則全存。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.evidence_specs import merged
from campaigns.models import EvidenceForm, EvidenceRequirement, EvidenceSet, Indicator
from journal.models import Entry
from people.models import User
from tests import factories as make
from tests.cast import Cast
from tests.plans.documents import REAL
from tests.plans.test_revising_a_plan import take_in
from tests.spec_rows import spec_rows

SignIn = Callable[[User], Client]
PHOTO = {
    "form": "photo",
    "count": "2",
    "window": "period",
    "needs_date": "on",
    "max_megabytes": "5",
    "ticks": "看得到單位名稱\r\n\r\n 看得清在做什麼 ",
    "note": "每張附一句說明。",
}


@pytest.fixture
def indicator(cast: Cast) -> Indicator:
    version = make.PlanVersionFactory(campaign=cast.campaign, imported_by=cast.office)
    return make.IndicatorFactory(
        objective=make.ObjectiveFactory(campaign=cast.campaign),
        clause=make.ClauseFactory(version=version),
    )


def url(indicator: Indicator) -> str:
    return reverse("tasks:indicator-edit", args=[indicator.objective.campaign.code, indicator.pk])


def typed(*rows: dict[str, object], **more: object) -> dict[str, object]:
    return {"cycle": "monthly", "measurable": "yes", "standard": ""} | spec_rows(*rows) | more


def test_every_part_of_what_is_wanted_is_saved_and_told_in_one_line(
    cast: Cast, signed_in: SignIn, indicator: Indicator
) -> None:
    signed_in(cast.office).post(url(indicator), typed(PHOTO, {"form": ""}))

    spec = indicator.evidence_requirements.get()
    assert spec.tick_lines == ["看得到單位名稱", "看得清在做什麼"]
    assert spec.line == (
        "實景圖片 2 張，報送期內，每份不超過 5 MB，每張附一句說明，"
        "審核看：看得到單位名稱；看得清在做什麼"
    )
    entry = Entry.objects.get(action="campaigns.indicator_changed")
    assert entry.changes["evidence"] == ["", spec.line]


def test_a_row_is_added_and_removed_without_saving_and_nothing_typed_is_lost(
    cast: Cast, signed_in: SignIn, indicator: Indicator
) -> None:
    client = signed_in(cast.office)

    added = client.post(url(indicator), typed(PHOTO | {"count": "許多"}, step="add"))
    removed = client.post(url(indicator), typed(PHOTO, {"form": "report"}, step="remove-0"))

    rows = added.context["specs"].forms
    assert [form["count"].value() for form in rows] == ["許多", 1]
    assert 'value="monthly" selected' in added.content.decode()
    assert len(removed.context["specs"].forms) == 1
    assert not EvidenceRequirement.objects.exists()


def test_rows_that_were_not_touched_stay_when_another_is_added(
    cast: Cast, signed_in: SignIn, indicator: Indicator
) -> None:
    client = signed_in(cast.office)
    report = {"form": "report"}
    client.post(url(indicator), typed(PHOTO, report))

    client.post(url(indicator), typed(PHOTO, report, {"form": "survey"}))

    kept = {spec.form.code for spec in indicator.evidence_requirements.all()}
    assert kept == {"photo", "report", "survey"}


def test_saving_what_was_opened_changes_nothing(
    cast: Cast, signed_in: SignIn, indicator: Indicator
) -> None:
    client = signed_in(cast.office)
    client.post(url(indicator), typed(PHOTO))

    client.post(url(indicator), typed(PHOTO))

    assert indicator.evidence_requirements.get().form.code == "photo"
    assert Entry.objects.filter(action="campaigns.indicator_changed").count() == 1


def test_a_common_set_fills_rows_and_leaves_what_is_already_wanted(
    cast: Cast, signed_in: SignIn, indicator: Indicator
) -> None:
    training = EvidenceSet.objects.get(name="培訓類")

    answer = signed_in(cast.office).post(
        url(indicator),
        typed(PHOTO | {"count": "5"}, step="use", evidence_set=training.pk),
        headers={"HX-Request": "true"},
    )

    forms = answer.context["specs"].forms
    names = [form["form"].value() for form in forms]
    photo = str(EvidenceForm.objects.get(code="photo").pk)
    assert len(names) == training.lines.count()
    assert names[0] == photo
    assert forms[0]["count"].value() == "5"
    assert answer.content.decode().lstrip().startswith("<div data-specs>")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([PHOTO, PHOTO], "這種佐證上面已有一行"),
        ([PHOTO | {"form": ""}], "選定要哪一種佐證"),
        ([PHOTO | {"window": "months"}], "寫明是幾個月內"),
        ([PHOTO | {"count": "0"}], "請填 1 至 99 的整數"),
        ([PHOTO | {"max_megabytes": "三"}], "請填 1 至 500 的整數"),
    ],
)
def test_a_wrong_row_is_told_at_its_field_and_nothing_is_saved(
    cast: Cast, signed_in: SignIn, indicator: Indicator, rows: list, sentence: str
) -> None:
    answer = signed_in(cast.office).post(url(indicator), typed({"form": "report"}, *rows))

    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in html
    assert "invalid-feedback" in html
    assert not EvidenceRequirement.objects.exists()


def test_what_a_switched_off_form_wanted_can_be_kept(
    cast: Cast, signed_in: SignIn, indicator: Indicator
) -> None:
    form = EvidenceForm.objects.get(code="survey")
    indicator.evidence_requirements.create(form=form)
    EvidenceForm.objects.filter(pk=form.pk).update(is_active=False)

    answer = signed_in(cast.office).post(url(indicator), typed({"form": "survey", "count": "3"}))

    assert answer.status_code == 302
    assert indicator.evidence_requirements.get().count == 3


def test_two_indicators_wanting_the_same_form_make_one_strict_line(indicator: Indicator) -> None:
    form = EvidenceForm.objects.get(code="photo")
    one = EvidenceRequirement(form=form, count=3, ticks="看得到單位名稱")
    other = EvidenceRequirement(
        form=form, count=1, window="year", needs_date=True, max_megabytes=4, ticks="看得清"
    )

    [spec] = merged([one, other])

    assert (spec.count, spec.window, spec.needs_date, spec.max_megabytes) == (3, "year", True, 4)
    assert spec.tick_lines == ["看得到單位名稱", "看得清"]


def test_a_new_plan_is_drafted_with_what_is_usually_wanted(cast: Cast, now: datetime) -> None:
    take_in(cast, REAL, now, with_measures=True)

    spec = EvidenceRequirement.objects.filter(form__code="photo").first()
    assert (spec.count, spec.window) == (2, "period")
    assert "看得到單位名稱" in spec.tick_lines


def test_the_page_asks_the_database_a_fixed_number_of_times(
    cast: Cast, signed_in: SignIn, indicator: Indicator, django_assert_max_num_queries: Callable
) -> None:
    for form in EvidenceForm.objects.all():
        indicator.evidence_requirements.create(form=form)
    client = signed_in(cast.office)

    client.get(url(indicator))

    with django_assert_max_num_queries(12):
        client.get(url(indicator))
