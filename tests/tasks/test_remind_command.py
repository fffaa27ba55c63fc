"""提醒的命令與定時任務：說清誰收到什麼，重跑不重發。"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from journal.models import Notice
from tasks.jobs import remind_due
from tasks.models import Reminder
from tests.cast import TODAY, Cast
from tests.tasks.test_reminders import owed


@pytest.mark.usefixtures("clock")
def test_the_command_prints_who_gets_what(cast: Cast) -> None:
    owed(cast)
    out = StringIO()

    call_command("remind", "--on", "2026-11-25", "--dry-run", stdout=out)

    text = out.getvalue()
    assert "登記員己　站內、郵件 clerk@example.test" in text
    assert "今天截止" in text
    assert "報送今天到期" in text
    assert "2026年11月25日（週三）將提醒 3 人，共 3 件。只是預覽，沒有發出。" in text
    assert not Notice.objects.exists()
    assert not Reminder.objects.exists()


@pytest.mark.usefixtures("clock")
def test_the_command_says_when_it_is_a_rest_day(cast: Cast) -> None:
    out = StringIO()

    call_command("remind", "--on", "2026-10-01", stdout=out)

    assert "2026年10月1日（週四）不是工作日" in out.getvalue()


@pytest.mark.usefixtures("clock")
def test_the_command_sends_and_a_second_time_says_nobody(cast: Cast) -> None:
    owed(cast)
    first, second = StringIO(), StringIO()

    call_command("remind", "--on", "2026-11-25", stdout=first)
    call_command("remind", "--on", "2026-11-25", stdout=second)

    assert "已提醒 3 人，共 3 件。" in first.getvalue()
    assert "沒有要提醒的人。" in second.getvalue()


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30", "明天", "20261123", "0001-01-01"])
@pytest.mark.django_db
def test_a_wrong_date_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(CommandError, match="請寫成 2026-11-23 這樣") as refused:
        call_command("remind", "--on", text)

    assert refused.value.returncode == 1


@pytest.mark.usefixtures("clock")
def test_the_job_reminds_for_today(cast: Cast) -> None:
    owed(cast, due_date=TODAY)

    remind_due()
    remind_due(on="2026-11-23")

    assert Notice.objects.filter(recipient=cast.clerk).count() == 1
