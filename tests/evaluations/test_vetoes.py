"""一票否決的事：登記、自報、說明、認定、解除；兩個人，迴避，什麼也不刪。"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from evaluations import policies
from evaluations.models import VetoEvent, VetoFile, VetoItem, VetoRelease
from evaluations.services import vetoes as services
from evaluations.services.veto_files import attach, detach
from journal.models import Entry, Notice
from people.models import User
from tests import factories as make
from tests.cast import Cast
from tests.evaluations.stage import picture

SignIn = Callable[[User], Client]
State = VetoEvent.State
LIST = "/vetoes/"
ONE = timedelta(days=1)


@pytest.fixture
def item(cast: Cast) -> VetoItem:
    return make.VetoItemFactory(campaign=cast.campaign, text="無重大安全責任事故")


def facts(**given: object) -> dict[str, object]:
    return {"description": "鍋爐房起火。", "date_of_event": date(2026, 6, 1)} | given


def report(
    cast: Cast, item: VetoItem, at: datetime, by: str = "office", **given: object
) -> VetoEvent:
    return services.register_event(
        actor=getattr(cast, by), item=item, department=cast.registry, values=facts(**given), at=at
    )


def uphold(
    cast: Cast, event: VetoEvent, at: datetime, by: str = "leader", **confirmed: object
) -> VetoEvent:
    return services.uphold(
        actor=getattr(cast, by),
        event_id=event.pk,
        confirmed={"date_confirmed": date(2026, 6, 10), "document_number": "嵐應急〔2026〕3號"}
        | confirmed,
        reason="有事故調查報告。",
        at=at,
    )


def propose(
    cast: Cast, event: VetoEvent, at: datetime, by: str = "office", why: str = "已電話告知。"
) -> VetoRelease:
    return services.propose_release(
        actor=getattr(cast, by),
        event_id=event.pk,
        reason="整改驗收合格。",
        no_paper_reason=why,
        at=at,
    )


def settle(
    cast: Cast, release: VetoRelease, at: datetime, by: str = "leader", **given: object
) -> VetoRelease:
    values = {"is_agreed": True, "reason": ""} | given
    return services.settle_release(actor=getattr(cast, by), release_id=release.pk, at=at, **values)


def told(action: str) -> set[str]:
    """這一步告訴了誰。"""
    notices = Notice.objects.filter(entry__action=f"evaluations.{action}")
    return set(notices.values_list("recipient__username", flat=True))


# 登記和自報


def test_the_office_registers_and_the_unit_and_the_leaders_are_told(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    event = report(cast, item, now)

    assert event.is_pending
    assert not event.is_self_reported
    assert told("veto_reported") == {"leader", "deputy", "officer", "head", "clerk"}
    entry = Entry.objects.about(event).get()
    assert entry.summary == "登記婚姻登記處發生重大安全責任事故，待認定。"
    assert entry.reason == "鍋爐房起火。"


def test_a_unit_reports_its_own_and_not_its_neighbours(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    assert report(cast, item, now, by="clerk").is_self_reported

    with pytest.raises(PermissionDenied):
        report(cast, item, now, by="neighbour")


@pytest.mark.parametrize("by", ["leader", "admin", "helper"])
def test_nobody_else_registers(cast: Cast, item: VetoItem, now: datetime, by: str) -> None:
    with pytest.raises(PermissionDenied):
        report(cast, item, now, by=by)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"date_of_event": date(2026, 12, 1)}, "date_of_event"),
        ({"date_confirmed": date(2026, 12, 1)}, "date_confirmed"),
        ({"description": ""}, "description"),
        ({"date_confirmed": date(2026, 5, 1)}, "__all__"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    cast: Cast, item: VetoItem, now: datetime, given: dict, field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        report(cast, item, now, **given)

    assert field in caught.value.message_dict
    assert not VetoEvent.objects.exists()


def test_a_retired_item_takes_no_new_events(cast: Cast, now: datetime) -> None:
    with pytest.raises(ValidationError, match="停用"):
        report(cast, make.VetoItemFactory(campaign=cast.campaign, retired_at=now), now)


def test_the_office_corrects_until_it_is_decided_and_the_change_is_kept(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    event = report(cast, item, now)
    day = date(2026, 6, 2)

    services.correct_event(
        actor=cast.office, event_id=event.pk, values={"date_of_event": day}, at=now
    )

    latest = Entry.objects.about(event).first()
    assert latest.changes == {"發生日期": ["2026-06-01", "2026-06-02"]}
    uphold(cast, event, now)
    with pytest.raises(ValidationError, match="已認定"):
        services.correct_event(actor=cast.office, event_id=event.pk, values=facts(), at=now)


def test_the_unit_states_its_case_and_every_version_is_kept(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    event = report(cast, item, now)
    for text in ("已滅火。", "已滅火，無人受傷。"):
        services.state_case(actor=cast.head, event_id=event.pk, text=text, at=now)

    event.refresh_from_db()
    assert event.statement == "已滅火，無人受傷。"
    kept = Entry.objects.about(event).filter(action="evaluations.veto_stated")
    assert sorted(kept.values_list("reason", flat=True)) == ["已滅火。", "已滅火，無人受傷。"]
    with pytest.raises(PermissionDenied):
        services.state_case(actor=cast.office, event_id=event.pk, text="代寫", at=now)


# 認定


def test_the_chair_upholds_with_a_reason_and_the_unit_is_told(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    event = report(cast, item, now)

    event = uphold(cast, event, now)

    assert (event.state, event.decided_by) == (State.UPHELD, cast.leader)
    assert told("veto_upheld") == {"office", "officer", "head", "clerk"}
    with pytest.raises(ValidationError, match="已認定"):
        services.dismiss(actor=cast.deputy, event_id=event.pk, reason="晚了", at=now)


@pytest.mark.parametrize("by", ["office", "head", "neighbour", "admin"])
def test_only_the_leaders_decide(cast: Cast, item: VetoItem, now: datetime, by: str) -> None:
    event = report(cast, item, now)

    with pytest.raises(PermissionDenied):
        uphold(cast, event, now, by=by)


def test_a_leader_of_the_unit_itself_stands_aside(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    make.AppointmentFactory(user=cast.leader, department=cast.registry, role="head")
    event = report(cast, item, now)

    with pytest.raises(PermissionDenied):
        uphold(cast, event, now)
    assert uphold(cast, event, now, by="deputy").state == State.UPHELD


def test_who_reported_does_not_decide(cast: Cast, item: VetoItem, now: datetime) -> None:
    make.SeatFactory(campaign=cast.campaign, role="office_staff", user=cast.leader)
    event = report(cast, item, now, by="leader")

    with pytest.raises(PermissionDenied):
        uphold(cast, event, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        VetoEvent.objects.filter(pk=event.pk).update(
            state=State.DISMISSED, decided_by=cast.leader, decided_at=now
        )


def test_upholding_needs_a_date_and_a_reason(cast: Cast, item: VetoItem, now: datetime) -> None:
    event = report(cast, item, now)

    with pytest.raises(ValidationError, match="哪天認定"):
        uphold(cast, event, now, date_confirmed=None)
    with pytest.raises(ValidationError, match="理由"):
        services.dismiss(actor=cast.leader, event_id=event.pk, reason=" ", at=now)


def test_a_unit_that_reported_within_a_month_has_concealed_nothing(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    confirmed = date(2026, 10, 23)
    in_time = report(cast, item, now, by="head", date_confirmed=confirmed)
    late = report(cast, item, now, by="head", date_confirmed=confirmed - ONE)

    assert in_time.report_due_date == date(2026, 11, 23)
    with pytest.raises(ValidationError, match="按時自報"):
        uphold(cast, in_time, now, date_confirmed=confirmed, is_concealed=True)
    concealed = uphold(cast, late, now, date_confirmed=confirmed - ONE, is_concealed=True)
    assert concealed.is_concealed


def test_what_an_authority_finds_needs_its_number_or_its_paper(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    """由別的機關認定的，沒有文號也沒有認定文書不能認定；領導小組自己認定的不用。"""
    own = make.VetoItemFactory(campaign=cast.campaign, text="無髒亂差現象", authority="")
    event = report(cast, item, now)
    with pytest.raises(ValidationError, match="應急管理部門認定，請寫明認定文號"):
        uphold(cast, event, now, document_number=" ")
    for kind in (VetoFile.Kind.OTHER, VetoFile.Kind.FINDING):
        paper = attach(
            actor=cast.office, event_id=event.pk, file=picture(), name="認定書.png", kind=kind,
            at=now,
        )  # fmt: skip

    assert Entry.objects.about(event).first().summary == f"加材料「{paper.name}」（認定文書）。"
    assert uphold(cast, event, now, document_number="").state == State.UPHELD
    assert uphold(cast, report(cast, own, now), now, document_number="").state == State.UPHELD


# 解除：兩個人


def test_a_release_shows_the_result_or_says_why_there_is_none(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    event = uphold(cast, report(cast, item, now), now)
    with pytest.raises(ValidationError, match="為什麼沒有"):
        propose(cast, event, now, why=" ")
    result = attach(
        actor=cast.office, event_id=event.pk, file=picture(), name="復查意見.png",
        kind=VetoFile.Kind.RESULT, at=now,
    )  # fmt: skip
    release = propose(cast, event, now, why="")
    detach(actor=cast.office, file_id=result.pk, at=now)

    with pytest.raises(ValidationError, match="請附處理結果"):
        settle(cast, release, now)
    assert settle(cast, release, now, is_agreed=False, reason="材料撤了。").state == "refused"


def test_a_release_takes_two_persons(cast: Cast, item: VetoItem, now: datetime) -> None:
    event = uphold(cast, report(cast, item, now), now)
    release = propose(cast, event, now)
    event.refresh_from_db()
    assert event.state == State.UPHELD

    settle(cast, release, now)

    event.refresh_from_db()
    assert (event.state, event.released_date) == (State.RELEASED, date(2026, 11, 23))
    kept = Entry.objects.about(event).values_list("action", flat=True)
    assert list(kept) == [
        "evaluations.veto_release_confirmed",
        "evaluations.veto_release_proposed",
        "evaluations.veto_upheld",
        "evaluations.veto_reported",
    ]


def test_who_proposed_does_not_confirm(cast: Cast, item: VetoItem, now: datetime) -> None:
    make.SeatFactory(campaign=cast.campaign, role="office_staff", user=cast.leader)
    event = uphold(cast, report(cast, item, now), now)
    release = propose(cast, event, now, by="leader")

    with pytest.raises(PermissionDenied):
        settle(cast, release, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        VetoRelease.objects.filter(pk=release.pk).update(state="confirmed", decided_by=cast.leader)
    assert settle(cast, release, now, by="deputy").state == "confirmed"


@pytest.mark.parametrize("by", ["officer", "head", "admin"])
def test_only_a_leader_confirms(cast: Cast, item: VetoItem, now: datetime, by: str) -> None:
    release = propose(cast, uphold(cast, report(cast, item, now), now), now)

    with pytest.raises(PermissionDenied):
        settle(cast, release, now, by=by)


def test_a_refused_or_withdrawn_proposal_stays_and_another_may_follow(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    event = uphold(cast, report(cast, item, now), now)
    refused = propose(cast, event, now)
    with pytest.raises(ValidationError, match="已經提出"):
        propose(cast, event, now, by="officer")
    with pytest.raises(ValidationError, match="寫明理由"):
        settle(cast, refused, now, is_agreed=False)
    settle(cast, refused, now, is_agreed=False, reason="還要看半年。")
    withdrawn = propose(cast, event, now)
    with pytest.raises(PermissionDenied):
        services.withdraw_release(actor=cast.officer, release_id=withdrawn.pk, at=now)
    services.withdraw_release(actor=cast.office, release_id=withdrawn.pk, at=now)
    with pytest.raises(ValidationError, match="已撤回"):
        settle(cast, withdrawn, now)

    assert propose(cast, event, now).state == "pending"
    assert event.releases.count() == 3


def test_only_an_upheld_event_is_released(cast: Cast, item: VetoItem, now: datetime) -> None:
    event = report(cast, item, now)

    with pytest.raises(ValidationError, match="待認定"):
        propose(cast, event, now)
    uphold(cast, event, now)
    with pytest.raises(PermissionDenied):
        propose(cast, event, now, by="head")


# 誰看得見


def test_seeing_follows_one_rule_in_the_list_and_on_the_page(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    event = report(cast, item, now)
    seeing = {"leader", "deputy", "office", "officer", "head", "clerk"}

    for name in (*seeing, "neighbour", "helper", "admin"):
        standing = cast.standing(getattr(cast, name))
        listed = VetoEvent.objects.visible_to(standing).filter(pk=event.pk).exists()
        assert (name, listed) == (name, name in seeing)
        assert policies.can_see_veto(standing, event) == listed
        status = signed_in(getattr(cast, name)).get(event.get_absolute_url()).status_code
        assert status == (200 if listed else 404)


def test_a_neighbour_counts_nothing_on_the_list(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    report(cast, item, now)
    address = reverse("evaluations:negative-list", args=[cast.campaign.code])

    assert "待認定 1" in signed_in(cast.head).get(address).content.decode()
    assert "待認定 1" not in signed_in(cast.neighbour).get(address).content.decode()
    assert not signed_in(cast.neighbour).get(LIST).context["rows"]


# 頁面


def test_a_unit_reports_on_the_page(cast: Cast, item: VetoItem, signed_in: SignIn) -> None:
    clerk = signed_in(cast.clerk)
    address = reverse("evaluations:veto-create", args=[cast.campaign.code])
    assert "is_concealed" not in clerk.get(address).context["form"].fields
    form = {
        "item": item.pk,
        "department": cast.funeral_home.pk,
        "date_of_event": "2026-06-01",
        "description": "鍋爐房起火。",
    }

    assert clerk.post(address, form).status_code == 200
    answer = clerk.post(address, form | {"department": cast.registry.pk})

    event = VetoEvent.objects.get()
    assert answer.url == event.get_absolute_url()
    assert event.is_self_reported


def test_the_whole_way_on_the_pages(cast: Cast, item: VetoItem, signed_in: SignIn) -> None:
    office, leader = signed_in(cast.office), signed_in(cast.leader)
    address = reverse("evaluations:veto-create", args=[cast.campaign.code])
    form = {"item": item.pk, "department": cast.registry.pk, "description": "起火。"}
    office.post(address, form | {"date_of_event": "2026-06-01"})
    event = VetoEvent.objects.get()
    decide = reverse("evaluations:veto-decide", args=[event.pk])
    said = {"decision": "uphold", "reason": "有調查報告。", "document_number": "嵐應急〔2026〕3號"}

    assert "該單位沒有自報" in leader.get(decide).content.decode()
    assert "哪天認定" in leader.post(decide, said).content.decode()
    later = leader.post(decide, said | {"date_confirmed": "2026-05-01"})
    assert "認定日期早於發生日期" in later.content.decode()
    leader.post(decide, said | {"date_confirmed": "2026-06-10", "authority": "縣應急管理局"})
    page = office.get(event.get_absolute_url()).content.decode()
    assert "2027年6月1日以前不得推薦" in page
    propose, said = reverse("evaluations:veto-release", args=[event.pk]), {"reason": "驗收合格。"}
    assert "為什麼沒有" in office.post(propose, said).content.decode()
    bad = office.post(propose, said | {"paper": SimpleUploadedFile("a.exe", b"MZ")})
    assert bad.context["form"].errors["paper"]
    office.post(propose, said | {"paper": picture("復查意見.png")})
    assert VetoFile.objects.get().kind == VetoFile.Kind.RESULT
    release = VetoRelease.objects.get()
    confirm = reverse("evaluations:veto-release-settle", args=[release.pk])
    assert office.get(confirm).status_code == 403
    leader.post(confirm, {"decision": "agree"})

    event.refresh_from_db()
    assert event.state == State.RELEASED
    assert "現在不影響" in office.get(event.get_absolute_url()).content.decode()


def test_a_decision_that_came_too_late_says_so(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    release = propose(cast, uphold(cast, report(cast, item, now), now), now)
    settle(cast, release, now)

    address = reverse("evaluations:veto-release-withdraw", args=[release.pk])
    answer = signed_in(cast.office).post(address)

    assert answer.status_code == 409
    assert "這件事剛由別人辦過" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("state=pending", 2),
        ("state=upheld", 1),
        ("year=2025", 1),
        ("q=锅炉", 1),
        ("state=nonsense&item=x&page=zz", 3),
    ],
)
def test_the_filters_are_in_the_address(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn, query: str, count: int
) -> None:
    report(cast, item, now)
    report(cast, item, now, date_of_event=date(2025, 3, 1), description="食物中毒。")
    uphold(cast, report(cast, item, now, description="觸電。"), now)

    rows = signed_in(cast.office).get(f"{LIST}?{query}").context["rows"]

    assert len(rows) == count


def test_more_events_take_no_more_queries(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    for _number in range(20):
        make.VetoEventFactory(item__campaign=cast.campaign, department=cast.registry, upheld=True)
    office = signed_in(cast.office)
    event = VetoEvent.objects.first()

    with django_assert_max_num_queries(12):
        office.get(LIST)
    with django_assert_max_num_queries(12):
        office.get(event.get_absolute_url())
    with django_assert_max_num_queries(12):
        office.get(reverse("evaluations:negative-list", args=[cast.campaign.code]))


# 材料


def test_a_paper_is_attached_once_shown_and_taken_down(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    event = report(cast, item, now)
    head, address = signed_in(cast.head), reverse("evaluations:veto-file-add", args=[event.pk])
    for _time in range(2):
        assert head.post(address, {"file": picture()}).status_code == 302
    file = VetoFile.objects.get()

    assert head.get(file.get_absolute_url()).status_code == 200
    assert signed_in(cast.neighbour).get(file.get_absolute_url()).status_code == 404
    assert signed_in(cast.leader).post(address, {"file": picture()}).status_code == 403
    assert head.post(address, {"file": SimpleUploadedFile("a.exe", b"MZ")}).status_code == 422
    assert head.post(address).status_code == 400
    signed_in(cast.office).post(reverse("evaluations:veto-file-remove", args=[file.pk]))
    file.refresh_from_db()
    assert file.removed_at
    assert head.get(file.get_absolute_url()).status_code == 404


def test_the_unit_adds_nothing_after_the_decision(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    event = uphold(cast, report(cast, item, now), now)
    address = reverse("evaluations:veto-file-add", args=[event.pk])

    assert signed_in(cast.head).post(address, {"file": picture()}).status_code == 403
    assert signed_in(cast.office).post(address, {"file": picture()}).status_code == 302


# 工作台


def test_the_desk_of_a_leader_lists_what_waits_for_a_decision(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    event = report(cast, item, now)
    assert "待認定" in signed_in(cast.leader).get("/desk/").content.decode()
    assert "待認定" not in signed_in(cast.neighbour).get("/desk/").content.decode()

    uphold(cast, event, now)
    assert "待確認解除" not in signed_in(cast.leader).get("/desk/").content.decode()
    propose(cast, event, now)

    assert "待確認解除" in signed_in(cast.leader).get("/desk/").content.decode()


def test_the_desk_of_the_unit_asks_for_its_statement_until_it_is_written(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    """主管部門還沒有認定的也請單位說明，只是沒有期限；自報的已經說了。"""
    event, asked = report(cast, item, now), "寫單位說明"
    report(cast, item, now, by="head")
    desks = [signed_in(person).get("/desk/") for person in (cast.clerk, cast.neighbour)]
    assert [page.content.decode().count(asked) for page in desks] == [1, 0]

    decide = reverse("evaluations:veto-decide", args=[event.pk])
    assert "單位還沒有寫說明" in signed_in(cast.leader).get(decide).content.decode()
    services.state_case(actor=cast.head, event_id=event.pk, text="已滅火。", at=now)

    assert asked not in signed_in(cast.clerk).get("/desk/").content.decode()
    assert "單位還沒有寫說明" not in signed_in(cast.leader).get(decide).content.decode()
