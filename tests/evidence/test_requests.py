"""要材料：依據必填，先看已有什麼，同一單位、指標、時期不要第二遍；成了走原來的路。"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from campaigns.models import EvidenceForm, EvidenceRequirement, Indicator
from evidence.requests import burden
from evidence.services.requests import Duplicate, Wish, ask_for_evidence
from journal.models import Entry, Notice
from people.models import Department, User
from tasks.models import Measure, Submission
from tasks.services.breakdown import Invalid
from tasks.services.requests import ask_extension, decide_request
from tests import factories as make
from tests.cast import Cast
from tests.evidence import stage

SignedIn = Callable[[User], Client]
BASIS = "縣文明辦〔2026〕9號通知第三條"
SUMMER = (date(2026, 7, 1), date(2026, 9, 30))


@pytest.fixture
def about(cast: Cast) -> Indicator:
    make.MainTaskFactory(campaign=cast.campaign)
    return stage.indicator(cast.campaign)


def wish(about: Indicator, *departments: Department, **changes: Any) -> Wish:
    values: dict[str, Any] = {
        "basis": BASIS,
        "indicator": about,
        "departments": departments,
        "asked_from": SUMMER[0],
        "asked_to": SUMMER[1],
        "forms": (EvidenceForm.objects.filter(is_active=True).first(),),
        "due_date": date(2026, 12, 10),
    }
    return Wish(**(values | changes))


def ask(cast: Cast, now: datetime, what: Wish, actor: User | None = None) -> list[Measure]:
    return ask_for_evidence(actor=actor or cast.office, campaign=cast.campaign, wish=what, at=now)


def typed(about: Indicator, *departments: Department, **changes: Any) -> dict[str, Any]:
    form = EvidenceForm.objects.filter(is_active=True).first()
    return {
        "basis": BASIS,
        "indicator": about.pk,
        "departments": [row.pk for row in departments],
        "asked_from": "2026-07-01",
        "asked_to": "2026-09-30",
        "kinds": [form.pk],
        "due_date": "2026-12-10",
        **changes,
    }


# ── 發出 ──────────────────────────────────────────────


def test_a_request_is_a_task_each_unit_signs_for(
    cast: Cast, now: datetime, about: Indicator
) -> None:
    measures = ask(cast, now, wish(about, cast.registry, cast.funeral_home))

    first = measures[0]
    row = Submission.objects.get(assignment__measure=first)
    assert [each.lead_department for each in measures] == [cast.registry, cast.funeral_home]
    assert (first.is_request, first.basis, first.state) == (True, BASIS, Measure.State.ISSUED)
    assert (first.asked_from, first.asked_to) == (row.period_start, row.period_end) == SUMMER
    assert (row.due_date, first.asks_percent) == (date(2026, 12, 10), False)
    assert list(first.indicators.all()) == [about]
    assert row.assignment.acknowledge_due_date is not None
    assert Notice.objects.filter(recipient=cast.clerk).exists()
    assert Entry.objects.filter(action="evidence.asked", reason=BASIS).count() == 2


def test_what_the_indicator_wants_of_a_form_is_wanted_here(
    cast: Cast, now: datetime, about: Indicator
) -> None:
    form, other = EvidenceForm.objects.filter(is_active=True)[:2]
    EvidenceRequirement.objects.create(indicator=about, form=form, count=3, needs_number=True)
    EvidenceRequirement.objects.create(indicator=about, form=other)

    (measure,) = ask(cast, now, wish(about, cast.registry))

    spec = measure.evidence_wanted.get()
    assert (spec.form, spec.count, spec.needs_number, spec.window) == (form, 3, True, "period")


def test_forms_that_were_not_asked_for_are_not_wanted(
    cast: Cast, now: datetime, about: Indicator
) -> None:
    """指標還要別的形式：這一次沒有要的，不因為對應了指標就一併要。"""
    asked, other = EvidenceForm.objects.filter(is_active=True)[:2]
    for form in (asked, other):
        EvidenceRequirement.objects.create(indicator=about, form=form)

    (measure,) = ask(cast, now, wish(about, cast.registry, forms=(asked,)))

    assert [spec.form for spec in measure.evidence_wanted.all()] == [asked]


def test_an_extension_moves_the_limit_but_not_the_period(
    cast: Cast, now: datetime, about: Indicator
) -> None:
    (measure,) = ask(cast, now, wish(about, cast.registry))
    row = Submission.objects.get(assignment__measure=measure)
    request = ask_extension(
        actor=cast.clerk, submission_id=row.pk, proposed_date=date(2026, 12, 20), reason="等蓋章",
        at=now,
    )  # fmt: skip
    decide_request(
        actor=cast.office, request_id=request.pk, is_approved=True, reason="可以", at=now
    )

    row.refresh_from_db()
    assert (row.due_date, row.period_end) == (date(2026, 12, 20), SUMMER[1])


# ── 不再要 ────────────────────────────────────────────


def test_a_second_request_for_an_overlapping_period_is_refused(
    cast: Cast, now: datetime, about: Indicator
) -> None:
    (first,) = ask(cast, now, wish(about, cast.registry))

    overlapping = wish(
        about, cast.registry, cast.funeral_home, asked_from=date(2026, 9, 30),
        asked_to=date(2026, 10, 31),
    )  # fmt: skip
    with pytest.raises(Duplicate) as refusal:
        ask(cast, now, overlapping)

    assert [each.measure for each in refusal.value.found] == [first]
    assert Measure.objects.filter(is_request=True).count() == 1
    later = wish(about, cast.registry, asked_from=date(2026, 10, 1), asked_to=date(2026, 10, 31))
    assert len(ask(cast, now, later)) == 1


@pytest.mark.parametrize("state", ["open", "submitted", "endorsed", "accepted"])
def test_work_already_owed_or_accepted_is_not_asked_for_again(
    cast: Cast, now: datetime, about: Indicator, state: str
) -> None:
    row = stage.submission(
        cast, about=about, state=state, period_start=SUMMER[0], period_end=SUMMER[1]
    )
    stage.link(cast, row, form=EvidenceForm.objects.filter(is_active=True).first())

    with pytest.raises(Duplicate) as refusal:
        ask(cast, now, wish(about, cast.registry))

    assert [each.submission for each in refusal.value.found] == [row]


@pytest.mark.parametrize("lack", ["nothing", "rejected", "another form", "too few"])
def test_what_an_accepted_report_still_lacks_can_be_asked_for(
    cast: Cast, now: datetime, about: Indicator, lack: str
) -> None:
    """體檢說「請創建辦補要材料」：通過了而材料不齊的，不能又說要過了。"""
    form, other = EvidenceForm.objects.filter(is_active=True)[:2]
    EvidenceRequirement.objects.create(indicator=about, form=form, count=2)
    row = stage.submission(cast, about=about, period_start=SUMMER[0], period_end=SUMMER[1])
    if lack != "nothing":
        stage.link(
            cast, row, form=other if lack == "another form" else form,
            state="rejected" if lack == "rejected" else "accepted",
        )  # fmt: skip

    (measure,) = ask(cast, now, wish(about, cast.registry))

    assert measure.is_request
    with pytest.raises(Duplicate):
        ask(cast, now, wish(about, cast.registry))


def test_a_nil_report_approved_is_not_asked_for_again(
    cast: Cast, now: datetime, about: Indicator
) -> None:
    row = stage.submission(cast, about=about, period_start=SUMMER[0], period_end=SUMMER[1])
    row.rounds.update(is_nil=True)

    with pytest.raises(Duplicate):
        ask(cast, now, wish(about, cast.registry))


def test_stopped_work_and_other_units_do_not_stand_in_the_way(
    cast: Cast, now: datetime, about: Indicator
) -> None:
    stopped = stage.submission(
        cast, about=about, state="open", period_start=SUMMER[0], period_end=SUMMER[1]
    )
    stopped.assignment.state = "cancelled"
    stopped.assignment.save()
    stage.submission(
        cast, cast.funeral_home, about=about, period_start=SUMMER[0], period_end=SUMMER[1]
    )

    assert len(ask(cast, now, wish(about, cast.registry))) == 1


# ── 不許的 ────────────────────────────────────────────


def test_only_the_office_asks(cast: Cast, now: datetime, about: Indicator) -> None:
    for person in (cast.leader, cast.head, cast.neighbour, cast.admin):
        with pytest.raises(PermissionDenied):
            ask(cast, now, wish(about, cast.registry), person)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"basis": "  "}, "basis"),
        ({"asked_to": date(2026, 6, 30)}, "asked_to"),
        ({"due_date": date(2026, 11, 20)}, "due_date"),
        ({"due_date": date(2027, 12, 31)}, "due_date"),
    ],
)
def test_a_request_that_cannot_stand_is_refused_at_its_field(
    cast: Cast, now: datetime, about: Indicator, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(cast, now, wish(about, cast.registry, **changes))

    assert set(refusal.value.errors) == {field}
    assert not Measure.objects.filter(is_request=True).exists()


# ── 頁面 ──────────────────────────────────────────────


def test_what_is_held_is_shown_before_it_can_be_sent(
    cast: Cast, signed_in: SignedIn, about: Indicator
) -> None:
    """別的活動裏同一項指標的也列出來；直接發的，先擺出來，再按一次才發。"""
    before = stage.last_year()
    old = stage.submission(
        cast, campaign=before, about=stage.indicator(before), period_start=SUMMER[0],
        period_end=SUMMER[1],
    )  # fmt: skip
    stage.link(cast, old, "上年已採用.docx")
    make.SeatFactory(campaign=before, user=cast.office, role="office_staff", post="幹事")
    client = signed_in(cast.office)
    url = reverse("evidence:request-create", args=[cast.campaign.code])
    form = typed(about, cast.registry, send="1")

    first = client.post(url, form)
    assert "上年已採用.docx" in first.content.decode()
    assert not Measure.objects.filter(is_request=True).exists()
    done = client.post(url, form | {"seen": first.context["key"]})

    assert done.url == reverse("evidence:request-list", args=[cast.campaign.code])
    assert Measure.objects.get(is_request=True).lead_department == cast.registry


def test_another_choice_has_to_be_looked_at_again(
    cast: Cast, signed_in: SignedIn, about: Indicator
) -> None:
    client = signed_in(cast.office)
    url = reverse("evidence:request-create", args=[cast.campaign.code])
    seen = client.post(url, typed(about, cast.registry)).context["key"]

    client.post(url, typed(about, cast.funeral_home, send="1", seen=seen))

    assert not Measure.objects.filter(is_request=True).exists()


def test_a_refusal_links_to_the_one_there_is(
    cast: Cast, now: datetime, signed_in: SignedIn, about: Indicator
) -> None:
    (measure,) = ask(cast, now, wish(about, cast.registry))
    row = Submission.objects.get(assignment__measure=measure)
    url = reverse("evidence:request-create", args=[cast.campaign.code])

    page = signed_in(cast.office).post(url, typed(about, cast.registry)).content.decode()

    assert f'href="{row.get_absolute_url()}"' in page
    assert "已經要過" in page
    assert BASIS in page


def test_mistakes_are_said_at_the_field_and_nothing_typed_is_lost(
    cast: Cast, signed_in: SignedIn, about: Indicator
) -> None:
    url = reverse("evidence:request-create", args=[cast.campaign.code])
    bad = typed(about, cast.registry, basis="", asked_to="2026-06-30", note="看得到單位名稱")

    response = signed_in(cast.office).post(url, bad)

    assert "basis" in response.context["form"].errors
    assert "看得到單位名稱" in response.content.decode()
    page = signed_in(cast.office).post(url, bad | {"basis": BASIS}).content.decode()
    assert "時期的末尾早於開頭" in page


def test_requests_are_counted_by_unit_and_month_for_all_to_see(
    cast: Cast, now: datetime, signed_in: SignedIn, about: Indicator
) -> None:
    ask(cast, now, wish(about, cast.registry))
    url = reverse("evidence:request-list", args=[cast.campaign.code])

    for person in (cast.office, cast.neighbour):
        response = signed_in(person).get(url)
        (row,) = response.context["burdens"]
        assert (row.department, row.total, row.counts[-1]) == (cast.registry, 1, 1)
        assert BASIS in response.content.decode()
    create = reverse("evidence:request-create", args=[cast.campaign.code])
    assert create in signed_in(cast.office).get(url).content.decode()
    assert create not in signed_in(cast.neighbour).get(url).content.decode()
    assert signed_in(cast.neighbour).get(create).status_code == 403


def test_a_request_before_eight_in_the_morning_counts_in_that_month(
    cast: Cast, about: Indicator
) -> None:
    """庫裏存的是協調世界時：十一月一日早上七點發的，不能數在十月裏。"""
    ask(cast, make.moment(2026, 11, 1, 7), wish(about, cast.registry))

    months, (row,) = burden(Measure.objects.filter(is_request=True), date(2026, 11, 26))

    assert (months[-1], row.counts[-2:]) == (date(2026, 11, 1), [0, 1])


def test_the_pages_ask_a_fixed_number_of_questions(
    cast: Cast,
    now: datetime,
    signed_in: SignedIn,
    about: Indicator,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ask(cast, now, wish(about, cast.registry, cast.funeral_home, cast.bureau_office))
    client = signed_in(cast.office)
    pages = [
        reverse(f"evidence:{name}", args=[cast.campaign.code])
        for name in ("request-list", "request-create")
    ]
    client.get(pages[0])

    for page in pages:
        with django_assert_max_num_queries(12):
            client.get(page)


def test_what_the_check_up_knows_is_filled_in(cast: Cast, signed_in: Callable) -> None:
    url = reverse("evidence:request-create", args=[cast.campaign.code])
    known = {"departments": [cast.registry.pk, "x"], "asked_from": "2026-10-01", "asked_to": "x"}

    form = signed_in(cast.office).get(url, known).context["form"]

    assert form.initial["departments"] == [str(cast.registry.pk)]
    assert form.initial["asked_from"] == date(2026, 10, 1)
    assert form.initial["asked_to"] == date(2026, 9, 30)
