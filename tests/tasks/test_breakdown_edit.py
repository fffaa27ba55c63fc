"""新增、修改一項措施：版次、傳到各單位、時限帶着各期走。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from campaigns.models import EvidenceForm
from journal.models import Entry, Notice
from people.models import User
from tasks.models import Assignment, Measure, Round, Submission, WrongState
from tasks.services import handing_in, issuing, review
from tasks.services.breakdown import (
    Invalid,
    Stale,
    change_deadline,
    create_measure,
    update_measure,
)
from tests import factories as make
from tests.cast import Cast
from tests.spec_rows import spec_rows

SignIn = Callable[[User], Client]


@pytest.fixture
def measure(cast: Cast) -> Measure:
    return make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, code="3-04", title="公開收費標準"
    )


def issue(cast: Cast, measure: Measure, at: datetime) -> Measure:
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=at)
    measure.refresh_from_db()
    return measure


def update(cast: Cast, measure: Measure, at: datetime, **values: object) -> Measure:
    return update_measure(actor=cast.office, measure_id=measure.pk, values=values, at=at)


def dues(measure: Measure) -> list[tuple[str, date]]:
    rows = Submission.objects.filter(assignment__measure=measure, assignment__role="lead")
    return list(rows.order_by("due_date").values_list("label", "due_date"))


# ── 服務 ──────────────────────────────────────────────


def test_a_new_measure_takes_the_next_code_of_its_task(cast: Cast, now: datetime) -> None:
    task = make.MainTaskFactory(campaign=cast.campaign, number=3)
    make.MeasureFactory(campaign=cast.campaign, main_task=task, code="3-01")

    made = create_measure(
        actor=cast.office,
        campaign=cast.campaign,
        values={"main_task": task, "title": " 首問負責 ", "supporting": [cast.registry]},
        at=now,
    )

    assert (made.code, made.title, made.state) == ("3-02", "首問負責", "draft")
    assert Entry.objects.about(made).get().action == "tasks.measure_created"


def test_only_the_office_writes_the_table(cast: Cast, now: datetime, measure: Measure) -> None:
    for person in [cast.leader, cast.head, cast.admin]:
        with pytest.raises(PermissionDenied):
            update_measure(actor=person, measure_id=measure.pk, values={"title": "x"}, at=now)


def test_a_change_is_recorded_old_and_new(cast: Cast, now: datetime, measure: Measure) -> None:
    update(cast, measure, now, lead_department=cast.funeral_home, due_date=date(2026, 12, 21))

    entry = Entry.objects.about(measure).get()
    assert entry.changes == {
        "lead_department": ["婚姻登記處", "殯儀館"],
        "due_date": ["2026-12-10", "2026-12-21"],
    }
    assert "牽頭單位、完成時限" in entry.summary


def test_saving_without_a_change_leaves_no_trace(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    saved = update(cast, measure, now, title=measure.title, supporting=[])

    assert (saved.version, Entry.objects.count()) == (0, 0)


def test_two_editors_are_warned_not_overwritten(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    update(cast, measure, now, title="甲改的")

    with pytest.raises(Stale, match="主任丙"):
        update_measure(
            actor=cast.officer, measure_id=measure.pk, version=0, values={"title": "乙"}, at=now
        )
    assert Measure.objects.get().title == "甲改的"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "字" * 201}, "title"),
        ({"note": "字" * 301}, "note"),
        ({"due_date": date(2028, 1, 1)}, "due_date"),
        ({"due_date": date(2026, 1, 1)}, "due_date"),
        ({"cycle": "daily"}, "cycle"),
        ({"main_task": None}, "main_task"),
    ],
)
def test_values_that_cannot_be_used_are_refused_by_field(
    cast: Cast, now: datetime, measure: Measure, values: dict, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        update(cast, measure, now, **values)

    assert list(caught.value.errors) == [field]


def test_nothing_of_another_campaign_gets_in(cast: Cast, now: datetime, measure: Measure) -> None:
    other = make.CampaignFactory(code="other")

    with pytest.raises(Invalid) as caught:
        update(
            cast,
            measure,
            now,
            main_task=make.MainTaskFactory(campaign=other),
            objective=make.ObjectiveFactory(campaign=other),
            accountable_seat=make.SeatFactory(campaign=other),
        )

    assert set(caught.value.errors) == {"main_task", "objective", "accountable_seat"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"lead_department": None}, "lead_department"),
        ({"due_date": None}, "due_date"),
        ({"due_date": date(2026, 11, 20)}, "due_date"),
    ],
)
def test_an_issued_measure_keeps_lead_and_a_deadline_ahead(
    cast: Cast, now: datetime, measure: Measure, values: dict, field: str
) -> None:
    issue(cast, measure, now)

    with pytest.raises(Invalid) as caught:
        update(cast, measure, now, **values)

    assert list(caught.value.errors) == [field]


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_a_finished_measure_is_not_changed(
    cast: Cast, now: datetime, measure: Measure, state: str
) -> None:
    Measure.objects.update(state=state)

    with pytest.raises(WrongState):
        update(cast, measure, now, title="改")


def test_a_new_lead_of_an_issued_measure_takes_over_and_both_are_told(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    measure.supporting_departments.add(cast.funeral_home)
    issue(cast, measure, now)
    earlier = list(Notice.objects.values_list("pk", flat=True))

    update(cast, measure, now, lead_department=cast.funeral_home)

    states = Assignment.objects.values_list("department__name", "role", "state")
    assert set(states) == {("婚姻登記處", "lead", "cancelled"), ("殯儀館", "lead", "issued")}
    assert not measure.supporting_departments.exists()
    told = Notice.objects.exclude(pk__in=earlier).values_list("recipient__username", flat=True)
    assert set(told) == {"head", "clerk", "neighbour"}


def test_a_later_deadline_moves_the_only_submission_and_tells_the_department(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    issue(cast, measure, now)

    change_deadline(
        actor=cast.office,
        measure_id=measure.pk,
        due_date=date(2026, 12, 21),
        reason="公示欄未到貨。",
        at=now,
    )

    measure.refresh_from_db()
    assert dues(measure) == [("once", date(2026, 12, 21))]
    assert measure.owed_date == Round.objects.get().due_date == date(2026, 12, 21)
    assert Submission.objects.get().first_due_date == date(2026, 12, 10)
    notice = Notice.objects.filter(recipient=cast.clerk).latest("pk")
    assert "2026年12月21日" in notice.title
    assert "公示欄未到貨" in notice.body


def test_a_deadline_moves_only_with_a_reason(cast: Cast, now: datetime, measure: Measure) -> None:
    with pytest.raises(Invalid, match="為什麼"):
        change_deadline(
            actor=cast.office,
            measure_id=measure.pk,
            due_date=date(2026, 12, 21),
            reason=" ",
            at=now,
        )


def test_a_later_deadline_opens_the_missing_months(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    Measure.objects.update(cycle="monthly")
    issue(cast, measure, now)
    assert dues(measure) == [("2026-11", date(2026, 11, 25)), ("2026-12", date(2026, 12, 10))]

    update(cast, measure, now, due_date=date(2027, 1, 20))

    assert dues(measure) == [
        ("2026-11", date(2026, 11, 25)),
        ("2026-12", date(2026, 12, 25)),
        ("2027-01", date(2027, 1, 20)),
    ]


def test_an_earlier_deadline_drops_months_nobody_touched_and_keeps_the_others(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    Measure.objects.update(cycle="monthly", due_date=date(2027, 2, 20))
    issue(cast, measure, now)
    touched = Submission.objects.get(label="2027-01")
    touched.rounds.update(narrative="已着手。", version=1)

    update(cast, measure, now, due_date=date(2026, 12, 18))

    assert dues(measure) == [
        ("2026-11", date(2026, 11, 25)),
        ("2026-12", date(2026, 12, 18)),
        ("2027-01", date(2026, 12, 18)),
    ]


def test_what_was_handed_in_stays_where_it_is(cast: Cast, now: datetime, measure: Measure) -> None:
    issue(cast, measure, now)
    draft = handing_in.Draft(narrative="公示欄已設。", percent=60)
    slot = Submission.objects.get()
    handing_in.submit(actor=cast.clerk, submission_id=slot.pk, draft=draft, version=0, at=now)

    update(cast, measure, now, due_date=date(2026, 12, 1))

    slot.refresh_from_db()
    assert (slot.state, slot.due_date) == ("submitted", date(2026, 12, 10))


def test_a_sent_back_round_keeps_its_own_deadline(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    issue(cast, measure, now)
    slot = Submission.objects.get()
    draft = handing_in.Draft(narrative="公示欄已設。", percent=60)
    handing_in.submit(actor=cast.clerk, submission_id=slot.pk, draft=draft, version=0, at=now)
    handing_in.endorse(actor=cast.head, submission_id=slot.pk, at=now)
    review.send_back(actor=cast.office, submission_id=slot.pk, reason="缺圖。", at=now)

    update(cast, measure, now, due_date=date(2026, 12, 21))

    slot.refresh_from_db()
    assert slot.due_date == date(2026, 11, 26)


def test_another_cycle_replaces_the_periods_nobody_touched(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    issue(cast, measure, now)

    update(cast, measure, now, cycle="monthly")

    assert [label for label, _due in dues(measure)] == ["2026-11", "2026-12"]


# ── 頁面 ──────────────────────────────────────────────


@pytest.fixture
def office(cast: Cast, signed_in: SignIn) -> Client:
    return signed_in(cast.office)


def base(cast: Cast) -> str:
    return f"/tasks/{cast.campaign.code}/"


def posted(measure: Measure, **changes: object) -> dict:
    values = {
        "main_task": measure.main_task_id,
        "title": measure.title,
        "lead_department": measure.lead_department_id,
        "due_date": "2026-12-10",
        "cycle": "once",
        "asks_percent": "on",
        "version": measure.version,
    }
    return values | changes


def test_the_edit_page_saves_and_returns_to_the_same_list(
    cast: Cast, office: Client, measure: Measure
) -> None:
    form = EvidenceForm.objects.filter(is_active=True).first()
    address = base(cast) + "3-04/edit/"
    assert (
        office.get(address + "?back=light%3Dtodo").context["form"]["back"].value() == "light=todo"
    )

    response = office.post(
        address,
        posted(
            measure,
            title="新名稱",
            supporting=[cast.funeral_home.pk],
            back="light=todo",
            **spec_rows({"form": form.code, "count": "2"}),
        ),
    )

    assert response.url == f"{base(cast)}?light=todo#m-{measure.pk}"
    measure.refresh_from_db()
    assert measure.title == "新名稱"
    assert measure.evidence_wanted.get().count == 2
    assert measure.supporting_departments.get() == cast.funeral_home


def test_the_row_form_opens_under_the_row_and_answers_with_the_list(
    cast: Cast, office: Client, measure: Measure
) -> None:
    htmx = {"HX-Request": "true"}
    address = base(cast) + "3-04/edit/"

    opened = office.get(address, headers=htmx).content.decode()
    saved = office.post(address, posted(measure, title="行內改"), headers=htmx)
    closed = office.get(address + "?close=1", headers=htmx).content.decode()

    assert f'id="e-{measure.pk}"' in opened
    assert "<html" not in opened
    assert saved["HX-Retarget"] == "#rows"
    assert "行內改" in saved.content.decode()
    assert "hidden" in closed
    assert Measure.objects.get().main_task_id == measure.main_task_id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "請寫明具體措施"),
        ({"title": "字" * 201}, "最多 200 字"),
        ({"due_date": "2026-02-30"}, "2026-12-10 這樣的日期"),
        ({"due_date": "2031-01-01"}, "晚於活動結束日"),
        ({"cycle": "hourly"}, "從列出的選一個"),
        ({"lead_department": "99999"}, "從列出的選一個"),
        ({"owner": "abc"}, "從列出的選一個"),
        ({"main_task": ""}, "哪一項主要任務"),
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_is_lost(
    cast: Cast, office: Client, measure: Measure, changes: dict, words: str
) -> None:
    response = office.post(base(cast) + "3-04/edit/", posted(measure, note="留着", **changes))

    page = response.content.decode()
    assert response.status_code == 200
    assert words in page
    assert "留着" in page
    assert Measure.objects.get().version == 0


@pytest.mark.parametrize("count", ["-1", "100", "many"])
def test_a_count_of_evidence_must_make_sense(
    cast: Cast, office: Client, measure: Measure, count: str
) -> None:
    form = EvidenceForm.objects.filter(is_active=True).first()

    response = office.post(
        base(cast) + "3-04/edit/",
        posted(measure, **{f"evidence_{form.pk}": count}),
        headers={"HX-Request": "true"},
    )

    assert response.context["form"].errors
    assert not measure.evidence_wanted.exists()


@pytest.mark.parametrize("version", ["0", "", "abc"])
def test_the_page_warns_the_second_editor_and_keeps_what_he_typed(
    cast: Cast, office: Client, now: datetime, measure: Measure, version: str
) -> None:
    update(cast, measure, now, title="甲改的")

    response = office.post(
        base(cast) + "3-04/edit/",
        posted(measure, title="乙填的", version=version),
        headers={"HX-Request": "true"},
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert "乙填的" in page
    assert Measure.objects.get().title == "甲改的"


def test_a_new_measure_from_the_page(cast: Cast, office: Client) -> None:
    task = make.MainTaskFactory(campaign=cast.campaign, number=5)
    address = base(cast) + "new/"
    assert office.get(address).status_code == 200

    refused = office.post(address, {"title": "", "cycle": "once"})
    response = office.post(
        address, {"main_task": task.pk, "title": "新的", "cycle": "monthly", "asks_percent": "on"}
    )

    assert refused.context["form"].errors.keys() == {"title", "main_task"}
    made = Measure.objects.get()
    assert (made.code, made.cycle) == ("5-01", "monthly")
    assert response.url.endswith(f"#m-{made.pk}")


def test_who_may_open_the_forms(cast: Cast, signed_in: SignIn, measure: Measure) -> None:
    address = base(cast) + "3-04/edit/"

    assert signed_in(cast.leader).get(address).status_code == 403
    assert signed_in(cast.clerk).get(address).status_code == 404
    assert signed_in(cast.clerk).get(base(cast) + "new/").status_code == 403
    assert signed_in(cast.office).get(base(cast) + "9-99/edit/").status_code == 404
