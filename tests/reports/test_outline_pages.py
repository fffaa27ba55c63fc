"""提綱的頁和編製的頁：不用腳本也能加減、移動各章；選種類換默認；填過的不丟。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from journal.models import Entry
from people.models import User
from reports.models import Outline, Report
from reports.services import outlines
from tests.reports.stage import Stage, draft, lay_out

SignIn = Callable[[User], Client]


@pytest.fixture
def stage(cast: object, clock: object) -> Stage:
    return lay_out(cast)


@pytest.fixture
def outline(stage: Stage, now: datetime) -> Outline:
    return outlines.create_outline(
        actor=stage.cast.office, campaign=stage.cast.campaign, kind="bulletin", name="簡報", at=now
    )


def place(stage: Stage, view: str, *args: object) -> str:
    return reverse(f"reports:{view}", args=[stage.cast.campaign.code, *args])


def typed(outline: Outline, **changes: object) -> dict[str, object]:
    """頁上現在的樣子，照交一遍。"""
    rows = list(outline.rows.all())
    data: dict[str, object] = {
        "name": outline.name,
        "version": outline.version,
        "mark": "平民創簡",
        "annexes": ["honours"],
        "chapters-TOTAL_FORMS": len(rows),
        "chapters-INITIAL_FORMS": 0,
    }
    for index, row in enumerate(rows):
        for name in ("key", "heading", "flow", "section_kind"):
            data[f"chapters-{index}-{name}"] = getattr(row, name)
    return data | changes


def test_an_outline_is_copied_changed_and_made_default_without_a_script(
    stage: Stage, signed_in: SignIn
) -> None:
    browser = signed_in(stage.cast.office)
    address = f"{place(stage, 'outline-create')}?kind=bulletin"

    answer = browser.post(address, {"name": "本局簡報"})

    made = Outline.objects.get()
    assert answer.headers["Location"] == place(stage, "outline", made.pk)
    page = browser.get(place(stage, "outline", made.pk)).content.decode()
    assert "審核通過的文字" in page  # 每種內容從哪裏來，寫在頁上

    moved = browser.post(place(stage, "outline", made.pk), typed(made, step="down-0"))
    headings = [form["heading"].value() for form in moved.context["rows"].forms]
    assert headings == ["經驗交流", "工作動態", "榮譽"]
    more = browser.post(place(stage, "outline", made.pk), typed(made, step="add"))
    assert len(more.context["rows"].forms) == 4
    assert more.context["form"]["mark"].value() == "平民創簡"
    assert [row.heading for row in made.rows.all()] == ["工作動態", "經驗交流", "榮譽"]

    fresh = {"chapters-1-heading": "經驗和做法", "chapters-1-section_kind": ""}
    browser.post(place(stage, "outline", made.pk), typed(made, **fresh))
    browser.post(place(stage, "outline-act", made.pk, "default"))

    made.refresh_from_db()
    assert (made.mark, made.annexes, made.is_default) == ("平民創簡", ["honours"], True)
    assert [row.heading for row in made.rows.all()] == ["工作動態", "經驗和做法", "榮譽"]
    assert "經驗和做法" in str(Entry.objects.get(action="reports.outline_changed").changes)
    form = browser.get(f"{place(stage, 'report-create')}?kind=bulletin")
    assert "經驗和做法" in form.content.decode()
    assert form.context["form"].initial["annexes"] == ["honours"]


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    stage: Stage, outline: Outline, signed_in: SignIn
) -> None:
    browser, address = signed_in(stage.cast.office), place(stage, "outline", outline.pk)

    wrong = typed(outline, **{"chapters-0-heading": "", "mark": "a/b"})
    answer = browser.post(address, wrong)
    assert answer.status_code == 422
    assert "寫上這一章的標題" in answer.content.decode()

    answer = browser.post(address, typed(outline, mark="a/b"))
    assert answer.context["form"].errors["mark"] == [
        "發文代字裏不能有「/」，請只寫代字，如「平民創報」。"
    ]

    Outline.objects.filter(pk=outline.pk).update(version=5)
    answer = browser.post(address, typed(outline, name="我改的名"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "別人改過這份提綱" in page
    assert "我改的名" in page
    assert answer.context["form"]["version"].value() == "5"


def test_the_kind_brings_its_own_defaults(stage: Stage, signed_in: SignIn) -> None:
    browser, address = signed_in(stage.cast.office), place(stage, "report-create")

    monthly = browser.get(f"{address}?kind=monthly").context["form"]
    assert monthly.initial["title"] == "平潭縣民政局文明行業創建工作月報"
    assert str(monthly.initial["period_start"]) == "2026-10-01"

    topical = f"{address}?kind=topical"
    wanted = {
        "title": "專題", "period_start": "2026-10-01", "period_end": "2026-12-31", "script": "hant",
    }  # fmt: skip
    refused = browser.post(topical, wanted)
    assert refused.context["form"].errors["tasks"] == [
        "專題彙報要選定說哪幾項主要任務，請至少勾一項。"
    ]
    browser.post(topical, wanted | {"tasks": ["T3"], "annexes": ["breakdown"]})
    made = Report.objects.get()
    assert (made.kind, made.annexes) == ("topical", ["breakdown"])
    assert {tuple(row["scope"]) for row in made.chapters} == {("T3",)}


def test_the_list_shows_one_kind_and_the_pages_cost_little(
    stage: Stage, outline: Outline, signed_in: SignIn, now: datetime
) -> None:
    draft(stage.cast, now, title="一份通報", kind="notice")
    draft(stage.cast, now, title="一份月報", kind="monthly")
    browser = signed_in(stage.cast.office)

    page = browser.get(f"{place(stage, 'report-list')}?kind=notice").content.decode()

    assert "一份通報" in page
    assert "一份月報" not in page
    assert "編製通報" in page
    for view, args in (("outline-list", ()), ("outline", (outline.pk,)), ("report-create", ())):
        with CaptureQueriesContext(connection) as queries:
            browser.get(place(stage, view, *args))
        assert len(queries) <= 13, view
