"""退回和撤回：自評退回補正、單位撤回提交、組長退回創建辦重新核對。"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from campaigns.standing import standing_of
from evaluations.inbox import under_way, waiting
from evaluations.services import rounds
from journal.models import Entry, Notice
from people.models import User
from pingtan_civ.lib.scoring import Finding
from tasks.models import WrongState
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

SignIn = Callable[[User], Client]


def test_the_office_sends_a_self_assessment_back_during_the_check(
    cast: Cast, signed_in: SignIn
) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    address = reverse("evaluations:self-return", args=[found.code, cast.registry.pk])
    office, head = signed_in(cast.office), signed_in(cast.head)
    assert "退回補正" in office.get(sheet.get_absolute_url()).content.decode()

    assert head.post(address, {"reason": "自己想改"}).status_code == 403
    assert office.post(address, {"reason": "2.2 的應完成數填錯了"}).status_code == 302

    assert "退回補正，改好重新提交" in Notice.objects.filter(recipient=cast.head).latest("pk").title
    assert "還沒有重新提交" in office.get(found.get_absolute_url()).content.decode()
    assert "填自評" in head.get("/desk/").content.decode()
    given = stage.marks(sheet, {"2.2": Finding(done=Decimal(9), planned=Decimal(12))})
    rounds.save_self_scores(actor=cast.clerk, sheet_id=sheet.pk, marks=given, at=stage.START)
    rounds.submit_self(actor=cast.head, sheet_id=sheet.pk, at=stage.START)
    sheet.refresh_from_db()
    assert (sheet.self_submitted_by, sheet.self_returned_at) == (cast.head, None)


def test_who_never_handed_in_does_not_fill_during_the_check(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.SELF)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="到期未交")
    sheet = stage.sheet_of(found, cast.registry)

    with pytest.raises(WrongState, match="已經提交或截止"):
        rounds.save_self_scores(
            actor=cast.clerk,
            sheet_id=sheet.pk,
            marks=stage.marks(sheet, {"1.1": stage.MET}),
            at=stage.START,
        )


@pytest.mark.parametrize("was_returned", [True, False])
def test_past_its_date_a_sheet_opens_only_when_the_office_says_so(
    cast: Cast, signed_in: SignIn, was_returned: bool
) -> None:
    """自評階段裏退回而沒有再交的，與沒有交過的一樣。"""
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)
    given = stage.marks(sheet, stage.SELF_FINDINGS)
    rounds.save_self_scores(actor=cast.clerk, sheet_id=sheet.pk, marks=given, at=stage.START)
    if was_returned:
        rounds.submit_self(actor=cast.head, sheet_id=sheet.pk, at=stage.START)
        rounds.return_self(actor=cast.office, sheet_id=sheet.pk, reason="補", at=stage.START)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="到期未交")
    standing = standing_of(cast.head, stage.START.date())

    with pytest.raises(WrongState, match="已經提交或截止"):
        rounds.submit_self(actor=cast.head, sheet_id=sheet.pk, at=stage.START)
    assert [d.kind for d in waiting(standing, list(under_way([cast.campaign.pk])))] == []

    office, address = signed_in(cast.office), sheet.get_absolute_url()
    assert "過期未交，單位現在不能填" in office.get(address).content.decode()
    return_url = reverse("evaluations:self-return", args=[found.code, cast.registry.pk])
    answer = office.post(return_url, {"reason": "窗口停電，誤了一天"}, follow=True)
    assert "已開放婚姻登記處補填自評" in answer.content.decode()
    assert "開放補填" in Notice.objects.filter(recipient=cast.head).latest("pk").title
    assert [d.kind for d in waiting(standing, list(under_way([cast.campaign.pk])))] == ["self"]
    rounds.submit_self(actor=cast.head, sheet_id=sheet.pk, at=stage.START)
    assert "退回之後單位改自評" in office.get(address).content.decode()


def test_a_head_takes_back_what_was_handed_in(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)
    given = stage.marks(sheet, stage.SELF_FINDINGS)
    rounds.save_self_scores(actor=cast.clerk, sheet_id=sheet.pk, marks=given, at=stage.START)
    rounds.submit_self(actor=cast.head, sheet_id=sheet.pk, at=stage.START)
    address = reverse("evaluations:self-withdraw", args=[found.code, cast.registry.pk])

    assert signed_in(cast.clerk).post(address).status_code == 403
    head = signed_in(cast.head)
    assert "撤回提交" in head.get(sheet.get_absolute_url()).content.decode()
    assert head.post(address).status_code == 302

    sheet.refresh_from_db()
    assert sheet.self_submitted_at is None
    assert Notice.objects.filter(recipient=cast.office, title__contains="撤回了").exists()
    with pytest.raises(WrongState, match="請創建辦退回補正"):
        rounds.withdraw_self(actor=cast.head, sheet_id=sheet.pk, at=stage.START)


def test_the_chair_sends_the_result_back_to_the_office(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    address = reverse("evaluations:round-return", args=[found.code])
    chair = signed_in(cast.leader)
    page = chair.get(found.get_absolute_url()).content.decode()
    assert "退回創建辦重新核對" in page
    assert "78.22" in page
    assert "合格 2" in page

    assert chair.post(address, {"reason": " "}).status_code == 409
    with pytest.raises(PermissionDenied):
        rounds.return_round(actor=cast.deputy, round_id=found.pk, reason="再看看", at=stage.START)
    late = stage.START + timedelta(days=60)
    rounds.return_round(actor=cast.leader, round_id=found.pk, reason="2.1 偏低", at=late)

    found = stage.fresh(found)
    assert found.phase == Phase.OPINION
    dates = {row.phase: row for row in found.phases.all()}
    assert dates["opinion"].ended_at is None
    assert dates["opinion"].due_date == date(2027, 1, 27)
    assert dates["decision"].start_date > dates["opinion"].due_date
    assert dates["feedback"].start_date > dates["decision"].due_date
    assert Entry.objects.filter(action="evaluations.round_returned", reason="2.1 偏低").exists()
    assert Notice.objects.filter(recipient=cast.office, body="2.1 偏低").exists()
    with pytest.raises(WrongState, match="等着審定"):
        rounds.return_round(actor=cast.leader, round_id=found.pk, reason="再", at=late)


def test_what_came_back_must_be_whole_before_it_goes_up_again(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.SELF)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="未交")
    while (found := stage.fresh(found)).phase != Phase.OPINION:
        rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="先走")

    sentences = [row.sentence for row in rounds.unfinished(found)]

    assert sentences[0] == "婚姻登記處還有 5 條沒有評：1.1、1.2、1.4、2.1、2.2。"


def test_the_unit_still_owes_what_was_sent_back(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    rounds.return_self(actor=cast.office, sheet_id=sheet.pk, reason="補", at=stage.START)
    standing = standing_of(cast.head, stage.START.date())

    found_duties = waiting(standing, list(under_way([cast.campaign.pk])))

    assert [(duty.kind, duty.unit) for duty in found_duties] == [("self", "婚姻登記處")]


def test_upgrading_forgets_only_returns_of_the_stage_gone_by(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    early, late = (stage.sheet_of(found, unit) for unit in (cast.registry, cast.funeral_home))
    ended = found.phases.get(phase=Phase.SELF).ended_at
    for sheet, hours in ((early, -1), (late, 1)):
        sheet.give_back(at=ended + timedelta(hours=hours))
        sheet.save()
    upgrade = import_module("evaluations.migrations.0018_past_due_self_assessments")

    upgrade.forget_returns_of_the_stage_gone_by(apps, None)

    early.refresh_from_db()
    late.refresh_from_db()
    assert early.self_returned_at is None
    assert late.self_returned_at is not None
