"""五萬行出去、讀回核對：秒數和內存，對只用 xlsxwriter 寫、只用 openpyxl 讀同樣的格子。"""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from django.core.files import File
from django.http import QueryDict
from openpyxl import load_workbook

from benchmarks.conftest import ROWS
from evaluations.models import Honour
from exchange.kinds import Scope, kind_of
from exchange.services import importing
from exchange.writing import write_workbook
from tests import factories as make
from tests.cast import TODAY, Cast, assemble

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
SIZE = min(50_000, ROWS)
NOW = make.moment(2026, 11, 23)


@pytest.fixture
def cast(db: None) -> Cast:
    """台賬裏五萬項榮譽，一千個不同的名稱。"""
    found = assemble()
    Honour.objects.bulk_create(
        (
            Honour(
                name=f"文明行業先進集體{number % 1000}",
                level="county",
                granted_by="平潭綜合實驗區黨群工作部",
                granted_date=date(2000 + number % 25, 1 + number % 12, 1),
                department=found.registry,
                document_number=f"嵐綜文明〔2026〕{number}號",
                note="窗口服務規範、群眾滿意",
            )
            for number in range(SIZE)
        ),
        batch_size=1000,
    )
    return found


def peak(job: Callable[[], object]) -> tuple[float, float]:
    """（歷時秒, 這件事自己用到的內存 MB）。內存看系統記的最高水位，先歸零。"""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _high_water()
    started = time.perf_counter()
    job()
    return time.perf_counter() - started, _high_water() - before


def _high_water() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def test_fifty_thousand_rows_both_ways(cast: Cast, tmp_path: Path) -> None:
    kind = kind_of("honours")
    scope = Scope(cast.office, TODAY, None, QueryDict(""))
    ours, bare = tmp_path / "ours.xlsx", tmp_path / "bare.xlsx"

    def read_bare() -> None:
        book = load_workbook(ours, read_only=True)
        for row in book.worksheets[0].iter_rows(values_only=True):
            str(row)
        book.close()

    def write_bare() -> None:
        cells = ["文明行業先進集體", "縣級", "平潭綜合實驗區黨群工作部", "2026-01-01"] * 3 + [
            "鑰匙" * 20
        ]
        with xlsxwriter.Workbook(str(bare), {"constant_memory": True}) as book:
            page = book.add_worksheet()
            for number in range(SIZE):
                for place, text in enumerate(cells):
                    page.write_string(number, place, text)

    def read_ours() -> None:
        with ours.open("rb") as file:
            upload = importing.receive(
                actor=cast.office, kind=kind, campaign=None, file=File(file), name="a.xlsx", at=NOW
            )
        found = importing.check(upload=upload, at=NOW)
        assert (found.unchanged, found.faults) == (SIZE, 0)
        importing.drop(upload=upload, at=NOW)

    spent = {
        "導出": peak(lambda: write_workbook(kind, scope, str(ours), at=NOW)),
        "只寫同樣多的格子": peak(write_bare),
        "讀回核對": peak(read_ours),
        "只讀同一份": peak(read_bare),
    }
    for name, (seconds, megabytes) in spent.items():
        print(f"{SIZE:,} 行 {name}：{seconds:.1f} 秒，{megabytes:.0f} MB")
    assert spent["導出"][1] < 150
    assert spent["讀回核對"][1] < 250
