"""一次寫入、讀出很多行（pingtan_civ.lib.bulk）：寫的就是給的，讀的按第一列排好。"""

from datetime import date

import pytest
from django.db import transaction

from journal.models import Entry
from pingtan_civ.lib.bulk import insert_rows, read_in_order
from tasks.models import Reminder, ReminderStep
from tests import factories as make
from tests.factories import moment

pytestmark = pytest.mark.django_db
COLUMNS = ("track", "subject_id", "due_date", "step", "person", "on")


def test_rows_arrive_as_given() -> None:
    person = make.UserFactory()
    rows = [
        (ReminderStep.Track.REPORT.value, n, date(2026, 11, 30), -n, person.pk, date(2026, 11, 26))
        for n in range(3)
    ]
    assert insert_rows(Reminder, COLUMNS, rows) == 3
    stored = Reminder.objects.order_by("subject_id").values_list(*COLUMNS)
    assert list(stored) == rows


def test_awkward_text_is_kept_as_it_is() -> None:
    """COPY 的格式裏製表符、換行、反斜杠、\\N 都有自己的意思。"""
    awkward = "一\t二\n三\\四\r\\N\\.'\""
    values = {
        "at": str(moment(2026, 11, 26)), "actor": None, "actor_name": "系統", "action": "test",
        "target_type": "x", "target_id": 1, "topic_type": "x", "topic_id": 1,
        "summary": "一行", "reason": awkward, "changes": "{}", "previous_hash": "", "hash": "",
    }  # fmt: skip
    insert_rows(Entry, list(values), [list(values.values())])
    entry = Entry.objects.get(action="test")
    assert entry.reason == awkward
    assert entry.actor is None


def test_nothing_to_write_is_not_an_error() -> None:
    assert insert_rows(Reminder, COLUMNS, []) == 0


def test_two_streams_are_each_in_order() -> None:
    person = make.UserFactory()
    rows = [
        ("report", n * 7 % 10, date(2026, 11, 30), 0, person.pk, date(2026, 11, 26))
        for n in range(10)
    ]
    insert_rows(Reminder, COLUMNS, rows)
    found = Reminder.objects.filter(step=0)
    with transaction.atomic():
        # 兩條一起讀，一段三行：游標和臨時表各是各的。
        one = read_in_order(found, ("subject_id", "person"), 3)
        two = read_in_order(found.filter(subject_id__lt=5), ("subject_id", "on"), 3)
        assert [next(one)[0], next(two)[0]] == [0, 0]
        assert [row[0] for row in one] == list(range(1, 10))
        assert list(two) == [(n, date(2026, 11, 26)) for n in range(1, 5)]
