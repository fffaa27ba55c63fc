"""manage.py import_calendar：核對、導入、寫錯時指明哪一行怎樣改，全有或全無。"""

from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agenda.models import CalendarChange
from journal.models import Entry
from tests.agenda.test_calendar_changes import NEW_YEAR, NOTICE_2027, issue, sign_by
from tests.cast import Cast
from workdays.models import CalendarDay

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def notice(tmp_path: Path) -> str:
    path = tmp_path / "通知.txt"
    path.write_text(f"國務院辦公廳關於2027年部分節假日安排的通知\n{NOTICE_2027}", encoding="utf-8")
    return str(path)


def test_the_notice_is_imported_and_limits_move(
    cast: Cast, notice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    measure = issue(cast, NEW_YEAR)

    call_command("import_calendar", notice, "--source", "國辦發明電〔2026〕7號")

    said = capsys.readouterr().out
    assert "已錄入 2027 年的安排：改動 20 天，1 個時限隨之改動。" in said
    assert sign_by(measure) == date(2027, 1, 6)
    assert Entry.objects.get(action="agenda.calendar_changed").actor_name == "系統"


def test_checking_prints_and_saves_nothing(
    cast: Cast, notice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    issue(cast, NEW_YEAR)

    call_command("import_calendar", notice, "--check")

    said = capsys.readouterr().out
    assert "2027-01-04 週一：平常 → 放假" in said
    assert "沒有保存：2027 年將改動 20 天，1 個時限將隨之改動。" in said
    assert not CalendarChange.objects.exists()


def test_a_second_time_there_is_nothing_to_change(
    db: None, notice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_calendar", notice)

    call_command("import_calendar", notice)

    assert "與已錄入的一樣，沒有改動" in capsys.readouterr().out


def test_every_bad_line_is_named_and_nothing_is_saved(db: None, tmp_path: Path) -> None:
    path = tmp_path / "2027.csv"
    path.write_text("2027-01-01,放假,元旦\n2027-02-30,放假,\n2027-03-01,休,\n", encoding="gb18030")

    with pytest.raises(CommandError) as caught:
        call_command("import_calendar", str(path), "--year", "2027")

    assert "第 2 行" in str(caught.value)
    assert "第 3 行的類別不對，請寫放假、調休上班或本地停辦。" in str(caught.value)
    assert caught.value.returncode == 1
    assert not CalendarDay.objects.filter(date__year=2027).exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["沒有這個文件.txt"], "讀不到文件"),
        (["{file}"], "看不出是哪一年的安排，請加 --year"),
        (["{file}", "--year", "27"], "年份「27」不對"),
        (["{file}", "--year", "9999"], "年份「9999」不對"),
    ],
)
def test_what_is_missing_gets_one_sentence(
    db: None, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    path = tmp_path / "通知.txt"
    path.write_text(NOTICE_2027, encoding="utf-8")

    with pytest.raises(CommandError, match=sentence):
        call_command("import_calendar", *[each.format(file=path) for each in arguments])
