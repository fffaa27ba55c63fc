"""一項措施的頁：各人看到什麼、能辦什麼、查詢不隨數據增長。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.standing import standing_of
from people.models import User
from tasks.lights import LightRule
from tasks.measure_page import MeasurePage
from tasks.models import Assignment, Measure, Submission
from tasks.services import breakdown, handing_in, issuing, requests, review
from tasks.services.handing_in import Draft
from tests import factories as make
from tests.cast import Cast
from workdays.services import calendar

GOOD = Draft(narrative="收費公示欄已設在大廳入口。", percent=60)
SignIn = Callable[[User], Client]


@pytest.fixture
def measure(cast: Cast, now: datetime) -> Measure:
    """下達給婚姻登記處牽頭、局辦公室配合的月報措施，十一月起。"""
    row = make.MeasureFactory(
        campaign=cast.campaign,
        lead_department=cast.registry,
        cycle="monthly",
        due_date=date(2027, 1, 31),
        requirement="收費公示欄設在大廳入口。",
        clause=make.ClauseFactory(
            text="簡化辦事程序",
            parent=make.ClauseFactory(
                level="item", mark="3.", heading="改進行業管理", text="要簡化辦事程序,方便群眾。"
            ),
        ),
    )
    row.supporting_departments.add(cast.bureau_office)
    issuing.issue_measures(actor=cast.office, measure_ids=[row.pk], at=now)
    return Measure.objects.get(pk=row.pk)


@pytest.fixture
def november(measure: Measure, cast: Cast) -> Submission:
    return Submission.objects.get(assignment__department=cast.registry, label="2026-11")


def page(sign_in: SignIn, user: User, measure: Measure) -> str:
    response = sign_in(user).get(measure.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def hand_in(cast: Cast, row: Submission, now: datetime, *, until: str = "submitted") -> None:
    version = handing_in.current_round(row).version
    handing_in.submit(actor=cast.clerk, submission_id=row.pk, draft=GOOD, version=version, at=now)
    if until in ("endorsed", "accepted"):
        handing_in.endorse(actor=cast.head, submission_id=row.pk, at=now)
    if until == "accepted":
        review.accept(actor=cast.office, submission_id=row.pk, at=now)


def test_the_page_quotes_the_clause_inside_its_item_word_for_word(
    signed_in: SignIn, cast: Cast, measure: Measure
) -> None:
    html = page(signed_in, cast.clerk, measure)

    assert "要<mark>簡化辦事程序</mark>,方便群眾。" in html
    assert "3.改進行業管理" in html


def test_a_gap_is_shown_until_it_is_filled(
    signed_in: SignIn, cast: Cast, measure: Measure, november: Submission, now: datetime
) -> None:
    before = page(signed_in, cast.neighbour, measure)
    hand_in(cast, november, now)
    after = page(signed_in, cast.neighbour, measure)

    assert "婚姻登記處 2026年11月進展未報" in before
    assert "婚姻登記處 2026年11月進展未報" not in after


def test_the_lead_sees_which_supporting_department_is_missing(
    signed_in: SignIn, cast: Cast, measure: Measure, november: Submission, now: datetime
) -> None:
    hand_in(cast, november, now)

    html = page(signed_in, cast.clerk, measure)

    assert "局辦公室還沒報2026年11月" in html


@pytest.mark.parametrize(
    ("who", "until", "is_shown"),
    [
        ("clerk", "submitted", True),
        ("neighbour", "submitted", False),
        ("office", "submitted", False),
        ("office", "endorsed", True),
        ("deputy", "endorsed", True),
        ("neighbour", "endorsed", False),
        ("neighbour", "accepted", True),
        ("admin", "endorsed", False),
    ],
)
def test_content_opens_to_each_person_at_its_stage(
    signed_in: SignIn,
    cast: Cast,
    measure: Measure,
    november: Submission,
    now: datetime,
    who: str,
    until: str,
    is_shown: bool,
) -> None:
    hand_in(cast, november, now, until=until)

    html = page(signed_in, getattr(cast, who), measure)

    assert (GOOD.narrative in html) is is_shown


def test_the_reason_of_a_send_back_stays_between_the_unit_and_its_superiors(
    signed_in: SignIn, cast: Cast, measure: Measure, november: Submission, now: datetime
) -> None:
    hand_in(cast, november, now, until="endorsed")
    review.send_back(
        actor=cast.office, submission_id=november.pk, reason="缺少收費批覆文號。", at=now
    )

    assert "缺少收費批覆文號" in page(signed_in, cast.clerk, measure)
    assert "缺少收費批覆文號" in page(signed_in, cast.officer, measure)
    assert "缺少收費批覆文號" not in page(signed_in, cast.neighbour, measure)


def test_a_head_giving_back_is_a_matter_inside_the_department(
    signed_in: SignIn, cast: Cast, measure: Measure, november: Submission, now: datetime
) -> None:
    hand_in(cast, november, now)
    handing_in.give_back(actor=cast.head, submission_id=november.pk, reason="數字不對。", at=now)

    assert "數字不對。" in page(signed_in, cast.clerk, measure)
    assert "數字不對。" not in page(signed_in, cast.office, measure)


def test_each_role_gets_the_buttons_it_may_press(
    signed_in: SignIn, cast: Cast, measure: Measure
) -> None:
    slot = Assignment.objects.get(department=cast.registry)
    sign = reverse("tasks:acknowledge", args=[slot.pk])

    assert sign in page(signed_in, cast.clerk, measure)
    assert sign not in page(signed_in, cast.office, measure)
    assert sign not in page(signed_in, cast.neighbour, measure)


def test_a_draft_measure_is_not_there_for_a_department(signed_in: SignIn, cast: Cast) -> None:
    draft = make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)

    assert signed_in(cast.clerk).get(draft.get_absolute_url()).status_code == 404
    assert signed_in(cast.office).get(draft.get_absolute_url()).status_code == 200


def test_a_visitor_without_an_account_is_sent_to_sign_in(client: Client, measure: Measure) -> None:
    response = client.get(measure.get_absolute_url())

    assert response.status_code == 302
    assert reverse("people:sign-in") in response["Location"]


def test_closing_out_needs_every_period_accepted_and_says_who_is_missing(
    signed_in: SignIn, cast: Cast, measure: Measure
) -> None:
    url = reverse("tasks:measure-close-out", args=[cast.campaign.code, measure.code])

    response = signed_in(cast.office).post(url)

    measure.refresh_from_db()
    assert "尚有沒審核通過的報送" in response.content.decode()
    assert measure.state == Measure.State.ISSUED


def test_the_office_closes_out_when_all_is_accepted(
    signed_in: SignIn, cast: Cast, measure: Measure
) -> None:
    Submission.objects.update(state=Submission.State.ACCEPTED)
    url = reverse("tasks:measure-close-out", args=[cast.campaign.code, measure.code])
    button = url in page(signed_in, cast.office, measure)

    response = signed_in(cast.office).post(url)

    measure.refresh_from_db()
    assert (button, response.status_code, measure.state) == (True, 302, Measure.State.CLOSED)


def test_a_department_may_not_close_out(signed_in: SignIn, cast: Cast, measure: Measure) -> None:
    url = reverse("tasks:measure-close-out", args=[cast.campaign.code, measure.code])

    assert signed_in(cast.head).get(url).status_code == 403
    assert signed_in(cast.head).post(url).status_code == 403


def test_the_story_tells_each_step_and_turns_pages(
    signed_in: SignIn, cast: Cast, measure: Measure, now: datetime
) -> None:
    slot = Assignment.objects.get(department=cast.registry)
    for _time in range(12):
        slot.refresh_from_db()
        request = requests.raise_objection(
            actor=cast.clerk, assignment_id=slot.pk, reason="非本處職責。", at=now
        )
        requests.withdraw_request(actor=cast.clerk, request_id=request.pk, at=now)

    first = page(signed_in, cast.office, measure)
    client = signed_in(cast.office)
    second = client.get(measure.get_absolute_url(), {"page": 2}).content.decode()

    assert "婚姻登記處撤回異議。" in first
    assert "下達給婚姻登記處（牽頭）" in second


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_the_number_of_queries_does_not_grow_with_rounds(
    signed_in: SignIn, cast: Cast, measure: Measure, now: datetime
) -> None:
    client = signed_in(cast.office)
    few = queries(client, measure.get_absolute_url())
    for slot in Assignment.objects.all():
        for month in range(1, 10):
            row = make.SubmissionFactory(
                assignment=slot,
                label=f"2026-{month:02d}",
                name=f"2026年{month}月",
                period_start=date(2026, month, 1),
                period_end=date(2026, month, 28),
                accepted=True,
                by={"clerk": cast.clerk, "head": cast.head, "office": cast.office},
            )
            make.EvidenceLinkFactory(round=row.rounds.get(), added_by=cast.clerk)
    many = queries(client, measure.get_absolute_url())

    # 預取一層空着時不查，所以多幾期只多固定的幾次。
    assert many <= few + 3
    assert many <= 34


def test_the_story_says_who_did_it_and_what_changed_from_what(
    signed_in: SignIn, cast: Cast, measure: Measure, now: datetime
) -> None:
    breakdown.update_measure(
        actor=cast.office,
        measure_id=measure.pk,
        values={"title": "公開收費依據"},
        version=measure.version,
        reason="",
        at=now,
    )

    html = page(signed_in, cast.clerk, measure)

    assert f"{cast.office}：修改了具體措施。" in html
    assert f"具體措施：{measure.title} → 公開收費依據" in html


def test_the_light_of_the_lead_unit_and_of_the_measure_agree(
    cast: Cast, measure: Measure, november: Submission
) -> None:
    rule = LightRule.on(date(2026, 11, 23), calendar(), warn_days=5)

    found = MeasurePage(measure, standing_of(cast.office, rule.today), rule)

    assert (found.light, found.light_note) == (found.slots[0].light, found.slots[0].light_note)


def test_a_day_of_another_year_keeps_its_year(
    signed_in: SignIn, cast: Cast, measure: Measure
) -> None:
    html = signed_in(cast.office).get(f"/tasks/{cast.campaign.code}/").content.decode()

    assert "2027年1月31日" in html
