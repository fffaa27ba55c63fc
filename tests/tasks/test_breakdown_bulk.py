"""選中多行一起辦：下達、催辦、改牽頭和時限、中止、恢復、撤銷、刪除。"""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from openpyxl import load_workbook

from journal.models import Entry, Notice
from people.models import User
from tasks.models import Assignment, Measure, Submission
from tasks.services import bulk, handing_in, issuing, requests
from tasks.services.chasing import chase
from tests import factories as make
from tests.cast import Cast

SignIn = Callable[[User], Client]


def draft(cast: Cast, code: str = "3-01", **kwargs: object) -> Measure:
    kwargs.setdefault("lead_department", cast.registry)
    return make.MeasureFactory(campaign=cast.campaign, code=code, **kwargs)


def issued(cast: Cast, at: datetime, code: str = "3-01", **kwargs: object) -> Measure:
    measure = draft(cast, code, **kwargs)
    measure.supporting_departments.add(cast.bureau_office)
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=at)
    measure.refresh_from_db()
    return measure


def press(cast: Cast, measures: list[Measure], at: datetime, **kwargs: object) -> object:
    return chase(
        actor=cast.office,
        measure_ids=[measure.pk for measure in measures],
        words="請抓緊。",
        at=at,
        **kwargs,
    )


def hand_in(measure: Measure, clerk: User, department: object, at: datetime) -> None:
    slot = Submission.objects.get(assignment__measure=measure, assignment__department=department)
    good = handing_in.Draft(narrative="已辦。", percent=50)
    handing_in.submit(actor=clerk, submission_id=slot.pk, draft=good, version=0, at=at)


# ── 催辦 ──────────────────────────────────────────────


def test_chasing_tells_each_person_once_however_many_tasks_he_owes(
    cast: Cast, now: datetime
) -> None:
    measures = [issued(cast, now, f"3-0{number}") for number in range(1, 4)]

    result = press(cast, measures, now)

    notices = Notice.objects.filter(kind=Notice.Kind.CHASE)
    assert sorted(notices.values_list("recipient__username", flat=True)) == [
        "clerk",
        "head",
        "helper",
        "helper_head",
    ]
    body = notices.get(recipient=cast.clerk).body
    assert all(measure.code in body for measure in measures)
    assert "請抓緊。" in body
    assert len(result.measures) == 3
    assert Entry.objects.filter(action="tasks.chased").count() == 3


def test_the_owner_is_chased_instead_of_the_other_clerks(cast: Cast, now: datetime) -> None:
    other = make.UserFactory(username="other")
    make.AppointmentFactory(user=other, department=cast.registry)
    measure = issued(cast, now, owner=cast.clerk)

    result = press(cast, [measure], now)

    names = {person.username for person in result.people}
    assert names == {"clerk", "head", "helper", "helper_head"}


def test_those_waiting_for_the_office_are_not_chased_and_are_named(
    cast: Cast, now: datetime
) -> None:
    measure = issued(cast, now)
    hand_in(measure, cast.clerk, cast.registry, now)
    hand_in(measure, cast.helper, cast.bureau_office, now)

    result = press(cast, [measure], now)

    assert result.measures == []
    assert "已經報出" in result.refused[measure.pk]
    assert not Notice.objects.filter(kind="chase").exists()


def test_only_the_supporter_still_owing_is_chased(cast: Cast, now: datetime) -> None:
    measure = issued(cast, now)
    hand_in(measure, cast.clerk, cast.registry, now)

    result = press(cast, [measure], now)

    assert result.departments == ["局辦公室"]


def test_a_draft_has_nothing_to_chase(cast: Cast, now: datetime) -> None:
    measure = draft(cast)

    assert "沒有可催的" in press(cast, [measure], now).refused[measure.pk]


def test_once_per_working_day_unless_confirmed(cast: Cast, now: datetime) -> None:
    measure = issued(cast, now)
    press(cast, [measure], now)

    later = now + timedelta(hours=6)
    assert "已催過" in press(cast, [measure], later).refused[measure.pk]
    assert press(cast, [measure], later, confirmed=True).measures == [measure]
    assert press(cast, [measure], now + timedelta(days=1)).measures == [measure]


def test_a_chase_on_friday_counts_through_the_weekend(cast: Cast, now: datetime) -> None:
    friday, sunday = datetime(2026, 11, 27, 9, tzinfo=now.tzinfo), 2
    measure = issued(cast, now)
    press(cast, [measure], friday)

    assert press(cast, [measure], friday + timedelta(days=sunday)).measures == []


def test_only_the_office_chases(cast: Cast, now: datetime) -> None:
    measure = issued(cast, now)

    with pytest.raises(PermissionDenied):
        chase(actor=cast.leader, measure_ids=[measure.pk], words="", at=now)


# ── 其餘的服務 ────────────────────────────────────────


def test_a_deadline_for_many_refuses_row_by_row(cast: Cast, now: datetime) -> None:
    good, closed = issued(cast, now), draft(cast, "3-02", state="closed")

    outcome = bulk.change_many(
        actor=cast.office,
        measure_ids=[good.pk, closed.pk],
        values={"due_date": date(2026, 12, 21)},
        reason="推遲。",
        at=now,
    )

    assert outcome.done == [good]
    assert "已辦結" in outcome.refused[closed.pk]


def test_suspending_stops_the_clock_and_resuming_restores_the_step(
    cast: Cast, now: datetime
) -> None:
    measure = issued(cast, now)
    lead = Assignment.objects.get(role="lead")
    requests.acknowledge(actor=cast.clerk, assignment_id=lead.pk, at=now)

    bulk.suspend(actor=cast.office, measure_ids=[measure.pk], reason="停工。", at=now)
    measure.refresh_from_db()
    assert (measure.state, measure.owed_date) == ("suspended", None)
    assert Notice.objects.filter(recipient=cast.clerk, title__contains="中止").exists()

    bulk.resume(actor=cast.office, measure_ids=[measure.pk], reason="復工。", at=now)
    measure.refresh_from_db()
    assert (measure.state, measure.owed_date) == ("issued", date(2026, 12, 10))
    states = set(Assignment.objects.values_list("role", "state"))
    assert states == {("lead", "acknowledged"), ("supporting", "issued")}


def test_what_changed_while_suspended_takes_effect_on_resuming(cast: Cast, now: datetime) -> None:
    measure = issued(cast, now)
    bulk.suspend(actor=cast.office, measure_ids=[measure.pk], reason="停。", at=now)
    bulk.change_many(
        actor=cast.office,
        measure_ids=[measure.pk],
        values={"due_date": date(2026, 12, 30), "lead_department": cast.funeral_home},
        at=now,
    )

    bulk.resume(actor=cast.office, measure_ids=[measure.pk], reason="復。", at=now)

    slot = Submission.objects.get(assignment__department=cast.funeral_home)
    helper = Submission.objects.get(assignment__department=cast.bureau_office)
    assert slot.due_date == helper.due_date == date(2026, 12, 30)


def test_cancelling_is_final_and_told(cast: Cast, now: datetime) -> None:
    measure = issued(cast, now)

    bulk.cancel(actor=cast.office, measure_ids=[measure.pk], reason="併入 3-02。", at=now)
    again = bulk.cancel(actor=cast.office, measure_ids=[measure.pk], reason="再", at=now)

    assert set(Assignment.objects.values_list("state", flat=True)) == {"cancelled"}
    assert "併入 3-02" in Notice.objects.filter(recipient=cast.head).latest("pk").body
    assert list(again.refused) == [measure.pk]


def test_only_what_was_never_issued_is_deleted(cast: Cast, now: datetime) -> None:
    going, never = issued(cast, now), draft(cast, "3-02")

    outcome = bulk.delete_drafts(actor=cast.office, measure_ids=[going.pk, never.pk], at=now)

    assert list(Measure.objects.all()) == [going]
    assert list(outcome.refused) == [going.pk]
    assert Entry.objects.filter(action="tasks.measure_deleted").count() == 1


# ── 頁面 ──────────────────────────────────────────────


@pytest.fixture
def office(cast: Cast, signed_in: SignIn) -> Client:
    return signed_in(cast.office)


def address(cast: Cast) -> str:
    return f"/tasks/{cast.campaign.code}/bulk/"


def test_the_confirmation_says_who_is_told_and_changes_nothing(cast: Cast, office: Client) -> None:
    ready, lacking = draft(cast), draft(cast, "3-02", lead_department=None)
    body = {"act": "issue", "pick": [ready.pk, lacking.pk]}

    page = office.post(address(cast), body).content.decode()
    dialog = office.post(address(cast), body, headers={"HX-Request": "true"}).content.decode()

    for text in [page, dialog]:
        assert "婚姻登記處" in text
        assert "還沒有牽頭單位" in text
    assert "<html" in page
    assert "data-show" in dialog
    assert not Assignment.objects.exists()


def test_refusals_are_said_in_the_row_once(cast: Cast, office: Client) -> None:
    ready, lacking = draft(cast), draft(cast, "3-02", lead_department=None)

    response = office.post(
        address(cast),
        {"act": "issue", "ids": f"{ready.pk},{lacking.pk}", "confirm": "1", "back": "sort=due"},
        follow=True,
    )

    assert response.redirect_chain == [(f"/tasks/{cast.campaign.code}/?sort=due", 302)]
    rows = {row.pk: row.refusal for group in response.context["table"].groups for row in group.rows}
    assert "還沒有牽頭單位" in rows[lacking.pk]
    assert rows[ready.pk] == ""
    assert Assignment.objects.get().department == cast.registry
    again = office.get(f"/tasks/{cast.campaign.code}/")
    assert not any(row.refusal for group in again.context["table"].groups for row in group.rows)


def test_all_that_match_the_filter_are_taken(cast: Cast, office: Client) -> None:
    wanted, other = draft(cast), draft(cast, "3-02", lead_department=cast.funeral_home)

    page = office.post(
        address(cast), {"act": "issue", "all": "1", "back": f"lead={cast.registry.pk}"}
    )

    assert page.context["ids"] == str(wanted.pk)
    assert str(other.pk) not in page.context["ids"].split(",")


@pytest.mark.parametrize(
    ("act", "extra", "field"),
    [
        ("deadline", {"due_date": "2026-12-21"}, "reason"),
        ("deadline", {"due_date": "明天", "reason": "推遲。"}, "due_date"),
        ("lead", {}, "lead_department"),
        ("lead", {"lead_department": "99999"}, "lead_department"),
        ("leader", {"accountable_seat": "x"}, "accountable_seat"),
        ("suspend", {"reason": "  "}, "reason"),
        ("chase", {"words": "字" * 301}, "words"),
    ],
)
def test_what_is_missing_is_said_before_anything_happens(
    cast: Cast, office: Client, act: str, extra: dict, field: str
) -> None:
    measure = draft(cast)

    response = office.post(
        address(cast), {"act": act, "ids": str(measure.pk), "confirm": "1", **extra}
    )

    assert field in response.context["form"].errors
    measure.refresh_from_db()
    assert measure.version == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"act": "issue"},
        {"act": "explode", "pick": "1"},
        {"act": "issue", "pick": ["x", "-3", "99999"]},
        {"act": "issue", "ids": "1,2;drop,,"},
    ],
)
def test_nothing_picked_or_unknown_is_said_and_does_nothing(
    cast: Cast, office: Client, body: dict
) -> None:
    response = office.post(address(cast), body, follow=True)

    assert response.status_code == 200
    assert "請" in str(next(iter(response.context["messages"])))


def test_measures_of_another_campaign_cannot_be_picked(cast: Cast, office: Client) -> None:
    foreign = make.MeasureFactory(campaign=make.CampaignFactory(code="other"))

    office.post(address(cast), {"act": "delete", "ids": str(foreign.pk), "confirm": "1"})

    assert Measure.objects.filter(pk=foreign.pk).exists()


@pytest.mark.parametrize(
    ("act", "extra", "check"),
    [
        (
            "deadline",
            {"due_date": "2026-12-21", "reason": "推遲。"},
            {"due_date": date(2026, 12, 21)},
        ),
        ("cancel", {"reason": "不辦了。"}, {"state": "cancelled"}),
        ("suspend", {"reason": "停。"}, {"state": "suspended"}),
        ("chase", {"words": "請報。"}, {"state": "issued"}),
    ],
)
def test_each_action_goes_through_from_the_page(
    cast: Cast, office: Client, now: datetime, act: str, extra: dict, check: dict
) -> None:
    measure = issued(cast, now)

    response = office.post(
        address(cast), {"act": act, "ids": str(measure.pk), "confirm": "1", **extra}
    )

    assert response.status_code == 302
    measure.refresh_from_db()
    assert {name: getattr(measure, name) for name in check} == check


def test_lead_and_leader_from_the_page(cast: Cast, office: Client) -> None:
    measure = draft(cast)
    seat = cast.campaign.seats.get(role="deputy")

    for extra in [
        {"act": "lead", "lead_department": cast.funeral_home.pk},
        {"act": "leader", "accountable_seat": seat.pk},
    ]:
        office.post(address(cast), {"ids": str(measure.pk), "confirm": "1", **extra})

    measure.refresh_from_db()
    assert (measure.lead_department, measure.accountable_seat) == (cast.funeral_home, seat)


def test_others_get_no_bulk_work(cast: Cast, signed_in: SignIn) -> None:
    measure = draft(cast)

    for person in [cast.leader, cast.clerk, cast.admin]:
        response = signed_in(person).post(address(cast), {"act": "delete", "pick": measure.pk})
        assert response.status_code == 403


def test_the_address_is_for_pressing_not_for_looking(cast: Cast, office: Client) -> None:
    assert office.get(address(cast)).status_code == 405


def test_the_picked_rows_are_exported_and_nothing_else(cast: Cast, office: Client) -> None:
    wanted = draft(cast)
    draft(cast, "3-02")
    body = {"act": "export", "pick": [wanted.pk]}

    plain = office.post(address(cast), body)
    by_script = office.post(address(cast), body, headers={"HX-Request": "true"})
    data = b"".join(office.get(plain.url))

    assert by_script["HX-Redirect"] == plain.url
    rows = load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(min_row=2, values_only=True)
    assert [row[0] for row in rows] == ["3-01"]


def test_only_the_late_and_near_units_are_ticked_before_chasing(
    cast: Cast, signed_in: Callable[[User], Client], now: datetime
) -> None:
    measure = issued(cast, now)
    lead = Submission.objects.filter(assignment__role="lead")
    lead.update(due_date=date(2026, 11, 20))
    data = {"act": "chase", "pick": [measure.pk]}

    response = signed_in(cast.office).post(f"/tasks/{cast.campaign.code}/bulk/", data)

    ticked = {unit.name: unit.is_ticked for unit in response.context["told"].units}
    assert ticked == {"婚姻登記處": True, "局辦公室": False}


def test_only_the_ticked_units_are_chased(cast: Cast, now: datetime) -> None:
    measure = issued(cast, now)

    result = press(cast, [measure], now, departments={cast.registry.pk})

    assert result.departments == ["婚姻登記處"]


def test_chasing_with_no_unit_ticked_tells_nobody(
    cast: Cast, signed_in: Callable[[User], Client], now: datetime
) -> None:
    measure = issued(cast, now)
    data = {"act": "chase", "ids": str(measure.pk), "confirm": "1", "has_units": "1"}

    page = signed_in(cast.office).post(f"/tasks/{cast.campaign.code}/bulk/", data, follow=True)

    assert "一個單位也沒有勾選" in page.content.decode()
    assert not Notice.objects.filter(kind="chase").exists()
