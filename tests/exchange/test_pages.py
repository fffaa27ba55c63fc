"""頁面：導出的就是屏幕上的那些，各角色各看各的；上傳、看改動、確認，別人碰不到。"""

import io
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from background.models import Job
from background.services import run_job
from evaluations.models import Honour
from exchange import views
from exchange.models import Upload
from exchange.services import exporting, importing
from journal.models import Entry
from people.models import User
from tasks.models import Measure, Submission
from tests import factories as make
from tests.cast import Cast
from tests.exchange.stage import KINDS, desk, set_the_stage, texts

SignIn = Callable[[User], Client]
ROLES = ("office", "leader", "deputy", "head", "clerk", "neighbour", "helper", "admin")
MANAGERS = {"office", "admin"}
POSTED = {"head", "clerk", "neighbour", "helper"}
#: 誰能導出、誰能導入。
EXPORTS = {code: set(ROLES) for code in KINDS} | {"people": MANAGERS}
IMPORTS = {
    "breakdown": {"office"},
    "progress": POSTED,
    "indicators": {"office"},
    "departments": MANAGERS,
    "people": MANAGERS,
    "honours": MANAGERS,
}


@pytest.fixture
def stage(cast: Cast) -> Cast:
    set_the_stage(cast)
    return cast


def address(page: str, code: str, cast: Cast, query: str = "") -> str:
    campaign = cast.campaign.code if code in ("breakdown", "progress", "indicators") else ""
    return reverse(f"exchange:{page}", args=[code]) + f"?campaign={campaign}&{query}"


def body(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def post(client: Client, cast: Cast, code: str, data: bytes, name: str = "表.xlsx") -> object:
    return client.post(address("import", code, cast), {"file": SimpleUploadedFile(name, data)})


# ── 誰 ────────────────────────────────────────────────


@pytest.mark.parametrize("code", KINDS)
def test_who_may_export_and_import(stage: Cast, signed_in: SignIn, code: str) -> None:
    found = {"export": set(), "import": set()}

    for role in ROLES:
        client = signed_in(getattr(stage, role))
        for page, allowed in found.items():
            if client.get(address(page, code, stage)).status_code == 200:
                allowed.add(role)

    assert found == {"export": EXPORTS[code], "import": IMPORTS[code]}


def test_only_the_office_exports_what_was_reviewed(stage: Cast, signed_in: SignIn) -> None:
    url = address("export", "progress", stage, "list=history")

    statuses = {role: signed_in(getattr(stage, role)).get(url).status_code for role in ROLES}

    assert {role for role, status in statuses.items() if status == 200} == {"office"}


def test_a_stranger_is_sent_to_sign_in(stage: Cast, client: Client) -> None:
    for page in ("export", "import"):
        assert client.get(address(page, "honours", stage)).status_code == 302


def test_there_is_no_such_sheet(stage: Cast, signed_in: SignIn) -> None:
    office = signed_in(stage.office)

    assert office.get("/sheets/secrets/export.xlsx").status_code == 404
    assert office.get("/sheets/breakdown/export.xlsx?campaign=none").status_code == 404


def test_a_campaign_in_preparation_is_unknown_to_others(stage: Cast, signed_in: SignIn) -> None:
    make.CampaignFactory(code="secret", state="draft")

    response = signed_in(stage.clerk).get("/sheets/breakdown/export.xlsx?campaign=secret")

    assert response.status_code == 404


# ── 屏幕上是什麼就導出什麼 ────────────────────────────


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "query", ["", "view=own", "q=收費", "state=draft", "sort=-due&group=none", "light=bad"]
)
def test_the_breakdown_leaves_as_each_sees_it(
    stage: Cast, signed_in: SignIn, role: str, query: str
) -> None:
    client = signed_in(getattr(stage, role))
    page = client.get(f"/tasks/{stage.campaign.code}/?{query}").context["table"]

    data = body(client.get(address("export", "breakdown", stage, query)))

    assert texts(data, "序號") == [row.code for group in page.groups for row in group.rows]


@pytest.mark.parametrize("role", ["head", "clerk", "neighbour", "helper"])
def test_progress_leaves_as_the_unit_sees_it(stage: Cast, signed_in: SignIn, role: str) -> None:
    by = {"clerk": stage.clerk, "head": stage.head, "office": stage.office}
    assignment = Submission.objects.get().assignment
    for label, state in [("a", "submitted"), ("b", "accepted"), ("c", "endorsed")]:
        make.SubmissionFactory(
            assignment=assignment, label=label, name=label, by=by, **{state: True}
        )
    client = signed_in(getattr(stage, role))
    page = client.get(reverse("tasks:my-reports", args=[stage.campaign.code])).context
    shown = [item.submission for item in page["due"]]
    shown += [*page["waiting"], *page["accepted"]]

    data = body(client.get(address("export", "progress", stage)))

    assert texts(data, "期") == [row.name for row in shown]
    assert bool(shown) == (role in ("head", "clerk"))


@pytest.mark.parametrize("query", ["state=accepted", "state=returned", "unit=1"])
def test_reviewed_progress_leaves_as_listed(stage: Cast, signed_in: SignIn, query: str) -> None:
    by = {"clerk": stage.clerk, "head": stage.head, "office": stage.office}
    assignment = Submission.objects.get().assignment
    for label in ("a", "b"):
        make.SubmissionFactory(assignment=assignment, label=label, name=label, by=by, accepted=True)
    query = query.replace("unit=1", f"unit={stage.registry.pk}")
    office = signed_in(stage.office)
    address_ = reverse("tasks:review-history", args=[stage.campaign.code])
    page = office.get(f"{address_}?{query}").context["page"]

    data = body(office.get(address("export", "progress", stage, f"list=history&{query}")))

    assert texts(data, "期") == [row.submission.name for row in page]


@pytest.mark.parametrize("query", ["", "q=婚姻", "q=登记员己", "q=沒有", "closed=1"])
def test_units_leave_as_listed(stage: Cast, signed_in: SignIn, query: str) -> None:
    client = signed_in(stage.clerk)
    rows = client.get(f"/org/?{query}").context["rows"]

    data = body(client.get(address("export", "departments", stage, query)))

    assert texts(data, "名稱") == [department.name for department, _posts in rows]


@pytest.mark.parametrize("query", ["", "show=idle", "show=inactive", "q=登記員"])
def test_people_leave_as_listed(stage: Cast, signed_in: SignIn, query: str) -> None:
    client = signed_in(stage.office)
    rows = client.get(f"/org/people/?{query}").context["rows"]

    data = body(client.get(address("export", "people", stage, query)))

    assert texts(data, "賬號") == [person.username for person in rows]


@pytest.mark.parametrize("query", ["", "level=city", "whom=person", "q=文明"])
def test_honours_leave_as_listed(stage: Cast, signed_in: SignIn, query: str) -> None:
    client = signed_in(stage.helper)
    page = client.get(f"/honours/?{query}").context["page"]

    data = body(client.get(address("export", "honours", stage, query)))

    assert texts(data, "榮譽名稱") == [honour.name for honour in page]


def test_indicators_leave_as_the_plan_lists_them(stage: Cast, signed_in: SignIn) -> None:
    data = body(signed_in(stage.clerk).get(address("export", "indicators", stage)))

    assert texts(data, "編碼") == ["G9.0", "G9.1", "G9.2"]


@pytest.mark.parametrize("code", KINDS)
def test_more_rows_take_no_more_queries(
    stage: Cast, signed_in: SignIn, code: str, django_assert_max_num_queries: Callable
) -> None:
    for number in range(15):
        measure = make.MeasureFactory(campaign=stage.campaign, issued=True)
        measure.supporting_departments.add(stage.registry)
        assignment = make.AssignmentFactory(measure=measure, department=stage.registry)
        make.SubmissionFactory(assignment=assignment)
        make.AppointmentFactory(department=make.DepartmentFactory(parent=stage.registry))
        make.HonourFactory(department=stage.registry, note=str(number))
    client = signed_in(stage.clerk if code == "progress" else stage.office)

    with django_assert_max_num_queries(26):
        body(client.get(address("export", code, stage)))


def test_the_sheet_hides_its_keys_and_greys_what_cannot_be_changed(stage: Cast) -> None:
    book = load_workbook(io.BytesIO(desk(stage, "breakdown").exported()))
    sheet = book.worksheets[0]
    heads = {cell.value: cell for cell in sheet[1]}

    # 兩列同樣寬、同樣隱藏，文件裏記作一段。
    hidden = sheet.column_dimensions[heads["系統編號"].column_letter]
    assert (hidden.hidden, hidden.max) == (True, heads["校驗"].column)
    assert [page.sheet_state for page in book.worksheets] == ["visible", "hidden", "veryHidden"]
    assert sheet.freeze_panes == "E2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.oddHeader.center.text.strip() == "2026年度文明行業創建任務分解表"
    assert sheet.cell(2, heads["進展情況"].column).fill.start_color.rgb == "FFF1EFE9"
    assert sheet.cell(2, heads["具體措施"].column).fill.fill_type is None
    assert "只供看" in heads["進展情況"].comment.text
    validated = {
        next(iter(rule.sqref.ranges)).min_col for rule in sheet.data_validations.dataValidation
    }
    assert {heads["牽頭科室"].column, heads["考核週期"].column} <= validated
    # 排序的範圍連同隱藏的鑰匙，排亂不了。
    assert sheet.auto_filter.ref.split(":")[1].startswith(heads["校驗"].column_letter)


def test_the_picked_rows_alone_leave(stage: Cast, signed_in: SignIn) -> None:
    picked = Measure.objects.get(code="3-04")

    data = body(
        signed_in(stage.office).get(address("export", "breakdown", stage, f"pick={picked.pk}"))
    )

    assert texts(data, "序號") == ["3-04"]


# ── 上傳、看、確認 ────────────────────────────────────


def test_upload_preview_confirm(stage: Cast, signed_in: SignIn) -> None:
    office, table = signed_in(stage.office), desk(stage, "honours")
    data = table.exported()
    data = table.edited(data, table.row_of(data, "省文明行業"), 備註="證書在檔案室")

    answer = post(office, stage, "honours", data)
    upload = Upload.objects.get()
    page = office.get(answer.url).content.decode()
    assert "證書在檔案室" in page
    assert "改動 1 行，2 行沒有改<" in page
    assert not Honour.objects.filter(note="證書在檔案室").exists()
    assert "證書在檔案室" in office.get(answer.url).content.decode()

    done = office.post(reverse("exchange:upload-confirm", args=[upload.pk]), follow=True)

    assert done.content.decode().count("改動 1 行，2 行沒有改。") == 1
    assert Honour.objects.get(note="證書在檔案室").name == "省文明行業"
    assert Entry.objects.filter(action="evaluations.honour_changed").count() == 1
    again = office.post(reverse("exchange:upload-confirm", args=[upload.pk]), follow=True)
    assert "已經導入" in again.content.decode()


def test_errors_are_listed_and_the_marked_copy_downloads(stage: Cast, signed_in: SignIn) -> None:
    office, table = signed_in(stage.office), desk(stage, "honours")
    data = table.exported()
    row = table.row_of(data, "省文明行業")

    answer = post(office, stage, "honours", table.edited(data, row, 級別="宇宙級"))
    page = office.get(answer.url).content.decode()
    copy = body(office.get(reverse("exchange:upload-copy", args=[Upload.objects.get().pk])))

    at = table.at(data, "級別", row)
    assert f">{at}<" in page
    assert "宇宙級" in page
    assert "省文明行業" in page
    assert "改動 0 行" not in page
    assert "行沒有改" not in page
    assert "確認，全部保存" not in page
    assert load_workbook(io.BytesIO(copy)).worksheets[0][at].comment is not None


def test_confirming_a_sheet_with_errors_saves_nothing(stage: Cast, signed_in: SignIn) -> None:
    office, table = signed_in(stage.office), desk(stage, "honours")
    data = table.exported()
    data = table.edited(data, 2, 備註="好的")
    post(office, stage, "honours", table.edited(data, 3, 級別="宇宙級"))

    office.post(reverse("exchange:upload-confirm", args=[Upload.objects.get().pk]))

    assert not Honour.objects.filter(note="好的").exists()


@pytest.mark.parametrize("data", [b"", b"hello"])
def test_a_bad_upload_is_said_at_its_field(stage: Cast, signed_in: SignIn, data: bytes) -> None:
    page = post(signed_in(stage.office), stage, "honours", data)

    assert page.status_code == 200
    assert "請" in page.content.decode()
    assert not Upload.objects.exists()


def test_another_persons_upload_is_unknown(stage: Cast, signed_in: SignIn) -> None:
    post(signed_in(stage.office), stage, "honours", desk(stage, "honours").exported())
    pk = Upload.objects.get().pk

    for role in ("officer", "admin", "clerk"):
        client = signed_in(getattr(stage, role))
        for page, ask in [
            ("upload", client.get),
            ("upload-copy", client.get),
            ("upload-confirm", client.post),
            ("upload-drop", client.post),
        ]:
            assert ask(reverse(f"exchange:{page}", args=[pk])).status_code == 404


def test_a_sheet_of_a_kind_one_may_not_change_is_refused(stage: Cast, signed_in: SignIn) -> None:
    """填報頁上傳一份單位表：是什麼表看裏面，權限也照裏面的。"""
    data = desk(stage, "departments").exported()

    answer = post(signed_in(stage.clerk), stage, "progress", data)

    assert answer.status_code == 403
    assert not Upload.objects.exists()


def test_a_neighbour_cannot_fill_in_anothers_report(stage: Cast, signed_in: SignIn) -> None:
    table = desk(stage, "progress")
    data = table.edited(table.exported(), 2, 本期做了什麼="冒名")

    answer = post(signed_in(stage.neighbour), stage, "progress", data)

    assert "隱藏列對不上" in signed_in(stage.neighbour).get(answer.url).content.decode()


def test_dropping_it_forgets_the_file(stage: Cast, signed_in: SignIn) -> None:
    office = signed_in(stage.office)
    post(office, stage, "honours", desk(stage, "honours").exported())
    pk = Upload.objects.get().pk

    office.post(reverse("exchange:upload-drop", args=[pk]))

    assert (Upload.objects.get().state, Upload.objects.get().file) == ("dropped", "")
    assert "沒有導入" in office.get(reverse("exchange:upload", args=[pk])).content.decode()


def test_new_accounts_show_their_passwords_once(stage: Cast, signed_in: SignIn) -> None:
    office, table = signed_in(stage.office), desk(stage, "people")
    data = table.exported()
    row = len(texts(data, "賬號")) + 2
    data = table.edited(data, row, 賬號="newcomer", 姓名="新來的", 單位="殯儀館")
    post(office, stage, "people", data)
    pk = Upload.objects.get().pk

    first = office.post(reverse("exchange:upload-confirm", args=[pk]), follow=True)
    second = office.get(reverse("exchange:upload", args=[pk])).content.decode()

    password = first.context["passwords"][0][2]
    person = User.objects.get(username="newcomer")
    assert person.check_password(password)
    assert person.must_change_password
    assert password in first.content.decode()
    assert password not in second
    assert password not in str(Upload.objects.values().get())


# ── 行多的在後台 ──────────────────────────────────────


@pytest.fixture
def crowded(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(exporting, "LARGE_ROWS", 2)
    monkeypatch.setattr("exchange.models.LARGE_ROWS", 2)
    return stage


def test_a_large_export_is_a_job(crowded: Cast, signed_in: SignIn) -> None:
    office = signed_in(crowded.office)
    before = set(Path(tempfile.gettempdir()).glob("*.xlsx"))

    answer = office.get(address("export", "honours", crowded, "level=province"))
    assert answer.status_code == 200
    answer = office.get(address("export", "honours", crowded))
    run_job(Job.objects.get().pk)

    job = Job.objects.get()
    assert answer.url == job.get_absolute_url()
    assert (job.state, job.total, job.file_name) == ("done", 3, "榮譽台賬20261123.xlsx")
    data = body(office.get(reverse("background:job-file", args=[job.pk])))
    assert len(texts(data, "榮譽名稱")) == 3
    assert set(Path(tempfile.gettempdir()).glob("*.xlsx")) <= before


def test_a_job_asks_again_who_may(crowded: Cast, signed_in: SignIn) -> None:
    signed_in(crowded.office).get(address("export", "people", crowded))
    Job.objects.update(state="waiting")
    crowded.campaign.seats.filter(user=crowded.office).delete()

    run_job(Job.objects.get().pk)

    assert "沒有權限" in Job.objects.get().error


def test_a_finished_export_is_kept_from_who_lost_the_right(
    crowded: Cast, signed_in: SignIn
) -> None:
    office = signed_in(crowded.office)
    office.get(address("export", "people", crowded, "q=甲"))
    office.get(address("export", "people", crowded))
    job = run_job(Job.objects.get().pk)
    file = reverse("background:job-file", args=[job.pk])
    assert office.get(file).status_code == 200
    back = office.get(job.get_absolute_url()).context["source"]
    assert office.get(back).status_code == 200
    crowded.campaign.seats.filter(user=crowded.office).delete()

    assert office.get(file).status_code == 403
    assert office.get(job.get_absolute_url()).context["source"] == ""


def test_a_large_import_is_checked_and_written_in_the_background(
    crowded: Cast, signed_in: SignIn
) -> None:
    office, table = signed_in(crowded.office), desk(crowded, "honours")
    data = table.exported()
    data = table.edited(data, table.row_of(data, "省文明行業"), 備註="改")

    answer = post(office, crowded, "honours", data)
    job = Job.objects.get()
    run_job(job.pk)
    upload = Upload.objects.get()
    assert answer.url == job.get_absolute_url()
    assert upload.state == Upload.State.CHECKED
    assert Job.objects.get().result["url"] == upload.get_absolute_url()

    answer = office.post(reverse("exchange:upload-confirm", args=[upload.pk]))
    job = Job.objects.get(kind=importing.APPLY)
    run_job(job.pk)

    assert answer.url == job.get_absolute_url()
    assert Honour.objects.filter(note="改").exists()
    assert Upload.objects.get().state == Upload.State.DONE


def test_the_marked_copy_of_a_large_sheet_is_a_job(crowded: Cast, signed_in: SignIn) -> None:
    office, table = signed_in(crowded.office), desk(crowded, "honours")
    post(office, crowded, "honours", table.edited(table.exported(), 2, 級別="宇宙級"))
    run_job(Job.objects.get().pk)
    upload = Upload.objects.get()

    office.get(reverse("exchange:upload-copy", args=[upload.pk]))
    job = Job.objects.get(kind=importing.COPY)
    run_job(job.pk)

    job.refresh_from_db()
    data = body(office.get(reverse("background:job-file", args=[job.pk])))
    assert job.file_name == "表（需要修改）.xlsx"
    assert "宇宙級" in str(texts(data, "需要修改的地方"))


def test_a_job_that_was_killed_after_writing_says_done(crowded: Cast, signed_in: SignIn) -> None:
    table = desk(crowded, "honours")
    now = make.moment(2026, 11, 23)
    data = table.exported()
    upload = table.uploaded(table.edited(data, 2, 備註="改"), now)
    importing.check(upload=upload, at=now)
    job = importing.order_apply(upload, at=now)
    importing.apply(upload=upload, at=now)
    Job.objects.update(state="waiting")

    run_job(job.pk)

    assert Job.objects.get().state == "done"
    assert Entry.objects.filter(action="evaluations.honour_changed").count() == 1


def test_an_import_whose_worker_was_killed_is_taken_up_again_in_minutes(
    crowded: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = desk(crowded, "honours")
    now = make.moment(2026, 11, 23)
    upload = table.uploaded(table.edited(table.exported(), 2, 備註="改"), now)
    importing.check(upload=upload, at=now)
    job = importing.order_apply(upload, at=now)
    with monkeypatch.context() as patched:
        patched.setattr(importing, "apply", killed)
        with pytest.raises(SystemExit):
            run_job(job.pk, now=lambda: now)

    later = now + timedelta(minutes=5, seconds=1)
    run_job(job.pk, now=lambda: later)

    assert Job.objects.get().state == "done"
    assert Honour.objects.filter(note="改").exists()


def killed(**_facts: object) -> None:
    raise SystemExit


def test_many_changes_in_a_small_sheet_are_written_in_the_background(
    stage: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "AT_ONCE", 0)
    office, table = signed_in(stage.office), desk(stage, "honours")
    post(office, stage, "honours", table.edited(table.exported(), 2, 備註="改"))

    office.post(reverse("exchange:upload-confirm", args=[Upload.objects.get().pk]))

    assert Job.objects.get().kind == importing.APPLY


def test_passwords_are_told_even_when_much_else_changes(
    stage: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """後台裏沒有人聽：有新開的賬號就當場寫入；先看了別的一份，密碼也還在。"""
    monkeypatch.setattr(views, "AT_ONCE", 0)
    office, table = signed_in(stage.office), desk(stage, "people")
    data = table.exported()
    other = table.uploaded(data, make.moment(2026, 11, 23))
    data = table.edited(data, len(texts(data, "賬號")) + 2, 賬號="newcomer", 姓名="新來的")
    post(office, stage, "people", data)
    pk = Upload.objects.exclude(pk=other.pk).get().pk

    office.post(reverse("exchange:upload-confirm", args=[pk]))
    office.get(other.get_absolute_url())
    page = office.get(reverse("exchange:upload", args=[pk]))

    person = User.objects.get(username="newcomer")
    assert person.check_password(page.context["passwords"][0][2])


def test_a_sheet_is_not_written_before_it_was_checked(crowded: Cast, signed_in: SignIn) -> None:
    office, table = signed_in(crowded.office), desk(crowded, "honours")
    data = table.exported()
    upload = table.uploaded(table.edited(data, 2, 備註="改"), make.moment(2026, 11, 23))

    office.post(reverse("exchange:upload-confirm", args=[upload.pk]))
    run_job(Job.objects.get().pk)

    assert "還沒有核對完" in Job.objects.get().error
    assert not Honour.objects.filter(note="改").exists()


def test_a_job_says_at_once_that_the_right_is_gone(crowded: Cast, signed_in: SignIn) -> None:
    table = desk(crowded, "honours")
    now = make.moment(2026, 11, 23)
    upload = table.uploaded(table.edited(table.exported(), 2, 備註="改"), now)
    importing.check(upload=upload, at=now)
    jobs = [importing.order_check(upload, at=now), importing.order_apply(upload, at=now)]
    crowded.campaign.seats.filter(user=crowded.office).delete()

    for job in jobs:
        run_job(job.pk)

    for job in jobs:
        job.refresh_from_db()
        assert (job.state, job.attempts) == ("failed", 1)
        assert "領導小組辦公室" in job.error


def test_a_job_that_saved_nothing_says_so(crowded: Cast, signed_in: SignIn) -> None:
    office, table = signed_in(crowded.office), desk(crowded, "honours")
    now = make.moment(2026, 11, 23)
    upload = table.uploaded(table.edited(table.exported(), 2, 級別="宇宙級"), now)
    importing.check(upload=upload, at=now)
    job = importing.order_apply(upload, at=now)

    run_job(job.pk)

    page = office.get(job.get_absolute_url()).content.decode()
    assert "有 1 處要改，整份都沒有保存" in page
