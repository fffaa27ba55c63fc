"""系統管理裏的留痕：改在附表和多選裏的也寫明是誰；別的頁不給看的，這裏也不給。"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client

from campaigns.admin import EvidenceRequirementInline, FocusAreaInline
from campaigns.models import Seat
from journal.models import Entry
from people.admin import PeriodInline
from tasks.services import evidence, handing_in
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    EvidenceLinkFactory,
    MeasureFactory,
    SubmissionFactory,
    UserFactory,
    moment,
)

NOW = moment(2026, 11, 23)


def filled(page: HttpResponse) -> dict[str, Any]:
    """頁上的表單照原樣交回去要交的值。"""
    forms = [page.context["adminform"].form]
    for wrapped in page.context["inline_admin_formsets"]:
        forms += [wrapped.formset.management_form, *wrapped.formset.forms]
    values = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if isinstance(value, list):
                value = [getattr(row, "pk", row) for row in value]
            if value is not None and value is not False:
                values[bound.html_name] = value
    return values


def test_a_seat_given_in_the_admin_says_to_whom(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    browser, newcomer = signed_in(cast.admin), UserFactory(name="新任某")
    url = f"/admin/campaigns/campaign/{cast.campaign.pk}/change/"
    values = filled(browser.get(url))
    count = int(values["seats-TOTAL_FORMS"])
    seat = {"role": "office_staff", "post": "幹事", "user": newcomer.pk, "position": 9}
    values |= {f"seats-{count}-{name}": value for name, value in seat.items()}
    values |= {"seats-TOTAL_FORMS": count + 1, "seats-0-post": "黨組書記"}

    answer = browser.post(url, values)

    assert answer.status_code == 302, answer.context["errors"]
    entry = Entry.objects.about(cast.campaign).get()
    assert entry.changes["新增領導小組席位"] == ["", "辦公室人員 新任某"]
    assert entry.changes["領導小組席位「組長 組長甲」職務"] == ["局長", "黨組書記"]


def test_departments_put_in_charge_in_the_admin_are_named(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    browser, seat = signed_in(cast.admin), Seat.objects.get(user=cast.deputy)
    url = f"/admin/campaigns/seat/{seat.pk}/change/"
    values = filled(browser.get(url))

    browser.post(url, values | {"departments": [cast.registry.pk, cast.funeral_home.pk]})

    entry = Entry.objects.about(cast.campaign).get()
    before, after = entry.changes["分管單位"]
    assert before == "婚姻登記處"
    assert set(after.split("、")) == {"婚姻登記處", "殯儀館"}


@pytest.mark.parametrize("inline", [FocusAreaInline, EvidenceRequirementInline, PeriodInline])
def test_rows_with_history_are_not_deleted_from_an_inline(
    inline: type[admin.TabularInline],
) -> None:
    assert not inline.can_delete


def test_the_journal_does_not_tell_the_administrator_why_a_report_went_back(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    submission = SubmissionFactory(
        assignment=assignment(cast), submitted=True, by={"clerk": cast.clerk}
    )
    handing_in.give_back(
        actor=cast.head, submission_id=submission.pk, reason="數字編造不得上報", at=NOW
    )
    entry = Entry.objects.get(action="tasks.given_back")

    html = signed_in(cast.admin).get(f"/admin/journal/entry/{entry.pk}/change/").content.decode()

    assert entry.summary in html
    assert "數字編造" not in html


def test_the_journal_does_not_tell_the_administrator_the_names_of_evidence(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    submission = SubmissionFactory(assignment=assignment(cast))
    link = EvidenceLinkFactory(
        round=submission.rounds.get(), name="證件照.jpg", added_by=cast.clerk
    )
    evidence.remove_evidence(actor=cast.clerk, link_id=link.pk, at=NOW)
    entry = Entry.objects.get(action="tasks.evidence_removed")
    browser = signed_in(cast.admin)

    pages = ["/admin/journal/entry/", "/admin/journal/entry/?q=removed"]
    html = "".join(browser.get(page).content.decode() for page in pages)

    assert "證件照" in entry.summary
    assert "證件照" not in html
    assert browser.get(f"/admin/journal/entry/{entry.pk}/change/").status_code == 302


def test_why_a_seat_changed_is_still_shown(cast: Cast, signed_in: Callable[..., Client]) -> None:
    entry = Entry.objects.create(
        at=NOW,
        actor_name="主任",
        action="campaigns.seat_ended",
        target_type="campaigns.seat",
        target_id=1,
        topic_type="campaigns.campaign",
        topic_id=1,
        summary="席位終止",
        reason="工作調動",
    )

    html = signed_in(cast.admin).get(f"/admin/journal/entry/{entry.pk}/change/").content.decode()

    assert "工作調動" in html


def test_opening_the_admin_sign_out_address_signs_nobody_out(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    browser = signed_in(cast.admin)

    opened = browser.get("/admin/logout/")
    still_in = browser.get("/desk/")
    pressed = browser.post("/admin/logout/")

    assert (opened.status_code, still_in.status_code) == (405, 200)
    assert pressed.status_code == 302
    assert browser.get("/desk/").status_code == 302


def assignment(cast: Cast) -> Any:
    measure = MeasureFactory(
        campaign=cast.campaign,
        lead_department=cast.registry,
        due_date=date(2026, 12, 10),
        issued=True,
    )
    return AssignmentFactory(measure=measure)
