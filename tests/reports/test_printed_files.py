"""印出來的附件、標記、紅頭；照片出自佐證庫；長的在後台做，看得到才給。"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from docx import Document

from background.models import Job
from background.services import run_job
from people.models import User
from reports.models import PaperTemplate, Report
from reports.pages import paginate
from reports.paper import AnnexPaper, Paper, PicturePaper, TablePaper, fingerprint
from reports.paper_kinds import template_kind
from reports.printing import document_of
from reports.rendering import BulletinHead, RedHead, to_docx
from reports.services import files
from reports.templating import starter
from tests.cast import Cast
from tests.factories import EvidenceFileFactory
from tests.reports.rendering_samples import photo
from tests.reports.stage import Stage, draft, lay_out, paper

SignIn = Callable[[User], Client]
ANNEX = AnnexPaper(
    key="photos",
    title="實景圖片",
    texts=("以下為各窗口現場。",),
    tables=(TablePaper("表1", ("序號", "措施"), (15, 100), (("1", "健全首接責任"),)),),
    pictures=(PicturePaper("a" * 64, "便民服務台"), PicturePaper("b" * 64, "不見了的一張")),
)


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


@pytest.fixture
def shown(cast: Cast) -> None:
    """佐證庫裏只有第一張照片。"""
    path = default_storage.save("evidence/aa/a.jpg", ContentFile(photo()))
    EvidenceFileFactory(sha256="a" * 64, path=path, content_type="image/jpeg")


def issued(cast: Cast, now: datetime, **changes: object) -> Report:
    """一份已印發的，快照裏帶附件。"""
    report = draft(cast, now)
    snapshot = replace(files.printed_of(report), annexes=(ANNEX,), **changes).as_json()
    report.state, report.number, report.year = Report.State.ISSUED, 3, 2026
    report.snapshot, report.sha256 = snapshot, fingerprint(snapshot)
    report.issued_at, report.issued_by = now, cast.office
    report.save()
    return report


def test_annexes_marks_and_heads_come_from_the_paper(stage: Stage, now: datetime) -> None:
    printed = paper(stage.cast, now)
    section = next(s for s in printed.sections if s.paragraphs)
    marked = replace(section.paragraphs[0], marks=("new", "extended"))
    sections = tuple(
        replace(s, paragraphs=(marked, *s.paragraphs[1:])) if s is section else s
        for s in printed.sections
    )
    whole = replace(
        printed, sections=sections, annexes=(ANNEX,), head_text="平潭縣民政局文件",
        document_number="平民創報〔2026〕3號", copied_to="縣文明辦", signature="平潭縣民政局",
    )  # fmt: skip

    hidden, told = document_of(whole), document_of(replace(whole, prints_marks=True), script="hans")
    bulletin = document_of(replace(whole, kind="bulletin", number=7))

    assert marked.text in hidden.texts()
    assert any(text.endswith("（本期新增、延期）") for text in told.texts())
    assert hidden.head == RedHead("平潭縣民政局文件", "平民創報〔2026〕3號", "")
    assert bulletin.head == BulletinHead(
        "平潭縣民政局文件", "第7期", "平潭縣民政局", hidden.date_text
    )
    assert hidden.copied_text == "縣文明辦。"
    assert told.attachment_names == ("实景图片",)
    word = Document(BytesIO(to_docx(told, missing="mark")))
    assert word.tables[0].rows[1].cells[1].text == "健全首接责任"
    assert document_of(printed).head is None


@pytest.mark.usefixtures("shown")
def test_a_missing_picture_is_named_and_the_rest_can_still_be_had(
    stage: Stage, signed_in: SignIn, now: datetime
) -> None:
    report, browser = issued(stage.cast, now), signed_in(stage.cast.office)
    to = reverse("reports:report-download", args=[stage.cast.campaign.code, report.pk])

    refused = browser.get(to)
    marked = b"".join(browser.get(to, {"missing": "mark"}).streaming_content)
    page = b"".join(browser.get(to, {"format": "html"}).streaming_content).decode()

    assert refused.status_code == 422
    assert "照片「不見了的一張」" in refused.content.decode()
    word = Document(BytesIO(marked))
    assert len(word.inline_shapes) == 1
    assert any("「不見了的一張」讀不出來" in p.text for p in word.paragraphs)
    assert page.count("data:image/jpeg") == 1


@pytest.mark.usefixtures("shown")
def test_an_office_template_prints_the_photographs_of_the_annex(
    stage: Stage, signed_in: SignIn, now: datetime
) -> None:
    cast = stage.cast
    report, browser = issued(cast, now), signed_in(cast.office)
    upload = SimpleUploadedFile("a.docx", starter(template_kind("situation").template))
    fields = {"paper": "situation", "name": "帶照片的", "file": upload}
    browser.post(reverse("reports:template-list", args=[cast.campaign.code]), fields)
    chosen = PaperTemplate.objects.get().pk
    to = reverse("reports:report-download", args=[cast.campaign.code, report.pk])

    refused = browser.get(to, {"template": chosen}).content.decode()
    marked = browser.get(to, {"template": chosen, "missing": "mark"})
    word = Document(BytesIO(b"".join(marked.streaming_content)))

    assert "照片「不見了的一張」" in refused
    assert f"template={chosen}" in refused
    assert len(word.inline_shapes) == 1
    assert "（照片「不見了的一張」讀不出來，未能印出。）" in [p.text for p in word.paragraphs]


@pytest.mark.usefixtures("shown")
def test_the_preview_shows_what_will_be_printed_and_only_its_own_pictures(
    stage: Stage, signed_in: SignIn, now: datetime
) -> None:
    report, browser = (
        issued(stage.cast, now, head_text="平潭縣民政局文件"),
        signed_in(stage.cast.head),
    )
    args = [stage.cast.campaign.code, report.pk]

    page = browser.get(reverse("reports:report-preview", args=args)).content.decode()
    own = browser.get(reverse("reports:report-picture", args=[*args, "a" * 64]))
    EvidenceFileFactory(sha256="c" * 64)
    other = browser.get(reverse("reports:report-picture", args=[*args, "c" * 64]))

    assert "平潭縣民政局文件" in page
    assert "健全首接責任" in page
    assert f"/pictures/{'a' * 64}/" in page
    assert own.status_code == 200
    assert other.status_code == 404


@pytest.mark.usefixtures("shown")
def test_a_long_one_is_a_job_and_its_result_follows_the_right_to_read(
    stage: Stage, signed_in: SignIn, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PICTURES_AT_ONCE", 1)
    report, browser = issued(stage.cast, now), signed_in(stage.cast.office)
    to = reverse("reports:report-download", args=[stage.cast.campaign.code, report.pk])

    answer = browser.get(to, {"missing": "mark"})
    again = browser.get(to, {"missing": "mark"})
    job = Job.objects.get()
    assert answer.url == again.url == job.get_absolute_url()

    done = run_job(job.pk, now=lambda: now) or Job.objects.get()
    assert (done.state, done.file_name[-5:]) == (Job.State.DONE, ".docx")
    with default_storage.open(done.file) as made:
        assert len(Document(made).inline_shapes) == 1
    assert files.refusal(done, now.date()) == ""
    Report.objects.filter(pk=report.pk).update(state=Report.State.DISCARDED)
    assert "看不到" in files.refusal(done, (now + timedelta(days=1)).date())


@pytest.mark.usefixtures("shown")
def test_a_job_that_cannot_print_says_why(
    stage: Stage, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = issued(stage.cast, now)
    wanted = files.Wanted(format="pdf")
    job = files.order_file(actor=stage.cast.office, report=report, wanted=wanted, at=now)

    failed = run_job(job.pk, now=lambda: now) or Job.objects.get(pk=job.pk)

    assert failed.state == Job.State.FAILED
    assert "不見了的一張" in failed.error


def test_a_long_table_goes_on_over_the_pages_of_the_preview(now: datetime) -> None:
    rows = tuple((str(n), "健全首接責任、一次告知、限時辦結") for n in range(90))
    table = TablePaper("表1", ("序號", "措施"), (15, 60), rows)
    printed = Paper(
        title="題", campaign="", period=("", ""), period_name="期", cutoff="", day="2026-12-01",
        annexes=(replace(ANNEX, texts=(), tables=(table,), pictures=()),),
    )  # fmt: skip

    pages = paginate(document_of(printed))

    shown = [
        row
        for page in pages
        for line in page.lines
        if line.kind == "table"
        for row in line.item.rows
    ]
    assert shown == list(rows)
    assert all(page.used <= 22 for page in pages)
