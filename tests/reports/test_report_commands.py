"""命令行：編一份存成文件，核對已印發的；出錯只說一句話，以 1 退出。"""

from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pypdf import PdfReader

from reports.models import Report
from tasks.models import Round
from tests.cast import Cast
from tests.reports.stage import SENTENCE, Stage, docx_chapters, draft, lay_out
from tests.reports.stage import issue as run_through

TASK = "（一）改進行業管理，實現規範服務"


@pytest.fixture
def stage(cast: Cast, clock: object) -> Stage:
    return lay_out(cast)


def run(*args: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("compile_report", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refused(*args: str) -> str:
    err = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("compile_report", *args, stdout=StringIO(), stderr=err)
    assert left.value.code == 1
    return err.getvalue().strip()


def issue(stage: Stage, now: datetime) -> Report:
    report = draft(stage.cast, now)
    return run_through(stage.cast, report, now)


def test_a_word_file_with_the_clerks_sentence_and_nothing_saved(
    stage: Stage, tmp_path: Path
) -> None:
    target = tmp_path / "彙報.docx"

    out, _err = run("--campaign", stage.cast.campaign.code, "--output", str(target))

    found = docx_chapters(target.read_bytes())
    assert any(SENTENCE in line for line in found[TASK])
    assert "已存到" in out
    assert not Report.objects.exists()


def test_the_simplified_pdf(stage: Stage, tmp_path: Path) -> None:
    target = tmp_path / "r.pdf"
    code = stage.cast.campaign.code

    run("--campaign", code, "--output", str(target), "--format", "pdf", "--script", "hans")

    text = "".join(page.extract_text() for page in PdfReader(target).pages)
    assert "办事程序和收费标准已在大厅公开" in text.replace("\n", "")


def test_dates_as_people_write_them(stage: Stage, tmp_path: Path) -> None:
    target = tmp_path / "r.docx"

    run(
        "--campaign", stage.cast.campaign.code, "--output", str(target),
        "--from", "2026-07-01", "--to", "9月30日",
    )  # fmt: skip

    found = docx_chapters(target.read_bytes())
    assert "（2026年第三季度）" in found[""]
    assert not any(SENTENCE in line for line in found[TASK])


def test_the_issued_one_comes_from_its_snapshot(
    stage: Stage, tmp_path: Path, now: datetime
) -> None:
    issue(stage, now)
    Round.objects.update(narrative="後來改了。")
    target = tmp_path / "r.docx"

    run("--campaign", stage.cast.campaign.code, "--output", str(target), "--issued")

    assert any(SENTENCE in line for line in docx_chapters(target.read_bytes())[TASK])


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--campaign", "nothing"], "沒有代碼為「nothing」的創建活動"),
        (["--from", "2月30日"], "沒有「2月30日」這一天"),
        (["--from", "胡寫"], "看不出是哪一天"),
        (["--from", "2026-12-31", "--to", "2026-10-01"], "早於期初"),
        (
            ["--format", "xls"],
            "--format 不認得「xls」，請用 docx（Word）、pdf（PDF）或 html（網頁）。",
        ),
        (["--script", "big5"], "--script 不認得「big5」"),
        (["--issued"], "還沒有印發過情況彙報"),
    ],
)
def test_what_it_cannot_do_it_says_in_one_sentence(
    stage: Stage, tmp_path: Path, args: list[str], sentence: str
) -> None:
    given = [*args, "--output", str(tmp_path / "r.docx")]
    if "--campaign" not in args:
        given += ["--campaign", stage.cast.campaign.code]

    said = refused(*given)

    assert sentence in said
    assert "\n" not in said
    assert not (tmp_path / "r.docx").exists()


def test_a_folder_or_a_missing_folder_as_output(stage: Stage, tmp_path: Path) -> None:
    code = stage.cast.campaign.code

    assert "是文件夾" in refused("--campaign", code, "--output", str(tmp_path))
    assert "請先建好" in refused("--campaign", code, "--output", str(tmp_path / "a" / "r.docx"))


def test_verifying_finds_the_one_that_was_changed(stage: Stage, now: datetime) -> None:
    report = issue(stage, now)
    fine = StringIO()
    call_command("verify_reports", stdout=fine)
    Report.objects.filter(pk=report.pk).update(sha256="0" * 64)
    err = StringIO()

    with pytest.raises(SystemExit):
        call_command("verify_reports", stdout=StringIO(), stderr=err)

    assert "已印發的 1 份全部相符" in fine.getvalue()
    assert "第 1 期" in err.getvalue()
