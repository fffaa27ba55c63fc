"""狀態 × 動作 × 角色：辦得成的 302，沒有權的 403，時機不對的 409，旁單位不知道有它（404）。"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from people.models import Appointment
from supervision import services
from supervision.models import Order
from tasks.models import Reminder
from tests import factories as make
from tests.cast import Cast
from tests.supervision import stage

SignIn = Callable[..., Client]
BACK = {"reason": "還差照片", "limit_days": "3", "round": "1"}
ACTS: dict[str, tuple[str, dict[str, Any]]] = {
    "issue": ("order-issue", {}),
    "acknowledge": ("order-acknowledge", {}),
    "submit": ("order-answer", {"text": "已辦好。", "version": "0", "action": "submit"}),
    "sign": ("order-sign", {"round": "1"}),
    "give_back": ("order-give-back", {"reason": "寫上件數", "round": "1"}),
    "read": ("order-read", {"verdict": "seen", "round": "1"}),
    "redo": ("order-redo", BACK),
    "send_back": ("order-send-back", BACK),
    "close": ("order-close", {"words": "", "round": "1"}),
    "suspend": ("order-suspend", {"reason": "等文件"}),
    "cancel": ("order-cancel", {"reason": "另有安排"}),
    "extend": (
        "extension",
        {"progress": "已訂做", "reason": "未到貨", "proposed_date": "2026-12-04"},
    ),
}
#: 辦得成的：（動作, 狀態, 角色）；狀態是批示的單子辦到的那一步。
ALLOWED = {
    ("acknowledge", "issued", "clerk"),
    ("acknowledge", "issued", "head"),
    ("submit", "accepted", "clerk"),
    ("submit", "accepted", "head"),
    ("sign", "submitted", "head"),
    ("give_back", "submitted", "head"),
    ("read", "answered", "leader"),
    ("redo", "answered", "leader"),
    ("redo", "read", "leader"),
    ("send_back", "answered", "office"),
    ("send_back", "read", "office"),
    ("close", "read", "office"),
    ("suspend", "issued", "office"),
    ("suspend", "accepted", "office"),
    ("suspend", "submitted", "office"),
    *(
        ("cancel", state, "office")
        for state in ("issued", "accepted", "submitted", "answered", "read")
    ),
    *(("extend", state, who) for state in ("issued", "accepted") for who in ("clerk", "head")),
}
#: 這個動作是誰的事：他們時機不對時得到 409；看得見單子的別人得到 403。
DOERS = {
    "issue": {"office"},
    "acknowledge": {"clerk", "head"},
    "submit": {"clerk", "head"},
    "sign": {"clerk", "head"},
    "give_back": {"head"},
    "read": {"leader"},
    "redo": {"leader"},
    "send_back": {"office"},
    "close": {"office"},
    "suspend": {"office"},
    "cancel": {"office"},
    "extend": {"clerk", "head"},
}
STATES = ("issued", "accepted", "submitted", "answered", "read", "closed")
SEEING = ("office", "leader", "deputy", "head", "clerk")
#: 自己領辦過的，再點一次不算錯。
AGAIN = {("acknowledge", state, "clerk") for state in ("accepted", "submitted")}


def expected(act: str, state: str, who: str) -> int:
    if (act, state, who) in ALLOWED:
        return 302
    if act == "sign" and who == "clerk" and state == "submitted":
        return 403
    return 409 if who in DOERS[act] else 403


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ACTS)
def test_each_role_may_do_what_the_table_says(
    cast: Cast, now: datetime, signed_in: SignIn, act: str, state: str
) -> None:
    order = stage.instruct(cast, now, state)
    name, data = ACTS[act]
    url = reverse(f"supervision:{name}", args=[order.pk])

    found = {}
    for who in SEEING:
        before = stage.fresh(order)
        found[who] = signed_in(getattr(cast, who)).post(url, data).status_code
        if found[who] == 302 and (act, state, who) not in AGAIN:
            undo(before)

    wanted = {who: expected(act, state, who) for who in SEEING}
    wanted |= {who: 302 for again_act, at, who in AGAIN if (again_act, at) == (act, state)}
    assert found == wanted
    for stranger in (cast.neighbour, cast.admin):
        assert signed_in(stranger).post(url, data).status_code == 404


def undo(before: Order) -> None:
    """把單子放回辦之前的樣子，好讓下一個角色看到同樣的狀態。"""
    now = stage.fresh(before)
    now.extensions.all().delete()
    before.save()
    if now.current_id != before.current_id:
        now.current.evidence.all().delete()
        now.current.delete()
    before.current.save()


def test_what_was_typed_comes_back_with_the_refusal(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now, "answered")
    url = reverse("supervision:order-answer", args=[order.pk])

    answer = signed_in(cast.clerk).post(
        url, {"text": "又補寫了一段", "version": "1", "action": "save"}
    )

    assert answer.status_code == 409
    assert "又補寫了一段" in answer.content.decode()


def test_a_draft_is_seen_by_the_office_alone(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    order = stage.order(cast, now, "draft")

    seen = {
        who: signed_in(getattr(cast, who)).get(order.get_absolute_url()).status_code
        for who in (*SEEING, "neighbour", "admin")
    }

    assert seen == {who: 200 if who == "office" else 404 for who in seen}


def test_the_office_drafts_edits_and_issues_on_one_page(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    office = signed_in(cast.office)
    data = {"title": "補公示", "limit_days": "5", "urgency": "normal", "draft": "1"}
    office.post(reverse("supervision:order-create"), data)
    order = Order.objects.get()
    url = reverse("supervision:order-edit", args=[order.pk])

    missing = office.post(url, data | {"version": "0", "issue": "1"})
    done = office.post(
        url, data | {"version": "0", "issue": "1", "lead_department": cast.registry.pk}
    )

    assert (missing.status_code, done.status_code) == (200, 302)
    assert "選定承辦單位才能交辦。" in missing.content.decode()
    assert stage.fresh(order).full_number == "平民創督〔2026〕1號"


def test_pressing_twice_opens_one_order(cast: Cast, signed_in: SignIn) -> None:
    office, url = signed_in(cast.office), reverse("supervision:order-create")
    data = {
        "title": "公開收費標準",
        "demand": "即補報",
        "lead_department": cast.registry.pk,
        "limit_days": "3",
        "urgency": "normal",
    }

    office.post(url, data)
    again = office.post(url, data, follow=True)

    assert Order.objects.get().number == 1
    assert "已交辦" in again.content.decode()


def test_an_order_that_cannot_be_issued_leaves_nothing_behind(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    answer = signed_in(cast.office).post(
        reverse("supervision:order-create"),
        {"title": "補公示", "limit_days": "5", "urgency": "normal"},
    )

    assert "選定承辦單位才能交辦。" in answer.content.decode()
    assert "補公示" in answer.content.decode()
    assert Order.objects.count() == 0


def test_an_overdue_report_is_turned_into_an_order(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    measure = stage.measure_of(cast, title="公開收費標準")
    assignment = make.AssignmentFactory(measure=measure)
    late = make.SubmissionFactory(assignment=assignment, due_date=date(2026, 11, 16))
    office = signed_in(cast.office)
    url = f"{reverse('supervision:order-create')}?submission={late.pk}"

    assert url.replace("&", "&amp;") in office.get(measure.get_absolute_url()).content.decode()
    page = office.get(url).content.decode()
    office.post(
        url,
        {
            "title": "公開收費標準",
            "demand": "即補報",
            "lead_department": cast.registry.pk,
            "limit_days": "3",
            "urgency": "urgent",
        },
    )

    assert "公開收費標準" in page
    assert "至今未報。請即補報" in page
    order = Order.objects.get()
    assert (order.source, order.submission, order.measure) == ("chase", late, measure)


def test_the_order_made_of_an_overdue_report_tells_how_often_it_was_asked_for(
    cast: Cast, signed_in: SignIn
) -> None:
    assignment = make.AssignmentFactory(measure=stage.measure_of(cast))
    late = make.SubmissionFactory(assignment=assignment, due_date=date(2026, 11, 16))
    round_ = late.rounds.get()
    for day in (12, 13, 13):
        Reminder.objects.create(
            track="report", subject_id=round_.pk, due_date=late.due_date, step=day,
            person=cast.clerk if Reminder.objects.count() < 2 else cast.head, on=date(2026, 11, day),
        )  # fmt: skip

    page = signed_in(cast.office).get(f"{reverse('supervision:order-create')}?submission={late.pk}")

    assert "已催 0 次，系統提醒 2 次，至今未報。" in page.content.decode()


def test_the_extension_is_decided_on_its_page(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    order = stage.order(cast, now, "accepted")
    extension = stage.ask_extension(cast, order, now)
    url = reverse("supervision:extension-decide", args=[extension.pk])

    answer = signed_in(cast.office).post(
        url, {"decision": "approve", "granted_date": "2026-12-04", "reason": "情況屬實"}
    )

    assert answer.status_code == 302
    assert "延期 1 次" in signed_in(cast.clerk).get(order.get_absolute_url()).content.decode()


def test_a_suspended_order_is_resumed(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    order = stage.order(cast, now, "accepted")
    services.suspend_order(actor=cast.office, order_id=order.pk, reason="等文件", at=now)
    url = reverse("supervision:order-resume", args=[order.pk])

    answers = [signed_in(cast.office).post(url).status_code for _press in range(2)]

    assert answers == [302, 409]
    assert stage.fresh(order).state == "accepted"


def test_a_report_handed_in_is_not_called_owed(cast: Cast, signed_in: SignIn) -> None:
    assignment = make.AssignmentFactory(measure=stage.measure_of(cast))
    row = make.SubmissionFactory(
        assignment=assignment, due_date=date(2026, 11, 16), state="endorsed"
    )
    url = f"{reverse('supervision:order-create')}?submission={row.pk}"

    assert "未報" not in signed_in(cast.office).get(url).content.decode()


def test_the_chair_closes_what_the_only_office_member_had_a_hand_in(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    make.AppointmentFactory(
        user=cast.office, department=cast.funeral_home, role=Appointment.Role.CLERK
    )
    order = stage.order(cast, now, lead_department_id=cast.funeral_home.pk)
    services.acknowledge(actor=cast.office, order_id=order.pk, at=now)
    services.submit_answer(actor=cast.office, order_id=order.pk, text="已辦。", version=0, at=now)
    services.sign_answer(actor=cast.neighbour, order_id=order.pk, round_number=1, at=now)
    close = reverse("supervision:order-close", args=[order.pk])
    chair = signed_in(cast.leader)

    assert chair.get(close).status_code == 403
    cast.officer.is_active = False
    cast.officer.save(update_fields=["is_active"])
    page = chair.get(order.get_absolute_url()).content.decode()
    chair.post(close, {"round": "1"})

    assert "由組長審定、銷號。" in page
    assert close in page
    assert stage.fresh(order).state == "closed"
