"""退回的一份：只添上該改的話，人寫的、人設的一概不動；再退回時換成新的。"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from exchange.models import Upload
from exchange.services import importing
from tests.cast import Cast
from tests.exchange.stage import Desk, changed, desk, set_the_stage, texts
from tests.exchange.test_hostile_sheets import SHEET, prefixed, rewritten

MESSAGE = "需要修改的地方"


@pytest.fixture
def table(cast: Cast) -> Iterator[Desk]:
    set_the_stage(cast)
    return desk(cast, "honours")


def returned(table: Desk, data: bytes, at: datetime) -> bytes:
    upload = table.uploaded(data, at)
    importing.check(upload=upload, at=at)
    path = Path(importing.returned_copy(upload))
    try:
        return path.read_bytes()
    finally:
        path.unlink()


def first_sheet(data: bytes) -> Worksheet:
    return load_workbook(io.BytesIO(data)).worksheets[0]


def painted(data: bytes) -> set[str]:
    """條件格式塗紅的格：同一行末尾的話裏有【它的表頭】。"""
    sheet = first_sheet(data)
    [(area, [rule])] = sheet.conditional_formatting._cf_rules.items()
    [formula] = rule.formula
    message = re.fullmatch(r'ISNUMBER\(FIND\("【"&A\$1&"】",\$([A-Z]+)2\)\)', formula)[1]
    assert rule.dxf.fill.bgColor.rgb == "FFF8D7DA"
    return {
        cell.coordinate
        for row in sheet[str(area.sqref)]
        for cell in row
        if f"【{sheet.cell(1, cell.column).value}】" in str(sheet[f"{message}{cell.row}"].value)
    }


def test_only_the_words_are_added(table: Desk, now: datetime) -> None:
    data = table.exported()
    row = table.row_of(data, "省文明行業")
    data = table.edited(data, row, 級別="宇宙級")

    copy = returned(table, data, now)

    old, new = first_sheet(data), first_sheet(copy)
    column = new.cell(1, old.max_column + 1).column_letter
    added = {
        cell.coordinate: cell.value
        for line in new.iter_rows()
        for cell in line
        if cell.value != old[cell.coordinate].value
    }
    assert added == {f"{column}1": MESSAGE, f"{column}{row}": added[f"{column}{row}"]}
    assert added[f"{column}{row}"].startswith("【級別】沒有「宇宙級」")
    at = table.at(data, "級別", row)
    assert painted(copy) == {at}
    assert "宇宙級" in new[at].comment.text
    assert new["A1"].comment.text == old["A1"].comment.text
    assert new.freeze_panes == old.freeze_panes
    assert new.column_dimensions["B"].width == old.column_dimensions["B"].width
    assert new.column_dimensions[column].width == 48
    assert new[at]._style == old[at]._style
    assert len(new.data_validations.dataValidation) == len(old.data_validations.dataValidation)


def test_what_the_person_added_is_kept(table: Desk, now: datetime) -> None:
    """自己加的一列、批註、工作表都在；話寫在最後一列的後面，不蓋掉誰。"""
    data = table.exported()
    row = table.row_of(data, "省文明行業")
    at = table.at(data, "級別", row)

    def add(page: Any) -> None:
        page.cell(1, page.max_column + 1).value = "經手人"
        page.cell(row, page.max_column).value = "老王"
        page[at].comment = Comment("問過局裏", "老王")
        page.parent.create_sheet("草稿")["A1"] = "=1+1"

    data = table.edited(changed(data, add), row, 級別="宇宙級")
    copy = returned(table, data, now)

    book = load_workbook(io.BytesIO(copy))
    assert texts(copy, "經手人")[row - 2] == "老王"
    assert "【級別】" in texts(copy, MESSAGE)[row - 2]
    assert book.worksheets[0][at].comment.text == "問過局裏"
    assert book["草稿"]["A1"].value == "=1+1"


def test_a_second_return_replaces_the_first(table: Desk, now: datetime) -> None:
    data = table.exported()
    one, other = (table.row_of(data, name) for name in ("省文明行業", "先進個人"))
    data = table.edited(table.edited(data, one, 級別="宇宙級"), other, 級別="銀河級")
    first = returned(table, data, now)

    second = returned(table, table.edited(first, one, 級別="省級"), now)

    sheet = first_sheet(second)
    at, still = (table.at(second, "級別", row) for row in (one, other))
    assert painted(first) == {at, still}
    assert painted(second) == {still}
    assert texts(second, MESSAGE).count(None) == len(texts(second, MESSAGE)) - 1
    assert sheet[at].comment is None
    assert "銀河級" in sheet[still].comment.text
    assert [cell.value for cell in sheet[1]].count(MESSAGE) == 1


def test_a_sheet_written_with_prefixes_is_marked_alike(table: Desk, now: datetime) -> None:
    data = changed(table.exported(), lambda page: None)
    row = table.row_of(data, "省文明行業")
    data = rewritten(table.edited(data, row, 級別="宇宙級"), prefixed)

    copy = returned(table, data, now)

    assert "【級別】" in texts(copy, MESSAGE)[row - 2]
    assert painted(copy) == {table.at(copy, "級別", row)}


def without_comments(data: bytes) -> bytes:
    def clear(page: Any) -> None:
        for line in page.iter_rows():
            for cell in line:
                cell.comment = None

    return changed(data, clear)


def test_a_sheet_without_comments_gets_them(table: Desk, now: datetime) -> None:
    data = without_comments(table.exported())
    row = table.row_of(data, "省文明行業")
    data = table.edited(data, row, 級別="宇宙級")

    copy = returned(table, data, now)

    assert "宇宙級" in first_sheet(copy)[table.at(copy, "級別", row)].comment.text
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        assert archive.read(SHEET).count(b"<legacyDrawing ") == 1


def test_what_is_typed_is_text_in_the_words_too(table: Desk, now: datetime) -> None:
    """話裏引着人寫的東西：尖括號、像公式的、控制字符都只是字。"""
    data = table.exported()
    row = table.row_of(data, "省文明行業")

    copy = returned(table, table.edited(data, row, 級別='=<b>&"'), now)
    typed = returned(table, table.edited(data, row, 級別="<c r='A1'>&]]>"), now)

    assert "公式" in texts(copy, MESSAGE)[row - 2]
    assert "<c r='A1'>&]]>" in texts(typed, MESSAGE)[row - 2]
    assert Upload.objects.count() == 2
