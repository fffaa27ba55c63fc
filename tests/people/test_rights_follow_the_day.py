"""權限跟着當日的職務走：昨天卸任的沒有，明天上任的還沒有，兼幾職的都有。"""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from campaigns.models import Seat
from journal.models import Entry, Notice
from people import services
from people.models import Appointment, Department, DepartmentPeriod
from tests.cast import TODAY, Cast
from tests.factories import AppointmentFactory, DepartmentFactory, UserFactory

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def test_yesterdays_head_has_no_rights_today(cast: Cast) -> None:
    Appointment.objects.filter(user=cast.head).update(end_date=YESTERDAY)

    assert cast.standing(cast.head).headed == frozenset()
    assert cast.standing(cast.head, YESTERDAY).headed == {cast.registry.pk}


def test_tomorrows_head_has_no_rights_yet(cast: Cast) -> None:
    newcomer = UserFactory()
    AppointmentFactory(user=newcomer, department=cast.registry, role="head", start_date=TOMORROW)

    assert cast.standing(newcomer).headed == frozenset()
    assert cast.standing(newcomer, TOMORROW).headed == {cast.registry.pk}


def test_the_last_day_still_counts(cast: Cast) -> None:
    Appointment.objects.filter(user=cast.head).update(end_date=TODAY)

    assert cast.standing(cast.head).headed == {cast.registry.pk}


def test_a_person_may_hold_several_posts(cast: Cast, now) -> None:
    services.appoint(
        actor=cast.office, user=cast.head, department=cast.funeral_home, role="clerk",
        start_date=TODAY, is_primary=False, at=now,
    )  # fmt: skip

    standing = cast.standing(cast.head)

    assert standing.headed == {cast.registry.pk}
    assert standing.clerked == {cast.funeral_home.pk}


def test_a_new_primary_post_makes_the_old_one_secondary(cast: Cast, now) -> None:
    services.appoint(
        actor=cast.office, user=cast.head, department=cast.funeral_home, role="head",
        post="館長", start_date=TODAY, at=now,
    )  # fmt: skip

    assert cast.head.title_on(TODAY) == "殯儀館館長 處長戊"
    assert cast.head.appointments.filter(is_primary=True).count() == 1


def test_a_post_changes_hands_without_a_gap(cast: Cast, now) -> None:
    old = Appointment.objects.get(user=cast.head)

    services.hand_over_appointment(
        actor=cast.office,
        appointment_id=old.pk,
        successor=cast.clerk,
        last_day=TODAY,
        reason="輪崗",
        at=now,
    )

    assert [user for user in services.heads_of(cast.registry.pk, TODAY)] == [cast.head]
    assert services.heads_of(cast.registry.pk, TOMORROW) == [cast.clerk]
    entry = Entry.objects.about(cast.registry).first()
    assert entry.action == "people.appointment_handed_over"
    assert entry.reason == "輪崗"
    told = set(Notice.objects.filter(entry=entry).values_list("recipient", flat=True))
    assert told == {cast.head.pk, cast.clerk.pk}


def test_a_post_is_not_handed_to_its_holder(cast: Cast, now) -> None:
    old = Appointment.objects.get(user=cast.head)

    with pytest.raises(services.Refused, match="就是現任本人"):
        services.hand_over_appointment(
            actor=cast.office, appointment_id=old.pk, successor=cast.head, last_day=TODAY, at=now
        )


def test_a_post_already_ended_is_not_handed_over(cast: Cast, now) -> None:
    old = Appointment.objects.get(user=cast.head)
    Appointment.objects.filter(pk=old.pk).update(end_date=YESTERDAY)

    with pytest.raises(services.Refused, match="已經終止"):
        services.hand_over_appointment(
            actor=cast.office, appointment_id=old.pk, successor=cast.clerk, last_day=TODAY, at=now
        )


def test_the_same_post_is_not_given_twice(cast: Cast, now) -> None:
    with pytest.raises(services.Refused, match="已經擔任這個職務"):
        services.appoint(
            actor=cast.office, user=cast.head, department=cast.registry, role="head",
            start_date=TODAY, at=now,
        )  # fmt: skip


def test_nobody_is_appointed_to_a_department_that_is_gone(cast: Cast, now) -> None:
    DepartmentPeriod.objects.create(department=cast.registry, end_date=YESTERDAY)

    with pytest.raises(services.Refused, match="單位在任職開始那天不存在"):
        services.appoint(
            actor=cast.office, user=cast.neighbour, department=cast.registry, role="head",
            start_date=TODAY, at=now,
        )  # fmt: skip


def test_nobody_inactive_is_appointed(cast: Cast, now) -> None:
    cast.neighbour.is_active = False
    cast.neighbour.save()

    with pytest.raises(services.Refused, match="已停用"):
        services.appoint(
            actor=cast.office, user=cast.neighbour, department=cast.registry, role="head",
            start_date=TODAY, at=now,
        )  # fmt: skip


def test_an_end_before_the_start_is_refused(cast: Cast, now) -> None:
    post = AppointmentFactory(user=cast.neighbour, department=cast.registry, start_date=TODAY)

    with pytest.raises(ValidationError, match="終止日期早於起始日期"):
        services.end_appointment(
            actor=cast.office, appointment_id=post.pk, end_date=YESTERDAY, reason="調離", at=now
        )

    post.refresh_from_db()
    assert post.end_date is None


def test_the_office_of_a_closed_campaign_no_longer_maintains(cast: Cast, now) -> None:
    cast.campaign.state = "closed"
    cast.campaign.save()

    with pytest.raises(PermissionDenied):
        services.create_department(
            actor=cast.office, values={"name": "新科", "code": "new"}, at=now
        )


def test_a_head_does_not_appoint(cast: Cast, now) -> None:
    with pytest.raises(PermissionDenied):
        services.appoint(
            actor=cast.head, user=cast.clerk, department=cast.registry, role="head", at=now
        )

    assert not Entry.objects.exists()


def test_yesterdays_office_no_longer_maintains(cast: Cast, now) -> None:
    Seat.objects.filter(user=cast.officer).update(end_date=YESTERDAY)

    with pytest.raises(PermissionDenied):
        services.create_department(
            actor=cast.officer, values={"name": "新科", "code": "xin"}, at=now
        )


def test_closing_a_department_ends_its_posts_and_keeps_history(cast: Cast, now) -> None:
    services.close_department(
        actor=cast.office,
        department_id=cast.registry.pk,
        end_date=date(2026, 12, 31),
        reason="機構改革",
        merged_into=cast.bureau_office,
        at=now,
    )

    assert cast.registry in Department.objects.existing(date(2026, 12, 31))
    assert cast.registry not in Department.objects.existing(date(2027, 1, 1))
    assert services.heads_of(cast.registry.pk, date(2026, 12, 31)) == [cast.head]
    assert services.heads_of(cast.registry.pk, date(2027, 1, 1)) == []
    told = set(Notice.objects.values_list("recipient", flat=True))
    assert told == {cast.head.pk, cast.clerk.pk, cast.helper_head.pk}


def test_a_department_with_children_is_not_closed(cast: Cast, now) -> None:
    DepartmentFactory(name="一號窗口", parent=cast.registry)

    with pytest.raises(services.Refused, match="一號窗口"):
        services.close_department(
            actor=cast.office, department_id=cast.registry.pk, end_date=TODAY, reason="x", at=now
        )


def test_a_closed_department_comes_back(cast: Cast, now) -> None:
    services.close_department(
        actor=cast.office, department_id=cast.registry.pk, end_date=YESTERDAY, reason="撤", at=now
    )

    services.add_period(
        actor=cast.office, department_id=cast.registry.pk, start_date=TOMORROW, end_date=None,
        reason="恢復", at=now,
    )  # fmt: skip

    assert cast.registry not in Department.objects.existing(TODAY)
    assert cast.registry in Department.objects.existing(TOMORROW)


def test_periods_do_not_overlap(cast: Cast, now) -> None:
    DepartmentPeriod.objects.create(department=cast.registry, start_date=date(2020, 1, 1))

    with pytest.raises(services.Refused, match="重疊"):
        services.add_period(
            actor=cast.office, department_id=cast.registry.pk, start_date=TODAY, end_date=None,
            reason="", at=now,
        )  # fmt: skip


def test_a_circle_of_departments_is_refused(cast: Cast, now) -> None:
    child = DepartmentFactory(name="一號窗口", parent=cast.registry)
    grandchild = DepartmentFactory(name="一號崗", parent=child)

    with pytest.raises(ValidationError, match="繞成一圈"):
        services.update_department(
            actor=cast.office, department_id=cast.registry.pk, values={"parent": grandchild}, at=now
        )


def test_a_changed_department_says_what_changed(cast: Cast, now) -> None:
    services.update_department(
        actor=cast.office,
        department_id=cast.registry.pk,
        values={"name": "婚姻登記中心", "kind": "section", "note": ""},
        at=now,
    )

    entry = Entry.objects.about(cast.registry).get()
    assert entry.changes["名稱"] == ["婚姻登記處", "婚姻登記中心"]
    assert entry.changes["類別"] == ["窗口單位", "科室"]
    assert "備註" not in entry.changes


def test_saving_without_a_change_leaves_no_trace(cast: Cast, now) -> None:
    services.update_department(
        actor=cast.office, department_id=cast.registry.pk, values={"name": "婚姻登記處"}, at=now
    )

    assert not Entry.objects.exists()


def test_a_demonstration_site_is_dated(cast: Cast, now) -> None:
    status = services.add_demonstration_status(
        actor=cast.office,
        department_id=cast.registry.pk,
        values={"level": "province", "granted_by": "省民政廳", "start_date": date(2025, 5, 1)},
        at=now,
    )

    services.end_demonstration_status(
        actor=cast.office, status_id=status.pk, end_date=TODAY, reason="期滿", at=now
    )

    status.refresh_from_db()
    assert status.is_current(TODAY)
    assert not status.is_current(TOMORROW)
    assert Entry.objects.about(cast.registry).count() == 2
