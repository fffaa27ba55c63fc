"""任務分解表的 Excel：導出所見，改了讀回，錯處寫在格旁，公式不算。"""

import base64
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook, load_workbook

from campaigns.models import EvidenceForm
from journal.models import Entry
from people.models import Department, User
from tasks.models import Measure, MeasureEvidence
from tasks.services import excel, issuing
from tasks.services.breakdown import update_measure
from tasks.services.excel import reading
from tests import factories as make
from tests.cast import TODAY, Cast

SignIn = Callable[[User], Client]
HEADINGS = [
    "序號", "創建目標", "主要任務", "具體措施", "責任領導", "牽頭科室", "配合科室", "責任人",
    "完成時限", "考核週期", "佐證材料", "進展情況", "完成情況", "備註", "系統編號", "版次", "校驗",
]  # fmt: skip


@pytest.fixture
def measure(cast: Cast) -> Measure:
    task = make.MainTaskFactory(campaign=cast.campaign, number=3, code="T3")
    row = make.MeasureFactory(
        campaign=cast.campaign,
        main_task=task,
        objective=make.ObjectiveFactory(campaign=cast.campaign, code="G4", number=4),
        lead_department=cast.registry,
        accountable_seat=cast.campaign.seats.get(role="deputy"),
        owner=cast.clerk,
        code="3-04",
        title="公開收費標準",
    )
    row.supporting_departments.add(cast.bureau_office)
    form = EvidenceForm.objects.filter(is_active=True).first()
    MeasureEvidence.objects.create(measure=row, form=form, count=2)
    return row


def exported(cast: Cast) -> bytes:
    rows = Measure.objects.filter(campaign=cast.campaign).order_by("position")
    return excel.write_sheet(cast.campaign, rows, today=TODAY, departments=Department.objects.all())


def edited(data: bytes, **cells: object) -> bytes:
    """在 Excel 裏改幾格：edited(data, D2="新名稱")。"""
    book = load_workbook(io.BytesIO(data))
    for address, value in cells.items():
        book.worksheets[0][address] = value
    return saved(book)


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def check(cast: Cast, data: bytes) -> excel.CheckedSheet:
    return excel.check_sheet(cast.campaign, excel.read_sheet(data), today=TODAY)


def apply(cast: Cast, data: bytes, at: datetime, **kwargs: object) -> excel.CheckedSheet:
    return excel.apply_sheet(
        actor=cast.office, campaign=cast.campaign, sheet=excel.read_sheet(data), at=at, **kwargs
    )


# ── 導出 ──────────────────────────────────────────────


def test_the_sheet_has_the_columns_offices_use_and_hides_its_keys(
    cast: Cast, measure: Measure
) -> None:
    book = load_workbook(io.BytesIO(exported(cast)))
    sheet = book.worksheets[0]

    assert [cell.value for cell in sheet[1]] == HEADINGS
    values = [cell.value for cell in sheet[2]]
    assert values[3:8] == ["公開收費標準", "副局長 副組長乙", "婚姻登記處", "局辦公室", "登記員己"]
    assert values[8].date() == date(2026, 12, 10)
    assert all(sheet.column_dimensions[letter].hidden for letter in "OPQ")
    assert sheet.freeze_panes == "E2"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$1:$1"
    assert {
        next(iter(rule.sqref.ranges)).min_col for rule in sheet.data_validations.dataValidation
    } == {
        6,
        10,
    }


@pytest.mark.parametrize("title", ["=1+1", "+86", "-停辦", "@all", '=HYPERLINK("http://x")'])
def test_what_looks_like_a_formula_leaves_as_text(cast: Cast, measure: Measure, title: str) -> None:
    Measure.objects.update(title=title)

    cell = load_workbook(io.BytesIO(exported(cast))).worksheets[0]["D2"]

    assert (cell.value, cell.data_type) == (title, "s")
    assert cell.hyperlink is None
    assert check(cast, exported(cast)).changes == []


def test_the_download_is_what_the_filter_shows(
    cast: Cast, measure: Measure, signed_in: SignIn
) -> None:
    make.MeasureFactory(campaign=cast.campaign, lead_department=cast.funeral_home, title="別的")
    address = f"/tasks/{cast.campaign.code}/export.xlsx"

    response = signed_in(cast.office).get(address, {"lead": cast.registry.pk})

    sheet = load_workbook(io.BytesIO(response.content)).worksheets[0]
    assert [row[3].value for row in sheet.iter_rows(min_row=2)] == ["公開收費標準"]
    assert "filename*=UTF-8''" in response["Content-Disposition"]


def test_a_department_downloads_only_what_was_issued(
    cast: Cast, measure: Measure, signed_in: SignIn
) -> None:
    response = signed_in(cast.clerk).get(f"/tasks/{cast.campaign.code}/export.xlsx")

    assert load_workbook(io.BytesIO(response.content)).worksheets[0].max_row == 1


def test_exporting_more_rows_takes_no_more_queries(cast: Cast, measure: Measure) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            exported(cast)
        return len(queries)

    few = count()
    for _number in range(20):
        make.MeasureFactory(campaign=cast.campaign).supporting_departments.add(cast.registry)

    assert count() == few


# ── 讀回 ──────────────────────────────────────────────


def test_an_untouched_sheet_changes_nothing(cast: Cast, measure: Measure, now: datetime) -> None:
    checked = apply(cast, exported(cast), now)

    assert (checked.changes, checked.errors, checked.unchanged) == ([], [], 1)
    assert Entry.objects.count() == 0


def test_changed_cells_are_shown_old_and_new_and_then_written(
    cast: Cast, measure: Measure, now: datetime
) -> None:
    form = EvidenceForm.objects.filter(is_active=True).last()
    data = edited(
        exported(cast),
        D2="公開收費標準和依據",
        F2="殯儀館",
        G2="婚姻登記處，局辦公室",
        H2=None,
        I2="2026年12月21日",
        J2="每月",
        K2=f"{form.name}3份",
    )

    cells = {cell.label: (cell.old, cell.new) for cell in check(cast, data).changes[0].cells}
    apply(cast, data, now)

    assert cells["牽頭科室"] == ("婚姻登記處", "殯儀館")
    measure.refresh_from_db()
    assert (measure.title, measure.lead_department, measure.owner, measure.cycle) == (
        "公開收費標準和依據",
        cast.funeral_home,
        None,
        "monthly",
    )
    assert measure.due_date == date(2026, 12, 21)
    assert set(measure.supporting_departments.all()) == {cast.registry, cast.bureau_office}
    assert [(row.form, row.count) for row in measure.evidence_wanted.all()] == [(form, 3)]
    assert Entry.objects.filter(action="tasks.measure_changed").count() == 1


def test_previewing_writes_nothing(cast: Cast, measure: Measure, now: datetime) -> None:
    checked = apply(cast, edited(exported(cast), D2="改了"), now, dry_run=True)

    assert len(checked.changes) == 1
    assert Measure.objects.get().title == "公開收費標準"


def test_a_new_row_becomes_a_draft_under_its_main_task(
    cast: Cast, measure: Measure, now: datetime
) -> None:
    data = edited(
        exported(cast), C3=measure.main_task.title, D3="新添的一項", F3="婚姻登記", I3="12月底前"
    )

    checked = apply(cast, data, now)

    made = Measure.objects.exclude(pk=measure.pk).get()
    assert len(checked.created) == 1
    assert (made.code, made.state, made.lead_department) == ("3-01", "draft", cast.registry)


def test_rows_taken_out_of_the_sheet_stay_in_the_system(
    cast: Cast, measure: Measure, now: datetime
) -> None:
    book = load_workbook(io.BytesIO(exported(cast)))
    book.worksheets[0].delete_rows(2)

    checked = apply(cast, saved(book), now)

    assert (checked.changes, checked.errors) == ([], [])
    assert Measure.objects.filter(pk=measure.pk).exists()


@pytest.mark.parametrize(
    ("cells", "address", "words"),
    [
        ({"F2": "殯儀"}, "F2", "殯儀館"),
        ({"F2": "火星辦事處"}, "F2", "沒有「火星辦事處」這個單位"),
        ({"G2": "殯儀館、木星科"}, "G2", "沒有「木星科」這個單位"),
        ({"E2": "省長"}, "E2", "責任領導"),
        ({"H2": "無名氏"}, "H2", "沒有「無名氏」這個人"),
        ({"I2": "有空的時候"}, "I2", "看不出是哪一天"),
        ({"I2": "2031-01-01"}, "I2", "晚於活動結束日"),
        ({"J2": "每天"}, "J2", "每月"),
        ({"K2": "口頭保證2份"}, "K2", "佐證形式"),
        ({"K2": "說明報告0份"}, "K2", "份"),
        ({"B2": "G9 不存在"}, "B2", "創建目標"),
        ({"C2": None}, "C2", "主要任務不能空着"),
        ({"D2": None}, "D2", "不能空着"),
        ({"D2": "字" * 201}, "D2", "最多 200 字"),
        ({"D2": "=1+1"}, "D2", "公式"),
        ({"Q2": "假的"}, "D2", "隱藏列對不上"),
        ({"O2": "999999"}, "D2", "隱藏列對不上"),
        ({"P2": "7"}, "D2", "隱藏列對不上"),
        ({"O2": None, "P2": None, "Q2": None}, "A2", "丟了隱藏的系統編號"),
        ({"D3": "缺主要任務的新行"}, "C3", "要寫明主要任務"),
        ({"C3": "改進行業管理,實現規範服務"}, "D3", "要寫明具體措施"),
    ],
)
def test_each_kind_of_bad_cell_is_said_beside_it_and_nothing_is_saved(
    cast: Cast, measure: Measure, now: datetime, cells: dict, address: str, words: str
) -> None:
    if cells.get("F2") == "殯儀":
        make.DepartmentFactory(name="殯儀服務站")
    other = make.MeasureFactory(campaign=cast.campaign, title="好的一行", position=9999)
    data = exported(cast)
    last = "D3" if not any(key.endswith("3") for key in cells) else None
    data = edited(data, **({last: "好的一行改了"} if last else {}), **_below(cells))

    checked = apply(cast, data, now)

    found = {error.address: error.message for error in checked.errors}
    assert words in found[_shift(address)]
    other.refresh_from_db()
    measure.refresh_from_db()
    assert (other.title, measure.version) == ("好的一行", 0)


def _below(cells: dict) -> dict:
    """第 3 行已有措施，新增的一行寫到第 4 行。"""
    return {_shift(address): value for address, value in cells.items()}


def _shift(address: str) -> str:
    return address.replace("3", "4") if address.endswith("3") else address


def test_a_row_someone_changed_since_is_not_overwritten(
    cast: Cast, measure: Measure, now: datetime
) -> None:
    data = edited(exported(cast), D2="表裏改的")
    update_measure(actor=cast.officer, measure_id=measure.pk, values={"title": "頁上改的"}, at=now)

    checked = apply(cast, data, now)

    assert "請重新導出" in checked.errors[0].message
    assert Measure.objects.get().title == "頁上改的"


def test_a_copied_row_is_told_apart(cast: Cast, measure: Measure) -> None:
    book = load_workbook(io.BytesIO(exported(cast)))
    sheet = book.worksheets[0]
    sheet.append([cell.value for cell in sheet[2]])

    assert "和第 2 行是同一項" in check(cast, saved(book)).errors[0].message


def test_a_sheet_of_another_campaign_is_refused(cast: Cast, measure: Measure) -> None:
    other = make.CampaignFactory(code="other")
    sheet = excel.read_sheet(exported(cast))

    assert "對不上本活動" in excel.check_sheet(other, sheet, today=TODAY).errors[0].message


def test_a_closed_row_cannot_be_changed(cast: Cast, measure: Measure) -> None:
    Measure.objects.update(state="closed")

    assert "已辦結" in check(cast, edited(exported(cast), D2="改")).errors[0].message


def test_an_issued_row_cannot_lose_its_lead(cast: Cast, measure: Measure, now: datetime) -> None:
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)

    checked = apply(cast, edited(exported(cast), F2=None), now)

    assert checked.errors[0].address == "F2"


def test_simplified_headings_and_names_are_understood(
    cast: Cast, measure: Measure, now: datetime
) -> None:
    data = edited(exported(cast), F1="牵头科室", F2="殡仪馆", J2="每季度")

    checked = apply(cast, data, now)

    assert checked.errors == []
    measure.refresh_from_db()
    assert (measure.lead_department, measure.cycle) == (cast.funeral_home, "quarterly")


def test_the_returned_copy_marks_the_cells_and_can_be_read_back(
    cast: Cast, measure: Measure
) -> None:
    data = edited(exported(cast), F2="火星辦事處")

    copy = excel.annotated_copy(data, check(cast, data))

    sheet = load_workbook(io.BytesIO(copy)).worksheets[0]
    assert "火星辦事處" in sheet["F2"].comment.text
    assert sheet["F2"].fill.start_color.rgb == "FFF8D7DA"
    assert sheet["R1"].value == "需要修改的地方"
    assert "F2" in sheet["R2"].value
    fixed = check(cast, edited(copy, F2="殯儀館"))
    assert (len(fixed.changes), fixed.errors) == (1, [])


def test_only_the_office_reads_a_sheet_back(cast: Cast, measure: Measure, now: datetime) -> None:
    sheet = excel.read_sheet(exported(cast))

    with pytest.raises(PermissionDenied):
        excel.apply_sheet(actor=cast.leader, campaign=cast.campaign, sheet=sheet, at=now)


# ── 讀不了的文件 ──────────────────────────────────────


def bomb() -> bytes:
    """目錄正常、展開後很大的「表格」。"""
    buffer = io.BytesIO(saved(Workbook()))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b" " * (reading.MAX_UNPACKED + 1))
    return buffer.getvalue()


def headless() -> bytes:
    book = Workbook()
    book.active.append(["姓名", "電話"])
    return saved(book)


def endless() -> bytes:
    book = Workbook()
    book.active.append(["主要任務", "具體措施"])
    for number in range(reading.MAX_ROWS + 1):
        book.active.append(["T1", f"第{number}項"])
    return saved(book)


@pytest.mark.parametrize(
    ("make_data", "name"),
    [
        (lambda: b"", "a.xlsx"),
        (lambda: b"not a sheet", "a.xlsx"),
        (lambda: b"PK\x03\x04broken", "a.xlsx"),
        (lambda: b"%PDF-1.7\n%%EOF", "a.xlsx"),
        (lambda: saved(Workbook())[:-200], "a.xlsx"),
        (lambda: b"x" * (reading.MAX_BYTES + 1), "a.xlsx"),
        (bomb, "a.xlsx"),
        (headless, "a.xlsx"),
        (endless, "a.xlsx"),
        (headless, "a.docx"),
    ],
)
def test_a_file_it_cannot_read_gets_a_sentence(make_data: Callable[[], bytes], name: str) -> None:
    with pytest.raises(excel.UnreadableSheet) as caught:
        excel.read_sheet(make_data(), name)

    assert str(caught.value).endswith("。")


# ── 頁面 ──────────────────────────────────────────────


@pytest.fixture
def office(cast: Cast, signed_in: SignIn) -> Client:
    return signed_in(cast.office)


def page_of(cast: Cast) -> str:
    return f"/tasks/{cast.campaign.code}/import/"


def upload(data: bytes, name: str = "任務分解表.xlsx") -> dict:
    return {"file": SimpleUploadedFile(name, data)}


def test_upload_preview_confirm(cast: Cast, measure: Measure, office: Client) -> None:
    assert office.get(page_of(cast)).status_code == 200

    preview = office.post(page_of(cast), upload(edited(exported(cast), D2="讀回的名稱")))
    assert "讀回的名稱" in preview.content.decode()
    assert Measure.objects.get().title == "公開收費標準"

    carried = {"carried": preview.context["carried"], "confirm": "1"}
    assert office.post(page_of(cast), carried).status_code == 302
    assert Measure.objects.get().title == "讀回的名稱"
    assert "隱藏列" not in office.post(page_of(cast), carried).content.decode()
    assert Measure.objects.get().version == 1


def test_errors_are_listed_and_the_marked_copy_downloads(
    cast: Cast, measure: Measure, office: Client
) -> None:
    response = office.post(page_of(cast), upload(edited(exported(cast), F2="火星")))
    copy = office.post(page_of(cast), {"carried": response.context["carried"], "annotated": "1"})

    assert "F2" in response.content.decode()
    assert load_workbook(io.BytesIO(copy.content)).worksheets[0]["F2"].comment is not None


def test_confirming_a_sheet_with_errors_saves_nothing(
    cast: Cast, measure: Measure, office: Client
) -> None:
    data = base64.urlsafe_b64encode(edited(exported(cast), D2="改", F2="火星")).decode()

    response = office.post(page_of(cast), {"carried": data, "confirm": "1"})

    assert response.status_code == 200
    assert Measure.objects.get().title == "公開收費標準"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"carried": "%%%", "confirm": "1"},
        {"carried": "bm90IGEgc2hlZXQ=", "confirm": "1"},
        {"carried": "中文", "confirm": "1"},
    ],
)
def test_a_request_without_a_usable_file_gets_a_sentence(
    cast: Cast, office: Client, body: dict
) -> None:
    response = office.post(page_of(cast), body)

    assert response.status_code == 200
    assert "請" in response.content.decode()


def test_an_unreadable_upload_is_said_on_the_page(cast: Cast, office: Client) -> None:
    page = office.post(page_of(cast), upload(b"hello", "a.xlsx")).content.decode()

    assert "這份文件讀不了" in page


def test_others_cannot_open_the_import(cast: Cast, signed_in: SignIn) -> None:
    for person in [cast.leader, cast.clerk, cast.admin]:
        assert signed_in(person).get(page_of(cast)).status_code == 403
