"""不懷好意的、別的軟件存的、壞了的表：該說一句話的說一句話，該認得的認得，不出錯頁。"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from exchange import reading
from exchange.reading import UnreadableSheet
from exchange.services import importing
from people.models import Department
from tests.cast import Cast
from tests.exchange.stage import changed, desk, set_the_stage

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def stage(cast: Cast) -> Iterator[Cast]:
    set_the_stage(cast)
    return cast


def rewritten(data: bytes, act: Callable[[bytes], bytes], name: str = SHEET) -> bytes:
    """改動包裏的一件，別的照舊。"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", 8) as new:
        for info in old.infolist():
            part = old.read(info)
            new.writestr(info.filename, act(part) if info.filename == name else part)
    return buffer.getvalue()


def prefixed(text: bytes) -> bytes:
    """Open XML SDK 的寫法：每個元素都帶前綴。"""
    text = re.sub(rb"<(/?)(?![?x:])(\w)", rb"<\1x:\2", text)
    return text.replace(b' xmlns="', b' xmlns:x="', 1)


def test_a_sheet_written_with_prefixes_is_counted_and_merged_alike(
    stage: Cast, now: datetime
) -> None:
    table = desk(stage, "departments")
    data = table.exported()
    row = table.row_of(data, "殯儀館")
    data = table.edited(data, row, 簡稱="殯")
    at = table.at(data, "備註", row)
    data = changed(data, lambda page: page.merge_cells(f"{at}:{at[0]}{row + 1}"))

    upload = table.uploaded(rewritten(data, prefixed), now)
    found = importing.check(upload=upload, at=now)

    assert upload.rows == table.uploaded(data, now).rows
    assert (found.changed, found.faults) == (1, 0)
