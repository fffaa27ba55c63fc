"""彙報的頁：誰看得見什麼，編製、簽發、下載走得通，查詢次數不隨數據增長。"""

import json
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from people.models import User
from reports import services
from reports.models import Paragraph, Report, Section
from reports.rendering import MissingGlyphs
from reports.services import files
from reports.views import output
from tests.cast import Cast
from tests.factories import MeasureFactory, UserFactory
from tests.reports.stage import (
    SENTENCE,
    Stage,
    accepted,
    docx_chapters,
    draft,
    lay_out,
    paragraph,
    told,
)
from tests.reports.stage import issue as run_through

SignIn = Callable[[User], Client]
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


@pytest.fixture
def report(stage: Stage, now: datetime) -> Report:
    return draft(stage.cast, now)


@pytest.fixture
def issued(stage: Stage, report: Report, now: datetime) -> Report:
    return run_through(stage.cast, report, now)


def url(report: Report, view: str = "report-detail", *more: object) -> str:
    return reverse(f"reports:{view}", args=[report.campaign.code, report.pk, *more])


def list_url(cast: Cast) -> str:
    return reverse("reports:report-list", args=[cast.campaign.code])


READING = ["report-detail", "report-preview", "report-download"]
WRITING = ["report-settings", "report-submit", "report-discard", "report-correct"]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("office", 200),
        ("officer", 200),
        ("leader", 200),
        ("deputy", 200),
        ("head", 404),
        ("clerk", 404),
        ("neighbour", 404),
        ("admin", 404),
    ],
)
def test_who_reads_a_draft(
    stage: Stage, report: Report, signed_in: SignIn, who: str, status: int
) -> None:
    browser = signed_in(getattr(stage.cast, who))

    found = {view: browser.get(url(report, view)).status_code for view in READING}

    assert set(found.values()) == {status}


@pytest.mark.parametrize("who", ["office", "leader", "deputy", "head", "clerk", "admin"])
def test_everyone_in_the_bureau_reads_what_is_issued(
    stage: Stage, issued: Report, signed_in: SignIn, who: str
) -> None:
    browser = signed_in(getattr(stage.cast, who))

    found = {view: browser.get(url(issued, view)).status_code for view in READING}

    assert set(found.values()) == {200}
    assert SENTENCE in browser.get(url(issued)).content.decode()


def test_an_account_without_post_or_seat_reads_nothing(issued: Report, signed_in: SignIn) -> None:
    browser = signed_in(UserFactory())

    assert browser.get(url(issued)).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("leader", 403), ("clerk", 404)])
def test_only_the_office_opens_the_writing_pages(
    stage: Stage, report: Report, signed_in: SignIn, who: str, status: int
) -> None:
    browser = signed_in(getattr(stage.cast, who))
    row = told(report, stage.opened)
    places = [url(report, view) for view in WRITING]
    places += [url(report, "paragraph", row.pk), url(report, "paragraph-add", row.section_id)]

    assert {browser.get(place).status_code for place in places} == {status}
    assert browser.post(url(report, "report-recompile")).status_code == status
    act = url(report, "paragraph-act", row.pk, "leave-out")
    assert browser.post(act).status_code == status


def test_a_stranger_is_sent_to_sign_in(report: Report, clock: object) -> None:
    answer = Client().get(url(report))

    assert answer.status_code == 302
    assert "sign-in" in answer.headers["Location"]


def test_another_campaigns_report_is_not_found_under_this_ones_address(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    browser = signed_in(stage.cast.office)

    answer = browser.get(reverse("reports:report-detail", args=["another", report.pk]))

    assert answer.status_code == 404


def test_the_empty_list_tells_what_to_do(cast: Cast, signed_in: SignIn) -> None:
    office = signed_in(cast.office).get(list_url(cast)).content.decode()
    clerk = signed_in(cast.clerk).get(list_url(cast)).content.decode()

    assert "編製第一份" in office
    assert "還沒有印發的彙報" in clerk
    assert "編製第一份" not in clerk


def test_the_list_shows_drafts_to_those_who_may_see_them(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    title = "平潭縣民政局文明行業創建情況彙報"

    assert title in signed_in(stage.cast.leader).get(list_url(stage.cast)).content.decode()
    assert title not in signed_in(stage.cast.clerk).get(list_url(stage.cast)).content.decode()


def test_creating_one_from_the_proposed_title_and_quarter(stage: Stage, signed_in: SignIn) -> None:
    browser = signed_in(stage.cast.office)
    place = reverse("reports:report-create", args=[stage.cast.campaign.code])
    form = browser.get(place).context["form"]

    answer = browser.post(
        place, {name: form.initial[name] for name in form.fields if form.initial[name]}
    )

    made = Report.objects.get()
    assert answer.headers["Location"] == url(made)
    assert (made.title, made.signature) == ("平潭縣民政局文明行業創建情況彙報", "平潭縣民政局")
    assert (str(made.period_start), str(made.period_end)) == ("2026-10-01", "2026-12-31")


def test_a_backward_period_is_said_beside_its_field(stage: Stage, signed_in: SignIn) -> None:
    place = reverse("reports:report-create", args=[stage.cast.campaign.code])
    typed = {"title": "彙報", "period_start": "2026-12-31", "period_end": "2026-10-01"}

    answer = signed_in(stage.cast.office).post(place, typed | {"script": "hant"})

    assert answer.context["form"].errors["period_end"] == ["期末早於期初，請改正其中一個。"]
    assert not Report.objects.exists()


def test_editing_a_paragraph_without_javascript(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    browser, row = signed_in(stage.cast.office), told(report, stage.opened)
    opened = browser.get(url(report, "paragraph", row.pk), follow=True)

    answer = browser.post(
        url(report, "paragraph", row.pk), {"text": "第一行\r\n第二行", "version": 0}
    )

    row.refresh_from_db()
    assert opened.context["chosen"].paragraph == row
    assert answer.headers["Location"] == f"{url(report)}#p{row.pk}"
    assert row.text == "第一行\n第二行"


def test_opening_a_paragraph_in_place_brings_its_sources(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    row = told(report, stage.opened)
    browser = signed_in(stage.cast.office)

    answer = browser.get(url(report, "paragraph", row.pk), headers={"HX-Request": "true"})

    page = answer.content.decode()
    assert "<html" not in page
    assert f'id="p{row.pk}"' in page
    assert reverse("tasks:submission", args=[stage.opened.pk]) in page
    focus = json.loads(answer.headers["HX-Trigger-After-Settle"])
    assert focus == {"focus-on": {"on": f"#p{row.pk} textarea"}}


def test_autosaving_answers_with_the_new_version(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    row = told(report, stage.opened)
    place = url(report, "paragraph", row.pk)
    fetch = {"X-Requested-With": "fetch"}
    browser = signed_in(stage.cast.office)

    saved = browser.post(place, {"text": "改到一半", "version": 0}, headers=fetch)
    stale = browser.post(place, {"text": "另一個窗口", "version": 0}, headers=fetch)
    empty = browser.post(place, {"text": "", "version": 1}, headers=fetch)

    assert json.loads(saved.content) == {"saved_at": "09:00", "version": 1}
    assert (stale.status_code, empty.status_code) == (409, 422)


def test_a_conflict_shows_both_texts_and_a_second_save_decides(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    row = told(report, stage.opened)
    place = url(report, "paragraph", row.pk)
    signed_in(stage.cast.officer).post(place, {"text": "幹事的話。", "version": 0})
    browser = signed_in(stage.cast.office)

    answer = browser.post(place, {"text": "主任的話。", "version": 0})

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "幹事的話。" in page
    assert "主任的話。" in page
    assert "幹事丁 在 09:00 改過這一段" in page
    version = answer.context["form"]["version"].value()
    browser.post(place, {"text": "主任的話。", "version": version})
    row.refresh_from_db()
    assert row.text == "主任的話。"


def test_an_emptied_paragraph_is_refused_on_the_page(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    row = told(report, stage.opened)

    answer = signed_in(stage.cast.office).post(
        url(report, "paragraph", row.pk), {"text": "", "version": 0}
    )

    assert answer.status_code == 422
    assert "不要這一段的話" in answer.content.decode()


@pytest.mark.parametrize("act", ["leave-out", "restore", "up", "down", "revert", "update-figures"])
def test_the_small_actions_lead_back_to_the_paragraph(
    stage: Stage, report: Report, signed_in: SignIn, act: str
) -> None:
    row = told(report, stage.opened)

    answer = signed_in(stage.cast.office).post(url(report, "paragraph-act", row.pk, act))

    assert answer.headers["Location"] == f"{url(report)}#p{row.pk}"


def test_an_unknown_action_and_a_paragraph_of_another_report_are_not_found(
    stage: Stage, report: Report, signed_in: SignIn, now: datetime
) -> None:
    browser, other = signed_in(stage.cast.office), draft(stage.cast, now)
    row = told(report, stage.opened)

    assert browser.post(url(report, "paragraph-act", row.pk, "burn")).status_code == 404
    assert browser.post(url(other, "paragraph-act", row.pk, "up")).status_code == 404


def test_adding_a_paragraph(stage: Stage, report: Report, signed_in: SignIn) -> None:
    section = Section.objects.get(report=report, key="organisation")
    place = url(report, "paragraph-add", section.pk)
    browser = signed_in(stage.cast.office)

    browser.post(place, {"text": "召開會議兩次。"})

    assert Paragraph.objects.get(is_own=True).text == "召開會議兩次。"
    assert "辦公室所加" in browser.get(url(report)).content.decode()


def test_an_empty_chapter_of_a_bulletin_can_be_written_by_the_office(
    stage: Stage, signed_in: SignIn, now: datetime
) -> None:
    report = draft(stage.cast, now, kind="bulletin")
    browser = signed_in(stage.cast.office)
    leaf = report.sections.get(heading="經驗交流", paragraphs=None)

    page = browser.get(url(report)).content.decode()
    browser.post(url(report, "paragraph-add", leaf.pk), {"text": "窗口的做法。"})

    assert url(report, "paragraph-add", leaf.pk) in page
    assert "、經驗交流" in browser.get(url(report)).content.decode()


def test_new_acceptances_are_announced_and_recompiled(
    stage: Stage, report: Report, signed_in: SignIn, clock: object, now: datetime
) -> None:
    browser = signed_in(stage.cast.office)
    measure = stage.opened.assignment.measure
    late = now.replace(minute=30)
    accepted(
        stage.cast, measure, stage.cast.registry, "新通過的一件。",
        label="2026-10", name="2026年10月", decided_at=late,
    )  # fmt: skip
    clock.move_to(now.replace(hour=10))
    before = browser.get(url(report)).content.decode()

    browser.post(url(report, "report-recompile"))

    assert "又審核通過了 1 件" in before
    after = browser.get(url(report)).content.decode()
    assert "新通過的一件。" in after
    assert "又審核通過了" not in after


def test_issuing_from_the_page_and_reading_it_frozen(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    steps = (
        ("officer", "report-submit", "已送審"),
        ("office", "report-review", "文字已鎖定"),
        ("leader", "report-issue", "已簽發為第 1 期"),
    )
    for who, view, said in steps:
        browser = signed_in(getattr(stage.cast, who))
        version = browser.get(url(report, view)).context["form"]["version"].value()
        answer = browser.post(url(report, view), {"version": version}, follow=True)
        assert said in answer.content.decode()

    page = answer.content.decode()
    report.refresh_from_db()
    assert report.is_issued
    assert report.sha256 in page
    assert "data-autosave=" not in page


def test_writing_to_an_issued_report_is_refused_with_a_sentence(
    stage: Stage, issued: Report, signed_in: SignIn
) -> None:
    browser, row = signed_in(stage.cast.office), told(issued, stage.opened)

    answer = browser.post(
        url(issued, "paragraph", row.pk), {"text": "改。", "version": 0}, follow=True
    )

    assert "已經印發，文字和數據都已凍結" in answer.content.decode()
    row.refresh_from_db()
    assert row.text != "改。"


def test_a_confirmation_page_left_open_does_not_submit_what_changed(
    stage: Stage, report: Report, signed_in: SignIn, now: datetime
) -> None:
    browser = signed_in(stage.cast.office)
    services.recompile(actor=stage.cast.officer, report_id=report.pk, at=now)

    answer = browser.post(url(report, "report-submit"), {"version": 0}, follow=True)

    assert "又有改動，請再看一遍" in answer.content.decode()
    report.refresh_from_db()
    assert not report.is_submitted


def test_correcting_from_the_page(stage: Stage, issued: Report, signed_in: SignIn) -> None:
    browser = signed_in(stage.cast.office)

    browser.post(url(issued, "report-correct"), {"note": "更正一處。"})

    fresh = Report.objects.get(supersedes=issued)
    assert fresh.is_draft
    assert "更正並取代" in browser.get(url(fresh)).content.decode()


def test_every_figure_opens_the_list_it_counts(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    browser = signed_in(stage.cast.office)
    row = paragraph(report, "task.T3.figures")

    for figure in row.figures.all():
        answer = browser.get(url(report, "report-figure", figure.key))
        assert len(answer.context["items"]) == int(figure.value)
    assert browser.get(url(report, "report-figure", "nothing")).status_code == 404


def test_the_list_behind_an_issued_figure_stays_as_it_was(
    stage: Stage, issued: Report, signed_in: SignIn
) -> None:
    measure = stage.opened.assignment.measure
    title = measure.title
    measure.title = "後來改了名"
    measure.save()

    page = signed_in(stage.cast.clerk).get(url(issued, "report-figure", "task.T3.figures.measures"))

    assert title in page.content.decode()
    assert "後來改了名" not in page.content.decode()


@pytest.mark.parametrize(
    ("script", "heading", "sentence"),
    [
        ("hant", "（一）改進行業管理，實現規範服務", f"婚姻登記處：{SENTENCE}。"),
        (
            "hans",
            "（一）改进行业管理，实现规范服务",
            "婚姻登记处：办事程序和收费标准已在大厅公开。",
        ),
    ],
)
def test_the_word_file_in_both_scripts(
    stage: Stage, report: Report, signed_in: SignIn, script: str, heading: str, sentence: str
) -> None:
    answer = signed_in(stage.cast.office).get(
        url(report, "report-download"), {"format": "docx", "script": script}
    )

    found = docx_chapters(b"".join(answer.streaming_content))
    assert answer.headers["Content-Type"] == WORD
    assert any(line.startswith(sentence) for line in found[heading])


def test_the_pdf_holds_the_sentence(stage: Stage, report: Report, signed_in: SignIn) -> None:
    answer = signed_in(stage.cast.office).get(url(report, "report-download"), {"format": "pdf"})

    reader = PdfReader(BytesIO(b"".join(answer.streaming_content)))
    text = "".join(page.extract_text() for page in reader.pages).replace("\n", "")
    assert SENTENCE in text


def test_an_unknown_format_is_not_found(stage: Stage, report: Report, signed_in: SignIn) -> None:
    answer = signed_in(stage.cast.office).get(url(report, "report-download"), {"format": "odt"})

    assert answer.status_code == 404


def test_characters_that_cannot_be_printed_are_named(
    stage: Stage, report: Report, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(document: object, missing: str) -> bytes:
        if missing == "refuse":
            raise MissingGlyphs("㝵")
        return b"%PDF-1.7"

    monkeypatch.setattr(files, "to_pdf", refuse)
    browser, place = signed_in(stage.cast.office), url(report, "report-download")

    refused = browser.get(place, {"format": "pdf"})
    marked = browser.get(place, {"format": "pdf", "missing": "mark"})

    assert refused.status_code == 422
    assert "㝵（U+3775）" in refused.content.decode()
    assert "missing=mark" in refused.content.decode()
    assert marked.status_code == 200


def test_the_preview_shows_pages_in_the_chosen_script(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    browser = signed_in(stage.cast.office)

    hant = browser.get(url(report, "report-preview")).content.decode()
    hans = browser.get(
        url(report, "report-preview"), {"script": "hans", "sources": "1"}
    ).content.decode()

    assert SENTENCE in hant
    assert "办事程序和收费标准已在大厅公开" in hans
    assert "来源说明" in hans


def test_a_file_with_sources_says_so_in_its_name(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    browser, place = signed_in(stage.cast.office), url(report, "report-download")

    plain = browser.get(place).headers["Content-Disposition"]
    noted = browser.get(place, {"sources": "1"}).headers["Content-Disposition"]
    simplified = browser.get(place, {"sources": "1", "script": "hans"})

    assert "（附來源）" not in unquote(plain)
    assert "（草稿）（附來源）.docx" in unquote(noted)
    assert "（草稿）（附来源）.docx" in unquote(simplified.headers["Content-Disposition"])


def test_how_to_install_fonts_is_told_to_administrators_only(
    stage: Stage, report: Report, signed_in: SignIn, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "advice", lambda script: "請安裝 fonts-某某。")
    run_through(stage.cast, report, now)
    place = url(report, "report-preview")

    told = {
        who: signed_in(getattr(stage.cast, who)).get(place).content.decode()
        for who in ("admin", "office", "clerk")
    }

    assert "請安裝 fonts-某某。" in told["admin"]
    assert "請安裝" not in told["office"]
    assert "以宋體代替" in told["office"]
    assert not any(words in told["clerk"] for words in ("請安裝", "以宋體代替"))


def fill(stage: Stage, count: int) -> None:
    for n in range(count):
        measure = MeasureFactory(
            campaign=stage.cast.campaign,
            main_task=stage.task,
            objective=stage.objective,
            issued=True,
            code=f"9-{n:03d}",
            lead_department=stage.cast.registry,
        )
        accepted(stage.cast, measure, stage.cast.registry, f"第{n}件已辦好。")


def test_two_hundred_measures_cost_no_more_queries(
    stage: Stage, report: Report, signed_in: SignIn, now: datetime
) -> None:
    browser = signed_in(stage.cast.office)
    browser.get(list_url(stage.cast))  # 第一次打開另要記住選了哪個活動
    few = costs(browser, report)
    fill(stage, 200)
    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now)

    many = costs(browser, report)

    assert many == few
    assert many.pop("report-submit") <= 16
    assert max(many.values()) <= 12


def costs(browser: Client, report: Report) -> dict[str, int]:
    """各頁的查詢次數。"""
    found = {}
    for view in ("report-detail", "report-preview", "report-submit"):
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(url(report, view)).status_code == 200
        found[view] = len(queries)
    return found


def test_the_list_page_costs_the_same_with_many_reports(
    stage: Stage, signed_in: SignIn, now: datetime
) -> None:
    browser = signed_in(stage.cast.office)
    draft(stage.cast, now)
    browser.get(list_url(stage.cast))
    with CaptureQueriesContext(connection) as few:
        browser.get(list_url(stage.cast))
    for _n in range(5):
        draft(stage.cast, now)

    with CaptureQueriesContext(connection) as many:
        browser.get(list_url(stage.cast))

    assert len(many) == len(few) <= 12


def test_reading_what_is_issued_costs_few_queries(
    stage: Stage, issued: Report, signed_in: SignIn
) -> None:
    browser = signed_in(stage.cast.clerk)
    browser.get(url(issued))

    with CaptureQueriesContext(connection) as queries:
        browser.get(url(issued))

    assert len(queries) <= 10
