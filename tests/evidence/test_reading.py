"""讀佐證：各種文件讀得出，讀不出的說一句話，被殺了有人接着讀，總出事的不一直試。"""

import re
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import call_command
from PIL import Image

from evidence.reading import excerpt, normalised, words_of
from evidence.reading_formats import read
from evidence.services import reading as services
from pingtan_civ.lib import confined
from reports.rendering import Heading, OfficialDocument, to_docx
from tasks.models import FileReading
from tests import factories as make
from tests.evidence import files
from tests.factories import moment

NOW = moment(2026, 11, 26, 9)


def at(moment_: datetime = NOW) -> Callable[[], datetime]:
    return lambda: moment_


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """不另起子進程：讀什麼、怎麼記與在哪裏跑無關，限制由 confined 自己的測試守着。"""
    monkeypatch.setattr(confined, "run", lambda _name, *args, **_limits: read(*args))


# ── 讀什麼 ────────────────────────────────────────────


def test_words_and_tables_of_a_document_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(
        files.docx("嵐民〔2026〕12號", "關於 公開收費", table=[["事項", "金額"], ["工本費", "9"]])
    )

    found = read(str(path), "docx")

    assert found["text"] == "嵐民〔2026〕12號\n關於 公開收費\n事項\t金額\n工本費\t9"
    assert (found["characters"], found["problem"]) == (25, "")


def test_deleted_and_doubled_text_is_not_read(tmp_path: Path) -> None:
    """修訂裏刪去的、文本框的備用畫法都不算。"""
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = (
        f'<w:document xmlns:w="{name}" xmlns:m="m"><w:body><w:p><w:r><w:t>留下</w:t></w:r>'
        "<w:del><w:r><w:delText>刪去</w:delText></w:r></w:del><m:Fallback><w:t>重複</w:t></m:Fallback>"
        "</w:p></w:body></w:document>"
    )
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", body)
        archive.writestr("docProps/app.xml", "<Properties><Pages>3</Pages></Properties>")

    found = read(str(path), "docx")

    assert (found["text"], found["pages"]) == ("留下", 3)


def test_headings_word_numbers_itself_are_read_with_their_numbers(tmp_path: Path) -> None:
    paper = OfficialDocument(
        "", (Heading(1, "一、進展"), Heading(2, "（一）公開"), Heading(1, "二、打算"))
    )
    path = tmp_path / "a.docx"
    path.write_bytes(to_docx(paper))

    assert read(str(path), "docx")["text"] == "一、進展\n（一）公開\n二、打算"


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def numbered(path: Path, body: str, mark: str = "%1.") -> str:
    """正文裏「#字」的是 Word 自己編號的一段，序號寫成 mark。"""
    row = (
        '<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>{}</w:t></w:r></w:p>'
    )
    body = re.sub(r"#(\w)", lambda found: row.format(found.group(1)), body)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {_W}>{body}</w:document>")
        archive.writestr(
            "word/numbering.xml",
            f'<w:numbering {_W}><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0">'
            f'<w:lvlText w:val="{mark}"/></w:lvl></w:abstractNum>'
            '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>',
        )
    return str(path)


def test_a_table_inside_a_cell_is_read_and_counted_once(tmp_path: Path) -> None:
    inner = "<w:tbl><w:tr><w:tc>#丙</w:tc></w:tr></w:tbl>"
    outer = f"<w:tbl><w:tr><w:tc>#乙{inner}</w:tc></w:tr></w:tbl>"

    found = read(numbered(tmp_path / "a.docx", f"#甲{outer}#丁"), "docx")

    assert found["text"] == "1.甲\n2.乙 3.丙\t\n4.丁"


def test_a_mark_of_enormous_length_is_not_multiplied(tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.docx", "#甲" * 3000, mark="長" * 100_000)

    tracemalloc.start()
    found = read(path, "docx")
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found["problem"] == "partly"
    assert most < 50_000_000


def test_sheets_slides_and_pdf_pages_are_read(tmp_path: Path) -> None:
    made = {
        "xlsx": files.xlsx(["日期", "件數"], [datetime(2026, 11, 3), 12.0], [None, None], ["合計"]),  # noqa: DTZ001
        "pptx": files.pptx("第一頁", "第二頁"),
        "pdf": files.pdf("Civilised window #pagebreak() Second page"),
    }
    found = {}
    for extension, data in made.items():
        path = tmp_path / f"a.{extension}"
        path.write_bytes(data)
        found[extension] = read(str(path), extension)

    assert found["xlsx"]["text"] == "【台賬】\n日期\t件數\n2026-11-03\t12\n合計\t"
    assert (found["pptx"]["text"], found["pptx"]["pages"]) == ("第一頁\n第二頁", 2)
    assert "Civilised window" in found["pdf"]["text"]
    assert found["pdf"]["pages"] == 2


def test_the_same_picture_smaller_has_nearly_the_same_print(tmp_path: Path) -> None:
    prints = []
    for name, data in [
        ("a.jpg", files.picture(1)),
        ("b.jpg", files.picture(1, size=(200, 150))),
        ("c.jpg", files.picture(7)),
    ]:
        (tmp_path / name).write_bytes(data)
        prints.append(int(read(str(tmp_path / name), "jpg")["picture_hash"], 16))
    first, smaller, other = prints

    assert (first ^ smaller).bit_count() <= 4
    assert (first ^ other).bit_count() > 10


def test_a_blank_picture_has_no_print(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "a.png")
    assert read(str(tmp_path / "a.png"), "png")["picture_hash"] == ""


def test_a_very_long_text_is_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(files.docx(*["文明" * 1000] * 120))

    found = read(str(path), "docx")

    assert (len(found["text"]) <= 200_000, found["problem"]) == (True, "partly")


# ── 怎樣存、怎樣查 ────────────────────────────────────


def test_both_scripts_and_broken_lines_are_one_spelling() -> None:
    assert normalised("婚姻 登\n記處　ＡＢＣ") == normalised("婚姻登记处 abc") == "婚姻登记处 abc"


def test_the_hit_is_marked_in_the_original_script() -> None:
    pieces = excerpt(
        "前言。" * 40 + "平潭縣民政局婚姻\n登記處設立視窗" + "後記。" * 40, words_of("婚姻登记")
    )

    assert [piece.text for piece in pieces if piece.is_hit] == ["婚姻 登記"]
    assert (pieces[0].text, pieces[-1].text) == ("…", "…")
    assert excerpt("沒有這個詞", words_of("婚姻")) == []


# ── 後台 ──────────────────────────────────────────────


@pytest.mark.django_db
def test_a_new_file_is_read_by_the_sweep(in_process: None) -> None:
    file = files.stored(files.docx("設立「一站式」服務視窗"), "docx")

    tally = services.read_files(now=at())

    found = FileReading.objects.get(file=file)
    assert (tally.done, tally.failed, tally.left) == (1, 0, 0)
    assert (found.state, found.read_at, found.characters) == (FileReading.State.DONE, NOW, 11)
    assert normalised("一站式」服务视窗") in found.search


@pytest.mark.django_db
def test_reading_runs_in_a_confined_process() -> None:
    """真起一個子進程：讀文件的模塊不能依賴 Django。"""
    file = files.stored(files.docx("真的讀一遍"), "docx")

    services.read_files(now=at())

    assert FileReading.objects.get(file=file).text == "真的讀一遍"


@pytest.mark.django_db
def test_a_damaged_file_fails_with_plain_words(in_process: None) -> None:
    broken = BytesIO(files.docx("壞了")).getvalue()[:400]
    file = files.stored(broken, "docx")

    tally = services.read_files(now=at())

    found = FileReading.objects.get(file=file)
    assert (tally.failed, found.state) == (1, FileReading.State.FAILED)
    assert "可以下載" in found.problem


@pytest.mark.django_db
def test_a_lost_original_is_said(in_process: None) -> None:
    file = make.EvidenceFileFactory()

    services.read_files(now=at())

    assert FileReading.objects.get(file=file).problem == "原件不在存儲裏，請告訴管理員。"


@pytest.mark.django_db
def test_too_much_is_said_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_args: object, **_limits: object) -> None:
        raise confined.TooMuch("太慢")

    monkeypatch.setattr(confined, "run", stopped)
    file = files.stored(files.docx("長"), "docx")

    services.read_files(now=at())

    found = FileReading.objects.get(file=file)
    assert (found.state, found.attempts) == (FileReading.State.FAILED, 1)
    assert "太大" in found.problem


@pytest.mark.django_db
def test_a_killed_reader_leaves_it_to_the_next(in_process: None) -> None:
    """領了就被殺：租約內別人不碰，過了再讀；死者若又醒來，寫不進去。"""
    file = files.stored(files.docx("接着讀"), "docx")
    services.enrol()
    dead = services.claim(NOW)
    assert services.claim(NOW + timedelta(minutes=1)) is None

    services.read_files(now=at(NOW + timedelta(minutes=6)))

    found = FileReading.objects.get(file=file)
    assert (found.state, found.attempts) == (FileReading.State.DONE, 2)
    services.read_one(dead, now=at(NOW + timedelta(minutes=7)))
    found.refresh_from_db()
    assert found.read_at == NOW + timedelta(minutes=6)


@pytest.mark.django_db
def test_a_file_that_always_kills_its_reader_is_given_up() -> None:
    """三次都把進程帶倒，第四次不再試，說一句話。"""
    file = files.stored(files.docx("毒"), "docx")
    services.enrol()
    for number in range(3):
        assert services.claim(NOW + timedelta(minutes=6 * number)) is not None

    services.read_files(now=at(NOW + timedelta(minutes=30)))

    found = FileReading.objects.get(file=file)
    assert (found.state, found.problem[:5]) == (FileReading.State.FAILED, "試了三次都")


@pytest.mark.django_db
def test_a_crash_of_the_child_is_tried_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def crashed(*args: object, **_limits: object) -> None:
        calls.append(args)
        raise confined.Failed("crash")

    monkeypatch.setattr(confined, "run", crashed)
    file = files.stored(files.docx("崩"), "docx")
    for number in range(5):
        services.read_files(now=at(NOW + timedelta(minutes=2 * number)))

    assert len(calls) == 3
    assert FileReading.objects.get(file=file).state == FileReading.State.FAILED


@pytest.mark.django_db
def test_the_command_reads_all_and_tries_failed_ones_again(
    in_process: None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = files.stored(files.docx("好的"), "docx")
    FileReading.objects.create(file=file, state=FileReading.State.FAILED, attempts=3)

    call_command("read_files")
    call_command("read_files", "--again")

    assert "讀出 0 份" in capsys.readouterr().out.splitlines()[0]
    assert FileReading.objects.get(file=file).text == "好的"
