"""import_plan：讀出來打印，不保存。"""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from openpyxl import Workbook

SAMPLE = Path(__file__).resolve().parents[2] / "campaigns" / "sample" / "situation-report.txt"


def run(*args: object) -> str:
    out = StringIO()
    call_command("import_plan", *map(str, args), stdout=out)
    return out.getvalue()


def refused(path: Path) -> tuple[object, str]:
    """退出碼，和標準錯誤上的那一句。"""
    err = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("import_plan", str(path), stderr=err)
    return caught.value.code, err.getvalue()


@pytest.fixture
def breakdown(tmp_path) -> Path:
    book = Workbook()
    book.active.append(["2027年任務分解表"])
    book.active.append(["主要任務", "具體措施", "責任單位", "完成時限"])
    book.active.append(["規範窗口", "公開辦事指南", "辦公室、人事科", "6月底前"])
    book.active.append(["規範窗口", "設立投訴台", "辦公室", "儘快"])
    book.save(tmp_path / "分解表.xlsx")
    return tmp_path / "分解表.xlsx"


def test_the_document_is_printed_as_a_tree():
    shown = run(SAMPLE)

    assert "三、工作目標　[工作目標]　第 11 行" in shown
    assert "    · 無刑事案件、\n" in shown
    assert "第 11 行：節的序號不連續" in shown
    assert "第 29 行：0推薦閱讀:" in shown
    assert "共 5 節、150 款；沒有保存。" in shown


def test_json_holds_the_whole_tree():
    tree = json.loads(run(SAMPLE, "--json"))

    assert [s["number"] for s in tree["sections"]] == [None, "一", "三", "四", "五"]
    assert sum(len(i["clauses"]) for s in tree["sections"] for i in s["items"]) == 150
    assert tree["sections"][2]["items"][3]["proposals"]["cycle"] == "yearly"


def test_the_year_settles_the_dates(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("工作方案\n一、主要任務\n1、6月底前建立台賬（責任單位：辦公室）。", "utf-8")

    tree = json.loads(run(path, "--json", "--year", 2027))
    shown = run(path)

    assert tree["sections"][0]["items"][0]["proposals"] == {
        "lead": "辦公室",
        "supporting": [],
        "due": "2027-06-30",
        "cycle": None,
    }
    assert "〔牽頭：辦公室；時限：6月底前〕" in shown


def test_a_breakdown_is_printed_row_by_row(breakdown):
    shown = run(breakdown, "--year", 2027)

    assert "第 3 行　公開辦事指南　〔牽頭：辦公室；配合：人事科；時限：2027-06-30〕" in shown
    assert "D4：看不出「儘快」是哪一天" in shown


def test_a_breakdown_as_json_is_a_tree_and_its_rows(breakdown):
    tree = json.loads(run(breakdown, "--json", "--year", 2027))

    assert {"title", "sections", "problems", "dropped"} <= set(tree)
    assert tree["sections"][0]["heading"] == "規範窗口"
    assert tree["rows"][0]["proposals"]["due"] == "2027-06-30"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.txt", b""),
        ("binary.txt", bytes(range(256)) * 9),
        (
            "locked.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        ),
        ("broken.docx", b"PK\x03\x04 nothing"),
        ("old.doc", b"text"),
    ],
)
def test_a_file_it_cannot_read_is_one_sentence_and_exit_one(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)

    status, sentence = refused(tmp_path / name)

    assert status == 1
    assert sentence.strip().endswith("。")
    assert len(sentence.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["nothing.txt", "."])
def test_a_path_it_cannot_open_is_told(tmp_path, name):
    status, sentence = refused(tmp_path / name)

    assert status == 1
    assert "打不開文件" in sentence
