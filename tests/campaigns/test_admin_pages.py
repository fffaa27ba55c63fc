"""系統管理：管理員打得開每一頁，別人進不去；改動留痕；沒通過的填報內容看不到。"""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from journal.models import Entry
from people.models import Appointment, Department, User
from tasks.models import Round
from tests.cast import TODAY, Cast
from tests.factories import (
    AssignmentFactory,
    EvidenceLinkFactory,
    IndicatorFactory,
    MeasureFactory,
    SubmissionFactory,
)

OURS = ["journal", "people", "campaigns", "tasks"]
MODELS = [m for m in admin.site._registry if m._meta.app_label in OURS]


def listing(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def change(obj) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def stage(cast: Cast, **state) -> Round:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)
    submission = SubmissionFactory(assignment=AssignmentFactory(measure=measure), **state)
    IndicatorFactory(objective__campaign=cast.campaign)
    EvidenceLinkFactory(round=submission.rounds.get())
    return submission.rounds.get()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_the_administrator_opens_and_searches_every_list(cast: Cast, signed_in, model) -> None:
    stage(cast, accepted=True)
    browser = signed_in(cast.admin)

    page = browser.get(listing(model))
    found = browser.get(listing(model), {"q": "婚姻登记处"})

    assert page.status_code == 200
    assert found.status_code == 200
    assert admin.site._registry[model].search_fields
    row = model._default_manager.first()
    if row is not None:
        assert browser.get(change(row)).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_nobody_else_gets_in(cast: Cast, signed_in, model) -> None:
    url = listing(model)

    codes = {
        signed_in(user).get(url, follow=True).status_code
        for user in (cast.office, cast.leader, cast.head, cast.clerk)
    }
    stranger = Client().get(url)

    assert codes == {403}
    assert stranger.url == f"{reverse('people:sign-in')}?next={url}"


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_nothing_is_deleted_there(cast: Cast, rf, model) -> None:
    request = rf.get("/")
    request.user = cast.admin

    assert not admin.site._registry[model].has_delete_permission(request)


def test_the_site_speaks_chinese(cast: Cast, signed_in) -> None:
    html = signed_in(cast.admin).get(reverse("admin:index")).content.decode()

    assert "文明創建管理平台 · 系統管理" in html
    for words in ("組織與人員", "創建活動", "留痕", "任務分解"):
        assert words in html


def test_a_search_in_simplified_finds_traditional(cast: Cast, signed_in) -> None:
    page = signed_in(cast.admin).get(listing(Department), {"q": "殡仪馆"})

    assert [row.name for row in page.context["cl"].result_list] == ["殯儀館"]


def test_an_edit_is_on_the_record(cast: Cast, signed_in) -> None:
    page = signed_in(cast.admin).get(change(cast.funeral_home))
    values = {
        "name": "平潭縣殯儀館",
        "short_name": "",
        "code": "funeral_home",
        "kind": "window",
        "position": 3,
        "note": "",
    }
    for formset in page.context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        values |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}

    answer = signed_in(cast.admin).post(change(cast.funeral_home), values)

    entry = Entry.objects.about(cast.funeral_home).get()
    assert answer.status_code == 302
    assert entry.actor == cast.admin
    assert entry.changes["名稱"] == ["殯儀館", "平潭縣殯儀館"]


def test_a_new_account_from_here_must_change_its_password(cast: Cast, signed_in) -> None:
    answer = signed_in(cast.admin).post(
        reverse("admin:people_user_add"),
        {
            "username": "fuli01",
            "name": "新人",
            "usable_password": "true",
            "password1": "海壇灣-7-清風-page",
            "password2": "海壇灣-7-清風-page",
        },
    )

    assert answer.status_code == 302, answer.context["errors"]
    user = User.objects.get(username="fuli01")
    assert user.must_change_password
    assert "海壇灣" not in str(list(Entry.objects.values()))


def test_accounts_are_deactivated_but_not_ones_own(cast: Cast, signed_in) -> None:
    page = signed_in(cast.admin).post(
        listing(User),
        {"action": "deactivate", "_selected_action": [cast.clerk.pk, cast.admin.pk]},
        follow=True,
    )
    html = page.content.decode()

    cast.clerk.refresh_from_db()
    cast.admin.refresh_from_db()
    assert not cast.clerk.is_active
    assert cast.admin.is_active
    assert "已停用 1 個賬號。" in html
    assert "不能停用自己的賬號" in html
    assert Entry.objects.about(cast.clerk).get().action == "people.user_deactivated"


def test_appointments_are_ended_as_of_today(cast: Cast, signed_in) -> None:
    post = Appointment.objects.get(user=cast.head)

    signed_in(cast.admin).post(
        listing(Appointment), {"action": "end_today", "_selected_action": [post.pk]}
    )

    post.refresh_from_db()
    assert post.end_date == TODAY
    assert Entry.objects.about(cast.registry).get().action == "people.appointment_ended"


@pytest.mark.parametrize("state", ["submitted", "endorsed"])
def test_what_is_not_accepted_stays_unseen(cast: Cast, signed_in, state: str) -> None:
    round_ = stage(cast, **{state: True})
    html = signed_in(cast.admin).get(change(round_)).content.decode()

    assert round_.narrative == "辦事程序和收費標準已在大廳公開。"
    assert round_.narrative not in html


def test_what_is_accepted_is_shown(cast: Cast, signed_in) -> None:
    round_ = stage(cast, accepted=True)

    assert round_.narrative in signed_in(cast.admin).get(change(round_)).content.decode()


def test_reported_things_are_not_changed(cast: Cast, signed_in) -> None:
    round_ = stage(cast, endorsed=True)

    answer = signed_in(cast.admin).post(change(round_), {"narrative": "改"})

    round_.refresh_from_db()
    assert answer.status_code == 403
    assert round_.narrative != "改"


def test_a_campaigns_state_is_not_changed_behind_its_back(cast: Cast, signed_in) -> None:
    page = signed_in(cast.admin).get(change(cast.campaign))

    assert "state" not in page.context["adminform"].form.fields
    assert "code" not in page.context["adminform"].form.fields
