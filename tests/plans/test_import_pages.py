"""導入的各頁：貼入、上傳、核對、差異、保存；誰看得見；壞輸入怎麼說。"""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Clause, PlanDraft, PlanVersion
from people.models import User
from tasks.models import Measure
from tests.cast import Cast
from tests.plans.documents import REAL, SMALL

SignIn = Callable[[User], Client]


def at(name: str, cast: Cast, *args: object) -> str:
    return reverse(f"tasks:{name}", args=[cast.campaign.code, *args])


def paste(client: Client, cast: Cast, text: str) -> object:
    return client.post(at("plan-import", cast), {"text": text})


def upload(client: Client, cast: Cast, name: str, data: bytes, text: str = "") -> object:
    file = SimpleUploadedFile(name, data)
    return client.post(at("plan-import", cast), {"text": text, "file": file})


def test_the_office_pastes_looks_adjusts_and_saves(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)

    preview = paste(client, cast, REAL)
    assert preview.url == at("plan-preview", cast)
    page = client.get(preview.url).content.decode()
    assert "群眾滿意率高" in page
    assert "缺少「二」" in page
    assert not PlanVersion.objects.exists()

    saved = client.post(at("plan-save", cast), {"based_on": "0", "with_measures": "1"}, follow=True)
    assert "已保存方案第 1 版" in saved.content.decode()
    assert Measure.objects.filter(state="draft").exists()


def test_each_step_works_without_a_script(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    paste(client, cast, SMALL)
    draft = PlanDraft.objects.get()
    page = client.get(at("plan-preview", cast)).content.decode()
    key = page.split('<li class="p-row p-row--section" id="r')[1].split('"')[0]
    editor = client.get(at("plan-preview", cast) + f"?edit={key}").content.decode()

    step = client.post(at("plan-adjust", cast), {"op": "kind", "row": key, "value": "task"})

    assert "改類別" in editor
    assert step.url.endswith(f"#r{key}")
    draft.refresh_from_db()
    assert draft.adjustments == [{"op": "kind", "row": key, "value": "task"}]
    client.post(at("plan-undo", cast))
    draft.refresh_from_db()
    assert draft.adjustments == []


def test_with_a_script_only_the_tree_and_the_counts_come_back(
    cast: Cast, signed_in: SignIn
) -> None:
    client = signed_in(cast.office)
    paste(client, cast, SMALL)

    answer = client.post(
        at("plan-adjust", cast),
        {"op": "title", "value": "2026年方案"},
        headers={"HX-Request": "true"},
    ).content.decode()

    assert "<html" not in answer
    assert 'hx-swap-oob="innerHTML"' in answer
    assert "2026年方案" in answer


@pytest.mark.parametrize(
    "data",
    [
        {"op": "fly", "row": "0"},
        {"op": "split", "row": "0", "value": "十"},
        {"op": "level", "row": "0", "value": "chapter"},
        {"op": "drop", "row": "no-such-row"},
        {},
    ],
)
def test_a_senseless_step_changes_nothing(
    cast: Cast, signed_in: SignIn, data: dict[str, str]
) -> None:
    client = signed_in(cast.office)
    paste(client, cast, SMALL)

    answer = client.post(at("plan-adjust", cast), data, follow=True)

    assert "這一處沒有改動" in answer.content.decode()
    assert PlanDraft.objects.get().adjustments == []


def test_nothing_given_is_said_at_the_field(cast: Cast, signed_in: SignIn) -> None:
    answer = paste(signed_in(cast.office), cast, "  \n ")

    assert answer.status_code == 422
    assert "貼入方案的文字，或選一個文件" in answer.content.decode()
    assert not PlanDraft.objects.exists()


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", b"0" * (160 * 1024 * 1024))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("方案.txt", b"", "空"),
        ("方案.txt", bytes(range(256)) * 40, "。"),
        ("方案.docx", b"PK\x03\x04 not really", "。"),
        ("方案.pdf", b"%PDF-1.7 ...", "PDF"),
        ("方案.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "。"),
        ("表.xlsx", b"PK\x03\x04 broken", "。"),
    ],
    ids=["empty", "binary", "broken-docx", "pdf", "old-word", "broken-xlsx"],
)
def test_an_unreadable_file_is_said_at_the_field_and_the_text_kept(
    cast: Cast, signed_in: SignIn, name: str, data: bytes, words: str
) -> None:
    answer = upload(signed_in(cast.office), cast, name, data, text="一、我貼的原文")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_file_error"' in page
    assert words in page.split('id="id_file_error"')[1][:400]
    assert "一、我貼的原文" in page
    assert not PlanDraft.objects.exists()


def test_a_zip_bomb_in_docx_clothing_is_turned_away(cast: Cast, signed_in: SignIn) -> None:
    answer = upload(signed_in(cast.office), cast, "方案.docx", bomb())

    assert answer.status_code == 422
    assert 'id="id_file_error"' in answer.content.decode()
    assert not PlanDraft.objects.exists()


def test_a_file_too_large_is_turned_away_before_it_is_read(
    cast: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.plan_forms.MAX_BYTES", 1024)

    answer = upload(signed_in(cast.office), cast, "方案.txt", b"x" * 1025)

    assert answer.status_code == 422
    assert "請只上傳方案正文" in answer.content.decode()


def test_odd_line_breaks_keep_the_line_numbers_right(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    paste(client, cast, SMALL.replace("一、工作目標", "一、工作目標\x0c"))

    preview = client.get(at("plan-preview", cast)).context["preview"]

    row = next(row for row in preview.rows if "大火災" in row.body)
    assert "大火災" in preview.lines[row.line - 1].text


def test_a_pasted_text_too_long_is_turned_away(cast: Cast, signed_in: SignIn) -> None:
    answer = paste(signed_in(cast.office), cast, "文" * 200_001)

    assert answer.status_code == 422
    assert "200001 字" in answer.content.decode()


def test_a_word_file_becomes_the_same_draft(cast: Cast, signed_in: SignIn) -> None:
    document, packed = docx.Document(), io.BytesIO()
    for line in SMALL.splitlines():
        document.add_paragraph(line)
    document.save(packed)

    upload(signed_in(cast.office), cast, "方案.docx", packed.getvalue())

    assert PlanDraft.objects.get().source_text.split() == SMALL.split()


def test_text_in_the_old_encoding_is_recognised(cast: Cast, signed_in: SignIn) -> None:
    upload(signed_in(cast.office), cast, "方案.txt", SMALL.encode("gb18030"))

    assert PlanDraft.objects.get().source_text.split() == SMALL.split()


def test_the_same_document_again_is_said_to_change_nothing(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    paste(client, cast, SMALL)
    client.post(at("plan-save", cast), {"based_on": "0"})

    again = client.post(at("plan-import", cast), {"text": SMALL + "\n"}, follow=True)

    assert "一字不差，方案沒有改動" in again.content.decode()
    assert not PlanDraft.objects.exists()


def test_a_revision_shows_its_differences_before_it_is_saved(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    paste(client, cast, SMALL)
    client.post(at("plan-save", cast), {"based_on": "0"})
    paste(client, cast, SMALL.replace("全縣無重大火災事故", "全縣無重大火災、交通事故"))

    page = client.get(at("plan-differences", cast)).content.decode()
    assert "<ins>、交通</ins>" in page
    assert 'name="pair" value="G2.1&gt;G2.1" checked' in page

    client.post(at("plan-save", cast), {"based_on": "1", "has_pairs": "1", "pair": "G2.1>G2.1"})
    assert Clause.objects.get(version__number=2, code="G2.1").text == "全縣無重大火災、交通事故"


def test_a_colleague_who_was_quicker_is_named(cast: Cast, signed_in: SignIn, now: datetime) -> None:
    mine, theirs = signed_in(cast.office), signed_in(cast.officer)
    paste(mine, cast, REAL)
    paste(theirs, cast, SMALL)
    theirs.post(at("plan-save", cast), {"based_on": "0"})

    answer = mine.post(at("plan-save", cast), {"based_on": "0"}, follow=True)

    assert "幹事丁 剛保存了方案第 1 版" in answer.content.decode()
    assert PlanVersion.objects.count() == 1
    assert PlanDraft.objects.filter(user=cast.office).exists()


def test_giving_up_leaves_the_plan_alone(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    paste(client, cast, SMALL)

    client.post(at("plan-discard", cast))

    assert not PlanDraft.objects.exists()
    assert client.get(at("plan-preview", cast)).url == at("plan-import", cast)


def test_nobody_reads_another_ones_draft(cast: Cast, signed_in: SignIn) -> None:
    paste(signed_in(cast.office), cast, SMALL)

    answer = signed_in(cast.officer).get(at("plan-preview", cast))

    assert answer.url == at("plan-import", cast)


PAGES = ["plan-import", "plan-preview", "plan-differences", "plan-table"]
STEPS = ["plan-adjust", "plan-undo", "plan-save", "plan-discard", "plan-table-save"]


@pytest.mark.parametrize("who", ["leader", "head", "clerk", "neighbour", "admin"])
def test_the_import_is_for_the_office_alone(cast: Cast, signed_in: SignIn, who: str) -> None:
    client = signed_in(getattr(cast, who))

    looked = [client.get(at(name, cast)).status_code for name in PAGES]
    did = [client.post(at(name, cast)).status_code for name in STEPS]

    assert looked == [403] * len(PAGES)
    assert did == [403] * len(STEPS)


def test_a_stranger_is_sent_to_sign_in(cast: Cast, client: Client) -> None:
    answers = [client.get(at(name, cast)) for name in [*PAGES, "plan"]]

    assert all("sign-in" in answer.url for answer in answers)


def test_steps_are_not_taken_by_following_a_link(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)

    assert [client.get(at(name, cast)).status_code for name in STEPS] == [405] * len(STEPS)


@pytest.mark.parametrize("page", ["plan-preview", "plan-differences"])
def test_the_number_of_queries_does_not_grow_with_the_document(
    cast: Cast, signed_in: SignIn, page: str
) -> None:
    client = signed_in(cast.office)
    paste(client, cast, SMALL)
    client.post(at("plan-save", cast), {"based_on": "0"})
    counts = []

    for text in [SMALL + "4、新的一條。", REAL]:
        paste(client, cast, text)
        with CaptureQueriesContext(connection) as queries:
            client.get(at(page, cast))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 20
