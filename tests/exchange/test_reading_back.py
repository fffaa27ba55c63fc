"""讀回時每一種不對都在格旁說清楚怎麼改，全有或全無；合併的格、簡體、空行都認。"""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from openpyxl import Workbook, load_workbook

from evaluations.models import Honour
from exchange import reading
from exchange.models import Upload
from exchange.reading import UnreadableSheet
from exchange.services import importing
from journal.models import Entry
from people.models import Appointment, Department, User
from tasks.models import Measure, Submission
from tasks.services.breakdown import update_measure
from tests import factories as make
from tests.cast import Cast
from tests.exchange.stage import changed, desk, saved, set_the_stage, texts


@pytest.fixture
def stage(cast: Cast) -> Iterator[Cast]:
    set_the_stage(cast)
    return cast


# ── 一格不對 ──────────────────────────────────────────

BAD: list[tuple[str, str, str, object, str]] = [
    ("breakdown", "公開收費標準", "牽頭科室", "火星辦事處", "沒有「火星辦事處」這個單位"),
    ("breakdown", "公開收費標準", "牽頭科室", "殯儀站", "殯儀館"),
    ("breakdown", "公開收費標準", "配合科室", "殯儀館、木星科", "沒有「木星科」這個單位"),
    ("breakdown", "公開收費標準", "責任領導", "省長", "責任領導"),
    ("breakdown", "公開收費標準", "責任人", "無名氏", "沒有「無名氏」這個人"),
    ("breakdown", "公開收費標準", "完成時限", "有空的時候", "看不出是哪一天"),
    ("breakdown", "公開收費標準", "完成時限", "2031-01-01", "晚於活動結束日"),
    ("breakdown", "公開收費標準", "考核週期", "每天", "每月"),
    ("breakdown", "公開收費標準", "佐證材料", "口頭保證2份", "佐證形式"),
    ("breakdown", "公開收費標準", "佐證材料", "說明報告0份", "份數應在 1 至 99 之間"),
    ("breakdown", "公開收費標準", "創建目標", "G8 不存在", "創建目標"),
    ("breakdown", "公開收費標準", "主要任務", None, "主要任務不能空着"),
    ("breakdown", "公開收費標準", "具體措施", None, "不能空着"),
    ("breakdown", "公開收費標準", "具體措施", "字" * 201, "最多 200 字，現有 201 字"),
    ("breakdown", "公開收費標準", "具體措施", "=1+1", "公式"),
    ("breakdown", "公開收費標準", "報進度", "也許", "請寫「是」或「否」"),
    ("breakdown", "公開收費標準", "校驗", "假的", "隱藏列對不上"),
    ("breakdown", "公開收費標準", "系統編號", 999999, "隱藏列對不上"),
    ("breakdown", "公開收費標準", "序號", "9-99", "和隱藏的系統編號對不上"),
    ("indicators", "G9.1", "週期", "每小時", "是不是：一次性、每月"),
    ("indicators", "G9.1", "衡量口徑", "字" * 201, "最多 200 字"),
    ("departments", "婚姻登記處", "名稱", "殯儀館", "已有同名的單位"),
    ("departments", "婚姻登記處", "名稱", None, "填寫名稱"),
    ("departments", "婚姻登記處", "上級", "婚姻登記處", "列出的"),
    ("departments", "婚姻登記處", "排序", "第一", "不是整數"),
    ("people", "登記員己", "郵箱", "不是郵箱", "郵箱應寫成"),
    ("people", "登記員己", "手機號", "12", "手機號應為 11 位"),
    ("people", "登記員己", "單位", "殯儀館", "換崗"),
    ("honours", "省文明行業", "授予日期", "3月", "沒有寫年份"),
    ("honours", "省文明行業", "授予日期", "2027-01-01", "還沒有到"),
    ("honours", "省文明行業", "級別", None, "選擇級別"),
    ("honours", "巾幗文明崗", "獲獎個人", "登記員己", "請只選一個"),
    ("progress", "5-01", "完成進度", "120", "0 至 100"),
    ("progress", "5-01", "填報數據", "培訓場次（次）：許多", "要填數字"),
    ("progress", "5-01", "填報數據", "參加人數：3", "要報的是：培訓場次（次）"),
    ("progress", "5-01", "零報告理由", "字" * 301, "最多 300 字"),
]


@pytest.mark.parametrize(("code", "anchor", "heading", "value", "words"), BAD)
def test_a_bad_cell_is_said_beside_it_and_nothing_is_saved(
    stage: Cast, now: datetime, code: str, anchor: str, heading: str, value: object, words: str
) -> None:
    table = desk(stage, code)
    data = table.exported()
    row = table.row_of(data, anchor)
    data = table.edited(data, row, **{heading: value})

    found = table.applied(data, now)

    messages = {error.address: error.message for error in found.errors}
    at = table.at(data, heading, row)
    if heading in ("校驗", "系統編號"):
        # 隱藏的列人看不見，說在看得見的第一格旁。
        at = table.at(data, str(table.kind.column(table.kind.needed[0]).heading), row)
    assert words in messages[at]
    assert Upload.objects.get().state == Upload.State.CHECKED
    assert not Entry.objects.exists()


def test_one_bad_row_keeps_all_the_good_ones_out(stage: Cast, now: datetime) -> None:
    table = desk(stage, "departments")
    data = table.exported()
    data = table.edited(data, table.row_of(data, "殯儀館"), 簡稱="殯")
    data = table.edited(data, table.row_of(data, "婚姻登記處"), 類別="公司")

    found = table.applied(data, now)

    assert (found.changed, found.faults) == (1, 1)
    assert Department.objects.get(name="殯儀館").short_name == ""


@pytest.mark.parametrize(
    ("code", "cells", "words"),
    [
        ("breakdown", {"具體措施": "缺主要任務"}, "要寫明主要任務"),
        ("breakdown", {"主要任務": "T3"}, "要寫明具體措施"),
        ("breakdown", {"序號": "3-04", "具體措施": "甲", "主要任務": "T3"}, "丟了隱藏的系統編號"),
        ("indicators", {"編碼": "G9.9", "週期": "每月"}, "不能新增行"),
        ("progress", {"任務編號": "9-9", "本期做了什麼": "有"}, "不能新增行"),
        ("departments", {"代碼": "office", "名稱": "新科"}, "丟了隱藏的系統編號"),
        ("departments", {"代碼": "中文", "名稱": "新科"}, "代碼只能用"),
        ("people", {"賬號": "clerk", "姓名": "同號"}, "丟了隱藏的系統編號"),
        ("people", {"賬號": "fresh", "姓名": "新人", "角色": "負責人"}, "也要寫明是哪個單位"),
        ("honours", {"榮譽名稱": "甲", "級別": "省級"}, "填寫授予機關"),
    ],
)
def test_a_new_row_that_lacks_something_is_told(
    stage: Cast, now: datetime, code: str, cells: dict[str, Any], words: str
) -> None:
    table = desk(stage, code)
    data = table.exported()
    row = len(texts(data, next(iter(cells)))) + 2

    found = table.applied(table.edited(data, row, **cells), now)

    assert words in " ".join(error.message for error in found.errors)
    assert found.created == 0


def test_fifty_accounts_at_a_time(stage: Cast, now: datetime) -> None:
    table = desk(stage, "people")

    def add(sheet: Any) -> None:
        for number in range(51):
            sheet.append([f"new{number}", f"新人{number}"])

    found = table.applied(changed(table.exported(), add), now)

    assert "一次最多新開 50 個" in found.errors[0].message
    assert not User.objects.filter(username="new0").exists()


def test_a_person_without_a_post_is_appointed(stage: Cast, now: datetime) -> None:
    table = desk(stage, "people")
    data = table.exported("show=idle")

    table.applied(
        table.edited(data, table.row_of(data, "idle"), 單位="殯儀館", 職務名稱="聯絡員"), now
    )

    post = Appointment.objects.get(user__username="idle")
    assert (post.department, post.role, post.post) == (stage.funeral_home, "clerk", "聯絡員")


# ── 別人改過、複製的、排亂的 ──────────────────────────


def test_a_row_someone_changed_since_is_not_overwritten(stage: Cast, now: datetime) -> None:
    table = desk(stage, "breakdown")
    data = table.exported()
    data = table.edited(data, table.row_of(data, "公開收費標準"), 備註="表裏改的")
    measure = Measure.objects.get(code="3-04")
    update_measure(actor=stage.officer, measure_id=measure.pk, values={"title": "頁上改的"}, at=now)

    found = table.applied(data, now)

    assert "幹事丁在 11-23 09:00" in found.errors[0].message
    assert "改過「具體措施」，您的改動會蓋掉它" in found.errors[0].message
    assert found.errors[0].name == "3-04 公開收費標準"
    assert Measure.objects.get(pk=measure.pk).title == "頁上改的"


def test_a_row_untouched_in_the_sheet_does_not_undo_others(stage: Cast, now: datetime) -> None:
    table = desk(stage, "breakdown")
    data = table.exported()
    measure = Measure.objects.get(code="3-04")
    update_measure(actor=stage.officer, measure_id=measure.pk, values={"title": "頁上改的"}, at=now)

    found = table.applied(data, now)

    assert (found.changed, found.errors) == (0, [])
    assert Measure.objects.get(pk=measure.pk).title == "頁上改的"


def test_a_copied_row_is_told_apart(stage: Cast, now: datetime) -> None:
    table = desk(stage, "breakdown")

    def copy(sheet: Any) -> None:
        sheet.append([cell.value for cell in sheet[2]])

    found = table.preview(changed(table.exported(), copy), now)

    assert "和第 2 行是同一項" in found.errors[0].message


def test_rows_sorted_without_the_hidden_columns_are_caught(stage: Cast, now: datetime) -> None:
    table = desk(stage, "breakdown")

    def swap(sheet: Any) -> None:
        for column in range(1, len(table.kind.columns) + 1):
            one, other = sheet.cell(2, column), sheet.cell(3, column)
            one.value, other.value = other.value, one.value

    found = table.applied(changed(table.exported(), swap), now)

    assert found.faults == 2
    assert "排序時漏了隱藏列" in found.errors[0].message


def test_a_sheet_of_another_campaign_is_refused(stage: Cast, now: datetime) -> None:
    data = desk(stage, "breakdown").exported()
    stage.campaign = make.CampaignFactory(code="other")

    with pytest.raises(UnreadableSheet, match="另一個活動"):
        desk(stage, "breakdown").uploaded(data, now)


def test_what_is_closed_or_handed_in_stays(stage: Cast, now: datetime) -> None:
    Measure.objects.filter(code="3-04").update(state="closed")
    Submission.objects.update(state="submitted")
    breakdown, progress = desk(stage, "breakdown"), desk(stage, "progress")
    data = breakdown.exported()
    row = breakdown.row_of(data, "3-04")

    found = breakdown.preview(breakdown.edited(data, row, 備註="改"), now)
    sent = progress.preview(progress.edited(progress.exported(), 2, 存在的問題="改"), now)

    assert [error.address for error in found.errors] == [breakdown.at(data, "備註", row)]
    assert "已辦結，不能再改，請恢復原樣" in found.errors[0].message
    assert "已經報出" in sent.errors[0].message


# ── 合併的格、空行、簡體 ──────────────────────────────


def test_merged_cells_are_filled_down(stage: Cast, now: datetime) -> None:
    table = desk(stage, "breakdown")
    data = table.exported()
    first, last = table.at(data, "主要任務", 2), table.at(data, "主要任務", 3)

    def merge(sheet: Any) -> None:
        # 兩行本是同一項主要任務：合併之後下面那格是空的。
        assert sheet[first].value == sheet[last].value
        sheet.merge_cells(f"{first}:{last}")

    found = table.preview(changed(data, merge), now)

    assert (found.changed, found.errors) == (0, [])


def test_new_rows_under_a_merged_cell_take_its_value(stage: Cast, now: datetime) -> None:
    table = desk(stage, "honours")
    book = Workbook()
    sheet = book.active
    sheet.append(["二〇二五年榮譽"])
    sheet.append(["榮譽名稱", "級別", "授予機關", "授予日期", "獲獎單位"])
    sheet.append(["甲", "省級", "省民政廳", "2025-01-01", "殯儀館"])
    sheet.append([None, None, None, None, None])
    sheet.append(["乙", None, None, None, "婚姻登記處"])
    sheet.append(["丙", None, None, "2025年3月", None])
    sheet.merge_cells("B3:B6")
    sheet.merge_cells("C3:C6")
    sheet.merge_cells("D3:D5")

    found = table.applied(saved(book), now)

    assert found.errors == []
    made = Honour.objects.filter(granted_by="省民政廳").order_by("name")
    facts = {row.name: (row.level, str(row.granted_date), row.recipient) for row in made}
    assert facts == {
        "甲": ("province", "2025-01-01", "殯儀館"),
        "乙": ("province", "2025-01-01", "婚姻登記處"),
        "丙": ("province", "2025-03-31", "本局"),
    }


def test_simplified_headings_and_names_are_understood(stage: Cast, now: datetime) -> None:
    table = desk(stage, "breakdown")
    data = table.exported()
    row = table.row_of(data, "公開收費標準")
    head = table.at(data, "牽頭科室", 1)
    data = table.edited(data, row, 牽頭科室="殡仪馆", 考核週期="每季度")
    data = changed(data, lambda sheet: sheet.__setitem__(head, "牵头科室"))

    found = table.applied(data, now)

    assert found.errors == []
    measure = Measure.objects.get(code="3-04")
    assert (measure.lead_department, measure.cycle) == (stage.funeral_home, "quarterly")


def test_the_kind_is_known_by_the_hidden_sheet_not_by_the_name(stage: Cast, now: datetime) -> None:
    table, other = desk(stage, "departments"), desk(stage, "honours")

    upload = other.uploaded(table.exported(), now, "榮譽台賬.xlsx")

    assert upload.kind == "departments"


def test_columns_left_out_are_left_alone(stage: Cast, now: datetime) -> None:
    table = desk(stage, "departments")
    data = table.exported()
    data = table.edited(data, table.row_of(data, "殯儀館"), 簡稱="殯")
    place = [column.key for column in table.kind.columns].index("position") + 1

    found = table.applied(changed(data, lambda sheet: sheet.delete_cols(place)), now)

    assert (found.changed, found.errors) == (1, [])


# ── 公式 ──────────────────────────────────────────────


@pytest.mark.parametrize("text", ["=1+1", "+86", "-停辦", "@all", '=HYPERLINK("http://x")', "\t=1"])
def test_what_looks_like_a_formula_leaves_as_text(stage: Cast, now: datetime, text: str) -> None:
    Measure.objects.filter(code="3-04").update(title=text, note=text)
    Honour.objects.update(note=text)
    Department.objects.filter(name="殯儀館").update(note=text)
    for code, heading in [("breakdown", "具體措施"), ("honours", "備註"), ("departments", "備註")]:
        table = desk(stage, code)
        data = table.exported()
        sheet = load_workbook(io.BytesIO(data)).worksheets[0]
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
        assert any(str(value).strip() == text.strip() for value in texts(data, heading))
        assert table.preview(data, now).changed == 0


# ── 退回的一份 ────────────────────────────────────────


def returned(upload: Upload) -> bytes:
    path = Path(importing.returned_copy(upload))
    try:
        return path.read_bytes()
    finally:
        path.unlink()


def test_the_returned_copy_marks_the_cells_and_reads_back(stage: Cast, now: datetime) -> None:
    table = desk(stage, "breakdown")
    data = table.exported()
    row = table.row_of(data, "公開收費標準")
    at = table.at(data, "牽頭科室", row)
    upload = table.uploaded(table.edited(data, row, 牽頭科室="火星辦事處"), now)
    importing.check(upload=upload, at=now)

    copy = returned(upload)

    sheet = load_workbook(io.BytesIO(copy)).worksheets[0]
    assert "火星辦事處" in sheet[at].comment.text
    assert texts(copy, "需要修改的地方")[row - 2].startswith("【牽頭科室】沒有「火星辦事處」")
    assert sheet["B2"].value == load_workbook(io.BytesIO(data)).worksheets[0]["B2"].value
    fixed = table.preview(table.edited(copy, row, 牽頭科室="殯儀館"), now)
    assert (fixed.changed, fixed.errors) == (1, [])


def test_an_error_in_a_merged_cell_is_marked_where_it_shows(stage: Cast, now: datetime) -> None:
    book = Workbook()
    book.active.append(["榮譽名稱", "級別", "授予機關", "授予日期"])
    book.active.append(["甲", "宇宙級", "省民政廳", "2025-01-01"])
    book.active.append(["乙", None, "省民政廳", "2025-01-01"])
    book.active.merge_cells("B2:B3")
    upload = desk(stage, "honours").uploaded(saved(book), now)
    found = importing.check(upload=upload, at=now)

    sheet = load_workbook(io.BytesIO(returned(upload))).worksheets[0]

    assert [error.address for error in found.errors] == ["B2", "B3"]
    assert "宇宙級" in sheet["B2"].comment.text


# ── 讀不了的文件 ──────────────────────────────────────


def bomb() -> bytes:
    buffer = io.BytesIO(saved(Workbook()))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b" " * 8_000_000)
    return buffer.getvalue()


def headless() -> bytes:
    book = Workbook()
    book.active.append(["姓名", "電話"])
    return saved(book)


@pytest.mark.parametrize(
    ("make_data", "name"),
    [
        (lambda: b"", "a.xlsx"),
        (lambda: b"not a sheet", "a.xlsx"),
        (lambda: b"PK\x03\x04broken", "a.xlsx"),
        (lambda: b"%PDF-1.7\n%%EOF", "a.xlsx"),
        (lambda: saved(Workbook())[:-200], "a.xlsx"),
        (bomb, "a.xlsx"),
        (headless, "a.xlsx"),
        (headless, "a.docx"),
    ],
)
def test_a_file_it_cannot_read_gets_a_sentence(
    stage: Cast, now: datetime, make_data: Callable[[], bytes], name: str
) -> None:
    with pytest.raises(UnreadableSheet) as caught:
        desk(stage, "breakdown").uploaded(make_data(), now, name)

    assert str(caught.value).endswith("。")
    assert not Upload.objects.exists()


def test_too_many_rows_are_asked_to_be_split(
    stage: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = desk(stage, "honours")
    data = table.exported()
    monkeypatch.setattr(type(table.kind), "most_rows", 2)

    with pytest.raises(UnreadableSheet, match="請分成幾份"):
        table.uploaded(data, now)


def test_an_oversized_file_is_not_read(
    stage: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 100)

    with pytest.raises(UnreadableSheet, match="上限"):
        desk(stage, "honours").uploaded(desk(stage, "honours").exported(), now)


# ── 誰、何時 ──────────────────────────────────────────


def test_the_right_to_edit_is_asked_again_when_confirming(stage: Cast, now: datetime) -> None:
    table = desk(stage, "breakdown")
    data = table.exported()
    upload = table.uploaded(table.edited(data, 2, 備註="改"), now)
    importing.check(upload=upload, at=now)
    stage.campaign.seats.filter(user=stage.office).delete()
    upload = Upload.objects.get()

    with pytest.raises(PermissionDenied):
        importing.apply(upload=upload, at=now)


def test_confirming_looks_again_at_what_changed_meanwhile(stage: Cast, now: datetime) -> None:
    table = desk(stage, "breakdown")
    data = table.exported()
    upload = table.uploaded(table.edited(data, table.row_of(data, "3-04"), 備註="改"), now)
    assert importing.check(upload=upload, at=now).errors == []
    measure = Measure.objects.get(code="3-04")
    update_measure(actor=stage.officer, measure_id=measure.pk, values={"note": "先改"}, at=now)

    found = importing.apply(upload=upload, at=now)

    assert "改過「備註」" in found.errors[0].message
    assert Measure.objects.get(code="3-04").note == "先改"
    assert Upload.objects.get().state == Upload.State.CHECKED


def test_the_same_upload_is_written_once(
    stage: Cast, now: datetime, django_capture_on_commit_callbacks: Callable
) -> None:
    table = desk(stage, "honours")
    data = table.exported()
    upload = table.uploaded(table.edited(data, 2, 備註="改"), now)
    importing.check(upload=upload, at=now)
    stored = upload.file
    with django_capture_on_commit_callbacks(execute=True):
        importing.apply(upload=upload, at=now)

    with pytest.raises(importing.Gone):
        importing.apply(upload=upload, at=now)
    assert Entry.objects.filter(action="exchange.imported").count() == 1
    assert not default_storage.exists(stored)


def test_what_nobody_confirms_is_forgotten_after_a_week(
    stage: Cast, now: datetime, django_capture_on_commit_callbacks: Callable
) -> None:
    upload = desk(stage, "honours").uploaded(desk(stage, "honours").exported(), now)
    assert default_storage.exists(upload.file)

    with django_capture_on_commit_callbacks(execute=True):
        importing.purge(now + importing.KEPT)

    assert not default_storage.exists(upload.file)
    upload.refresh_from_db()
    assert (upload.state, upload.file) == (Upload.State.DROPPED, "")
