"""督辦通知單：Word、PDF，繁簡兩體；編號、主送、事項、時限、反饋單、落款都在。"""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from docx import Document
from pypdf import PdfReader

from people.models import Department
from supervision.models import Terms
from supervision.notice import notice_of
from tests import factories as make
from tests.cast import Cast
from tests.supervision import stage
from tests.tasks.test_chase_board import slot

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def bureau(db: None) -> Department:
    return make.DepartmentFactory(name="平潭縣民政局", kind=Department.Kind.BUREAU)


def words_of(data: bytes) -> str:
    document = Document(BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def test_the_word_notice_says_all_it_must(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    order = stage.instruct(cast, now, text="請儘快補齊公示。")
    url = reverse("supervision:order-notice", args=[order.pk])

    answer = signed_in(cast.clerk).get(url, {"format": "docx"})
    words = words_of(b"".join(answer.streaming_content))

    for part in (
        "督辦通知單",
        "平民創督〔2026〕1號",
        "婚姻登記處：",
        "局長組長甲批示：「請儘快補齊公示。」",
        order.title,
        "2026年11月30日前反饋辦理情況（5個工作日）",
        "督辦事項反饋單",
        "簽字（蓋章）",
        "平潭縣民政局創建工作領導小組辦公室",
        "2026年11月23日",
    ):
        assert part in words


@pytest.mark.parametrize(
    ("script", "wanted", "unwanted"),
    [("hant", "督辦通知單", "督办"), ("hans", "督办通知单", "督辦")],
)
def test_the_pdf_is_in_the_script_asked_for(
    cast: Cast, now: datetime, signed_in: SignIn, script: str, wanted: str, unwanted: str
) -> None:
    order = stage.order(cast, now)
    url = reverse("supervision:order-notice", args=[order.pk])

    answer = signed_in(cast.office).get(url, {"format": "pdf", "script": script})
    reader = PdfReader(BytesIO(b"".join(answer.streaming_content)))
    words = "".join(page.extract_text() for page in reader.pages)

    assert len(reader.pages) == 2
    assert wanted in words
    assert unwanted not in words


def test_names_of_people_stay_as_they_are_in_simplified(cast: Cast, now: datetime) -> None:
    cast.leader.name = "游美髮"
    cast.leader.save(update_fields=["name"])
    order = stage.instruct(cast, now)

    words = "".join(notice_of(stage.fresh(order), script="hans").texts())

    assert "局长游美髮批示" in words


def test_the_signature_and_mark_are_the_campaigns_own(cast: Cast, now: datetime) -> None:
    Terms.objects.create(campaign=cast.campaign, mark="嵐民督")
    cast.campaign.signature = "縣創建辦"
    cast.campaign.save(update_fields=["signature"])

    document = notice_of(stage.order(cast, now))

    assert (document.place_line, document.signature) == ("嵐民督〔2026〕1號", "縣創建辦")
    assert document.date == date(2026, 11, 23)


def test_both_papers_are_signed_as_the_campaign_says(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    slot(cast)
    office = signed_in(cast.office)
    paper_url = reverse("tasks:chase-paper", args=[cast.campaign.code])
    edit = reverse("campaigns:campaign-edit", args=[cast.campaign.code])
    typed = office.get(edit).context["form"].initial | {"signature": "平潭縣創建辦"}

    answer = office.post(edit, {key: value for key, value in typed.items() if value is not None})
    paper = office.get(paper_url).context["papers"][0]
    cast.campaign.refresh_from_db()

    assert answer.status_code == 302
    assert paper.issuer == "平潭縣創建辦"
    assert notice_of(stage.order(cast, now)).signature == "平潭縣創建辦"


def test_an_extended_and_urgent_order_says_so(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, urgency="urgent")
    order.due_date = date(2026, 12, 4)

    words = "".join(notice_of(order).texts())

    assert "（加急）" in words
    assert "原定2026年11月30日，現定於2026年12月4日前" in words


def test_there_is_no_notice_before_the_order_is_issued(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now, "draft")
    url = reverse("supervision:order-notice", args=[order.pk])
    office = signed_in(cast.office)

    assert office.get(url).status_code == 404
    issued = stage.order(cast, now)
    odd = reverse("supervision:order-notice", args=[issued.pk])
    assert office.get(odd, {"format": "exe"}).status_code == 404
