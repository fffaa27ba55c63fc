"""考核辦法的 Excel：導出再讀回相等；有一格讀不懂就整份不要，並逐格說明。"""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import Workbook, load_workbook

from evaluations.models import Scheme
from evaluations.scheme_cells import Names
from evaluations.scheme_reading import Found, UnreadableScheme, read_workbook
from evaluations.scheme_sheets import write_workbook
from evaluations.schemes import SchemeTree, read_tree
from people.models import User
from pingtan_civ.lib.script import simplify
from tests.cast import Cast
from tests.evaluations.scheme_stage import D, a_draft, small_tree, with_full

SignIn = Callable[[User], Client]


def read(cast: Cast, data: bytes, name: str = "辦法.xlsx") -> Found:
    return read_workbook(io.BytesIO(data), name, Names.of(cast.campaign))


def edited(tree: SchemeTree, **cells: dict[str, object]) -> bytes:
    """導出一份，改幾格：edited(tree, 測評內容={"J2": "三分"})。"""
    return changed(
        tree,
        lambda book: [
            book[sheet].__setitem__(cell, value)
            for sheet, values in cells.items()
            for cell, value in values.items()
        ],
    )


def changed(tree: SchemeTree, act: Callable[[Workbook], object]) -> bytes:
    book = load_workbook(io.BytesIO(write_workbook(tree, year=2026)))
    act(book)
    return saved(book)


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_what_is_exported_reads_back_the_same(cast: Cast) -> None:
    tree = small_tree(cast)

    for language in ("zh-hant", "zh-hans"):
        with translation.override(language):
            found = read(cast, write_workbook(tree, year=2026))

        assert (found.faults, found.tree, found.year) == ((), tree, 2026)


def test_simplified_headings_and_choices_are_understood(cast: Cast) -> None:
    def simplified(book: Workbook) -> None:
        for sheet in book.worksheets:
            sheet.title = simplify(sheet.title)
            for row in sheet.iter_rows():
                for cell in row:
                    is_name = sheet.title == "测评内容" and cell.column_letter in "ABKMNOVWX"
                    if isinstance(cell.value, str) and (cell.row == 1 or is_name):
                        cell.value = simplify(cell.value)
            if sheet.title == "基本":
                for row in range(1, sheet.max_row + 1):
                    sheet.cell(row, 1).value = simplify(sheet.cell(row, 1).value)

    tree = small_tree(cast)

    found = read(cast, changed(tree, simplified))

    assert (found.faults, found.tree) == ((), tree)


def test_a_table_that_repeats_every_cell_is_the_same_table(cast: Cast) -> None:
    tree = small_tree(cast)

    def repeat(book: Workbook) -> None:
        sheet = book["測評內容"]
        for letter in "ABCDEHIJKM":
            sheet[f"{letter}3"] = sheet[f"{letter}2"].value

    assert read(cast, changed(tree, repeat)).tree == tree


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "sentence"),
    [
        ("基本", "B2", "", "填寫辦法的名稱"),
        ("基本", "B3", "明年", "年度請寫四位數字"),
        ("基本", "B4", "一百", "請填數字"),
        ("基本", "B5", "1.005", "最多寫兩位小數"),
        ("測評內容", "A2", "獎金", "不在名單裏，請寫：基本分、加分、扣分"),
        ("測評內容", "B7", "車間", "「類別與單位」裏沒有「車間」這一類"),
        ("測評內容", "E2", "G9", "沒有「G9」這個工作目標"),
        ("測評內容", "H2", "", "填寫編號"),
        ("測評內容", "J2", "九分", "請填數字"),
        ("測評內容", "J3", "三分", "的第一行（J2）算數"),
        ("測評內容", "J3", 9, "的第一行（J2）算數"),
        ("測評內容", "B3", "車間", "的第一行（B2）算數"),
        ("測評內容", "J2", "-1", "請填數字"),
        ("測評內容", "J2", "NaN", "請填數字"),
        ("測評內容", "J2", "=9+1", "這一格是公式"),
        ("測評內容", "K2", "", "沒有填，請寫"),
        ("測評內容", "N8", "", "請選評分科室"),
        ("測評內容", "N8", "婚姻登记", "是不是：婚姻登記處"),
        ("測評內容", "O2", "按時報送率（%）", "不是時不選"),
        ("測評內容", "P2", "也許", "請寫「是」或「否」"),
        ("測評內容", "U2", "字" * 501, "最多 500 字"),
        ("測評內容", "X2", "實景圖片、沙畫", "沒有「沙畫」這個佐證形式"),
        ("測評內容", "H4", "1.1", "已經寫過"),
        ("測評內容", "T3", "1", "已經寫過"),
        ("檔次", "A2", "9.9", "沒有編號為「9.9」的一條"),
        ("檔次", "C2", 3, "只寫一樣"),
        ("檔次", "D2", 101, "百分比不超過 100"),
        ("等次", "B2", "", "填寫下限"),
        ("等次", "A3", "優秀", "已經寫過"),
        ("類別與單位", "B3", "婚姻登記處", "已經寫過"),
        ("類別與單位", "A2", "", "填寫計分類別"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named_and_nothing_is_taken(
    cast: Cast, sheet: str, cell: str, value: object, sentence: str
) -> None:
    found = read(cast, edited(small_tree(cast), **{sheet: {cell: value}}))

    assert found.tree is None
    said = [(each.sheet, each.cell, each.text) for each in found.faults]
    assert any((sheet, cell) == each[:2] and sentence in each[2] for each in said), said


def test_a_file_that_is_no_scheme_is_refused_in_one_sentence(cast: Cast) -> None:
    def headless(book: Workbook) -> None:
        book["測評內容"].delete_rows(1)

    tree = small_tree(cast)
    missing = changed(tree, lambda book: book.remove(book["檔次"]))
    for data, sentence in [
        (b"PK\x03\x04 nonsense", "."),
        ("甲,乙".encode(), "."),
        (missing, "沒有「檔次」這張表"),
        (changed(tree, headless), "沒有認出表頭"),
        (saved(Workbook()), "沒有「基本」這張表"),
    ]:
        with pytest.raises(UnreadableScheme, match=sentence):
            read(cast, data)


def test_a_text_file_is_told_what_is_wanted_here(cast: Cast) -> None:
    with pytest.raises(UnreadableScheme, match="這裏只收"):
        read_workbook(io.BytesIO("考核辦法".encode()), "辦法.txt", Names.of(cast.campaign))


def test_a_sheet_broken_off_in_the_middle_is_said_to_be_damaged(cast: Cast) -> None:
    whole = io.BytesIO(write_workbook(small_tree(cast), year=2026))
    broken = io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data[: len(data) // 2] if name.endswith("sheet3.xml") else data)

    with pytest.raises(UnreadableScheme, match="損壞"):
        read(cast, broken.getvalue())


# ── 頁和命令 ──────────────────────────────────────────


def upload(client: Client, cast: Cast, data: bytes) -> object:
    url = reverse("evaluations:scheme-import", args=[cast.campaign.code])
    return client.post(url, {"file": SimpleUploadedFile("辦法.xlsx", data)})


def test_the_office_exports_edits_and_imports(cast: Cast, signed_in: SignIn, now: datetime) -> None:
    tree = small_tree(cast)
    scheme = a_draft(cast, now, tree)
    office = signed_in(cast.office)
    data = office.get(reverse("evaluations:scheme-export", args=[scheme.pk])).content

    answer = upload(office, cast, data)

    copy = Scheme.objects.get(version=2)
    assert answer.url == copy.get_absolute_url()
    assert read_tree(copy) == tree


def test_the_page_lists_what_is_wrong_and_keeps_nothing(cast: Cast, signed_in: SignIn) -> None:
    data = edited(small_tree(cast), 測評內容={"J2": "九分", "X2": "沙畫"})

    answer = upload(signed_in(cast.office), cast, data)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "J2" in page
    assert "沒有「沙畫」這個佐證形式" in page
    assert not Scheme.objects.exists()


def test_the_command_checks_and_imports(
    cast: Cast, clock: object, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    tree = small_tree(cast)
    path = tmp_path / "辦法.xlsx"
    path.write_bytes(write_workbook(with_full(tree, "2.1", D("46.2")), year=2026))

    call_command("import_scheme", str(path), "--check")
    assert "窗口單位合計 105.9 分，差 0.1 分" in capsys.readouterr().out
    assert not Scheme.objects.exists()
    path.write_bytes(write_workbook(tree, year=2026))
    call_command("import_scheme", str(path), "--campaign", cast.campaign.code, "--year", "2027")

    scheme = Scheme.objects.get()
    assert (scheme.year, scheme.created_by, scheme.state) == (2027, cast.office, "draft")
    assert read_tree(scheme) == tree


def test_the_command_names_each_cell_and_stops(
    cast: Cast, clock: object, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "辦法.xlsx"
    path.write_bytes(edited(small_tree(cast), 測評內容={"J2": "九分"}))

    with pytest.raises(SystemExit):
        call_command("import_scheme", str(path))

    assert "測評內容 J2" in capsys.readouterr().err
    for wrong in (["沒有.xlsx"], [str(path), "--campaign", "nope"], [str(path), "--by", "nobody"]):
        with pytest.raises(SystemExit):
            call_command("import_scheme", *wrong)
    assert not Scheme.objects.exists()
