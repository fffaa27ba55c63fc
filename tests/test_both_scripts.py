"""簡體頁面上，系統說的話隨頁面轉，人寫的照原樣。"""

from collections.abc import Callable

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import translation

from campaigns.models import EvidenceForm
from journal.services import Message, announce
from people.models import User
from pingtan_civ.templatetags.ui import in_script, translated
from tasks.models import MeasureEvidence, ReviewPhrase
from tasks.review_facts import gather
from tests.cast import Cast
from tests.factories import AssignmentFactory, MeasureFactory, SubmissionFactory, moment
from tools import catalogue

SignIn = Callable[[User], Client]
TITLE = "張乾坤退回了「養老服務」的進展"


def in_simplified(browser: Client) -> Client:
    browser.cookies["django_language"] = "zh-hans"
    return browser


@pytest.fixture
def told(cast: Cast) -> User:
    cast.head.name = "張乾坤"
    cast.head.save()
    message = Message(TITLE, body="請於 11 月前補齊。")
    announce(message=message, recipients=[cast.clerk], at=moment(2026, 11, 20))
    return cast.clerk


def test_a_notice_is_simplified_but_the_name_in_it_is_not(told: User, signed_in: SignIn) -> None:
    page = in_simplified(signed_in(told)).get("/notices/").content.decode()

    assert "張乾坤退回了「養老服務」的进展" in page
    assert "请于 11 月前补齐。" in page


def test_the_desk_shows_the_notice_in_the_same_script(told: User, signed_in: SignIn) -> None:
    page = in_simplified(signed_in(told)).get("/desk/").content.decode()

    assert "張乾坤退回了「養老服務」的进展" in page


def test_in_traditional_a_notice_stands_as_it_was_written(told: User, signed_in: SignIn) -> None:
    page = signed_in(told).get("/notices/").content.decode()

    assert TITLE in page


def test_everything_that_comes_with_the_system_is_in_the_catalogue(db: None) -> None:
    known = catalogue.messages()
    forms = EvidenceForm.objects.values_list("name", "guidance")
    seeds = [text for row in forms for text in row if text]
    seeds += ReviewPhrase.objects.values_list("text", flat=True)

    assert len(seeds) > 30
    assert [text for text in seeds if text not in known] == []


def test_known_words_follow_the_page_and_own_words_stay() -> None:
    page = Template("{{ known|translated }} {{ own|translated }}")
    with translation.override("zh-hans"):
        shown = page.render(Context({"known": "登錄", "own": "鄉鎮台賬樣張"}))

    assert shown == "登录 鄉鎮台賬樣張"


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_stays_nothing(nothing: object) -> None:
    with translation.override("zh-hans"):
        assert translated(nothing) == nothing
        assert in_script(nothing) == nothing


def test_a_simplified_sentence_is_still_escaped() -> None:
    with translation.override("zh-hans"):
        shown = Template("{{ text|in_script }}").render(Context({"text": "<b>進展</b>"}))

    assert shown == "&lt;b&gt;进展&lt;/b&gt;"


def test_the_automatic_check_names_the_evidence_in_the_script_of_the_page(cast: Cast) -> None:
    form = EvidenceForm.objects.get(code="photo")
    form.name = "登錄"
    form.save()
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)
    MeasureEvidence.objects.create(measure=measure, form=form, count=2)
    assignment = AssignmentFactory(measure=measure, department=cast.registry)
    round_ = SubmissionFactory(assignment=assignment).rounds.get()

    with translation.override("zh-hans"):
        said = [check.text for check in gather([round_]).checks(round_, None)]

    assert any("登录" in text for text in said)
