"""工作台：每個角色先看到自己要辦的事。"""

from datetime import date

import pytest
from django.urls import reverse

from campaigns.models import Campaign
from journal.services import Message, record
from tasks.models import ChangeRequest, Round
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    CampaignFactory,
    MeasureFactory,
    SeatFactory,
    SubmissionFactory,
    moment,
)


@pytest.fixture
def assignment(cast: Cast):
    measure = MeasureFactory(
        campaign=cast.campaign,
        lead_department=cast.registry,
        title="設立群眾投訴台",
        code="3-05",
        issued=True,
    )
    return AssignmentFactory(measure=measure)


def test_the_clerk_sees_what_is_late_first_with_a_straight_way_to_the_form(
    cast: Cast, assignment, signed_in
) -> None:
    late = SubmissionFactory(assignment=assignment, due_date=date(2026, 11, 18))
    SubmissionFactory(assignment=assignment, label="2026-12", due_date=date(2026, 12, 10))

    page = signed_in(cast.clerk).get("/desk/").content.decode()

    assert "您有 2 件事要辦，1 件已逾期" in page
    assert page.index(f"/submissions/{late.pk}/") < page.index("剩")


def test_a_returned_report_shows_the_reason(cast: Cast, assignment, signed_in) -> None:
    submission = SubmissionFactory(assignment=assignment, round_number=2)
    first = submission.rounds.get()
    first.decision, first.reason = Round.Decision.SENT_BACK, "缺綠化前後對比照片。"
    first.save()
    Round.objects.create(
        submission=submission, number=2, opened_at=moment(2026, 11, 20), due_date=date(2026, 11, 25)
    )

    page = signed_in(cast.clerk).get("/desk/").content.decode()

    assert "已退回，待修改" in page
    assert "缺綠化前後對比照片。" in page


def test_the_head_sees_what_waits_for_her_but_not_her_own(
    cast: Cast, assignment, signed_in
) -> None:
    SubmissionFactory(assignment=assignment, submitted=True, by={"clerk": cast.clerk})
    SubmissionFactory(
        assignment=assignment, label="2026-10", submitted=True, by={"clerk": cast.head}
    )

    page = signed_in(cast.head).get("/desk/")

    assert [todo.verb for todo in page.context["todos"]] == ["初審"]


def test_the_office_sees_reviews_and_requests(cast: Cast, assignment, signed_in) -> None:
    submission = SubmissionFactory(assignment=assignment, endorsed=True)
    ChangeRequest.objects.create(
        assignment=assignment,
        submission=submission,
        kind="extension",
        reason="公示欄未到貨",
        proposed_date=date(2026, 12, 21),
        requested_by=cast.clerk,
        requested_at=moment(2026, 11, 20),
    )

    page = signed_in(cast.office).get("/desk/").content.decode()

    assert "1 份進展待審核" in page
    assert "公示欄未到貨" in page


def test_the_leader_sees_three_numbers_and_the_deputy_his_own_units_first(
    cast: Cast, assignment, signed_in
) -> None:
    MeasureFactory(
        campaign=cast.campaign,
        lead_department=cast.funeral_home,
        issued=True,
        owed_date=date(2026, 11, 1),
    )

    units = signed_in(cast.deputy).get("/desk/").context["units"]

    assert [unit.department for unit in units] == ["婚姻登記處", "殯儀館"]
    assert "1 項任務逾期，需要過問" in signed_in(cast.leader).get("/desk/").content.decode()


def test_a_new_campaign_tells_the_office_the_next_step(cast: Cast, signed_in) -> None:
    page = signed_in(cast.office).get("/desk/").content.decode()

    assert "下一步：導入方案" in page


def test_without_any_campaign_the_page_says_what_to_do(cast: Cast, signed_in) -> None:
    Campaign.objects.all().update(state="draft")

    assert "您還沒有可看的活動" in signed_in(cast.clerk).get("/desk/").content.decode()


def test_a_stranger_is_asked_to_sign_in(client, cast: Cast) -> None:
    answer = client.get("/desk/")

    assert answer.status_code == 302
    assert answer.url.startswith("/sign-in/")


@pytest.mark.parametrize("role", ["clerk", "head", "office", "leader", "deputy", "admin"])
def test_the_desk_asks_as_often_with_much_as_with_little(
    cast: Cast, assignment, signed_in, django_assert_max_num_queries, role: str
) -> None:
    for month in range(1, 12):
        SubmissionFactory(
            assignment=assignment,
            label=f"2026-{month:02d}",
            endorsed=month % 2 == 0,
            submitted=month % 3 == 0,
            due_date=date(2026, month, 25),
        )
    client = signed_in(getattr(cast, role))
    client.get("/desk/")

    with django_assert_max_num_queries(14):
        assert client.get("/desk/").status_code == 200


def test_the_list_holds_the_work_of_every_running_campaign(
    cast: Cast, assignment, signed_in
) -> None:
    other = CampaignFactory(code="second2026", name="文明窗口創建")
    second = MeasureFactory(campaign=other, lead_department=cast.registry, issued=True)
    for row in (assignment, AssignmentFactory(measure=second)):
        SubmissionFactory(assignment=row, due_date=date(2026, 11, 18))
    client = signed_in(cast.clerk)

    page = client.get("/desk/")
    inbox = client.get(reverse("tasks:my-reports", args=[cast.campaign.code])).content.decode()

    assert page.context["heading"] == "您有 2 件事要辦，2 件已逾期"
    assert {todo.why.split(" · ")[0] for todo in page.context["todos"]} == {
        cast.campaign.name,
        "文明窗口創建",
    }
    assert "另一活動「文明窗口創建」還有 1 件。" in inbox
    assert reverse("tasks:my-reports", args=["second2026"]) in inbox


def test_the_leader_is_not_told_all_is_well_while_another_campaign_is_late(
    cast: Cast, signed_in
) -> None:
    other = CampaignFactory(code="second2026", name="文明窗口創建")
    SeatFactory(campaign=other, role="chair", user=cast.leader)
    MeasureFactory(
        campaign=other,
        lead_department=cast.registry,
        issued=True,
        owed_date=date(2026, 11, 1),
    )
    client = signed_in(cast.leader)
    client.get(cast.campaign.get_absolute_url())

    page = client.get("/desk/").content.decode()

    assert "另有活動的 1 項任務逾期，需要過問" in page
    assert "另一活動「文明窗口創建」有 1 項任務逾期。" in page
    assert "今天的事都辦完了" not in page


def test_the_administrator_gets_the_pages_he_works_with(cast: Cast, signed_in) -> None:
    page = signed_in(cast.admin).get("/desk/").content.decode()

    main = page[page.index('id="main"') :]
    for view in ("people:organisation", "people:person-list", "admin:index"):
        assert f'href="{reverse(view)}"' in main
    assert "今天的事都辦完了" not in page


def test_a_first_visit_is_not_told_about_a_page_she_never_opened(client, cast: Cast) -> None:
    fresh = client.get("/desk/", follow=True).content.decode()
    sent = client.get("/notices/", follow=True).content.decode()

    assert "登錄後回到您剛才打開的頁面" not in fresh
    assert "登錄後回到您剛才打開的頁面" in sent


def test_requests_have_a_badge_of_their_own(cast: Cast, assignment, signed_in) -> None:
    SubmissionFactory(assignment=assignment, endorsed=True)
    ChangeRequest.objects.create(
        assignment=assignment,
        kind="objection",
        reason="不歸本單位",
        requested_by=cast.clerk,
        requested_at=moment(2026, 11, 20),
    )

    sections = signed_in(cast.office).get("/desk/").context["shell"].sections

    counts = {str(item.label): item.count for _heading, items in sections for item in items}
    assert (counts["進展審核"], counts["異議和延期"]) == (1, 1)


def test_work_of_a_running_campaign_is_named_while_another_is_prepared(
    cast: Cast, assignment, signed_in
) -> None:
    draft = CampaignFactory(code="next2027", name="明年創建", state="draft")
    SeatFactory(campaign=draft, role="office_director", user=cast.office)
    SubmissionFactory(assignment=assignment, endorsed=True)
    client = signed_in(cast.office)
    client.get(draft.get_absolute_url())

    page = client.get("/desk/")

    (todo,) = page.context["todos"]
    assert page.context["campaign"] == draft
    assert todo.why.startswith(cast.campaign.name)


def test_the_inbox_names_the_campaign_once_there_are_several(
    cast: Cast, assignment, signed_in
) -> None:
    record(
        actor=cast.office,
        action="tasks.issued",
        target=assignment,
        topic=assignment.measure,
        summary="下達了",
        at=moment(2026, 11, 20),
        notify=[cast.clerk],
        message=Message(title="有新任務"),
    )
    client = signed_in(cast.clerk)
    place = f'<p class="d u-3">{cast.campaign.name}</p>'
    alone = client.get("/notices/").content.decode()

    CampaignFactory(code="second2026", name="文明窗口創建")
    several = client.get("/notices/").content.decode()

    assert place not in alone
    assert place in several


def test_what_waits_to_be_signed_stands_by_its_signing_limit(
    cast: Cast, assignment, signed_in
) -> None:
    near = AssignmentFactory(
        measure__campaign=cast.campaign,
        measure__title="臨近簽收",
        measure__issued=True,
        department=cast.registry,
        state="issued",
        acknowledge_due_date=date(2026, 11, 24),
    )
    AssignmentFactory(
        measure=MeasureFactory(campaign=cast.campaign, title="過了簽收", issued=True),
        department=cast.registry,
        state="issued",
        acknowledge_due_date=date(2026, 11, 20),
    )

    page = signed_in(cast.clerk).get("/desk/").content.decode()

    assert "簽收剩 1 個工作日" in page
    assert "簽收逾期 1 個工作日" in page
    assert f"任務 {near.measure.code} · 婚姻登記處牽頭，11月24日前簽收。" in page
    assert page.index("過了簽收") < page.index("臨近簽收")
