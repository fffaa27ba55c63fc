"""經過裏寫的提醒：那一天離時限多遠。"""

from datetime import date

import pytest

from tasks.services.reminder_words import reached_words
from workdays.services import calendar


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2026, 11, 20), "報送時限 11月26日，還有 4 個工作日"),
        (date(2026, 11, 26), "報送今天到期"),
        (date(2026, 12, 1), "報送逾期第 3 個工作日"),
    ],
)
def test_a_reminder_tells_the_working_days_of_that_day(on: date, said: str) -> None:
    due = date(2026, 11, 26)

    assert reached_words("report", due, on, calendar(), today=date(2026, 12, 2)) == said
