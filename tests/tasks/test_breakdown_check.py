"""check_measures：日期事實與報送一致，不一致的列出並可改正。"""

from datetime import date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tasks.models import Measure
from tasks.services import issuing
from tests import factories as make
from tests.cast import Cast


def run(*args: str) -> str:
    out = StringIO()
    call_command("check_measures", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def measure(cast: Cast, now: datetime) -> Measure:
    row = make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, code="3-04")
    issuing.issue_measures(actor=cast.office, measure_ids=[row.pk], at=now)
    row.refresh_from_db()
    return row


def test_what_the_services_keep_is_right(measure: Measure) -> None:
    assert "都對" in run()


@pytest.mark.parametrize(
    "wrong", [{"owed_date": None}, {"owed_date": date(2026, 1, 1)}, {"behind_date": None}]
)
def test_a_wrong_date_is_listed_and_fixed(measure: Measure, wrong: dict) -> None:
    Measure.objects.update(**wrong)

    with pytest.raises(CommandError, match="1 項不一致") as caught:
        run()
    assert caught.value.returncode == 1
    assert "3-04" in run("--fix")
    assert "都對" in run()


def test_another_campaign_is_left_alone(measure: Measure) -> None:
    Measure.objects.update(owed_date=None)
    make.CampaignFactory(code="other")

    assert "都對" in run("--campaign", "other")
