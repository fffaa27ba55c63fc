"""措施的佐證要求：取自指標，辦公室可以調整，只改份數時別的要求不丟。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from campaigns.models import EvidenceForm, Indicator
from people.models import User
from tasks.models import Measure
from tasks.services.breakdown import create_measure, update_measure
from tests import factories as make
from tests.cast import Cast
from tests.spec_rows import spec_rows

SignIn = Callable[[User], Client]


@pytest.fixture
def indicator(cast: Cast) -> Indicator:
    version = make.PlanVersionFactory(campaign=cast.campaign, imported_by=cast.office)
    row = make.IndicatorFactory(
        objective=make.ObjectiveFactory(campaign=cast.campaign),
        clause=make.ClauseFactory(version=version),
    )
    row.evidence_requirements.create(
        form=EvidenceForm.objects.get(code="photo"),
        count=2,
        window="months",
        window_months=6,
        needs_number=True,
        needs_date=True,
        max_characters=100,
        max_megabytes=5,
        ticks="看得到單位名稱",
        note="大廳的。",
    )
    return row


@pytest.fixture
def measure(cast: Cast) -> Measure:
    return make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, code="3-04")


def lines(measure: Measure) -> list[str]:
    return [spec.line for spec in measure.evidence_wanted.all()]


def test_a_new_measure_takes_all_its_indicator_wants(
    cast: Cast, indicator: Indicator, now: datetime
) -> None:
    task = make.MainTaskFactory(campaign=cast.campaign)
    values = {"main_task": task, "title": "公開", "cycle": "once", "indicators": [indicator]}

    measure = create_measure(actor=cast.office, campaign=cast.campaign, values=values, at=now)

    assert lines(measure) == [indicator.evidence_requirements.get().line]


def test_linking_an_indicator_adds_what_is_not_wanted_yet(
    cast: Cast, indicator: Indicator, measure: Measure, now: datetime
) -> None:
    measure.evidence_wanted.create(form=EvidenceForm.objects.get(code="report"))

    update_measure(
        actor=cast.office, measure_id=measure.pk, values={"indicators": [indicator]}, at=now
    )

    assert lines(measure) == [
        "說明報告 1 份，500 字以內",
        indicator.evidence_requirements.get().line,
    ]


def test_what_the_office_has_settled_by_hand_is_not_added_to(
    cast: Cast, indicator: Indicator, measure: Measure, now: datetime
) -> None:
    report = {"form": EvidenceForm.objects.get(code="report"), "count": 1}

    update_measure(
        actor=cast.office,
        measure_id=measure.pk,
        values={"indicators": [indicator], "evidence": [report]},
        at=now,
    )

    assert lines(measure) == ["說明報告 1 份，500 字以內"]


def test_a_count_from_a_table_keeps_the_rest_of_what_is_wanted(
    cast: Cast, measure: Measure, now: datetime
) -> None:
    form = EvidenceForm.objects.get(code="photo")
    measure.evidence_wanted.create(form=form, count=1, window="period", ticks="看得到單位名稱")

    update_measure(
        actor=cast.office, measure_id=measure.pk, values={"evidence": [(form, 4)]}, at=now
    )

    assert lines(measure) == ["實景圖片 4 張，報送期內，審核看：看得到單位名稱"]


def test_the_form_offers_rows_and_takes_them_from_the_indicators(
    cast: Cast, signed_in: SignIn, indicator: Indicator, measure: Measure
) -> None:
    client = signed_in(cast.office)
    url = f"/tasks/{cast.campaign.code}/3-04/edit/"
    typed = {
        "main_task": measure.main_task_id,
        "title": "改過的名稱",
        "cycle": "once",
        "version": measure.version,
        "indicators": [indicator.pk],
    }

    taken = client.post(url, typed | spec_rows({"form": ""}) | {"step": "indicators"})
    wrong = client.post(url, typed | spec_rows({"form": "photo", "count": "0"}))
    client.post(url, typed | spec_rows({"form": "photo", "count": "3", "window": "year"}))

    html = taken.content.decode()
    assert "改過的名稱" in html
    assert "看得到單位名稱" in html
    assert "請填 1 至 99 的整數" in wrong.content.decode()
    measure.refresh_from_db()
    assert measure.title == "改過的名稱"
    assert lines(measure) == ["實景圖片 3 張，本年度內"]


def test_the_table_and_the_page_say_what_is_wanted(
    cast: Cast, signed_in: SignIn, measure: Measure
) -> None:
    form = EvidenceForm.objects.get(code="photo")
    measure.evidence_wanted.create(form=form, count=2, window="period", ticks="看得到單位名稱")
    client = signed_in(cast.office)

    table = client.get(f"/tasks/{cast.campaign.code}/").content.decode()
    page = client.get(measure.get_absolute_url()).content.decode()

    assert "實景圖片 2 張，報送期內" in table
    assert "實景圖片 2 張，報送期內，審核看：看得到單位名稱" in page
