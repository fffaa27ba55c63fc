"""督辦單的一生：交辦、領辦、反饋、簽發、閱示、銷號，以及退回、延期、中止、改派。"""

from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied

from campaigns.services.campaign import close_campaign
from campaigns.services.seats import hand_over_seat
from journal.models import Entry, Notice
from people.models import Appointment
from supervision import services
from supervision.models import Order, Round, Terms, readers_of
from supervision.services import Limit
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment
from tests.supervision import stage
from workdays.services import calendar


def told(person: object, words: str) -> bool:
    return Notice.objects.filter(recipient=person, title__contains=words).exists()


# ── 交辦 ──────────────────────────────────────────────


def test_an_issued_order_gets_its_number_limit_and_notices(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now)

    assert order.full_number == "平民創督〔2026〕1號"
    assert (order.state, order.due_date) == ("issued", date(2026, 11, 30))
    assert order.acknowledge_due_date == date(2026, 11, 24)
    assert told(cast.head, "平民創督〔2026〕1號")
    assert told(cast.clerk, "請領辦")
    assert not told(cast.neighbour, "督辦")


def test_a_discarded_draft_leaves_no_gap_in_the_numbers(cast: Cast, now: datetime) -> None:
    first = stage.order(cast, now)
    dropped = stage.order(cast, now, "draft")
    services.cancel_order(actor=cast.office, order_id=dropped.pk, reason="重複", at=now)
    second = stage.order(cast, now)

    assert (first.number, second.number) == (1, 2)
    assert stage.fresh(dropped).number is None


def test_numbers_start_anew_each_year_and_follow_the_mark(cast: Cast, now: datetime) -> None:
    stage.order(cast, now)
    Terms.objects.create(campaign=cast.campaign, mark="嵐民督")
    other_mark = stage.order(cast, now)
    next_year = stage.order(cast, moment(2027, 1, 5))

    assert other_mark.full_number == "嵐民督〔2026〕1號"
    assert next_year.full_number == "嵐民督〔2027〕1號"


def test_an_order_without_department_or_limit_is_not_issued(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "draft", lead_department_id=None, limit=Limit())

    with pytest.raises(Incomplete) as refusal:
        services.issue_order(actor=cast.office, order_id=order.pk, at=now)

    assert set(refusal.value.errors) == {"lead_department", "limit_days"}
    assert stage.fresh(order).number is None


@pytest.mark.parametrize(
    ("limit", "field"),
    [
        (Limit(days=5, day=date(2026, 12, 1)), "due_date"),
        (Limit(day=date(2026, 11, 20)), "due_date"),
        (Limit(day=date(2030, 1, 1)), "due_date"),
        (Limit(days=200), "limit_days"),
    ],
)
def test_a_limit_that_makes_no_sense_is_named(
    cast: Cast, now: datetime, limit: Limit, field: str
) -> None:
    with pytest.raises(Incomplete) as refusal:
        stage.order(cast, now, "draft", limit=limit)

    assert field in refusal.value.errors


def test_only_the_office_opens_orders(cast: Cast, now: datetime) -> None:
    for person in (cast.leader, cast.head, cast.admin):
        with pytest.raises(PermissionDenied):
            services.create_order(
                actor=person, campaign=cast.campaign, matter=stage.matter(cast), at=now
            )


# ── 反饋 ──────────────────────────────────────────────


def test_the_answer_must_be_signed_by_the_head(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "submitted")

    with pytest.raises(PermissionDenied):
        services.sign_answer(actor=cast.clerk, order_id=order.pk, round_number=1, at=now)
    services.sign_answer(actor=cast.head, order_id=order.pk, round_number=1, at=now)

    assert stage.fresh(order).state == "answered"
    assert told(cast.office, "已反饋")


def test_what_the_only_head_hands_up_a_colleague_signs(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    services.submit_answer(actor=cast.head, order_id=order.pk, text="已辦。", version=0, at=now)

    with pytest.raises(PermissionDenied):
        services.sign_answer(actor=cast.head, order_id=order.pk, round_number=1, at=now)
    signed = services.sign_answer(actor=cast.clerk, order_id=order.pk, round_number=1, at=now)

    assert signed.current.by_colleague
    assert signed.state == "answered"


def test_in_a_department_of_one_handing_up_is_signing(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, lead_department_id=cast.funeral_home.pk)
    services.acknowledge(actor=cast.neighbour, order_id=order.pk, at=now)

    services.submit_answer(
        actor=cast.neighbour, order_id=order.pk, text="已辦。", version=0, at=now
    )

    assert stage.fresh(order).state == "answered"


def test_an_empty_or_endless_answer_is_not_handed_up(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")

    for text in ("  ", "長" * 2001):
        with pytest.raises(Incomplete):
            services.submit_answer(
                actor=cast.clerk, order_id=order.pk, text=text, version=0, at=now
            )


def test_the_head_gives_back_inside_the_department(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "submitted")

    services.give_back(
        actor=cast.head, order_id=order.pk, round_number=1, reason="寫上件數", at=now
    )

    order = stage.fresh(order)
    assert (order.state, order.current.number, order.current.text) == ("accepted", 2, stage.ANSWER)
    assert order.due_date == date(2026, 11, 30)
    assert told(cast.clerk, "退回修改")
    assert not told(cast.office, "退回修改")


def test_a_late_answer_is_marked_late_not_locked(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    late = moment(2026, 12, 3)

    services.submit_answer(actor=cast.clerk, order_id=order.pk, text="已辦。", version=0, at=late)
    services.sign_answer(actor=cast.head, order_id=order.pk, round_number=1, at=late)

    assert stage.fresh(order).current.is_late
    assert Entry.objects.filter(
        action="supervision.answered", summary__contains="（逾期）"
    ).exists()


# ── 退回、銷號 ────────────────────────────────────────


def test_the_office_sends_back_a_thin_answer_with_its_own_limit(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "answered")

    services.send_back(
        actor=cast.office,
        order_id=order.pk,
        round_number=1,
        reason="缺照片",
        limit=Limit(days=2),
        at=now,
    )

    order = stage.fresh(order)
    assert (order.state, order.current.number) == ("accepted", 2)
    assert order.due_date == order.current.due_date == date(2026, 11, 25)
    assert order.first_due_date == date(2026, 11, 30)
    assert order.rounds.get(number=1).reason == "缺照片"
    assert told(cast.head, "退回重辦")


def test_a_decision_on_a_round_no_longer_current_is_refused(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "answered")

    with pytest.raises(WrongState):
        services.close_order(actor=cast.office, order_id=order.pk, round_number=7, at=now)

    assert stage.fresh(order).state == "answered"


def test_nobody_closes_his_own_answer(cast: Cast, now: datetime) -> None:
    make.AppointmentFactory(
        user=cast.office, department=cast.funeral_home, role=Appointment.Role.CLERK
    )
    order = stage.order(cast, now, lead_department_id=cast.funeral_home.pk)
    services.acknowledge(actor=cast.office, order_id=order.pk, at=now)
    services.submit_answer(actor=cast.office, order_id=order.pk, text="已辦。", version=0, at=now)
    services.sign_answer(actor=cast.neighbour, order_id=order.pk, round_number=1, at=now)

    with pytest.raises(PermissionDenied):
        services.close_order(actor=cast.office, order_id=order.pk, round_number=1, at=now)
    services.close_order(actor=cast.officer, order_id=order.pk, round_number=1, at=now)

    assert stage.fresh(order).state == "closed"


# ── 批示 ──────────────────────────────────────────────


def test_a_line_on_a_measure_becomes_a_dated_order_at_once(cast: Cast, now: datetime) -> None:
    order = stage.instruct(cast, now)

    assert (order.source, order.state, order.number) == ("instruction", "issued", 1)
    assert (order.lead_department, order.due_date) == (cast.registry, date(2026, 11, 30))
    assert order.instruction.signed == "局長 組長甲"
    assert told(cast.office, "局長批示")
    assert told(cast.head, "請領辦")


def test_a_line_on_a_report_waits_for_the_office_to_place_it(cast: Cast, now: datetime) -> None:
    report = stage.report_of(cast, now)
    order = stage.instruction(
        now, actor=cast.leader, subject=report, text="殯儀館的數要核實。"
    ).order

    assert (order.state, order.lead_department, order.number) == ("draft", None, None)
    assert order.due_date == date(2026, 11, 30)
    assert told(cast.office, "請定承辦單位")


def test_the_leader_may_name_department_and_days_himself(cast: Cast, now: datetime) -> None:
    order = stage.instruction(
        now,
        actor=cast.leader,
        subject=stage.report_of(cast, now),
        text="請核實。",
        department_id=cast.funeral_home.pk,
        days=2,
    ).order

    assert (order.state, order.due_date) == ("issued", date(2026, 11, 25))
    assert order.lead_department == cast.funeral_home


def test_the_same_line_pressed_twice_is_one_order(cast: Cast, now: datetime) -> None:
    measure = stage.measure_of(cast)
    first, second = (
        stage.instruction(now, actor=cast.leader, subject=measure, text="請補齊。")
        for _press in range(2)
    )

    assert first == second
    assert Order.objects.count() == 1


def test_a_deputy_instructs_only_in_his_charge(cast: Cast, now: datetime) -> None:
    own, other = stage.measure_of(cast), stage.measure_of(cast, lead_department=cast.funeral_home)

    stage.instruction(now, actor=cast.deputy, subject=own, text="請補齊。")
    with pytest.raises(PermissionDenied):
        stage.instruction(now, actor=cast.deputy, subject=other, text="請補齊。")
    with pytest.raises(PermissionDenied):
        stage.instruction(
            now,
            actor=cast.deputy,
            subject=own,
            text="請另辦。",
            department_id=cast.funeral_home.pk,
        )

    assert Order.objects.count() == 1


@pytest.mark.parametrize("who", ["office", "head", "neighbour", "admin"])
def test_only_leaders_write_instructions(cast: Cast, now: datetime, who: str) -> None:
    with pytest.raises(PermissionDenied):
        stage.instruction(
            now, actor=getattr(cast, who), subject=stage.measure_of(cast), text="請補齊。"
        )


def test_an_instruction_on_a_dissolved_department_goes_to_the_office(
    cast: Cast, now: datetime
) -> None:
    cast.registry.periods.create(start_date=date(2020, 1, 1), end_date=date(2026, 10, 31))

    order = stage.instruct(cast, now, text="請辦。")

    assert (order.state, order.lead_department) == ("draft", None)


def test_the_office_closes_only_after_the_leader_has_seen_it(cast: Cast, now: datetime) -> None:
    order = stage.instruct(cast, now, "answered")
    assert told(cast.leader, "已反饋")

    with pytest.raises(WrongState):
        services.close_order(actor=cast.office, order_id=order.pk, round_number=1, at=now)
    services.give_verdict(
        actor=cast.leader, order_id=order.pk, round_number=1, verdict="seen", at=now
    )
    services.close_order(actor=cast.office, order_id=order.pk, round_number=1, at=now)

    assert stage.fresh(order).state == "closed"


def test_the_leader_wants_it_done_again(cast: Cast, now: datetime) -> None:
    order = stage.instruct(cast, now, "answered")

    services.redo(
        actor=cast.leader,
        order_id=order.pk,
        round_number=1,
        reason="照片看不清",
        limit=Limit(),
        at=now,
    )

    order = stage.fresh(order)
    assert (order.state, order.current.number, order.current.verdict) == ("accepted", 2, "")
    assert order.rounds.get(number=1).decision == Round.Decision.REDO
    assert order.due_date == date(2026, 11, 30)


def test_the_answer_goes_to_the_successor_in_the_seat(cast: Cast, now: datetime) -> None:
    order = stage.instruct(cast, now, "answered")
    successor = make.UserFactory(name="新局長")
    hand_over_seat(
        actor=cast.admin,
        seat_id=order.instruction.seat_id,
        successor=successor,
        last_day=date(2026, 11, 24),
        at=now,
    )
    after = moment(2026, 11, 26)
    order = stage.fresh(order)

    assert readers_of(order.instruction, now.date()) == [cast.leader]
    assert readers_of(order.instruction, after.date()) == [successor]
    with pytest.raises(PermissionDenied):
        services.give_verdict(
            actor=cast.leader, order_id=order.pk, round_number=1, verdict="seen", at=after
        )
    services.give_verdict(
        actor=successor, order_id=order.pk, round_number=1, verdict="seen", at=after
    )
    assert stage.fresh(order).current.verdict == "seen"
    assert order.instruction.signed == "局長 組長甲"


def test_when_the_seat_is_empty_the_chair_reads_the_answer(cast: Cast, now: datetime) -> None:
    order = stage.instruct(cast, now, "answered", actor=cast.deputy)
    cast.deputy.is_active = False
    cast.deputy.save(update_fields=["is_active"])

    assert readers_of(order.instruction, now.date()) == [cast.leader]


# ── 延期 ──────────────────────────────────────────────


def test_an_approved_extension_keeps_the_old_date_and_counts(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    extension = stage.ask_extension(cast, order, now)
    assert told(cast.office, "請裁定")

    services.decide_extension(
        actor=cast.office,
        extension_id=extension.pk,
        is_approved=True,
        reason="情況屬實",
        granted_date=date(2026, 12, 3),
        at=now,
    )

    order = stage.fresh(order)
    assert (order.due_date, order.first_due_date) == (date(2026, 12, 3), date(2026, 11, 30))
    assert (order.extended_times, order.current.due_date) == (1, date(2026, 12, 3))
    assert told(cast.clerk, "延期申請同意")


def test_an_extension_is_asked_before_the_limit_not_after(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")

    with pytest.raises(WrongState):
        stage.ask_extension(cast, order, moment(2026, 12, 1))
    with pytest.raises(Incomplete):
        stage.ask_extension(cast, order, now, day=date(2026, 11, 30))

    assert order.extensions.count() == 0


def test_one_extension_waits_at_a_time_and_may_be_withdrawn(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    first = stage.ask_extension(cast, order, now)

    with pytest.raises(WrongState):
        stage.ask_extension(cast, order, now)
    services.withdraw_extension(actor=cast.clerk, extension_id=first.pk, at=now)

    assert stage.ask_extension(cast, order, now).state == "pending"


def test_answering_settles_a_waiting_extension(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    extension = stage.ask_extension(cast, order, now)
    services.submit_answer(actor=cast.clerk, order_id=order.pk, text="已辦。", version=0, at=now)
    services.sign_answer(actor=cast.head, order_id=order.pk, round_number=1, at=now)

    extension.refresh_from_db()
    assert extension.state == "withdrawn"


# ── 改派、中止、撤銷 ──────────────────────────────────


def test_a_reassigned_order_starts_over_without_the_others_draft(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    services.save_answer(
        actor=cast.clerk, order_id=order.pk, text="婚姻登記處的草稿", version=0, at=now
    )

    services.change_order(
        actor=cast.office,
        order_id=order.pk,
        matter=stage.matter(cast, lead_department_id=cast.funeral_home.pk),
        version=stage.fresh(order).version,
        at=now,
    )

    order = stage.fresh(order)
    assert (order.state, order.current.number, order.current.text) == ("issued", 2, "")
    assert order.rounds.get(number=1).decision == Round.Decision.REASSIGNED
    assert told(cast.neighbour, "請領辦")
    # 原單位看不到單子了：告訴它不用再辦，不給打不開的鏈接。
    parting = Notice.objects.get(recipient=cast.head, title__contains="已改派殯儀館")
    assert parting.url == ""


def test_a_change_over_someone_elses_change_is_refused(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now)

    with pytest.raises(WrongState):
        services.change_order(
            actor=cast.office, order_id=order.pk, matter=stage.matter(cast), version=0, at=now
        )

    assert stage.fresh(order).title == "大廳收費公示不全"


def test_a_suspended_order_gets_its_days_back(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    services.suspend_order(actor=cast.office, order_id=order.pk, reason="等省裏文件", at=now)

    services.resume_order(actor=cast.office, order_id=order.pk, at=moment(2026, 12, 7))

    order = stage.fresh(order)
    assert (order.state, order.due_date) == ("accepted", date(2026, 12, 14))
    assert order.current.due_date == order.due_date


def test_a_cancelled_order_keeps_its_number(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")

    services.cancel_order(actor=cast.office, order_id=order.pk, reason="另有安排", at=now)

    assert (stage.fresh(order).state, stage.fresh(order).number) == ("cancelled", 1)
    assert told(cast.clerk, "撤銷")


def test_a_closed_campaign_stops_everything(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    cast.campaign.state = "closed"
    cast.campaign.save(update_fields=["state"])

    with pytest.raises(WrongState):
        services.submit_answer(
            actor=cast.clerk, order_id=order.pk, text="已辦。", version=0, at=now
        )

    assert stage.fresh(order).state == "accepted"


# ── 放假安排公佈 ──────────────────────────────────────


def test_a_published_holiday_moves_working_day_limits_only(cast: Cast, now: datetime) -> None:
    by_days = stage.order(cast, now)
    by_date = stage.order(cast, now, limit=Limit(day=date(2026, 11, 30)))
    before = calendar()
    after = type(before)(
        {date(2026, 11, 27): False, date(2026, 11, 28): False}, before.published_through
    )

    [moved] = services.move_limits(before, after, now)

    assert stage.fresh(by_days).due_date == moved.new == date(2026, 12, 1)
    assert stage.fresh(by_date).due_date == date(2026, 11, 30)
    assert {cast.head, cast.clerk} <= set(moved.people)


def test_a_published_holiday_moves_accepting_and_reviewing_too(cast: Cast, now: datetime) -> None:
    issued, answered = stage.order(cast, now), stage.instruct(cast, now, "answered")
    before = calendar()
    after = type(before)({date(2026, 11, 24): False}, before.published_through)

    moved = {(row.target.pk, row.label): row for row in services.move_limits(before, after, now)}

    assert stage.fresh(issued).acknowledge_due_date == date(2026, 11, 25)
    assert moved[issued.pk, "領辦時限"].new == date(2026, 11, 25)
    assert stage.fresh(answered).current.review_due_date == date(2026, 11, 27)
    assert moved[answered.pk, "閱示時限"].people == (cast.leader,)


def test_an_extended_limit_is_not_recalculated(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    extension = stage.ask_extension(cast, order, now)
    services.decide_extension(
        actor=cast.office, extension_id=extension.pk, is_approved=True, reason="同意", at=now
    )
    before = calendar()
    after = type(before)({date(2026, 11, 27): False}, before.published_through)

    assert services.move_limits(before, after, now) == []
    assert stage.fresh(order).due_date == date(2026, 12, 4)


def test_nothing_is_withdrawn_in_a_closed_campaign(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    asked = services.ask_extension(
        actor=cast.clerk,
        order_id=order.pk,
        progress="已聯繫",
        reason="等批覆",
        proposed_date=date(2026, 12, 10),
        at=now,
    )
    close_campaign(actor=cast.office, campaign_id=cast.campaign.pk, reason="年度結束", at=now)

    with pytest.raises(WrongState):
        services.withdraw_extension(actor=cast.clerk, extension_id=asked.pk, at=now)
