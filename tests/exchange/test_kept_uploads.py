"""原件：各人各份互不相干；核對存儲時算有人用。"""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.core.files.storage import default_storage

from exchange.services import importing
from people.models import Department
from tasks.services.verifying import verify_files
from tests.cast import Cast
from tests.exchange.stage import desk, set_the_stage, texts


@pytest.fixture
def stage(cast: Cast) -> Iterator[Cast]:
    set_the_stage(cast)
    return cast


def test_each_upload_is_kept_apart(stage: Cast, now: datetime) -> None:
    table = desk(stage, "departments")
    data = table.exported()
    row = table.row_of(data, "殯儀館")
    first = table.uploaded(table.edited(data, row, 簡稱="殯一"), now)
    second = table.uploaded(table.edited(data, row, 簡稱="殯二"), now)

    importing.drop(upload=second, at=now)
    importing.check(upload=first, at=now)
    importing.apply(upload=first, at=now)

    assert first.file != second.file
    assert Department.objects.get(name="殯儀館").short_name == "殯一"


def test_an_upload_waiting_to_be_confirmed_is_not_called_nobodys(
    stage: Cast, now: datetime
) -> None:
    table = desk(stage, "departments")
    upload = table.uploaded(table.exported(), now)
    assert default_storage.exists(upload.file)

    found = {finding.path for finding in verify_files()}

    assert upload.file not in found


def test_new_rows_are_not_all_held_in_memory(stage: Cast, now: datetime) -> None:
    table = desk(stage, "honours")
    data = table.exported()
    row = len(texts(data, "榮譽名稱")) + 2
    cells = {"榮譽名稱": "新的", "級別": "市級", "授予機關": "市委", "授予日期": "2025-01-02"}

    found = table.preview(table.edited(data, row, **cells), now)

    assert (found.created, found.faults, found.made) == (1, 0, [])
