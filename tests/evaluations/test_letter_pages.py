"""目標責任書的頁：辦公室看全局，單位看自己的，輪到誰誰有簽訂的鈕；屏幕和紙面同一份內容。"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document
from pypdf import PdfReader

from evaluations.models import TargetLetter
from evaluations.services import letter_signing as signing
from people.models import Appointment, User
from tasks.models import Assignment
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import letter_stage as stage

SignIn = Callable[[User], Client]
#: 台賬的頁；開過補充書的一份（連同比對）。
MOST_QUERIES = (12, 13)


def listed(client: Client, cast: Cast) -> HttpResponse:
    return client.get(reverse("evaluations:letter-list", args=[cast.campaign.code]))


def opened(client: Client, letter: TargetLetter) -> str:
    return client.get(letter.get_absolute_url()).content.decode()


def pressed(client: Client, name: str, letter: TargetLetter, **data: str) -> HttpResponse:
    return client.post(reverse(f"evaluations:letter-{name}", args=[letter.pk]), data)


def words_of(data: bytes) -> str:
    document = Document(BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def paper(client: Client, letter: TargetLetter, **query: str) -> bytes:
    answer = client.get(reverse("evaluations:letter-paper", args=[letter.pk]), query)
    return b"".join(answer.streaming_content)


# ── 台賬 ──────────────────────────────────────────────


def test_the_office_drafts_and_sends_them_all(cast: Cast, signed_in: SignIn) -> None:
    stage.duty(cast)
    stage.duty(cast, cast.funeral_home)
    office, code = signed_in(cast.office), cast.campaign.code

    assert "擬訂 2 份" in listed(office, cast).content.decode()
    office.post(reverse("evaluations:letter-draft-all", args=[code]), {"year": "2026"})
    assert "送簽 2 份" in listed(office, cast).content.decode()
    office.post(reverse("evaluations:letter-send-all", args=[code]) + "?year=2026")

    page = listed(office, cast).content.decode()
    assert "等婚姻登記處簽訂（處長戊）" in page
    assert "目標責任書〔2026〕2號" in page


def test_the_list_says_whom_we_wait_for_and_since_when(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    stage.letter(cast, now - timedelta(days=4), "head_signed")

    page = listed(signed_in(cast.office), cast).content.decode()

    assert "等組長簽訂（組長甲）" in page
    assert "已 2 個工作日" in page


def test_the_list_marks_what_changed_after_signing(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    stage.letter(cast, now, "in_force")
    Assignment.objects.update(due_date=date(2026, 12, 25))

    assert "簽後變了 1 處" in listed(signed_in(cast.office), cast).content.decode()
    assert "簽後變了" not in listed(signed_in(cast.head), cast).content.decode()


def test_a_unit_sees_its_own_and_only_after_it_was_sent(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    letter = stage.letter(cast, now, "draft")
    assert signed_in(cast.head).get(letter.get_absolute_url()).status_code == 404

    stage.letter(cast, now)

    assert [line.department for line in listed(signed_in(cast.clerk), cast).context["lines"]] == [
        cast.registry
    ]
    assert listed(signed_in(cast.neighbour), cast).context["lines"] == []
    assert signed_in(cast.neighbour).get(letter.get_absolute_url()).status_code == 404


def test_the_pages_ask_the_same_number_of_queries_however_many(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    letter = stage.supplement(cast, now, "in_force").parent
    office = signed_in(cast.office)

    def count(url: str) -> int:
        office.get(url)
        with CaptureQueriesContext(connection) as found:
            office.get(url)
        return len(found)

    urls = [
        reverse("evaluations:letter-list", args=[cast.campaign.code]),
        letter.get_absolute_url(),
    ]
    before = [count(url) for url in urls]
    for number in range(4):
        unit = make.DepartmentFactory()
        make.AppointmentFactory(department=unit, role="head")
        stage.duty(cast, unit)
        stage.duty(cast, code=f"5-{number}")

    assert [count(url) for url in urls] == before
    assert all(found <= most for found, most in zip(before, MOST_QUERIES, strict=True))


# ── 簽訂 ──────────────────────────────────────────────


def test_head_and_chair_read_and_sign(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    letter = stage.letter(cast, now)
    head, leader = signed_in(cast.head), signed_in(cast.leader)

    page = opened(head, letter)
    assert "等您簽訂" in page
    assert "公開辦事程序" in page
    assert "等您簽訂" not in opened(leader, letter)
    pressed(head, "sign", letter, seen=letter.text.sha256)
    assert "等您簽訂" in opened(leader, letter)
    assert pressed(leader, "sign", letter, seen=letter.text.sha256).status_code == 302

    page = opened(signed_in(cast.clerk), letter)
    assert "平台簽訂：婚姻登記處負責人 處長戊" in page
    assert "已簽訂" in page


def test_signing_what_was_changed_meanwhile_shows_the_new_one(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    letter = stage.letter(cast, now)

    answer = pressed(signed_in(cast.head), "sign", letter, seen="別的稿")

    assert answer.status_code == 409
    assert "換過一稿" in answer.content.decode()


def test_the_objection_is_written_on_the_page_of_the_office(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    letter = stage.letter(cast, now)
    head, office = signed_in(cast.head), signed_in(cast.office)

    assert "寫明理由" in pressed(head, "return", letter, reason="").content.decode()
    pressed(head, "return", letter, reason="3-04 應由局辦公室牽頭。")

    assert "3-04 應由局辦公室牽頭。" in opened(office, letter)
    assert "創建辦修改" in opened(head, letter)
    assert "還沒有修改" in opened(office, letter)
    Assignment.objects.update(due_date=date(2026, 12, 25))
    redrawn = opened(office, letter)
    assert "修改任務、時限" in redrawn
    assert "完成時限：2026年12月25日" in redrawn
    assert "與退回的那一稿相比" not in opened(head, letter)
    pressed(office, "terms", letter, terms="由局辦公室協助。")
    pressed(office, "send", letter)
    assert "由局辦公室協助。" in opened(head, letter)


def test_the_successor_is_named_and_may_note_it(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    letter = stage.letter(cast, now, "in_force")
    Appointment.objects.filter(user=cast.head).update(end_date=date(2026, 11, 20))
    make.AppointmentFactory(
        user=cast.clerk, department=cast.registry, role="head", start_date=date(2026, 11, 21)
    )

    page = opened(signed_in(cast.office), letter)
    assert "由現任婚姻登記處負責人 登記員己承接" in page
    assert "2026年11月21日" in page
    pressed(signed_in(cast.clerk), "acknowledge", letter)

    assert "已知悉" in opened(signed_in(cast.office), letter)


def test_the_office_sees_what_differs_and_drafts_a_supplement(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    letter = stage.letter(cast, now, "in_force")
    Assignment.objects.update(due_date=date(2026, 12, 25))
    office = signed_in(cast.office)

    page = opened(office, letter)
    assert "完成時限：2026年12月10日" in page
    assert "完成時限：2026年12月25日" in page
    assert "簽訂之後有變化" not in opened(signed_in(cast.head), letter)
    answer = pressed(office, "supplement", letter)

    supplement = TargetLetter.objects.get(parent=letter)
    assert answer.url == supplement.get_absolute_url()
    assert "其餘仍按目標責任書〔2026〕1號履行。" in opened(office, supplement)


def test_a_tampered_text_says_so_and_cannot_be_signed(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    letter = stage.letter(cast, now)
    letter.text.content["terms"] = "偷偷加的"
    letter.text.save()

    page = opened(signed_in(cast.head), letter)

    assert "校驗值不符" in page
    assert "等您簽訂" not in page


# ── 工作台 ────────────────────────────────────────────


@pytest.mark.parametrize(
    ("upto", "who", "verb"), [("issued", "head", "簽訂"), ("head_signed", "leader", "簽訂")]
)
def test_the_desk_lists_it_for_whose_turn_it_is(
    cast: Cast, now: datetime, signed_in: SignIn, upto: str, who: str, verb: str
) -> None:
    letter = stage.letter(cast, now - timedelta(days=4), upto)

    found = {
        name: [
            todo.verb
            for todo in signed_in(getattr(cast, name)).get("/desk/").context["todos"]
            if todo.url == letter.get_absolute_url()
        ]
        for name in ("head", "leader", "deputy", "office", "clerk", "neighbour")
    }

    assert {name for name, verbs in found.items() if verbs} == {who}
    assert found[who] == [verb]
    assert "已等 2 個工作日" in signed_in(getattr(cast, who)).get("/desk/").content.decode()


def test_a_returned_one_is_counted_on_the_menu_of_the_office(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    letter = stage.letter(cast, now)
    signing.return_letter(actor=cast.head, letter_id=letter.pk, reason="時限太緊", at=now)

    menu = dict(signed_in(cast.office).get("/desk/").context["shell"].sections)["考核"]

    assert {item.label: item.count for item in menu}["目標責任書"] == 1


# ── 紙面 ──────────────────────────────────────────────


def test_the_word_paper_says_all_it_must(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    make.DepartmentFactory(name="平潭縣民政局", kind="bureau")
    cast.campaign.basis = "縣委文明委有關精神"
    cast.campaign.save()
    stage.scheme(cast, now, cast.registry)
    letter = stage.letter(cast, now, "in_force")

    words = words_of(paper(signed_in(cast.head), letter, format="docx"))

    for part in (
        "2026年度創建工作目標責任書",
        "目標責任書〔2026〕1號",
        "甲方：平潭縣民政局創建工作領導小組",
        "乙方：婚姻登記處",
        "根據縣委文明委有關精神",
        "責任期限為2026年3月2日至12月31日",
        "乙方承擔任務1項，其中牽頭1項",
        "公開辦事程序",
        "副局長 副組長乙",
        "2026年12月10日",
        "群眾滿意率高",
        "90分以上",
        "60分以上，不足90分",
        "基本分總分100分",
        "組長（簽字）",
        "平台簽訂：局長 組長甲",
        letter.text.sha256[:16],
    ):
        assert part in words


def test_the_annexes_are_listed_before_the_signatures(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    """附件說明不落在簽字之後另起一頁。"""
    letter = stage.letter(cast, now, "in_force")

    body = Document(BytesIO(paper(signed_in(cast.head), letter, format="docx"))).element.body

    texts = ["".join(block.itertext()) for block in body]
    listed = next(place for place, text in enumerate(texts) if "附件：" in text)
    signed = next(place for place, text in enumerate(texts) if "甲方（蓋章）" in text)
    annex = next(place for place, text in enumerate(texts) if "具體措施" in text)
    assert listed < signed < annex


@pytest.mark.parametrize(
    ("script", "wanted", "unwanted"),
    [("hant", "目標責任書", "责任书"), ("hans", "目标责任书", "責任書")],
)
def test_the_pdf_is_in_the_script_asked_for(
    cast: Cast, now: datetime, signed_in: SignIn, script: str, wanted: str, unwanted: str
) -> None:
    letter = stage.letter(cast, now)

    data = paper(signed_in(cast.office), letter, format="pdf", script=script)

    words = "".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)
    assert wanted in words
    assert unwanted not in words


def test_names_of_people_stay_as_they_are_in_simplified(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    cast.leader.name = "游美髮"
    cast.leader.save(update_fields=["name"])
    letter = stage.letter(cast, now, "in_force")

    words = words_of(paper(signed_in(cast.head), letter, format="docx", script="hans"))

    assert "局长 游美髮" in words


def test_a_supplement_prints_only_the_changes(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    supplement = stage.supplement(cast, now)

    words = words_of(paper(signed_in(cast.head), supplement, format="docx"))

    assert "目標責任書補充書" in words
    assert "甲乙雙方2026年11月23日簽訂的目標責任書〔2026〕1號" in words
    assert "完成時限：2026年12月25日" in words
    assert "一、目標任務" not in words


def test_all_of_them_come_in_one_zip(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    stage.supplement(cast, now)
    url = reverse("evaluations:letter-print-all", args=[cast.campaign.code])

    answer = signed_in(cast.office).get(url)
    names = ZipFile(BytesIO(b"".join(answer.streaming_content))).namelist()

    assert names == [
        "目標責任書〔2026〕1號 婚姻登記處.docx",
        "目標責任書〔2026〕2號 婚姻登記處.docx",
    ]
    assert signed_in(cast.neighbour).get(url).status_code == 404
