"""組織架構各頁：誰打得開、填錯了怎麼說、頁數據多了查詢不變多。"""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from people.models import Appointment, DemonstrationStatus, Department, DepartmentPeriod, User
from tests.cast import TODAY, Cast
from tests.factories import AppointmentFactory, DepartmentFactory, UserFactory

READING = ["people:organisation", "people:my-account", "people:change-password"]
MAINTAINING = [
    ("people:department-create", None),
    ("people:department-edit", "department"),
    ("people:department-close", "department"),
    ("people:period-add", "department"),
    ("people:demonstration-add", "department"),
    ("people:demonstration-end", "status"),
    ("people:appoint", "department"),
    ("people:appointment-end", "post"),
    ("people:appointment-hand-over", "post"),
    ("people:person-list", None),
    ("people:person-create", None),
    ("people:person-detail", "person"),
    ("people:person-edit", "person"),
    ("people:person-reset-password", "person"),
    ("people:person-deactivate", "person"),
    ("people:person-activate", "person"),
]


def address(cast: Cast, view: str, kind: str | None) -> str:
    if kind is None:
        return reverse(view)
    status = DemonstrationStatus.objects.create(
        department=cast.registry, level="county", granted_by="縣文明辦"
    )
    keys = {
        "department": cast.registry.pk,
        "post": Appointment.objects.get(user=cast.head).pk,
        "person": cast.clerk.pk,
        "status": status.pk,
    }
    return reverse(view, args=[keys[kind]])


@pytest.mark.parametrize("view", READING)
def test_everyone_signed_in_reads(cast: Cast, signed_in, view: str) -> None:
    pages = [signed_in(user).get(reverse(view)) for user in (cast.clerk, cast.leader, cast.admin)]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert Client().get(reverse(view)).status_code == 302


@pytest.mark.parametrize(("view", "kind"), MAINTAINING)
def test_only_the_office_and_administrators_maintain(
    cast: Cast, signed_in, view: str, kind: str | None
) -> None:
    url = address(cast, view, kind)

    allowed = [signed_in(user).get(url).status_code for user in (cast.office, cast.admin)]
    refused = [
        signed_in(user).get(url).status_code
        for user in (cast.leader, cast.deputy, cast.head, cast.clerk, cast.neighbour)
    ]

    assert allowed == [200, 200]
    assert refused == [403] * 5
    assert Client().get(url).status_code == 302


def test_the_office_sets_up_a_department_and_appoints_its_head(cast: Cast, signed_in) -> None:
    browser = signed_in(cast.office)

    browser.post(
        reverse("people:department-create"),
        {"name": "福利院", "code": "welfare", "kind": "window", "position": 5},
    )
    department = Department.objects.get(code="welfare")
    answer = browser.post(
        reverse("people:appoint", args=[department.pk]),
        {
            "user": cast.helper.pk,
            "role": "head",
            "post": "院長",
            "start_date": TODAY.isoformat(),
            "position": 1,
        },
        follow=True,
    )

    assert "已任命 文員辛 為福利院院長。" in answer.content.decode()
    assert cast.standing(cast.helper).headed == {department.pk}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": "殯儀館"}, "已有同名的單位"),
        ({"code": "funeral_home"}, "這個代碼已有單位在用"),
        ({"code": "有字"}, "代碼只能用字母、數字"),
        ({"name": " "}, "填寫名稱。"),
        ({"start_date": "去年"}, "日期應寫成 2026-11-23 這樣。"),
    ],
)
def test_a_badly_filled_department_is_explained(cast: Cast, signed_in, typed, sentence) -> None:
    good = {"name": "福利院", "code": "welfare", "kind": "window", "position": 5}

    page = signed_in(cast.office).post(reverse("people:department-create"), good | typed)

    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert not Department.objects.filter(name="福利院", code="welfare").exists()


def test_a_department_under_its_own_child_is_explained(cast: Cast, signed_in) -> None:
    child = DepartmentFactory(name="一號窗口", parent=cast.registry)

    page = signed_in(cast.office).post(
        reverse("people:department-edit", args=[cast.registry.pk]),
        {
            "name": "婚姻登記處",
            "code": "marriage_registry",
            "kind": "window",
            "position": 5,
            "parent": child.pk,
        },
    )

    assert "這樣會繞成一圈：上級不能是自己的下級。" in page.content.decode()


def test_an_end_before_the_start_is_explained(cast: Cast, signed_in) -> None:
    post = AppointmentFactory(user=cast.neighbour, department=cast.registry, start_date=TODAY)

    page = signed_in(cast.office).post(
        reverse("people:appointment-end", args=[post.pk]),
        {"end_date": (TODAY - timedelta(days=1)).isoformat(), "reason": "調離"},
    )

    assert "終止日期早於起始日期" in page.content.decode()


def test_a_refusal_is_shown_with_what_was_typed(cast: Cast, signed_in) -> None:
    page = signed_in(cast.office).post(
        reverse("people:appoint", args=[cast.registry.pk]),
        {
            "user": cast.head.pk,
            "role": "head",
            "post": "主任",
            "start_date": "2026-11-23",
            "position": 1,
        },
    )
    html = page.content.decode()

    assert "已經擔任這個職務" in html
    assert 'value="主任"' in html


def test_both_scripts_find_the_same(cast: Cast, signed_in) -> None:
    browser = signed_in(cast.clerk)

    traditional = browser.get(reverse("people:organisation"), {"q": "殯儀館"})
    simplified = browser.get(reverse("people:organisation"), {"q": "殡仪馆"})

    names = [[row[0].name for row in page.context["rows"]] for page in (traditional, simplified)]
    assert names == [["殯儀館"], ["殯儀館"]]


def test_looking_for_a_person_shows_only_that_person(cast: Cast, signed_in) -> None:
    page = signed_in(cast.clerk).get(reverse("people:organisation"), {"q": "处长戊"})

    assert [(d.name, [p.user.name for p in posts]) for d, posts in page.context["rows"]] == [
        ("婚姻登記處", ["處長戊"])
    ]


def test_a_closed_department_is_folded_away(cast: Cast, signed_in) -> None:
    DepartmentPeriod.objects.create(
        department=cast.funeral_home, end_date=TODAY - timedelta(days=1)
    )
    browser = signed_in(cast.clerk)

    page, with_closed = (
        browser.get(reverse("people:organisation"), query) for query in ({}, {"closed": "1"})
    )

    assert "殯儀館" not in page.content.decode()
    assert "殯儀館" in with_closed.content.decode()


def test_a_new_accounts_password_is_shown_once(cast: Cast, signed_in) -> None:
    browser = signed_in(cast.office)

    page = browser.post(
        reverse("people:person-create"),
        {"username": "fuli01", "name": "新人", "position": 100},
        follow=True,
    )
    password = page.context["password"]
    again = browser.get(page.request["PATH_INFO"])

    assert User.objects.get(username="fuli01").check_password(password)
    assert password in page.content.decode()
    assert password not in again.content.decode()
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"username": "clerk"}, "這個賬號已有人用"),
        ({"username": "有 空格"}, "賬號只能用字母、數字"),
        ({"name": ""}, "填寫姓名。"),
        ({"email": "不是郵箱"}, "郵箱應寫成"),
        ({"phone": "123"}, "手機號應為 11 位數字"),
    ],
)
def test_a_badly_filled_account_is_explained(cast: Cast, signed_in, typed, sentence) -> None:
    good = {"username": "fuli01", "name": "新人", "position": 100}

    page = signed_in(cast.office).post(reverse("people:person-create"), good | typed)

    assert sentence in page.content.decode()
    assert not User.objects.filter(name="新人").exists()


def grow(count: int) -> None:
    for number in range(count):
        department = DepartmentFactory(name=f"新科室{number}")
        AppointmentFactory(user=UserFactory(), department=department, role="head")
        DemonstrationStatus.objects.create(
            department=department, level="city", granted_by="市文明辦"
        )


@pytest.mark.parametrize("view", ["people:organisation", "people:person-list"])
def test_queries_do_not_grow_with_the_bureau(
    cast: Cast, signed_in, view: str, django_assert_max_num_queries
) -> None:
    browser = signed_in(cast.office)
    url = reverse(view)
    grow(3)
    browser.get(url)
    with django_assert_max_num_queries(30) as few:
        browser.get(url)

    grow_more = 30
    for number in range(grow_more):
        department = DepartmentFactory(name=f"再增科室{number}")
        AppointmentFactory(user=UserFactory(), department=department, role="head")
    with django_assert_max_num_queries(30) as many:
        browser.get(url)

    assert len(many) == len(few)
