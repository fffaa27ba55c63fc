"""異議的頁：單位看自己的、上級看全部、旁單位不知道有；按鈕隨人，迴避的說明為什麼沒有。"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.models import Seat
from campaigns.standing import standing_of
from desk.objections import objection_todos
from evaluations import policies
from evaluations.inbox import under_way
from evaluations.models import AssessmentRound, Objection, Rectification
from evaluations.objection_inbox import waiting
from evaluations.objection_page import ObjectionQuery
from evaluations.services.rectifications import order_rectification
from supervision.models import Order
from supervision.services import Limit, Matter
from tests.cast import Cast
from tests.evaluations import objection_stage as stage
from tests.evaluations.round_stage import number_of
from tests.factories import moment
from tests.lib.hostile import photo

SignIn = Callable[..., Client]
LIST = reverse("evaluations:objection-list")


def page(client: Client, row: Objection) -> str:
    return client.get(row.get_absolute_url()).content.decode()


def test_the_result_says_who_objected_and_which_edition_changed_what(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    sheet = stage.sheet(cast)
    granted = stage.objection(cast, now, "decided", found=sheet)
    stage.objection(cast, now, found=sheet, number="2.1")
    AssessmentRound.objects.update(phase="published", is_open_to_all=True)
    url = reverse("evaluations:result", args=[sheet.round.code])

    office, own, other = (
        signed_in(person).get(url) for person in (cast.office, cast.head, cast.neighbour)
    )

    for seen in (office, own):
        text = seen.content.decode()
        assert "提 2 件，裁定 1 件" in text
        assert 'href="?edition=2"' in text
        assert granted.get_absolute_url() in text
        assert "8.00 分改為 10.00 分" in text
    assert other.context["objections"] == []
    assert "裁定 1 件" not in other.content.decode()


# ── 提出 ──────────────────────────────────────────────


def test_the_head_files_one_through_the_page_with_a_picture(cast: Cast, signed_in: SignIn) -> None:
    sheet = stage.sheet(cast)
    url = reverse("evaluations:objection-create", args=[sheet.round.code, cast.registry.pk])
    head = signed_in(cast.head)
    line = number_of(sheet, "1.2")

    asked = head.get(url, {"criterion": line})
    answer = head.post(
        url,
        {
            "criterion": line,
            "points": "10",
            "reason": stage.REASON,
            "file": SimpleUploadedFile("補簽.jpg", photo(), "image/jpeg"),
        },
    )

    assert f'value="{line}" selected' in asked.content.decode()
    row = Objection.objects.get()
    assert answer.url == row.get_absolute_url()
    assert f'value="{line}"' not in head.get(url).content.decode()
    again = head.post(url, {"criterion": line, "reason": stage.REASON}).content.decode()
    assert "這一條已經提過異議" in again
    assert "1.3 測評內容 1.3（不適用）" in again
    empty = head.post(url, {}).content.decode()
    assert "選出不同意的那一條" in empty
    assert "寫明為什麼不同意" in empty
    assert "補簽.jpg" in page(head, row)
    assert head.get(row.files.get().get_absolute_url()).status_code == 200
    assert signed_in(cast.neighbour).get(row.files.get().get_absolute_url()).status_code == 404


def test_what_is_wrong_is_said_at_its_field_and_the_words_are_kept(
    cast: Cast, signed_in: SignIn
) -> None:
    sheet = stage.sheet(cast)
    url = reverse("evaluations:objection-create", args=[sheet.round.code, cast.registry.pk])

    answer = signed_in(cast.head).post(
        url, {"criterion": number_of(sheet, "1.2"), "points": "3", "reason": "我的理由"}
    )

    words = answer.content.decode()
    assert answer.status_code == 422
    assert "認為應得的要比它高" in words
    assert "我的理由" in words


def test_a_late_visitor_reads_until_when_it_was(
    cast: Cast, signed_in: SignIn, clock: object
) -> None:
    sheet = stage.sheet(cast)
    url = reverse("evaluations:objection-create", args=[sheet.round.code, cast.registry.pk])
    clock.move_to(moment(2026, 12, 1))

    answer = signed_in(cast.head).get(url)

    assert answer.status_code == 409
    assert "異議期到 2026年11月30日 為止" in answer.content.decode()


# ── 看 ────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("head", True),
        ("clerk", True),
        ("office", True),
        ("officer", True),
        ("leader", True),
        ("deputy", True),
        ("neighbour", False),
        ("helper", False),
        ("admin", False),
    ],
)
def test_who_sees_an_objection(
    cast: Cast, now: datetime, signed_in: SignIn, who: str, sees: bool
) -> None:
    row = stage.objection(cast, now)
    person = getattr(cast, who)
    standing = standing_of(person, now.date())

    answer = signed_in(person).get(row.get_absolute_url())
    listed = signed_in(person).get(LIST).content.decode()

    assert answer.status_code == (200 if sees else 404)
    assert (stage.REASON in listed) == sees
    assert policies.can_see_objection(standing, row) == sees
    assert Objection.objects.visible_to(standing).exists() == sees


def test_both_editions_stand_side_by_side(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    row = stage.objection(cast, now, "decided")

    words = page(signed_in(cast.head), row)

    for part in ("第 1 版定稿", "第 2 版定稿", "78.22 分", "80.44 分", "發現 1 次", "沒有發現問題"):
        assert part in words


def test_the_one_who_gave_the_score_reads_why_he_has_no_button(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    row = stage.objection(cast, now)

    mine, colleague = page(signed_in(cast.office), row), page(signed_in(cast.officer), row)

    assert "這一條的分是您給的" in mine
    assert reverse("evaluations:objection-answer", args=[row.pk]) not in mine
    assert reverse("evaluations:objection-answer", args=[row.pk]) in colleague


@pytest.mark.parametrize(
    ("query", "count"),
    [({}, 1), ({"state": "open"}, 1), ({"state": "upheld"}, 0), ({"department": "x"}, 1)],
)
def test_the_list_is_filtered_by_its_address(
    cast: Cast, now: datetime, signed_in: SignIn, query: dict, count: int
) -> None:
    stage.objection(cast, now)

    answer = signed_in(cast.office).get(LIST, query)

    assert answer.context["page"].paginator.count == count


def test_an_unreadable_address_is_no_filter() -> None:
    from django.http import QueryDict

    assert not ObjectionQuery.read(QueryDict("state=nonsense&page=-1")).is_filtered


def test_the_pages_cost_few_queries(
    cast: Cast,
    now: datetime,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable,
) -> None:
    row = stage.objection(cast, now, "answered")
    chair = signed_in(cast.leader)
    page(chair, row)

    with django_assert_max_num_queries(14):
        page(chair, row)
    with django_assert_max_num_queries(12):
        chair.get(LIST)


# ── 答覆和裁定 ────────────────────────────────────────


def test_answered_and_decided_through_the_pages(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    row = stage.objection(cast, now)
    prefix = f"c{row.criterion_id}"

    signed_in(cast.officer).post(
        reverse("evaluations:objection-answer", args=[row.pk]),
        {"proposal": "upheld", "answer": "查了原件，確已補簽。"},
    )
    signed_in(cast.leader).post(
        reverse("evaluations:objection-decide", args=[row.pk]),
        {
            "outcome": "upheld",
            "reason": "同意。",
            f"{prefix}-seen": 0,
            f"{prefix}-occurrences": 0,
        },
    )

    row = stage.fresh(row)
    assert (row.state, row.new_score.points) == ("upheld", 10)


def test_a_decision_without_the_new_facts_is_asked_for_them(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    row = stage.objection(cast, now, "answered")
    url = reverse("evaluations:objection-decide", args=[row.pk])
    prefix = f"c{row.criterion_id}"

    answer = signed_in(cast.leader).post(
        url, {"outcome": "upheld", "reason": "同意。", f"{prefix}-seen": 0}
    )

    assert answer.status_code == 422
    assert "改了的事實還沒有填" in answer.content.decode()


def test_the_desk_asks_the_right_person_at_each_step(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now)
    campaigns = [cast.campaign.pk]

    def asked(person: object) -> list[str]:
        return [todo.verb for todo in objection_todos(cast.standing(person), under_way(campaigns))]

    assert (asked(cast.officer), asked(cast.office), asked(cast.leader)) == (["答覆"], [], [])
    stage.answer(cast, row, now)
    assert (asked(cast.officer), asked(cast.leader), asked(cast.deputy)) == ([], ["裁定"], [])
    stage.decide(cast, row, now)
    assert asked(cast.leader) == []


def test_the_deputy_is_asked_when_the_chair_stands_aside(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now, "answered")
    Objection.objects.filter(pk=row.pk).update(answered_by=cast.leader)

    assert list(waiting(cast.standing(cast.deputy))) == [row]
    assert not waiting(cast.standing(cast.leader)).exists()


def test_the_deputy_is_asked_when_the_chair_is_empty(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now, "answered")
    Seat.objects.filter(role=Seat.Role.CHAIR).update(end_date=moment(2026, 11, 1).date())

    assert list(waiting(cast.standing(cast.deputy))) == [row]
    stage.decide(cast, row, now, actor=cast.deputy)

    assert stage.fresh(row).decided_by == cast.deputy


# ── 整改 ──────────────────────────────────────────────


def test_a_line_becomes_a_rectification_that_knows_where_it_came_from(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    sheet = stage.sheet(cast)
    line = number_of(sheet, "1.2")
    url = reverse("evaluations:rectify", args=[sheet.round.code, cast.registry.pk])
    office = signed_in(cast.office)

    asked = office.get(url, {"criterion": line}).context["form"]
    office.post(
        f"{url}?criterion={line}",
        {
            "title": asked.initial["title"],
            "demand": asked.initial["demand"],
            "lead_department": cast.registry.pk,
            "limit_days": 10,
            "urgency": "normal",
        },
    )

    order = Order.objects.get()
    assert (order.full_number, order.title) == ("平民創整〔2026〕1號", "測評內容 1.2：核查記錄在案")
    assert (order.rectification.sheet, order.rectification.criterion_id) == (sheet, line)
    own = signed_in(cast.head).get(order.get_absolute_url()).content.decode()
    assert sheet.get_absolute_url() in own


def test_a_whole_sheet_may_be_ordered_put_right(cast: Cast, signed_in: SignIn) -> None:
    sheet = stage.sheet(cast)
    url = reverse("evaluations:rectify", args=[sheet.round.code, cast.registry.pk])

    asked = signed_in(cast.office).get(url).context["form"].initial

    assert asked["title"].endswith("得 78.22 分，評為「合格」")
    assert "2.1 測評內容 2.1（少 13.6 分）" in asked["demand"]


def test_pressed_twice_it_is_one_rectification(cast: Cast, now: datetime) -> None:
    sheet = stage.sheet(cast)
    matter = Matter(
        title="收費公示不全",
        limit=Limit(days=10),
        lead_department_id=cast.registry.pk,
        source=Order.Source.RECTIFICATION,
    )

    for _press in range(2):
        order_rectification(
            actor=cast.office, sheet=sheet, criterion_id=None, matter=matter, at=now
        )

    assert Rectification.objects.count() == Order.objects.count() == 1


@pytest.mark.parametrize(("is_done", "status"), [(True, 200), (False, 403)])
def test_what_a_visit_found_may_be_put_right_once_it_is_done(
    cast: Cast, now: datetime, signed_in: SignIn, is_done: bool, status: int
) -> None:
    sheet = stage.sheet(cast, "visit")
    visit = sheet.visits.create(
        date=now.date(),
        notes="滅火器過期兩具。",
        created_by=cast.office,
        created_at=now,
        done_at=now if is_done else None,
        done_by=cast.office if is_done else None,
    )
    url = reverse("evaluations:rectify", args=[sheet.round.code, cast.registry.pk])

    answer = signed_in(cast.office).get(url, {"visit": visit.pk})

    assert answer.status_code == status
    if is_done:
        assert answer.context["form"].initial["title"] == "滅火器過期兩具。"


def test_the_sheet_offers_each_what_he_may_do_next(
    cast: Cast, now: datetime, signed_in: SignIn, clock: object
) -> None:
    sheet = stage.sheet(cast)
    row = stage.objection(cast, now, "answered", found=sheet)
    key = [sheet.round.code, cast.registry.pk]
    object_url, rectify_url = (
        reverse(f"evaluations:{name}", args=key) for name in ("objection-create", "rectify")
    )

    def offered(person: object) -> tuple[bool, bool, bool]:
        words = signed_in(person).get(sheet.get_absolute_url()).content.decode()
        return row.answer in words, object_url in words, rectify_url in words

    row = stage.fresh(row)
    assert offered(cast.head) == (True, True, False)
    assert offered(cast.clerk) == (True, False, False)
    assert offered(cast.office) == (True, False, True)
    clock.move_to(moment(2026, 12, 1))
    assert offered(cast.head) == (True, False, False)
