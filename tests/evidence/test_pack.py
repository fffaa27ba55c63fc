"""迎檢資料包：放對文件夾、只放採用的、哈希與庫裏一致、缺的說出來、看不到的不放。"""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from docx import Document
from openpyxl import load_workbook

from background.models import Job
from background.services import run_job, running
from evidence.packing.scope import Scope
from evidence.packing.survey import active_indicators, look
from journal.models import Entry
from people.models import Appointment
from tasks.models import Assignment, EvidenceFile, EvidenceLink, Measure
from tests import factories as make
from tests.cast import Cast
from tests.evidence.pack_stage import (
    NOW,
    Stage,
    accepted,
    attach,
    built,
    evidence_in,
    lay_out,
    narrate,
    order,
    scope_of,
)

pytestmark = pytest.mark.django_db
CHAPTER = "04 加強民主管理，機關作風改進"
NOTICE = f"{CHAPTER}/G4.01 辦事程序公開"
LATER = NOW + timedelta(minutes=6)
PHOTO = f"{CHAPTER}/G4.02 窗口服務規範"
EMPTY = f"{CHAPTER}/G4.03 群眾滿意率高"


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


def text_of(archive: zipfile.ZipFile, name: str) -> str:
    return archive.read(name).decode("utf-8-sig")


def rows_of(archive: zipfile.ZipFile, name: str) -> list[tuple]:
    return list(load_workbook(io.BytesIO(archive.read(name))).active.values)


def test_three_indicators_four_files_one_shared_one_rejected(stage: Stage) -> None:
    archive = built(stage.cast.office, stage.campaign)

    assert evidence_in(archive) == [
        f"{NOTICE}/01-婚姻登記處-公開目錄-20261118.pdf",
        f"{NOTICE}/02-婚姻登記處-收費標準-20261118.pdf",
        f"{PHOTO}/01-婚姻登記處-公開目錄-20261118.pdf",
        f"{PHOTO}/02-婚姻登記處-大廳-20261118.jpg",
    ]
    assert archive.testzip() is None
    assert archive.read(f"{PHOTO}/01-婚姻登記處-公開目錄-20261118.pdf") == b"shared"


def test_names_carry_the_utf8_flag_and_pictures_are_not_squeezed(stage: Stage) -> None:
    archive = built(stage.cast.office, stage.campaign)

    assert all(entry.flag_bits & 0x800 for entry in archive.infolist())
    methods = {entry.filename: entry.compress_type for entry in archive.infolist()}
    assert methods[f"{PHOTO}/02-婚姻登記處-大廳-20261118.jpg"] == zipfile.ZIP_STORED
    assert methods["目錄.html"] == zipfile.ZIP_DEFLATED


def test_the_manifest_repeats_what_the_database_holds(stage: Stage) -> None:
    archive = built(stage.cast.office, stage.campaign)

    lines = text_of(archive, "校驗.sha256").splitlines()
    listed = {path: sha256 for sha256, path in (line.split("  ", 1) for line in lines)}
    assert set(listed) == set(archive.namelist()) - {"校驗.sha256"}
    assert {listed[name] for name in evidence_in(archive)} == set(
        EvidenceFile.objects.exclude(links__state="rejected").values_list("sha256", flat=True)
    )


def test_the_gap_list_names_the_empty_indicator(stage: Stage) -> None:
    archive = built(stage.cast.office, stage.campaign)

    words = "說明報告缺 1 份（要 1 份，作數 0 份）。"
    assert ("G4.3", "群眾滿意率高", "說明報告", 1, 0, 1, words) in rows_of(archive, "缺項清單.xlsx")
    assert words in text_of(archive, "目錄.html")
    assert f"{EMPTY}/說明.txt" in archive.namelist()
    document = Document(io.BytesIO(archive.read("目錄.docx")))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert {"公開目錄", "G4.3", words} <= set(cells)


def test_the_contents_page_opens_from_disk(stage: Stage) -> None:
    page = text_of(built(stage.cast.office, stage.campaign), "目錄.html")

    assert "<script" not in page
    assert "http" not in page
    assert 'src="04%20' in page
    assert page.count("沒有材料") == 2


def test_accepted_but_unsound_evidence_is_named_and_left_out(stage: Stage) -> None:
    stage.notice.evidence_requirements.update(needs_number=True)

    archive = built(stage.cast.office, stage.campaign)

    assert [name for name in evidence_in(archive) if name.startswith(NOTICE)] == []
    sentences = [row[6] for row in rows_of(archive, "缺項清單.xlsx") if row[0] == "G4.1"]
    assert "「收費標準」（婚姻登記處，2026年11月）不合要求，沒有放入：沒有文號。" in sentences


@pytest.mark.parametrize(
    "spoil",
    [
        lambda stage: EvidenceLink.objects.update(removed_at=NOW),
        lambda stage: EvidenceLink.objects.update(state="pending"),
        lambda stage: Measure.objects.update(state=Measure.State.SUSPENDED),
        lambda stage: Assignment.objects.update(state=Assignment.State.CANCELLED),
    ],
    ids=["removed", "pending", "suspended", "cancelled"],
)
def test_what_no_longer_counts_is_not_packed(
    stage: Stage, spoil: Callable[[Stage], object]
) -> None:
    spoil(stage)

    assert evidence_in(built(stage.cast.office, stage.campaign)) == []


def test_only_what_was_chosen_is_packed(stage: Stage) -> None:
    other = make.IndicatorFactory(objective__campaign=stage.campaign, code="G9.1")
    attach(accepted(stage.cast, stage.cast.funeral_home, other), b"x", name="x.pdf", form="report")

    one = built(stage.cast.office, stage.campaign, indicators=(stage.photo.pk,))
    unit = built(stage.cast.office, stage.campaign, departments=(stage.cast.funeral_home.pk,))
    early = built(stage.cast.office, stage.campaign, end=scope_of(stage.campaign).start)

    assert {name.split("/")[1][:5] for name in evidence_in(one)} == {"G4.02"}
    assert [name.rsplit("/", 1)[1] for name in evidence_in(unit)] == ["01-殯儀館-x-20261118.pdf"]
    assert "殯儀館" in text_of(unit, "目錄.html")
    assert evidence_in(early) == []


def test_an_explanation_quotes_accepted_words_and_says_whose(stage: Stage) -> None:
    narrate(stage.submission, "程序已公開。\n收費標準已上牆")

    words = text_of(built(stage.cast.office, stage.campaign), f"{NOTICE}/說明.txt")

    assert words.splitlines() == [
        "G4.1 辦事程序公開",
        "婚姻登記處（2026年11月）：程序已公開。收費標準已上牆。",
    ]


def test_an_explanation_stops_at_a_sentence_within_five_hundred(stage: Stage) -> None:
    narrate(stage.submission, "每週檢查一次窗口服務情況並記錄。" * 60)

    words = text_of(built(stage.cast.office, stage.campaign), f"{NOTICE}/說明.txt")

    shown = words.replace("\r\n", "\n").strip()
    assert 450 < len(shown) <= 500
    assert shown.endswith("。")


def test_an_approved_nil_return_lacks_nothing(stage: Stage) -> None:
    nil = stage.empty.measures.get().assignments.get().submissions.get()
    nil.rounds.update(is_nil=True, narrative="", nil_reason="本期沒有殯葬業務。")

    archive = built(stage.cast.office, stage.campaign)

    assert "零報告，本期沒有殯葬業務。" in text_of(archive, f"{EMPTY}/說明.txt")
    assert not [
        row for row in rows_of(archive, "缺項清單.xlsx") if isinstance(row[5], int) and row[5]
    ]


def test_the_simplified_pack_converts_all_but_names(stage: Stage) -> None:
    narrate(stage.submission, "登記員己已辦理婚姻登記。王國慶現場講解。")
    make.UserFactory(name="王國慶")

    archive = built(stage.cast.office, stage.campaign, script="hans")

    assert {"目录.html", "目录.xlsx", "目录.docx", "缺项清单.xlsx", "校验.sha256"} <= set(
        archive.namelist()
    )
    folder = "04 加强民主管理，机关作风改进/G4.01 办事程序公开"
    assert f"{folder}/01-婚姻登记处-公开目录-20261118.pdf" in archive.namelist()
    assert "已办理婚姻登记。王國慶现场讲解。" in text_of(archive, f"{folder}/说明.txt")


def test_a_formula_stays_text(stage: Stage) -> None:
    EvidenceLink.objects.filter(pk=stage.shared.pk).update(caption='=cmd|"/c calc"!A1')

    sheet = built(stage.cast.office, stage.campaign).read("目錄.xlsx")

    cells = [cell for row in load_workbook(io.BytesIO(sheet)).active for cell in row]
    risky = [cell for cell in cells if str(cell.value).startswith("=cmd")]
    assert {(cell.data_type, cell.quotePrefix) for cell in risky} == {("s", True)}


# ── 誰能做、看到什麼 ──────────────────────────────────


def test_a_head_packs_his_own_unit_only(stage: Stage) -> None:
    own = (stage.cast.registry.pk,)

    assert len(evidence_in(built(stage.cast.head, stage.campaign, departments=own))) == 4
    for values in ({}, {"departments": (*own, stage.cast.funeral_home.pk)}):
        with pytest.raises(PermissionDenied, match="只選本單位"):
            order(stage.cast.head, stage.campaign, **values)


@pytest.mark.parametrize("who", ["clerk", "helper", "admin"])
def test_others_make_no_pack(stage: Stage, who: str) -> None:
    with pytest.raises(PermissionDenied, match="只有本活動辦公室"):
        order(getattr(stage.cast, who), stage.campaign)


def test_rights_lost_between_order_and_run_stop_the_job(stage: Stage) -> None:
    job = order(stage.cast.head, stage.campaign, departments=(stage.cast.registry.pk,))
    Appointment.objects.filter(user=stage.cast.head).update(end_date=NOW.date() - timedelta(1))

    done = run_job(job.pk, now=lambda: NOW)

    assert (done.state, done.file) == (Job.State.FAILED, "")
    assert "您的職務變了" in done.error


def test_evidence_taken_back_between_order_and_run_is_not_packed(stage: Stage) -> None:
    job = order(stage.cast.office, stage.campaign)
    EvidenceLink.objects.filter(pk=stage.shared.pk).update(state="rejected")

    done = run_job(job.pk, now=lambda: NOW)

    archive = zipfile.ZipFile(io.BytesIO(default_storage.open(done.file).read()))
    assert not [name for name in evidence_in(archive) if "公開目錄" in name]


# ── 要一份、辦一份 ────────────────────────────────────


def test_the_same_wish_is_served_from_what_exists(stage: Stage) -> None:
    first = order(stage.cast.office, stage.campaign)
    run_job(first.pk, now=lambda: NOW)

    assert order(stage.cast.office, stage.campaign, at=LATER) == first
    assert order(stage.cast.office, stage.campaign, script="hans") != first
    assert order(stage.cast.leader, stage.campaign) != first
    assert Entry.objects.filter(action="evidence.pack_ordered").count() == 3
    narrate(stage.submission, "換了一句話。")
    assert order(stage.cast.office, stage.campaign) != first


def test_a_changed_link_makes_another_pack(stage: Stage) -> None:
    first = order(stage.cast.office, stage.campaign)
    EvidenceLink.objects.filter(pk=stage.shared.pk).update(caption="改了說明")

    assert order(stage.cast.office, stage.campaign) != first


def test_a_scope_without_indicators_is_refused(stage: Stage) -> None:
    with pytest.raises(ValidationError, match="沒有指標"):
        order(stage.cast.office, stage.campaign, departments=(stage.cast.bureau_office.pk,))


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_damaged_file_stops_the_job_and_is_named(stage: Stage, harm: str) -> None:
    path = stage.shared.file.path
    default_storage.delete(path)
    if harm == "changed":
        default_storage.save(path, ContentFile(b"broken"))

    job = run_job(order(stage.cast.office, stage.campaign).pk, now=lambda: NOW)
    default_storage.delete(path)

    assert (job.state, job.file) == (Job.State.FAILED, "")
    assert "「公開目錄」（婚姻登記處，2026年11月）" in job.error


def test_another_worker_finishes_what_a_killed_one_began(stage: Stage) -> None:
    job = order(stage.cast.office, stage.campaign)
    killed = running._claim(job.pk, NOW)
    half = default_storage.save(f"results/{job.pk}-{killed.lease}", ContentFile(b"PK"))

    done = run_job(job.pk, now=lambda: LATER)

    assert (done.state, done.attempts, done.result["pieces"]) == ("done", 2, 4)
    assert zipfile.ZipFile(io.BytesIO(default_storage.open(done.file).read())).testzip() is None
    assert not default_storage.exists(half)


def test_a_scope_survives_the_job_row() -> None:
    scope = Scope(7, NOW.date(), NOW.date(), "hans", (1, 2), (3,), (4,))

    assert Scope.from_params(scope.as_params()) == scope


def test_a_task_not_issued_yet_is_no_gap_of_its_unit(stage: Stage) -> None:
    """只看一個單位時，草擬、中止的措施對應的指標不列：與完整度同一口徑。"""
    Measure.objects.filter(indicators=stage.empty).update(state=Measure.State.DRAFT)

    survey = look(
        stage.campaign,
        scope_of(stage.campaign, departments=(stage.cast.funeral_home.pk,)),
        None,
        active_indicators(stage.campaign),
    )

    assert [found.indicator for found in survey.found] == []
