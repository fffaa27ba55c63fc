"""公文一覽、任務分解表和催辦單：誰看得見什麼，紙上的與屏幕上的相同，繁簡兩體。"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import BytesIO
from uuid import uuid4
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
from tasks.models import ChangeRequest, Chase, Measure, Round, Submission
from tasks.services.chase_notes import record_chase
from tasks.services.issuing import set_due_date
from tests.cast import Cast
from tests.factories import MeasureFactory, SubmissionFactory, UserFactory
from tests.reports.stage import Stage, lay_out
from tests.supervision import stage as orders
from tests.tasks.test_chase_board import chased, slot

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


def test_titles_of_the_plan_are_printed_with_full_width_marks(
    cast: Cast, signed_in: SignIn
) -> None:
    Measure.objects.filter(pk=slot(cast).assignment.measure_id).update(
        title="根據實際,設立群眾投訴台"
    )
    client = signed_in(cast.office)

    for view in ("chase-paper", "breakdown-paper"):
        printed = str(rows_of(body(client.get(address(cast, view)))))
        assert "根據實際，設立群眾投訴台" in printed
        assert "根據實際,設立" not in printed


def test_only_the_office_writes_chase_papers(cast: Cast, signed_in: SignIn) -> None:
    slot(cast)

    for user in (cast.leader, cast.head, cast.neighbour):
        assert signed_in(user).get(address(cast, "chase-paper")).status_code == 403


# ── 記下了的催辦單 ────────────────────────────────────


def delivered(cast: Cast, at: datetime, *rows: Submission) -> str:
    """送達、記下一次；返回那一次的編號。"""
    batch = uuid4()
    record_chase(
        actor=cast.office,
        submission_ids=[row.pk for row in rows],
        channel=Chase.Channel.PAPER,
        words="",
        at=at,
        batch=batch,
    )
    return reverse("reports:chase-recorded", args=[batch])


def paper_text(data: bytes) -> list[str]:
    """正文各段和附表各行。"""
    word = Document(BytesIO(data))
    rows = ["|".join(cell.text for cell in row.cells) for row in word.tables[0].rows]
    return [each.text for each in word.paragraphs] + rows


def test_a_recorded_chase_paper_stays_as_it_was_delivered(
    cast: Cast, now: datetime, signed_in: SignIn, clock
) -> None:
    late = slot(cast, due_date=date(2026, 11, 18))
    unsigned = slot(cast, assignment_state="issued", due_date=date(2026, 11, 25))
    sent_back = slot(cast, due_date=date(2026, 11, 20))
    client = signed_in(cast.office)
    written = paper_text(body(client.get(address(cast, "chase-paper"), {"all": "1"})))
    place = delivered(cast, now, late, unsigned, sent_back)

    later = now + timedelta(days=8)
    clock.move_to(later)
    extended(late, date(2026, 12, 18), cast, now + timedelta(days=2))
    unsigned.assignment.acknowledge(by=cast.clerk, at=now + timedelta(hours=2))
    opened(sent_back, date(2026, 12, 9), now + timedelta(days=3))
    Submission.objects.filter(pk=unsigned.pk).update(state="submitted")

    assert paper_text(body(signed_in(cast.office).get(place))) == written
    assert "2026年11月23日" in written
    assert [row for row in written if "|簽收|" in row]


def extended(row: Submission, until: date, cast: Cast, at: datetime) -> None:
    """送達以後准予延期。"""
    ChangeRequest.objects.create(
        assignment=row.assignment,
        submission=row,
        kind="extension",
        state="approved",
        reason="公示欄未到貨",
        previous_date=row.due_date,
        proposed_date=until,
        granted_date=until,
        requested_by=cast.clerk,
        requested_at=at - timedelta(hours=1),
        decided_by=cast.office,
        decided_at=at,
    )
    set_due_date(row, until)


def opened(row: Submission, due: date, at: datetime) -> None:
    """送達以後退回，開了新的一輪。"""
    Submission.objects.filter(pk=row.pk).update(round_number=2, due_date=due)
    Round.objects.create(submission=row, number=2, opened_at=at, due_date=due)


def test_the_recorded_paper_bears_the_campaigns_signature_in_either_script(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    cast.campaign.signature = "文明行業創建領導小組"
    cast.campaign.save()
    place, client = delivered(cast, now, slot(cast)), signed_in(cast.head)

    source = words_of(body(client.get(place, {"format": "pdf", "script": "hant"})))
    simplified = words_of(body(client.get(place, {"format": "pdf", "script": "hans"})))

    assert "文明行業創建領導小組" in source
    assert "文明行业创建领导小组" in simplified
    assert "催办通知单" in simplified
    assert client.get(place, {"format": "odt"}).status_code == 404


def test_each_unit_gets_its_own_and_the_office_all_of_them(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    place = delivered(cast, now, slot(cast), slot(cast, department=cast.funeral_home))

    own = signed_in(cast.head).get(place)
    others = signed_in(cast.head).get(place, {"to": cast.funeral_home.pk})
    every = signed_in(cast.office).get(place, {"script": "hans"})

    assert "婚姻登記處：" in paper_text(body(own))
    assert others.status_code == 404
    assert len(ZipFile(BytesIO(body(every))).namelist()) == 2
    assert signed_in(cast.helper).get(place).status_code == 403


def test_the_page_and_the_list_lead_to_the_recorded_paper(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    place = delivered(cast, now, slot(cast), slot(cast, department=cast.funeral_home))
    page = place.removesuffix("paper/")
    listed = address(cast, "paper-list")

    for user, units in [
        (cast.head, [cast.registry]),
        (cast.leader, [cast.registry, cast.funeral_home]),
    ]:
        client = signed_in(user)
        rows = shown(client.get(listed))["chase"].shelf.rows
        assert [row.download for row in rows] == [f"{place}?to={unit.pk}" for unit in units]
        assert place in client.get(page).content.decode()
    assert "chase" not in shown(signed_in(cast.helper).get(listed))


def test_a_chase_by_notice_has_no_paper(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    chase = chased(slot(cast), cast.office, now)
    client = signed_in(cast.head)

    page = client.get(reverse("tasks:chase-received", args=[chase.batch])).content.decode()

    place = reverse("reports:chase-recorded", args=[chase.batch])
    assert client.get(place).status_code == 404
    assert place not in page


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
