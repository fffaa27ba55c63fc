"""彙報的頁讀起來怎樣：附件的張數、同名的數、空的列表、太長的標題。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.models import User
from reports import services
from reports.annex_fields import WithAnnexes
from reports.editor import editor_of
from reports.forms import ReportForm
from reports.models import Outline, Report
from reports.outline_forms import OutlineForm
from tasks.models import MeasureFigure
from tests.cast import Cast
from tests.reports.stage import Stage, draft, lay_out, told, typed_settings

SignIn = Callable[[User], Client]


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


def place(cast: Cast, view: str, *args: object) -> str:
    return reverse(f"reports:{view}", args=[cast.campaign.code, *args])


# —— 照片頁的張數 ——


@pytest.mark.parametrize(
    ("typed", "kept"), [("24", "pictures:24"), ("12", "pictures"), ("", "pictures")]
)
def test_the_number_of_pictures_is_chosen_on_the_form(
    stage: Stage, signed_in: SignIn, typed: str, kept: str
) -> None:
    browser = signed_in(stage.cast.office)
    address = f"{place(stage.cast, 'report-create')}?kind=situation"
    assert "照片頁最多印幾張" in browser.get(address).content.decode()

    browser.post(address, typed_settings(annexes=["sources", "pictures"], most_pictures=typed))

    report = Report.objects.get()
    assert report.annexes == ["sources", kept]
    form = browser.get(place(stage.cast, "report-settings", report.pk)).context["form"]
    assert form["most_pictures"].value() == int(typed or 12)
    assert "pictures" in form["annexes"].value()


@pytest.mark.parametrize("typed", ["0", "61", "很多", "-3"])
@pytest.mark.parametrize("make", [ReportForm, OutlineForm])
def test_a_wrong_number_of_pictures_is_said_at_its_field(
    make: type[WithAnnexes], typed: str
) -> None:
    form = make(typed_settings(annexes=["pictures"], most_pictures=typed))

    assert not form.is_valid()
    assert form.errors["most_pictures"] == ["請寫 1 至 60 的整數，如 12。"]


def test_the_number_does_not_matter_when_pictures_are_not_wanted() -> None:
    form = ReportForm(typed_settings(annexes=["sources"], most_pictures="很多"))

    assert form.is_valid(), form.errors
    assert form.cleaned_data["annexes"] == ["sources"]


def test_an_outline_brings_its_number_of_pictures(stage: Stage, signed_in: SignIn) -> None:
    Outline.objects.create(
        campaign=stage.cast.campaign,
        kind="situation",
        name="本局的",
        annexes=["pictures:30"],
        is_default=True,
    )

    page = signed_in(stage.cast.office).get(place(stage.cast, "report-create"))

    assert page.context["form"]["most_pictures"].value() == 30


# —— 右邊欄的數 ——


def test_figures_of_the_same_name_say_whose_they_are(stage: Stage, now: datetime) -> None:
    stage.helped.rounds.get().figure_values.create(
        figure=MeasureFigure.objects.get(), hundredths=500
    )
    editor = editor_of(draft(stage.cast, now), now)

    labels = [label for part in editor.parts for label, _figure in part.facts]

    assert "婚姻登記處：公開場所" in labels
    assert "局辦公室：公開場所" in labels
    assert "措施數" in labels


# —— 查詢次數 ——


def test_the_checks_count_remarks_without_reading_them(
    stage: Stage, signed_in: SignIn, now: datetime
) -> None:
    report = draft(stage.cast, now)
    browser = signed_in(stage.cast.office)
    address = place(stage.cast, "report-submit", report.pk)
    browser.get(address)
    with CaptureQueriesContext(connection) as before:
        browser.get(address)
    row = told(report, stage.opened)
    given = {"actor": stage.cast.leader, "at": now}
    for n in range(20):
        kept = services.add_comment(
            report_id=report.pk, paragraph_id=row.pk, quote=None, body=f"意見{n}", **given
        )
        services.reply(comment_id=kept.pk, body="答覆", **given)
    services.settle(comment_id=kept.pk, **given)
    services.suggest(
        paragraph_id=row.pk, text=f"{row.text}改。", reason="", base_text=row.text, **given
    )

    with CaptureQueriesContext(connection) as after:
        page = browser.get(address)

    assert len(after) == len(before) <= 16
    words = [check.text for check in page.context["checks"]]
    assert "有 19 條意見還沒有辦結。" in words
    assert "有 1 條改字建議還沒有處理。" in words


def test_the_checks_make_only_the_annex_with_pictures(
    stage: Stage, signed_in: SignIn, now: datetime
) -> None:
    report = draft(stage.cast, now, annexes=["breakdown", "sources"])
    browser = signed_in(stage.cast.office)
    address = place(stage.cast, "report-submit", report.pk)
    browser.get(address)

    with CaptureQueriesContext(connection) as queries:
        browser.get(address)

    assert len(queries) <= 16


# —— 空的、太長的 ——


def test_a_kind_with_nothing_yet_says_which_kind(
    stage: Stage, signed_in: SignIn, now: datetime
) -> None:
    draft(stage.cast, now, kind="monthly")
    address = f"{place(stage.cast, 'report-list')}?kind=notice"

    office = signed_in(stage.cast.office).get(address).content.decode()
    clerk = signed_in(stage.cast.clerk).get(address).content.decode()

    assert "還沒有通報" in office
    assert f'href="{place(stage.cast, "report-create")}?kind=notice">編製通報</a>' in office
    assert "還沒有通報" in clerk
    assert "編製通報" not in clerk


def test_a_long_title_is_cut_in_the_trail_and_whole_on_the_page(
    stage: Stage, signed_in: SignIn, now: datetime
) -> None:
    title = "關於進一步深化拓展文明行業創建" * 6
    report = draft(stage.cast, now, title=title)

    page = signed_in(stage.cast.office).get(place(stage.cast, "report-submit", report.pk))

    trail = page.context["crumbs"]
    assert [len(label) <= 24 for label, _url in trail] == [True, True, True]
    assert f'<h1>送審</h1><p class="c-head__sub">{title}</p>' in page.content.decode()
