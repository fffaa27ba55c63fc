"""不懷好意的、別的軟件存的、壞了的表：該說一句話的說一句話，該認得的認得，不出錯頁。"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl.styles import Border, Side

from exchange import reading
from exchange.layout import META
from exchange.models import Upload
from exchange.reading import UnreadableSheet
from exchange.services import importing
from pingtan_civ.lib import confined
from tests.cast import Cast
from tests.clamd import VIRUS, clamd
from tests.exchange.stage import changed, desk, set_the_stage, texts

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
        for row in book[META].iter_rows():
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


def test_a_sheet_is_taken_apart_and_marked_in_a_confined_process(
    stage: Cast, now: datetime, confined_for_real: None
) -> None:
    """真起子進程：拆表、標錯的模塊都不能依賴 Django。"""
    table = desk(stage, "departments")
    data = table.exported()
    row = table.row_of(data, "殯儀館")
    upload = table.uploaded(table.edited(data, row, 類別="公司"), now)

    found = importing.check(upload=upload, at=now)
    copy = Path(importing.returned_copy(upload))

    assert [error.address for error in found.errors] == [table.at(data, "類別", row)]
    assert "【類別】沒有「公司」" in str(texts(copy.read_bytes(), "需要修改的地方"))
    copy.unlink()


def test_a_sheet_too_heavy_to_open_gets_a_sentence(
    stage: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_args: object, **_limits: object) -> None:
        raise confined.TooMuch("已經停下。")

    table = desk(stage, "departments")
    data = table.exported()
    monkeypatch.setattr(confined, "run", stopped)

    with pytest.raises(UnreadableSheet, match="已經停下"):
        table.uploaded(data, now)
    assert not Upload.objects.exists()


def test_an_infected_sheet_is_refused(stage: Cast, now: datetime, settings: object) -> None:
    table = desk(stage, "departments")
    buffer = io.BytesIO(table.exported())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("xl/note.xml", b"<a/>" + VIRUS)
    with clamd() as scanner:
        settings.CLAMAV_ADDRESS, settings.CLAMAV_SECONDS = scanner.address, 5

        with pytest.raises(UnreadableSheet, match="帶有病毒"):
            table.uploaded(buffer.getvalue(), now)

    assert not Upload.objects.exists()


def test_rows_that_only_carry_a_format_are_not_rows(
    stage: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """整片設過邊框的空行、清空了內容只剩隱藏鑰匙的行，都不算一行。"""
    table = desk(stage, "honours")
    data = table.exported()
    rows = len(texts(data, "榮譽名稱"))

    def blanks(page: Any) -> None:
        for number in range(rows + 2, rows + 300):
            page.cell(number, 2).border = Border(top=Side("thin"))
        for place in range(1, len(table.kind.columns) + 1):
            page.cell(rows + 1, place).value = None

    monkeypatch.setattr(type(table.kind), "most_rows", rows)
    upload = table.uploaded(changed(data, blanks), now)
    found = importing.check(upload=upload, at=now)

    assert upload.rows == rows - 1
    assert (found.unchanged, found.created, found.faults) == (rows - 1, 0, 0)
