"""資料包的頁和命令：先看預覽再生成；外單位的人哪條路都走不通。"""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from background.models import Job
from background.services import run_job
from campaigns.models import Seat
from evidence.packing.scope import Scope
from people.models import Appointment, User
from tasks.models import EvidenceLink
from tests import factories as make
from tests.cast import Cast
from tests.evidence.pack_stage import NOW, Stage, accepted, attach, evidence_in, lay_out

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


def url(stage: Stage) -> str:
    return reverse("evidence:pack", args=[stage.campaign.code])


def test_the_preview_tells_before_anything_is_built(stage: Stage, signed_in: SignIn) -> None:
    page = signed_in(stage.cast.office).get(url(stage), {"period": "2026", "script": "hant"})

    survey = page.context["survey"]
    assert (len(survey.found), survey.copies, survey.size, len(survey.lacking)) == (3, 4, 20, 1)
    assert "說明報告缺 1 份（要 1 份，作數 0 份）。" in page.content.decode()
    assert not Job.objects.exists()


def test_the_preview_tells_what_is_unsound(stage: Stage, signed_in: SignIn) -> None:
    stage.notice.evidence_requirements.update(needs_number=True)

    page = signed_in(stage.cast.office).get(url(stage), {"period": "2026"})

    assert (page.context["survey"].copies, page.context["survey"].left_out) == (2, 2)
    assert "有 2 份採用了但不合要求" in page.content.decode()


def test_the_button_works_with_the_protection_on(stage: Stage, signed_in: SignIn) -> None:
    client = signed_in(stage.cast.office)
    client.handler.enforce_csrf_checks = True
    page = client.get(url(stage), {"period": "2026"}).content.decode().split('id="preview"')[1]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]

    answer = client.post(url(stage), {"period": "2026", "csrfmiddlewaretoken": token})

    assert answer.status_code == 302


def test_what_was_previewed_is_what_is_built(stage: Stage, signed_in: SignIn) -> None:
    client = signed_in(stage.cast.office)
    page = client.get(url(stage), {"indicator": [stage.photo.pk], "script": "hans"})
    fields = dict(page.context["chosen"])

    answer = client.post(url(stage), fields)

    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, job.get_absolute_url())
    run_job(job.pk, now=lambda: NOW)
    sent = client.get(reverse("background:job-file", args=[job.pk]))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(sent.streaming_content)))
    assert len(evidence_in(archive)) == page.context["survey"].copies == 2
    assert "目录.html" in archive.namelist()


def test_ordering_twice_leads_to_the_same_progress_page(stage: Stage, signed_in: SignIn) -> None:
    client = signed_in(stage.cast.office)

    first, second = (client.post(url(stage), {"period": "2026"}) for _twice in range(2))

    assert first["Location"] == second["Location"]


@pytest.mark.parametrize("who", ["clerk", "helper", "admin"])
def test_those_who_may_not_pack_are_told_so(stage: Stage, signed_in: SignIn, who: str) -> None:
    client = signed_in(getattr(stage.cast, who))

    assert [client.get(url(stage)).status_code, client.post(url(stage)).status_code] == [403, 403]
    assert not Job.objects.exists()


def test_a_head_of_another_unit_gets_nothing_on_any_road(stage: Stage, signed_in: SignIn) -> None:
    office, neighbour = signed_in(stage.cast.office), signed_in(stage.cast.neighbour)
    office.post(url(stage), {"period": "2026"})
    job = Job.objects.get()
    run_job(job.pk, now=lambda: NOW)

    asked = {"department": [stage.cast.registry.pk], "period": "2026"}
    assert neighbour.get(url(stage), asked).context.get("survey") is None
    assert neighbour.post(url(stage), asked).status_code == 200
    assert Job.objects.count() == 1
    assert neighbour.get(url(stage), {"period": "2026"}).context["survey"].copies == 0
    for name in ("background:job", "background:job-file"):
        assert neighbour.get(reverse(name, args=[job.pk])).status_code == 404


def finished(client: Client, stage: Stage) -> Job:
    client.post(url(stage), {"period": "2026", "script": "hans"})
    return run_job(Job.objects.get().pk, now=lambda: NOW)


def sent(client: Client, job: Job) -> int:
    """下載這個包得到什麼；進度頁上有沒有下載的按鈕要與它一致。"""
    address = reverse("background:job-file", args=[job.pk])
    page = client.get(job.get_absolute_url()).content.decode()
    status = client.get(address).status_code
    assert (address in page) == (status == 200)
    assert client.get(address, headers={"Range": "bytes=9-"}).status_code in (206, status)
    return status


def test_a_pack_is_refused_to_who_has_left_the_post(stage: Stage, signed_in: SignIn) -> None:
    """做好的包留七天；卸任、調去別的單位之後，連斷點續傳也不給。"""
    head = signed_in(stage.cast.head)
    job = finished(head, stage)
    assert sent(head, job) == 200
    Appointment.objects.filter(user=stage.cast.head).update(department=stage.cast.funeral_home)

    assert sent(head, job) == 403
    assert head.get(job.get_absolute_url()).context["source"] == ""


def test_a_pack_is_refused_when_a_piece_may_not_be_seen_any_more(
    stage: Stage, signed_in: SignIn
) -> None:
    deputy, office = signed_in(stage.cast.deputy), signed_in(stage.cast.office)
    job = finished(deputy, stage)
    Seat.objects.get(user=stage.cast.deputy).departments.clear()
    assert sent(deputy, job) == 200
    stage.submission.rounds.update(decision="", decided_at=None)

    assert sent(deputy, job) == 403
    page = deputy.get(reverse("background:job-file", args=[job.pk])).content.decode()
    assert "請重新生成一份" in page
    assert office.get(reverse("background:job-file", args=[job.pk])).status_code == 404


def test_the_job_leads_back_to_the_same_choice(stage: Stage, signed_in: SignIn) -> None:
    client = signed_in(stage.cast.office)
    job = finished(client, stage)

    source = client.get(job.get_absolute_url()).context["source"]

    form = client.get(source).context["form"]
    assert source.startswith(url(stage))
    assert form.scope == Scope.from_params(job.params)


def test_a_head_sees_and_packs_his_own_unit(stage: Stage, signed_in: SignIn) -> None:
    client = signed_in(stage.cast.head)

    page = client.get(url(stage), {"period": "2026"})
    client.post(url(stage), {"period": "2026"})

    assert (page.context["survey"].copies, len(page.context["survey"].found)) == (4, 2)
    assert "殯儀館" not in page.content.decode()
    assert Job.objects.get().params["departments"] == [stage.cast.registry.pk]


def test_a_deputy_without_the_right_any_more_is_refused(stage: Stage, signed_in: SignIn) -> None:
    Appointment.objects.filter(user=stage.cast.head).update(end_date=NOW.date().replace(day=1))

    assert signed_in(stage.cast.head).get(url(stage)).status_code == 403


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"start": "2026-12-31", "end": "2026-01-01"}, "結束日期早於開始日期"),
        ({"start": "去年"}, "日期應寫成 2026-11-23 這樣。"),
        ({"indicator": ["999999"]}, "999999"),
        ({"period": "2031"}, "2031"),
    ],
)
def test_a_wrong_choice_is_told_and_nothing_is_ordered(
    stage: Stage, signed_in: SignIn, data: dict, words: str
) -> None:
    client = signed_in(stage.cast.office)

    shown, posted = client.get(url(stage), data), client.post(url(stage), data)

    assert words in shown.content.decode()
    assert (posted.status_code, Job.objects.count()) == (200, 0)


def test_a_scope_with_nothing_in_it_says_so(stage: Stage, signed_in: SignIn) -> None:
    client, empty = signed_in(stage.cast.office), {"department": [stage.cast.bureau_office.pk]}

    assert "這個範圍裏沒有指標" in client.get(url(stage), empty).content.decode()
    assert "改選目標、指標或單位" in client.post(url(stage), empty).content.decode()


def test_the_page_asks_a_fixed_number_of_questions(
    stage: Stage, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    for number in range(5):
        row = make.IndicatorFactory(objective__campaign=stage.campaign)
        submission = accepted(stage.cast, stage.cast.funeral_home, row)
        attach(submission, f"{number}".encode(), form="photo", name="照片.jpg")
    client = signed_in(stage.cast.office)
    client.get(url(stage))

    with django_assert_max_num_queries(12):
        client.get(url(stage), {"period": "2026"})


# ── 命令 ──────────────────────────────────────────────


def command(stage: Stage, output: Path, **options: object) -> str:
    told = io.StringIO()
    call_command(
        "inspection_pack", campaign=stage.campaign.code, output=str(output),
        stdout=io.StringIO(), stderr=told, **options,
    )  # fmt: skip
    return told.getvalue()


def test_the_command_writes_the_same_pack(stage: Stage, tmp_path: Path) -> None:
    told = command(stage, tmp_path / "包.zip", period="2026", indicator=["G4.2"], script="hans")

    archive = zipfile.ZipFile(tmp_path / "包.zip")
    assert [name[-20:] for name in evidence_in(archive)] == [
        "婚姻登记处-公开目录-20261118.pdf"[-20:],
        "婚姻登记处-大厅-20261118.jpg"[-20:],
    ]
    assert "2/2 大厅" in told
    assert [path.name for path in tmp_path.iterdir()] == ["包.zip"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objective": ["G9"]}, "沒有編碼為「G9」的目標。現有：G4。"),
        ({"department": ["財務科"]}, "沒有代碼或名稱為「財務科」的單位。"),
        ({"period": "去年"}, "--period 不認得「去年」"),
        ({"start": "2026-12-01", "end": "2026-01-01"}, "早於開始日期"),
        ({"script": "big5"}, "hant（繁體）或 hans（簡體）"),
        ({"department": ["office"]}, "這個範圍裏沒有指標"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture, options: dict, words: str
) -> None:
    told = io.StringIO()

    with pytest.raises(SystemExit) as stopped:
        call_command(
            "inspection_pack", campaign=stage.campaign.code, output=str(tmp_path / "包.zip"),
            stderr=told, **options,
        )  # fmt: skip

    assert (stopped.value.code, words in told.getvalue()) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_the_command_leaves_no_half_pack(stage: Stage, tmp_path: Path) -> None:
    default_storage.delete(EvidenceLink.objects.get(name="大廳.jpg").file.path)

    with pytest.raises(SystemExit):
        command(stage, tmp_path / "包.zip")

    assert list(tmp_path.iterdir()) == []
