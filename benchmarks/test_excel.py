"""導出一萬行任務分解表，對只用 xlsxwriter 寫同樣的格子。"""

import io
from collections.abc import Iterator

import pytest
import xlsxwriter
from django.http import QueryDict
from openpyxl import load_workbook

from benchmarks.conftest import ROWS, built
from benchmarks.data import TODAY, Bench
from benchmarks.yardstick import race, show
from exchange.kinds import Scope, kind_of
from exchange.writing import write_workbook
from tests.factories import moment

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
SIZE = min(10_000, ROWS)


@pytest.fixture
def breakdown(db: None) -> Iterator[Bench]:
    with built(SIZE) as made:
        yield made


def test_the_export_beside_bare_cells(breakdown: Bench) -> None:
    kind = kind_of("breakdown")
    scope = Scope(breakdown.cast.office, TODAY, breakdown.campaign, QueryDict(""))

    def ours() -> bytes:
        buffer = io.BytesIO()
        write_workbook(kind, scope, buffer, at=moment(2026, 11, 23))
        return buffer.getvalue()

    sheet = load_workbook(io.BytesIO(ours()), read_only=True).worksheets[0]
    cells = [["" if value is None else str(value) for value in row] for row in sheet.values]

    def bare() -> bytes:
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"constant_memory": True, "in_memory": True}) as book:
            page = book.add_worksheet()
            for number, row in enumerate(cells):
                for column, value in enumerate(row):
                    page.write_string(number, column, value)
        return buffer.getvalue()

    spent = race(3, ours=ours, bare=bare)

    show(f"導出 {SIZE:,} 行", spent["ours"], spent["bare"], "只寫同樣的格子")
    assert len(cells) == SIZE + 1
