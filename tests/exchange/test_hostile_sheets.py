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


def with_letters_for_a_number(text: bytes) -> bytes:
    return re.sub(rb'(<c r="A3"[^>]*?) t="\w+"(.*?)</c>', rb"\1><v>abc</v></c>", text, count=1)


def bitten(data: bytes) -> bytes:
    """工作表那一件的壓縮數據中間壞了幾個字節。"""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo(SHEET)
    at = info.header_offset + 30 + len(SHEET) + info.compress_size // 2
    return data[:at] + b"\xff" * 40 + data[at + 40 :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: rewritten(data, with_letters_for_a_number),
        bitten,
    ],
)
def test_a_broken_sheet_gets_a_sentence(
    stage: Cast, now: datetime, spoil: Callable[[bytes], bytes]
) -> None:
    table = desk(stage, "departments")
    data = changed(table.exported(), lambda page: None)
    broken = spoil(data)
    assert broken != data

    with pytest.raises(UnreadableSheet, match="損壞"):
        importing.check(upload=table.uploaded(broken, now), at=now)


def meta(name: str, value: str) -> Callable[[bytes], bytes]:
    """改隱藏那一張裏寫的。"""

    def act(data: bytes) -> bytes:
        from openpyxl import load_workbook

        book = load_workbook(io.BytesIO(data))
        for row in book[reading.META].iter_rows():
            if row[0].value == name:
                row[1].value = value
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()

    return act


@pytest.mark.parametrize(
    "spoil",
    [
        meta("exported_at", "2026-13-45T00:00:00+08:00"),
        meta("exported_at", "2026-11-23T09:00:00"),
        meta("exported_at", "9999-12-31T23:59:59+00:00"),
        meta("language", "../../zh-hans"),
        meta("language", "x" * 5_000),
    ],
)
def test_what_the_hidden_sheet_says_is_not_trusted(
    stage: Cast, now: datetime, spoil: Callable[[bytes], bytes]
) -> None:
    table = desk(stage, "departments")
    data = table.edited(table.exported(), 3, 備註="改")

    upload = table.uploaded(spoil(data), now)
    found = importing.check(upload=upload, at=now)

    upload.refresh_from_db()
    assert upload.exported_at is None or upload.exported_at.year == 2026
    assert (found.changed, found.faults) == (1, 0)


def with_more(data: bytes, part: str) -> bytes:
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a", 8) as archive:
        archive.writestr(part, b"<a/>" + b" " * 50_000)
    return buffer.getvalue()


@pytest.mark.parametrize("part", ["xl/sharedStrings2.xml", "xl/styles2.xml"])
def test_huge_parts_are_refused_before_they_are_read(
    stage: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(reading, "MAX_STRINGS_BYTES", 50_000)
    monkeypatch.setattr(reading, "MAX_STYLES_BYTES", 50_000)
    table = desk(stage, "departments")
    data = table.exported()
    assert table.uploaded(data, now).rows

    with pytest.raises(UnreadableSheet, match="展開後過大"):
        table.uploaded(with_more(data, part), now)
