"""燈號：頁面上算的與篩選用的是同一條規則。"""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.lights import Light, LightRule, behind_date
from tasks.models import Measure
from tests.factories import CampaignFactory, DepartmentFactory, MainTaskFactory, MeasureFactory

TODAY = date(2026, 11, 23)
RULE = LightRule.on(TODAY, WorkingCalendar({}, None), warn_days=5)
days = st.none() | st.integers(-30, 30).map(lambda n: TODAY + timedelta(days=n))


class LightAgreement(TestCase):
    @given(state=st.sampled_from(Measure.State.values), owed=days, behind=days)
    def test_the_filter_finds_exactly_the_rows_that_show_the_light(
        self, state: str, owed: date | None, behind: date | None
    ) -> None:
        campaign = CampaignFactory(code="lights")
        MeasureFactory(
            campaign=campaign,
            main_task=MainTaskFactory(campaign=campaign),
            lead_department=DepartmentFactory(),
            state=state,
            owed_date=owed,
            behind_date=behind,
        )
        measure = Measure.objects.get()

        found = [light for light in Light if Measure.objects.filter(RULE.matching(light)).exists()]

        assert found == [RULE.of(measure)]


def test_the_note_follows_the_light() -> None:
    assert RULE.note(date(2026, 11, 27)) == "剩 4 個工作日"
    assert RULE.note(TODAY) == "今天截止"
    assert RULE.note(date(2026, 11, 18)) == "逾期 3 個工作日"


def test_a_rest_day_adds_nothing_to_what_is_late() -> None:
    thursday, calendar = date(2026, 11, 19), WorkingCalendar({})
    days = {
        on: LightRule.on(on, calendar, 5).note(thursday)
        for on in (date(2026, 11, day) for day in (20, 21, 22, 23))
    }

    assert [text.split()[1] for text in days.values()] == ["1", "1", "1", "2"]
    assert LightRule.on(date(2026, 11, 22), calendar, 5).days_left(thursday) == -1


def test_behind_begins_when_time_runs_twenty_points_ahead_of_progress() -> None:
    start, due = date(2026, 1, 1), date(2026, 4, 11)

    assert behind_date(start=start, due=due, percent=0, behind_points=20) == date(2026, 1, 21)
    assert behind_date(start=start, due=due, percent=81, behind_points=20) is None
