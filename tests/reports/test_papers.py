"""公文一覽、任務分解表和催辦單：誰看得見什麼，紙上的與屏幕上的相同，繁簡兩體。"""

from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document
from pypdf import PdfReader

from people.models import User
from reports.papers.words import close_up, converter
from tasks.breakdown_query import visible
from tasks.models import Chase, Measure
from tests.cast import Cast
from tests.factories import MeasureFactory, SubmissionFactory, UserFactory
from tests.reports.stage import Stage, lay_out
from tests.supervision import stage as orders
from tests.tasks.test_chase_board import slot

SignIn = Callable[[User], Client]


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


def address(cast: Cast, view: str) -> str:
    return reverse(f"reports:{view}", args=[cast.campaign.code])


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def rows_of(data: bytes, table: int = 0) -> list[list[str]]:
    rows = Document(BytesIO(data)).tables[table].rows
    return [[cell.text for cell in row.cells] for row in rows]


def words_of(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


def shown(answer) -> dict[str, list]:
    groups = answer.context["groups"]
    return {each.kind.key: each for _key, _label, kinds in groups for each in kinds}


# ── 任務分解表 ────────────────────────────────────────


def test_the_table_lists_what_the_screen_lists(stage: Stage, signed_in: SignIn) -> None:
    cast = stage.cast
    common = {"campaign": cast.campaign, "main_task": stage.task}
    MeasureFactory(**common, code="3-98", title="已經撤銷的", state="cancelled")
    MeasureFactory(**common, code="3-99", title="還在草擬的")

    office = rows_of(body(signed_in(cast.office).get(address(cast, "breakdown-paper"))))
    clerk = rows_of(body(signed_in(cast.clerk).get(address(cast, "breakdown-paper"))))

    seen = visible(cast.standing(cast.clerk), cast.campaign).exclude(state="cancelled")
    assert office[0] == ["序號", "主要任務", "具體措施", "牽頭單位", "配合單位", "完成時限"]
    assert {row[2] for row in clerk[1:]} == {f"{row.code} {row.title}" for row in seen}
    assert len(office) == len(clerk) + 1
    assert office[1][1].startswith("（三）改進行業管理")
    assert {row[1] for row in office[2:]} == {"（三）"}
    assert not [row for row in office if "已經撤銷的" in row[2]]


def test_one_unit_gets_what_it_leads_or_supports(stage: Stage, signed_in: SignIn) -> None:
    cast = stage.cast
    other = MeasureFactory(
        campaign=cast.campaign,
        main_task=stage.task,
        issued=True,
        lead_department=cast.funeral_home,
        title="只有殯儀館的",
    )
    url = address(cast, "breakdown-paper")
    client = signed_in(cast.clerk)

    mine = body(client.get(url, {"unit": cast.registry.pk}))
    filtered = rows_of(body(client.get(url, {"lead": cast.funeral_home.pk})))

    wanted = Measure.objects.filter(campaign=cast.campaign).concerning({cast.registry.pk})
    assert {row[2] for row in rows_of(mine)[1:]} == {f"{row.code} {row.title}" for row in wanted}
    assert "婚姻登記處承擔的" in Document(BytesIO(mine)).paragraphs[0].text
    led = Measure.objects.filter(lead_department=cast.funeral_home)
    assert other in led
    assert {row[2] for row in filtered[1:]} == {f"{row.code} {row.title}" for row in led}


@pytest.mark.parametrize(
    ("script", "wanted", "unwanted"),
    [("hant", "任務分解表", "任务"), ("hans", "任务分解表", "任務")],
)
def test_the_table_is_a_pdf_in_either_script(
    stage: Stage, signed_in: SignIn, script: str, wanted: str, unwanted: str
) -> None:
    url = address(stage.cast, "breakdown-paper")

    answer = signed_in(stage.cast.leader).get(url, {"format": "pdf", "script": script})
    words = words_of(body(answer))

    assert wanted in words
    assert unwanted not in words


def test_nothing_to_print_is_said(cast: Cast, signed_in: SignIn) -> None:
    answer = signed_in(cast.office).get(address(cast, "breakdown-paper"), follow=True)

    assert "沒有可排的" in answer.content.decode()


# ── 催辦單 ────────────────────────────────────────────


def test_the_chase_paper_says_what_the_screen_says(cast: Cast, signed_in: SignIn) -> None:
    slot(cast)
    client = signed_in(cast.office)
    paper = client.get(reverse("tasks:chase-paper", args=[cast.campaign.code])).context["papers"][0]

    data = body(client.get(address(cast, "chase-paper")))
    text = [each.text for each in Document(BytesIO(data)).paragraphs]
    simplified = words_of(
        body(client.get(address(cast, "chase-paper"), {"format": "pdf", "script": "hans"}))
    )

    row = paper.rows[0]
    assert text[0] == "催辦通知單"
    assert f"{paper.unit}：" in text
    assert paper.body in text
    assert rows_of(data)[1][1:] == [
        f"{row.code} {row.title}",
        *(row.role, row.period, row.wanted, row.due, row.overdue),
    ]
    assert "催办通知单" in simplified
    assert "催辦" not in simplified


def test_several_units_come_in_one_archive_and_each_alone(cast: Cast, signed_in: SignIn) -> None:
    slot(cast)
    slot(cast, department=cast.funeral_home)
    client = signed_in(cast.office)
    page = client.get(reverse("tasks:chase-paper", args=[cast.campaign.code]))
    ids = page.context["ids"]

    packed = client.post(address(cast, "chase-paper"), {"ids": ids, "as": "docx-hans"})
    alone = client.post(
        address(cast, "chase-paper"), {"ids": ids, "as": "docx-hant", "to": cast.registry.pk}
    )

    names = ZipFile(BytesIO(body(packed))).namelist()
    assert len(names) == 2
    assert all(name.startswith("催办通知单") for name in names)
    assert "婚姻登記處：" in [each.text for each in Document(BytesIO(body(alone))).paragraphs]


def test_only_the_office_writes_chase_papers(cast: Cast, signed_in: SignIn) -> None:
    slot(cast)

    for user in (cast.leader, cast.head, cast.neighbour):
        assert signed_in(user).get(address(cast, "chase-paper")).status_code == 403


# ── 公文一覽 ──────────────────────────────────────────


def test_each_reader_finds_only_what_he_may_see(cast: Cast, now, signed_in: SignIn) -> None:
    order = orders.order(cast, now)
    orders.order(cast, now, "draft")

    office = shown(signed_in(cast.office).get(address(cast, "paper-list")))
    head = shown(signed_in(cast.head).get(address(cast, "paper-list")))
    neighbour = shown(signed_in(cast.neighbour).get(address(cast, "paper-list")))

    assert office["order"].shelf.total == 2
    assert office["order"].create.url == reverse("supervision:order-create")
    assert {"report-situation", "letter", "inquiry", "candidate-form", "chase"} <= set(office)
    assert [row.number for row in head["order"].shelf.rows] == [order.full_number]
    assert head["order"].create is None
    assert not {"order", "chase", "inquiry", "report-situation"} & set(neighbour)


def test_the_list_shows_the_latest_three_and_says_how_many(
    cast: Cast, now, signed_in: SignIn
) -> None:
    client = signed_in(cast.office)
    client.get(address(cast, "paper-list"))
    with CaptureQueriesContext(connection) as few:
        client.get(address(cast, "paper-list"))
    for _each in range(4):
        orders.order(cast, now)
    paper = Chase(
        submission=SubmissionFactory(
            assignment__measure__campaign=cast.campaign, assignment__department=cast.registry
        ),
        batch="7c1b8a3e-0000-4000-8000-000000000001",
        channel=Chase.Channel.PAPER,
        at=now,
        by=cast.office,
    )
    paper.save()

    with CaptureQueriesContext(connection) as many:
        answer = client.get(address(cast, "paper-list"))
    page = answer.content.decode()

    assert [row.number for row in shown(answer)["order"].shelf.rows] == [
        f"平民創督〔2026〕{number}號" for number in (4, 3, 2)
    ]
    assert "全部 4 份" in page
    assert "婚姻登記處：1 項" in page
    assert len(many) == len(few) <= 12


def test_every_download_on_the_list_opens(stage: Stage, now, signed_in: SignIn) -> None:
    cast = stage.cast
    orders.order(cast, now)
    client = signed_in(cast.head)

    kinds = shown(client.get(address(cast, "paper-list"))).values()
    downloads = [row.download for each in kinds for row in each.shelf.rows if row.download]

    assert len(downloads) == 3  # 全部任務、本單位的任務、督辦通知單
    assert {client.get(url).status_code for url in downloads} == {200}


def test_the_menu_leads_here_for_those_who_make_or_receive_papers(
    cast: Cast, signed_in: SignIn
) -> None:
    link = f'href="{address(cast, "paper-list")}"'
    for user, expected in [(cast.office, True), (cast.head, True), (cast.clerk, False)]:
        page = signed_in(user).get(address(cast, "report-list")).content.decode()
        assert (link in page) is expected


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("2026 年度考核（第 1 版）", "2026年度考核（第1版）"),
        ("得 95.01 分，不低於 70 分", "得95.01分，不低於70分"),
        ("3-04 to 5", "3-04 to 5"),
    ],
)
def test_digits_and_characters_close_up_on_paper(typed: str, printed: str) -> None:
    assert close_up(typed) == printed


def test_simplified_keeps_names_of_persons_and_converts_posts_used_as_names(db: None) -> None:
    UserFactory(name="游美髮")
    UserFactory(name="副局長（分管社會事務）")

    assert (
        converter("hans")("副局長（分管社會事務）、游美髮簽") == "副局长（分管社会事务）、游美髮签"
    )
