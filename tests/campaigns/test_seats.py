"""領導小組：圖、增設、補缺、交接、終止、補齊成員。"""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from campaigns.models import Seat
from campaigns.services import seats as services
from journal.models import Entry, Notice
from people.services import Refused
from tests.cast import TODAY, Cast
from tests.factories import AppointmentFactory, DepartmentFactory, MeasureFactory, UserFactory

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def seat_of(cast: Cast, user) -> Seat:
    return Seat.objects.get(campaign=cast.campaign, user=user)


def group_url(cast: Cast) -> str:
    return reverse("campaigns:leading-group", args=[cast.campaign.code])


def test_the_chart_shows_everyone_in_place(cast: Cast, signed_in) -> None:
    services_page = signed_in(cast.clerk).get(group_url(cast))
    html = services_page.content.decode()

    group = services_page.context["group"]
    assert [seat.user for seat in group.chairs] == [cast.leader]
    assert [seat.user for seat in group.office] == [cast.office, cast.officer]
    for duty in ("日常管理", "情況匯總", "經驗交流", "考核推薦"):
        assert duty in html
    assert "婚姻登記處" in html
    assert "增設席位" not in html


def test_a_vacant_seat_shows_its_post(cast: Cast, signed_in, now) -> None:
    services.add_seat(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        values={"role": Seat.Role.DEPUTY, "post": "分管救助的副局長"},
        departments=[cast.funeral_home],
        at=now,
    )

    html = signed_in(cast.clerk).get(group_url(cast)).content.decode()

    assert "分管救助的副局長" in html
    assert "暫缺" in html


def test_a_vacancy_is_filled(cast: Cast, now) -> None:
    vacant = services.add_seat(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        values={"role": Seat.Role.DEPUTY, "post": "副局長", "start_date": TODAY},
        at=now,
    )

    services.update_seat(
        actor=cast.office,
        seat_id=vacant.pk,
        values={"user": cast.neighbour},
        departments=[cast.funeral_home],
        at=now,
    )

    assert cast.standing(cast.neighbour).charge_of(cast.campaign) == {cast.funeral_home.pk}
    entry = Entry.objects.get(action="campaigns.seat_changed")
    assert entry.changes["分管單位"] == ["", "殯儀館"]


def test_an_occupied_seat_changes_hands_only_by_hand_over(cast: Cast, now) -> None:
    with pytest.raises(Refused, match="交接"):
        services.update_seat(
            actor=cast.office,
            seat_id=seat_of(cast, cast.deputy).pk,
            values={"user": cast.neighbour},
            departments=[],
            at=now,
        )


def test_a_deputy_hands_over_with_everything_in_his_charge(cast: Cast, now) -> None:
    seat = seat_of(cast, cast.deputy)
    measure = MeasureFactory(campaign=cast.campaign, accountable_seat=seat)

    services.hand_over_seat(
        actor=cast.office, seat_id=seat.pk, successor=cast.neighbour, last_day=TODAY, at=now
    )

    assert cast.standing(cast.deputy).charge_of(cast.campaign) == {cast.registry.pk}
    assert cast.standing(cast.deputy, TOMORROW).charge_of(cast.campaign) == frozenset()
    assert cast.standing(cast.neighbour).charge_of(cast.campaign) == frozenset()
    assert cast.standing(cast.neighbour, TOMORROW).charge_of(cast.campaign) == {cast.registry.pk}
    measure.refresh_from_db()
    assert measure.accountable_seat.user == cast.neighbour
    entry = Entry.objects.about(cast.campaign).get()
    told = set(Notice.objects.filter(entry=entry).values_list("recipient", flat=True))
    assert told == {cast.deputy.pk, cast.neighbour.pk}


def test_a_vacant_seat_has_nothing_to_hand_over(cast: Cast, now) -> None:
    vacant = Seat.objects.create(campaign=cast.campaign, role=Seat.Role.MEMBER, post="科長")

    with pytest.raises(Refused, match="空着"):
        services.hand_over_seat(
            actor=cast.office, seat_id=vacant.pk, successor=cast.clerk, last_day=TODAY, at=now
        )


def test_there_is_one_chair_at_a_time(cast: Cast, now) -> None:
    with pytest.raises(Refused, match="已有組長"):
        services.add_seat(
            actor=cast.office,
            campaign_id=cast.campaign.pk,
            values={"role": Seat.Role.CHAIR, "post": "局長", "user": cast.neighbour},
            at=now,
        )


def test_an_ended_seat_has_no_rights_the_next_day(cast: Cast, now) -> None:
    services.end_seat(
        actor=cast.office,
        seat_id=seat_of(cast, cast.officer).pk,
        end_date=TODAY,
        reason="調離",
        at=now,
    )

    assert cast.standing(cast.officer).is_office(cast.campaign)
    assert not cast.standing(cast.officer, TOMORROW).is_office(cast.campaign)


def test_the_last_of_the_office_does_not_leave_an_active_campaign(cast: Cast, now) -> None:
    Seat.objects.filter(user=cast.officer).update(end_date=YESTERDAY)

    with pytest.raises(Refused, match="只剩這一個人"):
        services.end_seat(
            actor=cast.office,
            seat_id=seat_of(cast, cast.office).pk,
            end_date=TODAY,
            reason="x",
            at=now,
        )


def test_a_seat_does_not_end_before_it_starts(cast: Cast, now) -> None:
    seat = seat_of(cast, cast.deputy)
    Seat.objects.filter(pk=seat.pk).update(start_date=TODAY)

    with pytest.raises(ValidationError, match="終止日期早於起始日期"):
        services.end_seat(
            actor=cast.office, seat_id=seat.pk, end_date=YESTERDAY, reason="x", at=now
        )


def test_members_are_filled_from_the_heads_once(cast: Cast, now) -> None:
    section = DepartmentFactory(name="社會事務科")
    head = AppointmentFactory(department=section, role="head", post="科長").user
    DepartmentFactory(name="老齡辦")
    offered = [c.department for c in services.candidates(cast.campaign, TODAY)]

    for _press in range(2):
        services.fill_members(
            actor=cast.office,
            campaign_id=cast.campaign.pk,
            department_ids=[department.pk for department in offered],
            at=now,
        )

    members = Seat.objects.filter(campaign=cast.campaign, role=Seat.Role.MEMBER)
    assert members.get(user=head).post == "社會事務科科長"
    assert members.get(post="老齡辦負責人").user is None
    assert members.count() == len(offered) == 5
    assert Entry.objects.filter(action="campaigns.members_filled").count() == 1


def test_heads_already_in_the_group_are_not_proposed(cast: Cast) -> None:
    AppointmentFactory(user=cast.office, department=DepartmentFactory(name="創建科"), role="head")

    names = [c.department.name for c in services.candidates(cast.campaign, TODAY)]

    assert "創建科" not in names


def test_a_deputy_does_not_rearrange_the_group(cast: Cast, now) -> None:
    with pytest.raises(PermissionDenied):
        services.end_seat(
            actor=cast.deputy,
            seat_id=seat_of(cast, cast.office).pk,
            end_date=TODAY,
            reason="x",
            at=now,
        )


def test_a_closed_campaign_keeps_its_group(cast: Cast, now) -> None:
    cast.campaign.state = "closed"
    cast.campaign.save()

    with pytest.raises(Refused, match="已結束"):
        services.add_seat(
            actor=cast.office,
            campaign_id=cast.campaign.pk,
            values={"role": Seat.Role.MEMBER, "post": "科長"},
            at=now,
        )


@pytest.mark.parametrize("name", ["seat-edit", "seat-end", "seat-hand-over"])
def test_a_seat_of_another_campaign_is_not_found(cast: Cast, signed_in, name: str) -> None:
    from tests.factories import SeatFactory

    foreign = SeatFactory()
    browser = signed_in(cast.office)

    here = browser.get(
        reverse(f"campaigns:{name}", args=[cast.campaign.code, seat_of(cast, cast.deputy).pk])
    )
    there = browser.get(reverse(f"campaigns:{name}", args=[cast.campaign.code, foreign.pk]))

    assert (here.status_code, there.status_code) == (200, 404)


def test_the_office_sets_up_a_deputy_on_the_page(cast: Cast, signed_in) -> None:
    signed_in(cast.office).post(
        reverse("campaigns:seat-create", args=[cast.campaign.code]),
        {
            "role": "deputy",
            "post": "副局長",
            "user": cast.neighbour.pk,
            "departments": [cast.funeral_home.pk, cast.bureau_office.pk],
            "start_date": TODAY.isoformat(),
            "position": 2,
        },
    )

    charge = cast.standing(cast.neighbour).charge_of(cast.campaign)
    assert charge == {cast.funeral_home.pk, cast.bureau_office.pk}


def test_filling_on_the_page_needs_a_choice(cast: Cast, signed_in) -> None:
    url = reverse("campaigns:seats-fill", args=[cast.campaign.code])

    page = signed_in(cast.office).post(url, {})

    assert "至少勾選一個單位。" in page.content.decode()


def test_queries_do_not_grow_with_the_group(
    cast: Cast, signed_in, django_assert_max_num_queries
) -> None:
    browser = signed_in(cast.office)
    browser.get(group_url(cast))
    with django_assert_max_num_queries(25) as few:
        browser.get(group_url(cast))

    for number in range(30):
        seat = Seat.objects.create(
            campaign=cast.campaign,
            role=Seat.Role.MEMBER,
            post=f"科長{number}",
            user=UserFactory(),
        )
        seat.departments.add(DepartmentFactory())
    with django_assert_max_num_queries(25) as many:
        browser.get(group_url(cast))

    assert len(many) == len(few)


def test_the_unit_column_stands_only_where_someone_has_a_unit(cast: Cast, signed_in) -> None:
    group = signed_in(cast.clerk).get(group_url(cast)).context["group"]

    shown = {str(label): has_units for label, _role, _seats, has_units in group.sections}
    assert shown["副組長"]
    assert not shown["組長"]
