"""創建活動：建立、籌備、開始、結束，以及誰看得見、誰能管。"""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, Seat
from campaigns.services import campaign as services
from campaigns.standing import forget_standing
from journal.models import Entry, Notice
from people.services import Refused
from tests.cast import TODAY, Cast
from tests.factories import CampaignFactory, MeasureFactory, SeatFactory, UserFactory

NEXT = {
    "name": "2027年度文明行業創建",
    "code": "pt2027",
    "start_date": date(2027, 3, 1),
    "end_date": date(2027, 12, 31),
}


def draft(cast: Cast, now, **options) -> Campaign:
    return services.create_campaign(actor=cast.office, values=NEXT, at=now, **options)


def test_a_new_campaign_takes_over_the_leading_group(cast: Cast, now) -> None:
    campaign = draft(cast, now, copy_from=cast.campaign, focus_areas=["養老助孤", "婚姻登記"])

    seats = {(seat.role, seat.user) for seat in campaign.seats.all()}
    deputy = campaign.seats.get(role=Seat.Role.DEPUTY)
    assert (Seat.Role.CHAIR, cast.leader) in seats
    assert list(deputy.departments.all()) == [cast.registry]
    assert [area.name for area in campaign.focus_areas.all()] == ["養老助孤", "婚姻登記"]
    assert campaign.state == Campaign.State.DRAFT
    assert Entry.objects.about(campaign).get().action == "campaigns.created"


def test_ended_seats_are_not_taken_over(cast: Cast, now) -> None:
    cast.campaign.seats.filter(user=cast.officer).update(end_date=TODAY - timedelta(days=1))

    campaign = draft(cast, now, copy_from=cast.campaign)

    assert not campaign.seats.filter(user=cast.officer).exists()


def test_without_an_office_the_maker_gets_the_seat(cast: Cast, now) -> None:
    campaign = services.create_campaign(actor=cast.leader, values=NEXT, at=now)

    assert cast.standing(cast.leader).is_office(campaign)


def test_a_head_does_not_create_a_campaign(cast: Cast, now) -> None:
    with pytest.raises(PermissionDenied):
        services.create_campaign(actor=cast.head, values=NEXT, at=now)


def test_a_taken_code_is_refused(cast: Cast, now) -> None:
    with pytest.raises(ValidationError):
        services.create_campaign(
            actor=cast.office, values=NEXT | {"code": cast.campaign.code}, at=now
        )


def test_a_draft_is_seen_only_by_those_who_prepare_it(cast: Cast, now, signed_in) -> None:
    campaign = draft(cast, now, copy_from=cast.campaign)
    url = reverse("campaigns:campaign-detail", args=[campaign.code])

    seen = {
        user.username: signed_in(user).get(url).status_code
        for user in (cast.office, cast.leader, cast.deputy, cast.admin, cast.head, cast.clerk)
    }

    assert seen == {
        "office": 200,
        "leader": 200,
        "deputy": 200,
        "admin": 200,
        "head": 404,
        "clerk": 404,
    }


def test_starting_opens_it_to_everyone_and_tells_the_group(cast: Cast, now, signed_in) -> None:
    campaign = draft(cast, now, copy_from=cast.campaign)

    services.start_campaign(actor=cast.office, campaign_id=campaign.pk, at=now)

    url = reverse("campaigns:campaign-detail", args=[campaign.code])
    assert signed_in(cast.clerk).get(url).status_code == 200
    entry = Entry.objects.get(action="campaigns.started")
    told = set(Notice.objects.filter(entry=entry).values_list("recipient__username", flat=True))
    assert told == {"leader", "deputy", "officer"}


def test_a_campaign_without_an_office_does_not_start(cast: Cast, now) -> None:
    campaign = CampaignFactory(state="draft")

    with pytest.raises(Refused, match="辦公室還沒有人"):
        services.start_campaign(actor=cast.admin, campaign_id=campaign.pk, at=now)


def test_a_campaign_starts_once(cast: Cast, now) -> None:
    with pytest.raises(Refused, match="不用再開始"):
        services.start_campaign(actor=cast.office, campaign_id=cast.campaign.pk, at=now)


def test_closing_says_what_happens_and_tells_the_departments(cast: Cast, signed_in) -> None:
    browser = signed_in(cast.office)
    url = reverse("campaigns:campaign-close", args=[cast.campaign.code])

    before = browser.get(url).content.decode()
    browser.post(url, {"reason": "年度工作完成"})

    cast.campaign.refresh_from_db()
    entry = Entry.objects.get(action="campaigns.closed")
    told = set(Notice.objects.filter(entry=entry).values_list("recipient__username", flat=True))
    assert "結束後提醒全部停止" in before
    assert cast.campaign.state == Campaign.State.CLOSED
    assert entry.reason == "年度工作完成"
    assert {"leader", "head", "neighbour"} <= told


def test_closing_needs_a_reason(cast: Cast, signed_in) -> None:
    page = signed_in(cast.office).post(
        reverse("campaigns:campaign-close", args=[cast.campaign.code]), {"reason": " "}
    )

    cast.campaign.refresh_from_db()
    assert "填寫原因" in page.content.decode()
    assert cast.campaign.is_open


def test_a_closed_campaign_is_not_edited_but_reopens(cast: Cast, now) -> None:
    services.close_campaign(actor=cast.office, campaign_id=cast.campaign.pk, reason="完", at=now)

    with pytest.raises(Refused, match="已結束"):
        services.update_campaign(
            actor=cast.office, campaign_id=cast.campaign.pk, values={}, focus_areas=[], at=now
        )
    services.reopen_campaign(actor=cast.office, campaign_id=cast.campaign.pk, reason="補", at=now)

    cast.campaign.refresh_from_db()
    assert cast.campaign.is_open


def test_an_edit_says_what_changed(cast: Cast, now) -> None:
    services.update_campaign(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        values={"warn_days": 7, "code": "other"},
        focus_areas=["養老助孤"],
        at=now,
    )

    entry = Entry.objects.about(cast.campaign).get()
    cast.campaign.refresh_from_db()
    assert entry.changes == {"臨期天數": ["5", "7"], "重點": ["", "養老助孤"]}
    assert cast.campaign.code != "other"


def test_the_next_code_follows_the_last(cast: Cast) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(code="pt2026")
    CampaignFactory(code="pt2027", start_date=date(2027, 1, 1))

    assert services.propose_code(date(2027, 3, 1)) == "pt2027-2"
    assert services.propose_code(date(2028, 3, 1)) == "pt2028"


def test_the_first_code_of_all(db: None) -> None:
    assert services.propose_code(date(2026, 3, 1)) == "wm2026"


FILLED = {
    "name": "2027年度文明行業創建",
    "code": "",
    "start_date": "2027-03-01",
    "end_date": "2027-12-31",
    "focus_areas": "養老助孤\n\n 婚姻登記 \n養老助孤",
    "report_day": 25,
    "warn_days": 5,
    "behind_points": 20,
    "acknowledge_days": 3,
    "review_days": 5,
}


def test_the_page_creates_a_campaign_and_leads_on(cast: Cast, signed_in) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(code="pt2026")

    page = signed_in(cast.office).post(
        reverse("campaigns:campaign-create"), FILLED | {"copy_from": cast.campaign.pk}, follow=True
    )

    campaign = Campaign.objects.get(code="pt2027")
    html = page.content.decode()
    assert [area.name for area in campaign.focus_areas.all()] == ["養老助孤", "婚姻登記"]
    assert "下一步：導入方案" in html
    assert signed_in(cast.office).get(reverse("campaigns:campaign-create")).status_code == 200


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"code": "pt2026"}, "這個代碼已有活動在用"),
        ({"code": "new"}, "這個詞另有用處"),
        ({"code": "二〇二七"}, "代碼只能用小寫字母"),
        ({"end_date": "2027-02-28"}, "結束日期早於開始日期"),
        ({"start_date": "明年"}, "日期應寫成"),
        ({"name": ""}, "填寫名稱。"),
        ({"report_day": 31}, "應在 1 至 28 之間。"),
        ({"warn_days": "五"}, ""),
        ({"focus_areas": "長" * 41}, "一個重點最多 40 字"),
    ],
)
def test_a_badly_filled_campaign_is_explained(cast: Cast, signed_in, typed, sentence) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(code="pt2026")

    page = signed_in(cast.office).post(reverse("campaigns:campaign-create"), FILLED | typed)

    assert page.status_code == 200
    assert page.context["form"].errors
    assert sentence in page.content.decode()
    assert Campaign.objects.count() == 1


MANAGING = ["campaign-edit", "campaign-start", "campaign-close", "campaign-reopen", "seats-fill"]


@pytest.mark.parametrize("name", [*MANAGING, "seat-create"])
def test_only_its_office_and_administrators_manage(cast: Cast, signed_in, name: str) -> None:
    url = reverse(f"campaigns:{name}", args=[cast.campaign.code])
    other_office = SeatFactory(role=Seat.Role.OFFICE_STAFF).user

    allowed = [signed_in(user).get(url).status_code for user in (cast.office, cast.admin)]
    refused = [
        signed_in(user).get(url).status_code
        for user in (cast.leader, cast.deputy, cast.head, cast.clerk, other_office)
    ]

    assert allowed == [200, 200]
    assert refused == [403] * 5
    assert Client().get(url).status_code == 302


def test_visiting_a_campaign_makes_it_the_current_one(cast: Cast, signed_in) -> None:
    old = CampaignFactory(code="pt2025", name="2025年度創建", start_date=date(2025, 3, 1))
    browser = signed_in(cast.office)

    browser.get(reverse("campaigns:campaign-detail", args=[old.code]))
    page = browser.get(reverse("people:organisation"))

    assert page.context["shell"].campaign == old


def test_the_steps_follow_the_work(cast: Cast, signed_in) -> None:
    url = reverse("campaigns:campaign-detail", args=[cast.campaign.code])
    MeasureFactory(campaign=cast.campaign, issued=True)

    page = signed_in(cast.office).get(url)

    states = [state for _label, _note, state in page.context["step_items"]]
    assert states == ["done", "now", "done", "done", "done"]


def test_queries_do_not_grow_with_the_campaigns(
    cast: Cast, signed_in, django_assert_max_num_queries
) -> None:
    browser, url = signed_in(cast.office), reverse("campaigns:campaign-list")
    browser.get(url)
    with django_assert_max_num_queries(20) as few:
        browser.get(url)

    for number in range(20):
        campaign = CampaignFactory(code=f"old{number}", start_date=date(2020, 1, 1))
        campaign.focus_areas.create(name="重點")
    with django_assert_max_num_queries(20) as many:
        browser.get(url)

    assert len(many) == len(few)


def test_the_standing_is_fresh_after_creating(cast: Cast, now) -> None:
    maker = UserFactory(is_superuser=True)

    campaign = services.create_campaign(actor=maker, values=NEXT, at=now)

    assert cast.standing(maker).is_office(campaign)
    forget_standing(maker)
