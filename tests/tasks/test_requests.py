"""簽收、異議、延期的頁面：沒有腳本也能辦，順序不對時說一句話。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from journal.models import Notice
from people.models import User
from tasks.models import Assignment, ChangeRequest, Measure, Submission
from tasks.services import issuing, requests
from tests import factories as make
from tests.cast import Cast

SignIn = Callable[[User], Client]


@pytest.fixture
def slot(cast: Cast, now: datetime) -> Assignment:
    """婚姻登記處牽頭、局辦公室配合的一次性任務，12月10日到期。"""
    measure = make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)
    measure.supporting_departments.add(cast.bureau_office)
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    return Assignment.objects.get(department=cast.registry)


def url(name: str, pk: int) -> str:
    return reverse(f"tasks:{name}", args=[pk])


def extension(row: Assignment, **more: str) -> dict[str, object]:
    return {
        "submission": row.submissions.get().pk,
        "proposed_date": "2026-12-21",
        "reason": "公示欄未到貨。",
        **more,
    }


# ── 簽收 ──────────────────────────────────────────────


def test_a_clerk_signs_and_stays_on_the_list_he_came_from(
    signed_in: SignIn, cast: Cast, slot: Assignment
) -> None:
    back = reverse("tasks:my-reports", args=[cast.campaign.code])

    response = signed_in(cast.clerk).post(url("acknowledge", slot.pk), {"back": back})

    slot.refresh_from_db()
    assert (response.status_code, response["Location"]) == (302, back)
    assert slot.state == Assignment.State.ACKNOWLEDGED


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_signing_never_leads_off_the_site(
    signed_in: SignIn, cast: Cast, slot: Assignment, back: str
) -> None:
    response = signed_in(cast.clerk).post(url("acknowledge", slot.pk), {"back": back})

    assert response["Location"] == slot.measure.get_absolute_url()


def test_signing_twice_is_said_not_repeated(
    signed_in: SignIn, cast: Cast, slot: Assignment
) -> None:
    client = signed_in(cast.clerk)
    client.post(url("acknowledge", slot.pk))

    page = client.post(url("acknowledge", slot.pk), follow=True)

    assert "不用再簽收" in page.content.decode()


@pytest.mark.parametrize("who", ["office", "neighbour", "admin", "helper"])
def test_nobody_signs_for_another_department(
    signed_in: SignIn, cast: Cast, slot: Assignment, who: str
) -> None:
    client = signed_in(getattr(cast, who))

    answers = [
        client.post(url("acknowledge", slot.pk)).status_code,
        client.post(url("objection", slot.pk), {"reason": "不歸我管。"}).status_code,
        client.get(url("extension", slot.pk)).status_code,
    ]

    assert answers == [403, 403, 403]


def test_a_person_without_a_post_finds_no_assignment(signed_in: SignIn, slot: Assignment) -> None:
    client = signed_in(make.UserFactory())

    assert client.post(url("acknowledge", slot.pk)).status_code == 404
    assert client.get(url("objection", slot.pk)).status_code == 404


# ── 異議 ──────────────────────────────────────────────


def test_an_objection_proposes_whom_and_reaches_the_office(
    signed_in: SignIn, cast: Cast, slot: Assignment
) -> None:
    words = {"reason": "收費由殯儀館負責。", "proposed_department": cast.funeral_home.pk}

    response = signed_in(cast.head).post(url("objection", slot.pk), words)

    request = ChangeRequest.objects.get()
    assert response.status_code == 302
    assert request.proposed_department == cast.funeral_home
    assert Notice.objects.filter(recipient=cast.officer, title__contains="請裁定").exists()


def test_an_objection_without_a_reason_keeps_the_rest(
    signed_in: SignIn, cast: Cast, slot: Assignment
) -> None:
    words = {"reason": " ", "proposed_department": cast.funeral_home.pk}

    html = signed_in(cast.head).post(url("objection", slot.pk), words).content.decode()

    assert "寫明為什麼不屬本單位職責" in html
    assert f'<option value="{cast.funeral_home.pk}" selected>' in html
    assert not ChangeRequest.objects.exists()


def test_the_own_department_cannot_be_proposed(
    signed_in: SignIn, cast: Cast, slot: Assignment
) -> None:
    words = {"reason": "不是。", "proposed_department": cast.registry.pk}

    signed_in(cast.head).post(url("objection", slot.pk), words)

    assert not ChangeRequest.objects.exists()


def test_a_second_objection_is_refused_with_a_sentence(
    signed_in: SignIn, cast: Cast, slot: Assignment
) -> None:
    client = signed_in(cast.head)
    client.post(url("objection", slot.pk), {"reason": "一。"})

    html = client.post(url("objection", slot.pk), {"reason": "二。"}).content.decode()

    assert "已有異議待定" in html
    assert ChangeRequest.objects.count() == 1


def test_a_withdrawn_objection_waits_for_the_signature_again(
    signed_in: SignIn, cast: Cast, slot: Assignment
) -> None:
    client = signed_in(cast.head)
    client.post(url("objection", slot.pk), {"reason": "不歸我管。"})
    pending = ChangeRequest.objects.get()

    client.post(url("request-withdraw", pending.pk))

    slot.refresh_from_db()
    assert slot.state == Assignment.State.ISSUED


# ── 延期 ──────────────────────────────────────────────


def test_an_extension_is_asked_from_the_page(
    signed_in: SignIn, cast: Cast, slot: Assignment
) -> None:
    response = signed_in(cast.clerk).post(url("extension", slot.pk), extension(slot))

    request = ChangeRequest.objects.get()
    assert response.status_code == 302
    assert (request.previous_date, request.proposed_date) == (
        date(2026, 12, 10),
        date(2026, 12, 21),
    )


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"reason": ""}, "寫明為什麼要延期"),
        ({"proposed_date": "2026-12-01"}, "要晚於原時限"),
        ({"proposed_date": "2027-12-01"}, "晚於活動結束日"),
        ({"proposed_date": "下個月"}, "看不出是哪一天"),
        ({"proposed_date": ""}, "填寫「延期至」"),
        ({"submission": "999999"}, "這一期已經報出"),
    ],
)
def test_a_wrong_extension_says_what_to_change(
    signed_in: SignIn, cast: Cast, slot: Assignment, more: dict[str, str], sentence: str
) -> None:
    html = signed_in(cast.clerk).post(url("extension", slot.pk), extension(slot, **more))

    assert sentence in html.content.decode()
    assert not ChangeRequest.objects.exists()


def test_one_extension_at_a_time(signed_in: SignIn, cast: Cast, slot: Assignment) -> None:
    client = signed_in(cast.clerk)
    client.post(url("extension", slot.pk), extension(slot))

    html = client.post(url("extension", slot.pk), extension(slot)).content.decode()

    assert "已有一份延期申請待裁定" in html


# ── 裁定 ──────────────────────────────────────────────


@pytest.fixture
def asked(cast: Cast, slot: Assignment, now: datetime) -> ChangeRequest:
    return requests.ask_extension(
        actor=cast.clerk,
        submission_id=slot.submissions.get().pk,
        proposed_date=date(2026, 12, 21),
        reason="公示欄未到貨。",
        at=now,
    )


def test_the_office_grants_an_earlier_day_than_asked(
    signed_in: SignIn, cast: Cast, asked: ChangeRequest
) -> None:
    words = {"decision": "approve", "granted_date": "2026-12-15", "reason": "同意，到15日。"}

    signed_in(cast.office).post(url("request-decide", asked.pk), words)

    submission = Submission.objects.get(pk=asked.submission_id)
    assert submission.due_date == date(2026, 12, 15)
    assert submission.first_due_date == date(2026, 12, 10)


def test_a_refusal_leaves_the_date_and_is_shown_with_its_reason(
    signed_in: SignIn, cast: Cast, asked: ChangeRequest
) -> None:
    words = {"decision": "refuse", "reason": "時限已放寬過一次。"}

    signed_in(cast.office).post(url("request-decide", asked.pk), words)

    measure = Measure.objects.get()
    page = signed_in(cast.clerk).get(measure.get_absolute_url()).content.decode()
    assert measure.due_date == date(2026, 12, 10)
    assert "時限已放寬過一次。" in page


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"decision": "approve", "reason": ""}, "寫明裁定理由"),
        ({"reason": "好。"}, "請選擇同意或不同意。"),
        (
            {"decision": "approve", "reason": "好。", "granted_date": "2026-12-10"},
            "准予的日期要晚於原時限",
        ),
    ],
)
def test_an_incomplete_decision_changes_nothing(
    signed_in: SignIn, cast: Cast, asked: ChangeRequest, words: dict[str, str], sentence: str
) -> None:
    html = signed_in(cast.office).post(url("request-decide", asked.pk), words).content.decode()

    asked.refresh_from_db()
    assert sentence in html
    assert asked.state == ChangeRequest.State.PENDING


def test_deciding_twice_is_said(signed_in: SignIn, cast: Cast, asked: ChangeRequest) -> None:
    words = {"decision": "refuse", "reason": "不同意。"}
    signed_in(cast.office).post(url("request-decide", asked.pk), words)

    html = signed_in(cast.officer).post(url("request-decide", asked.pk), words).content.decode()

    assert "已經裁定或撤回" in html


def test_upholding_the_lead_s_objection_needs_a_new_lead(
    signed_in: SignIn, cast: Cast, slot: Assignment, now: datetime
) -> None:
    request = requests.raise_objection(
        actor=cast.head, assignment_id=slot.pk, reason="不屬本處。", at=now
    )
    client, where = signed_in(cast.office), url("request-decide", request.pk)
    words = {"decision": "approve", "reason": "屬實。"}
    html = client.post(where, words).content.decode()

    client.post(where, words | {"new_department": cast.funeral_home.pk})

    assert "請選定新的牽頭單位" in html
    assert Measure.objects.get().lead_department == cast.funeral_home


@pytest.mark.parametrize("who", ["clerk", "head", "neighbour", "leader", "admin"])
def test_only_the_office_decides(
    signed_in: SignIn, cast: Cast, asked: ChangeRequest, who: str
) -> None:
    client = signed_in(getattr(cast, who))

    assert client.get(url("request-decide", asked.pk)).status_code == 403


def test_a_pending_request_is_between_the_unit_and_the_office(
    signed_in: SignIn, cast: Cast, asked: ChangeRequest
) -> None:
    page = Measure.objects.get().get_absolute_url()
    decide, withdraw = url("request-decide", asked.pk), url("request-withdraw", asked.pk)

    office = signed_in(cast.office).get(page).content.decode()
    clerk = signed_in(cast.clerk).get(page).content.decode()
    neighbour = signed_in(cast.neighbour).get(page).content.decode()

    assert decide in office
    assert withdraw not in office
    assert withdraw in clerk
    assert decide not in clerk
    assert "公示欄未到貨。" not in neighbour


def test_a_neighbour_may_not_withdraw(signed_in: SignIn, cast: Cast, asked: ChangeRequest) -> None:
    response = signed_in(cast.neighbour).post(url("request-withdraw", asked.pk))

    assert response.status_code == 403


def test_asking_to_put_off_a_task_reported_once_speaks_of_its_deadline(
    cast: Cast, asked: ChangeRequest
) -> None:
    notice = Notice.objects.filter(recipient=cast.office).latest("pk")

    assert "申請把完成時限延至" in notice.title
    assert "一次性" not in notice.title
