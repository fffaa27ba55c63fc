"""措施、進展、彙報頁旁邊的批示框和督辦單：給誰看、寫了之後怎樣。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from supervision.models import Order
from supervision.services.instructing import title_of
from tasks.models import Measure
from tests import factories as make
from tests.cast import Cast
from tests.supervision import stage

SignIn = Callable[..., Client]


@pytest.fixture
def measure(cast: Cast) -> Measure:
    return stage.measure_of(cast)


def box(kind: str, pk: int) -> str:
    return reverse(f"supervision:instruct-{kind}", args=[pk])


@pytest.mark.parametrize(
    ("who", "sees_box"),
    [
        ("leader", True),
        ("deputy", True),
        ("office", False),
        ("clerk", False),
        ("neighbour", False),
    ],
)
def test_only_leaders_see_the_box_on_a_measure(
    cast: Cast, measure: Measure, signed_in: SignIn, who: str, sees_box: bool
) -> None:
    page = signed_in(getattr(cast, who)).get(measure.get_absolute_url()).content.decode()

    assert (box("measure", measure.pk) in page) == sees_box
    assert ("轉督辦" in page) == (who == "office")


def test_a_deputy_has_no_box_outside_his_charge(cast: Cast, signed_in: SignIn) -> None:
    other = stage.measure_of(cast, lead_department=cast.funeral_home)

    page = signed_in(cast.deputy).get(other.get_absolute_url()).content.decode()

    assert box("measure", other.pk) not in page


def test_a_line_in_the_box_becomes_an_order_shown_beside(
    cast: Cast, measure: Measure, signed_in: SignIn
) -> None:
    leader = signed_in(cast.leader)

    answer = leader.post(box("measure", measure.pk), {"text": "請月底前辦好。", "days": "3"})

    assert answer.url == measure.get_absolute_url()
    order = Order.objects.get()
    assert order.instruction.text == "請月底前辦好。"
    for person in (cast.leader, cast.clerk, cast.office):
        page = signed_in(person).get(measure.get_absolute_url()).content.decode()
        assert order.get_absolute_url() in page
    neighbour = signed_in(cast.neighbour).get(measure.get_absolute_url()).content.decode()
    assert order.get_absolute_url() not in neighbour
    assert "請月底前辦好。" not in neighbour


def test_a_wrong_line_comes_back_on_a_page_with_a_sentence(
    cast: Cast, measure: Measure, signed_in: SignIn
) -> None:
    leader = signed_in(cast.leader)

    empty = leader.post(box("measure", measure.pk), {"text": " "}).content.decode()
    days = leader.post(
        box("measure", measure.pk), {"text": "請辦好。", "days": "0"}
    ).content.decode()

    assert "寫一句要辦什麼。" in empty or "填寫「批示」" in empty
    assert "至少 1 個工作日。" in days
    assert "請辦好。" in days
    assert Order.objects.count() == 0


def test_the_box_stands_on_a_submission_and_on_a_report(
    cast: Cast, measure: Measure, now: datetime, signed_in: SignIn
) -> None:
    submission = make.SubmissionFactory(
        assignment=make.AssignmentFactory(measure=measure), endorsed=True
    )
    report = stage.report_of(cast, now)
    leader = signed_in(cast.leader)

    for subject, kind in ((submission, "submission"), (report, "report")):
        assert box(kind, subject.pk) in leader.get(subject.get_absolute_url()).content.decode()
        leader.post(box(kind, subject.pk), {"text": "請核實。"})

    first, second = Order.objects.order_by("pk")
    assert (first.submission, first.lead_department) == (submission, cast.registry)
    assert (second.report, second.state) == (report, "draft")


def test_a_closed_campaign_takes_no_instruction(
    cast: Cast, measure: Measure, signed_in: SignIn
) -> None:
    cast.campaign.state = "closed"
    cast.campaign.save(update_fields=["state"])
    leader = signed_in(cast.leader)

    page = leader.get(measure.get_absolute_url()).content.decode()
    answer = leader.post(box("measure", measure.pk), {"text": "請辦好。"})

    assert box("measure", measure.pk) not in page
    assert answer.status_code == 403


def test_a_draft_report_hidden_from_a_head_takes_no_line_from_him(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    report = stage.report_of(cast, now)

    assert signed_in(cast.head).get(box("report", report.pk)).status_code == 404


def test_the_box_says_whom_it_goes_to_and_by_when(
    cast: Cast, measure: Measure, signed_in: SignIn
) -> None:
    page = signed_in(cast.leader).get(measure.get_absolute_url()).content.decode()

    assert "交婚姻登記處，11月30日 週一前反饋（5 個工作日） · 改" in page


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("請儘快補齊。下週彙報。", "請儘快補齊"),
        ("請月底前辦好", "請月底前辦好"),
        ("。。。", "。。。"),
        (
            "大廳的收費公示要補齊全部十四項，由主任親自核對一遍並拍照留存備查，月底前報我。",
            "大廳的收費公示要補齊全部十四項",
        ),
        ("字" * 40, "字" * 29 + "…"),
    ],
)
def test_an_order_is_titled_by_the_first_words_of_the_leader(text: str, title: str) -> None:
    assert title_of(text) == title
