"""賬號：開戶、一次性密碼、改密碼、停用。密碼絕不留在留痕裏。"""

import json

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from journal.models import Entry
from people import services
from people.models import User
from tests.cast import Cast
from tests.factories import UserFactory

STRONG = "海壇灣-7-清風-page"


def open_account(cast: Cast, now, **values) -> tuple[User, str]:
    return services.create_user(
        actor=cast.office, values={"username": "hunyin09", "name": "新人"} | values, at=now
    )


def test_a_new_account_gets_a_password_that_works_once(cast: Cast, now) -> None:
    user, password = open_account(cast, now)

    assert authenticate(None, username="hunyin09", password=password) or user.check_password(
        password
    )
    assert user.must_change_password
    assert password not in json.dumps(
        list(Entry.objects.values("summary", "reason", "changes")), ensure_ascii=False
    )


def test_two_accounts_never_share_a_password(cast: Cast, now) -> None:
    _one, first = open_account(cast, now)
    _two, second = open_account(cast, now, username="hunyin10")

    assert first != second
    assert len(first) == len("abcd-efgh-jkmn")


def test_a_taken_username_is_refused(cast: Cast, now) -> None:
    with pytest.raises(ValidationError):
        open_account(cast, now, username="clerk")


def test_until_it_is_changed_no_other_page_opens(cast: Cast, signed_in) -> None:
    cast.clerk.must_change_password = True
    cast.clerk.save()
    browser = signed_in(cast.clerk)

    page = browser.get(reverse("people:organisation"))

    assert page.status_code == 302
    assert page.url == reverse("people:change-password")
    assert browser.get(page.url).status_code == 200


def test_changing_it_opens_the_door_and_keeps_the_session(cast: Cast, signed_in) -> None:
    cast.clerk.set_password("old-password-1")
    cast.clerk.must_change_password = True
    cast.clerk.save()
    browser = signed_in(cast.clerk)

    answer = browser.post(
        reverse("people:change-password"),
        {"old_password": "old-password-1", "new_password": STRONG, "again": STRONG},
    )

    assert answer.status_code == 302
    assert browser.get(reverse("people:organisation")).status_code == 200
    cast.clerk.refresh_from_db()
    assert cast.clerk.check_password(STRONG)
    assert Entry.objects.about(cast.clerk).get().action == "people.password_changed"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"old_password": "wrong"}, "現在的密碼不對"),
        ({"new_password": "123456789012", "again": "123456789012"}, ""),
        ({"new_password": "old-password-1", "again": "old-password-1"}, "與原來的一樣"),
        ({"again": "another-one-99"}, "兩遍輸的新密碼不一樣"),
        ({"new_password": "short", "again": "short"}, ""),
    ],
)
def test_a_bad_new_password_is_refused(cast: Cast, signed_in, typed, sentence) -> None:
    cast.clerk.set_password("old-password-1")
    cast.clerk.save()
    good = {"old_password": "old-password-1", "new_password": STRONG, "again": STRONG}

    page = signed_in(cast.clerk).post(reverse("people:change-password"), good | typed)

    assert page.status_code == 200
    assert page.context["form"].errors
    assert sentence in page.content.decode()


def test_the_office_resets_a_forgotten_password(cast: Cast, signed_in) -> None:
    browser = signed_in(cast.office)

    page = browser.post(reverse("people:person-reset-password", args=[cast.clerk.pk]), follow=True)
    password = page.context["password"]
    again = browser.get(reverse("people:person-detail", args=[cast.clerk.pk]))

    cast.clerk.refresh_from_db()
    assert password in page.content.decode()
    assert cast.clerk.check_password(password)
    assert cast.clerk.must_change_password
    assert password not in again.content.decode()


def test_the_office_does_not_reset_an_administrators_password(cast: Cast, now) -> None:
    with pytest.raises(PermissionDenied, match="只有管理員可以改動"):
        services.reset_password(actor=cast.office, user_id=cast.admin.pk, at=now)


def test_a_deactivated_person_is_out_at_once(cast: Cast, signed_in, now) -> None:
    browser = signed_in(cast.clerk)

    services.deactivate_user(actor=cast.office, user_id=cast.clerk.pk, reason="調離", at=now)

    assert browser.get(reverse("people:organisation")).status_code == 302
    assert services.staff_of(cast.registry.pk, now.date()) == [cast.head]


def test_nobody_deactivates_himself(cast: Cast, now) -> None:
    with pytest.raises(services.Refused, match="不能停用自己"):
        services.deactivate_user(actor=cast.office, user_id=cast.office.pk, reason="x", at=now)


def test_the_last_administrator_stays(cast: Cast, now) -> None:
    second = UserFactory(is_superuser=True)
    services.deactivate_user(actor=second, user_id=cast.admin.pk, reason="退休", at=now)

    with pytest.raises(services.Refused, match="不能停用自己"):
        services.deactivate_user(actor=second, user_id=second.pk, reason="x", at=now)


def test_a_deactivated_person_comes_back(cast: Cast, now) -> None:
    services.deactivate_user(actor=cast.office, user_id=cast.clerk.pk, reason="借調", at=now)

    services.activate_user(actor=cast.office, user_id=cast.clerk.pk, reason="返回", at=now)

    assert cast.clerk in services.staff_of(cast.registry.pk, now.date())
    actions = list(Entry.objects.about(cast.clerk).values_list("action", flat=True))
    assert actions == ["people.user_activated", "people.user_deactivated"]


def test_contact_details_stay_out_of_the_journal(cast: Cast, signed_in) -> None:
    signed_in(cast.clerk).post(
        reverse("people:my-account"), {"phone": "138 0013 8000", "email": "c@example.test"}
    )

    cast.clerk.refresh_from_db()
    entry = Entry.objects.about(cast.clerk).get()
    assert cast.clerk.phone == "13800138000"
    assert "13800138000" not in entry.summary + json.dumps(entry.changes)


@pytest.mark.parametrize("phone", ["1234", "13800", "二四三一"])
def test_a_wrong_phone_number_is_refused(cast: Cast, signed_in, phone) -> None:
    page = signed_in(cast.clerk).post(reverse("people:my-account"), {"phone": phone})

    assert "手機號應為 11 位數字" in page.content.decode()


def test_a_stranger_signs_in_and_out(cast: Cast, clock) -> None:
    cast.clerk.set_password(STRONG)
    cast.clerk.save()
    browser = Client()

    answer = browser.post(
        reverse("people:sign-in"), {"username": " clerk ", "password": STRONG, "next": "/org/"}
    )
    inside = browser.get("/org/").status_code
    browser.post(reverse("people:sign-out"))

    assert answer.url == "/org/"
    assert inside == 200
    assert browser.get("/org/").status_code == 302


def test_a_wrong_password_says_how_many_tries_are_left(cast: Cast, clock, settings) -> None:
    settings.AXES_ENABLED = True

    page = Client().post(reverse("people:sign-in"), {"username": "clerk", "password": "no"})

    assert "賬號或密碼不對。再錯 4 次將鎖定 15 分鐘。" in page.content.decode()


def test_five_wrong_passwords_lock_the_account(cast: Cast, clock, settings) -> None:
    settings.AXES_ENABLED = True
    cast.clerk.set_password(STRONG)
    cast.clerk.save()
    browser = Client()
    for _try in range(5):
        page = browser.post(reverse("people:sign-in"), {"username": "clerk", "password": "no"})

    right = browser.post(reverse("people:sign-in"), {"username": "clerk", "password": STRONG})

    assert "這個賬號暫停登錄 15 分鐘" in page.content.decode()
    assert right.status_code == 429
    assert browser.get("/org/").status_code == 302


def test_signing_in_never_leads_to_another_site(cast: Cast, clock) -> None:
    cast.clerk.set_password(STRONG)
    cast.clerk.save()

    answer = Client().post(
        reverse("people:sign-in"),
        {"username": "clerk", "password": STRONG, "next": "https://evil.example/"},
    )

    assert answer.url == "/desk/"


def test_the_first_page_says_whom_to_sign_in_as(db, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    accounts = [
        {"role": "辦公室主任", "username": "bangongshi", "password": "s3cret-pw", "department": ""},
        {"role": "經辦人", "username": "hunyin", "password": "s3cret-pw", "department": "x"},
        {"role": "負責人", "username": "chuzhang", "password": "s3cret-pw", "department": "x"},
    ]
    (tmp_path / "demo-accounts.json").write_text(json.dumps(accounts), encoding="utf-8")

    page = Client().get(reverse("people:sign-in"))
    html = page.content.decode()

    assert len(page.context["first_visit"]) == 3
    assert "bangongshi" in html
    assert "s3cret-pw" not in html


@pytest.mark.parametrize("text", [None, "not json", "[1]", "{}"])
def test_without_a_sample_the_first_page_is_plain(db, settings, tmp_path, text) -> None:
    settings.VAR_DIR = tmp_path
    if text is not None:
        (tmp_path / "demo-accounts.json").write_text(text, encoding="utf-8")

    assert not Client().get(reverse("people:sign-in")).context["first_visit"]


DECIDING = ("leader", "deputy", "office", "head")


@pytest.mark.parametrize("name", DECIDING)
def test_the_office_cannot_take_over_the_account_of_one_who_decides(
    cast: Cast, now, signed_in, name: str
) -> None:
    person = getattr(cast, name)
    page = reverse("people:person-detail", args=[person.pk])
    browser = signed_in(cast.officer)

    with pytest.raises(PermissionDenied, match="只有系統管理員可以重置密碼或停用"):
        services.reset_password(actor=cast.officer, user_id=person.pk, at=now)
    with pytest.raises(PermissionDenied, match="只有系統管理員可以重置密碼或停用"):
        services.deactivate_user(actor=cast.officer, user_id=person.pk, reason="試", at=now)

    html = browser.get(page).content.decode()
    assert "只有系統管理員可以重置密碼或停用" in html
    assert "reset-password" not in html
    for act in ("person-reset-password", "person-deactivate"):
        assert browser.get(reverse(f"people:{act}", args=[person.pk])).status_code == 403


@pytest.mark.parametrize("name", DECIDING)
def test_the_administrator_resets_the_password_of_one_who_decides(
    cast: Cast, now, name: str
) -> None:
    person = getattr(cast, name)

    user, password = services.reset_password(actor=cast.admin, user_id=person.pk, at=now)

    assert user.check_password(password)


def test_the_office_resets_the_password_of_a_clerk_and_of_a_former_head(cast: Cast, now) -> None:
    cast.head.appointments.update(end_date="2026-11-22")

    for person in (cast.clerk, cast.head):
        user, password = services.reset_password(actor=cast.officer, user_id=person.pk, at=now)
        assert user.check_password(password)


def test_the_sign_in_page_says_who_resets_passwords(db) -> None:
    html = Client().get(reverse("people:sign-in")).content.decode()

    assert "忘記密碼？請聯繫領導小組辦公室或系統管理員重置。" in html
