"""五萬行出去、讀回、標錯：處理器時間對只用 xlsxwriter 寫、只用 openpyxl 讀同樣的格子的比值，和內存。"""

import os
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

import pytest
import xlsxwriter
from django.core.files import File
from django.http import QueryDict
from openpyxl import load_workbook

from benchmarks.conftest import ROWS
from evaluations.models import Honour
from exchange.kinds import Scope, kind_of
from exchange.models import Upload
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
                # 同名同日授給同一單位的只記一次。
                granted_date=date(1990 + number // 1000 % 25, 1 + number // 25_000, 1),
                department=found.registry,
                document_number=f"嵐綜文明〔2026〕{number}號",
                note="窗口服務規範、群眾滿意",
            )
            for number in range(SIZE)
        ),
        batch_size=1000,
    )
    return found


#: 每隔這麼多行改一行（或寫錯一行）。
EVERY = 100
SHEET = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True)
class Spent:
    """一件事用了多少：歷時、處理器秒（連同子進程）、這個進程的內存多用了幾 MB。"""

    elapsed: float
    processor: float
    megabytes: float


def spent(job: Callable[[], object]) -> Spent:
    """內存看系統記的最高水位，先歸零。"""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before, started, used = _high_water(), time.perf_counter(), _processor()
    job()
    return Spent(time.perf_counter() - started, _processor() - used, _high_water() - before)


def _processor() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _high_water() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def with_every(source: Path, target: Path, old: str, new: str) -> None:
    """每隔 EVERY 行，把一格的字換掉；不經 openpyxl，五萬行也快。"""
    found = count(1)

    def change(match: re.Match[bytes]) -> bytes:
        return new.encode() if next(found) % EVERY == 0 else match[0]

    with zipfile.ZipFile(source) as old_book, zipfile.ZipFile(target, "w", 8) as new_book:
        for info in old_book.infolist():
            part = old_book.read(info)
            if info.filename == SHEET:
                part = re.sub(old.encode(), change, part)
            new_book.writestr(info.filename, part)


def read_bare(path: Path) -> None:
    book = load_workbook(path, read_only=True)
    for row in book.worksheets[0].iter_rows(values_only=True):
        str(row)
    book.close()


def write_bare(path: Path) -> None:
    cells = ["文明行業先進集體", "縣級", "平潭綜合實驗區黨群工作部", "2026-01-01"] * 3
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page = book.add_worksheet()
        for number in range(SIZE):
            for place, text in enumerate([*cells, "鑰匙" * 20]):
                page.write_string(number, place, text)


def test_fifty_thousand_rows_both_ways(cast: Cast, tmp_path: Path) -> None:
    kind = kind_of("honours")
    scope = Scope(cast.office, TODAY, None, QueryDict(""))
    ours, bare, better, worse = (tmp_path / f"{name}.xlsx" for name in ("a", "b", "c", "d"))
    uploads: list[Upload] = []

    def receive(path: Path) -> None:
        with path.open("rb") as file:
            uploads.append(
                importing.receive(
                    actor=cast.office, kind=kind, campaign=None,
                    file=File(file), name="a.xlsx", at=NOW,
                )
            )  # fmt: skip

    def check() -> None:
        found = importing.check(upload=uploads[-1], at=NOW)
        assert found.changed + found.faults == SIZE // EVERY

    def apply() -> None:
        assert importing.apply(upload=uploads[-1], at=NOW).changed == SIZE // EVERY

    def mark() -> None:
        os.unlink(importing.returned_copy(uploads[-1]))

    writing = spent(lambda: write_bare(bare))
    found = {"導出": (spent(lambda: write_workbook(kind, scope, str(ours), at=NOW)), writing)}
    with_every(ours, better, "群眾滿意", "群眾很滿意")
    with_every(ours, worse, "縣級|县级", "宇宙級")
    reading = spent(lambda: read_bare(ours))
    found["收下（網頁進程裏）"] = spent(lambda: receive(better)), reading
    found["核對"] = spent(check), reading
    found["寫入改動"] = spent(apply), reading
    receive(worse)
    check()
    found["標出錯處"] = spent(mark), reading

    for name, (ours_, theirs) in found.items():
        print(
            f"{SIZE:,} 行，每 {EVERY} 行改一行，{name}：{ours_.processor / theirs.processor:.1f} ×"
            f"（{ours_.processor:.1f} 秒對 {theirs.processor:.1f} 秒，歷時 {ours_.elapsed:.0f} 秒），"
            f"內存多用 {max(ours_.megabytes, 0):.0f} MB"
        )
    assert all(ours_.megabytes < 100 for ours_, _theirs in found.values())
