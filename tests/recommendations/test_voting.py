"""記名表決：條件不符的不進，該迴避的不投也不算人數，同票而名額不夠的再投一輪。"""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from journal.models import Entry, Notice
from people.models import Appointment, Department
from recommendations.meeting import Meeting, Tally
from recommendations.models import Ballot, Candidate, Fraction, Programme, reaches
from recommendations.models.programmes import needed
from recommendations.services import candidates, programmes, voting
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment
from tests.recommendations import stage
from tests.recommendations.stage import AT, Kind


def cast_vote(programme: Programme, actor: Any, choices: dict[Candidate, str]) -> None:
    voting.cast(
        actor=actor,
        programme_id=programme.pk,
        choices={row.pk: choice for row, choice in choices.items()},
        vote_round=stage.fresh(programme).vote_round,
        at=AT,
    )


def close(cast: Cast, programme: Programme, reason: str = "") -> Programme:
    return voting.close_vote(actor=cast.office, programme_id=programme.pk, at=AT, reason=reason)


def tally_of(programme: Programme, row: Candidate) -> Tally:
    return Meeting(stage.fresh(programme), [stage.fresh(row)], AT.date()).tally(stage.fresh(row))


# ── 多少算夠 ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("part", "whole", "fraction", "is_enough"),
    [
        (2, 3, Fraction.TWO_THIRDS, True),
        (3, 5, Fraction.TWO_THIRDS, False),
        (2, 4, Fraction.MORE_THAN_HALF, False),
        (3, 4, Fraction.MORE_THAN_HALF, True),
        (3, 4, Fraction.THREE_QUARTERS, True),
        (0, 0, Fraction.MORE_THAN_HALF, False),
    ],
)
def test_shares_are_exact(part: int, whole: int, fraction: str, is_enough: bool) -> None:
    assert reaches(part, whole, fraction) == is_enough
    assert (part >= needed(whole, fraction)) == is_enough


# ── 提交 ──────────────────────────────────────────────


def test_only_those_meeting_every_condition_go_to_the_vote(cast: Cast) -> None:
    programme = stage.programme(cast)
    asked = stage.condition(programme, Kind.MANUAL, text="領導班子無違紀")
    good, bad = (
        stage.candidate(cast, programme, unit) for unit in (cast.registry, cast.funeral_home)
    )
    stage.confirmed(good, asked, cast)

    voting.open_vote(actor=cast.office, programme_id=programme.pk, at=AT)

    good, bad = stage.fresh(good), stage.fresh(bad)
    assert (good.state, bad.state) == ("balloted", "rejected")
    assert bad.settled_reason == "領導班子無違紀：未確認：等辦公室查實後寫明"
    assert good.examined[0]["verdict"] == "met"
    assert Notice.objects.filter(recipient=cast.leader, title__startswith="請表決").count() == 1
    assert Notice.objects.filter(recipient=cast.neighbour, title__contains="條件不符").exists()


def test_no_vote_before_the_closing_day_is_over_nor_with_nobody_eligible(cast: Cast) -> None:
    programme = stage.programme(cast)
    stage.condition(programme, Kind.MANUAL)
    stage.candidate(cast, programme)

    with pytest.raises(WrongState, match="申報到 2026年11月20日 為止"):
        voting.open_vote(actor=cast.office, programme_id=programme.pk, at=moment(2026, 11, 20, 23))
    with pytest.raises(WrongState, match="沒有一個對象"):
        voting.open_vote(actor=cast.office, programme_id=programme.pk, at=AT)
    assert stage.fresh(programme).state == "open"


# ── 投票和迴避 ────────────────────────────────────────


def test_a_recused_members_vote_is_refused_and_does_not_count_for_the_quorum(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)

    with pytest.raises(PermissionDenied, match="要迴避（在本單位或其上下級單位任職）"):
        cast_vote(programme, cast.head, {row: "agree"})
    # 塞進庫裏的也不算。
    Ballot.objects.create(candidate=row, voter=cast.head, seat="成員", choice="agree", at=AT)

    found = tally_of(programme, row)
    assert (found.eligible, found.present, found.agree, found.quorum_needed) == (3, 0, 0, 2)
    assert found.recused == (("處長戊", "在本單位或其上下級單位任職"),)
    stage.vote(cast, programme, {"leader": {row: "agree"}, "neighbour": {row: "agree"}})
    assert tally_of(programme, row).is_passed


def test_a_post_in_a_unit_below_recuses_too_and_so_does_being_the_person(cast: Cast) -> None:
    section = make.DepartmentFactory(name="社會事務科")
    Department.objects.filter(pk=cast.registry.pk).update(parent=section)
    programme, (whole,) = stage.voting_on(cast, section)
    person = stage.candidate(
        cast, programme, cast.funeral_home, kind="person", person=cast.deputy,
        person_name="副組長乙", state="balloted",
    )  # fmt: skip

    assert "處長戊" in dict(tally_of(programme, whole).recused)
    assert set(dict(tally_of(programme, person).recused)) == {"館長庚", "副組長乙"}


def test_the_bureau_applying_as_a_whole_recuses_nobody_by_post(cast: Cast) -> None:
    bureau = make.DepartmentFactory(name="平潭縣民政局", kind="bureau")
    Department.objects.filter(pk=cast.registry.pk).update(parent=bureau)
    programme, (row,) = stage.voting_on(cast, bureau)

    assert tally_of(programme, row).recused == ()


def test_a_declared_recusal_takes_the_vote_back(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)
    cast_vote(programme, cast.neighbour, {row: "agree"})

    voting.recuse(actor=cast.neighbour, candidate_id=row.pk, reason="配偶在該處", at=AT)

    found = tally_of(programme, row)
    assert (found.eligible, found.present) == (2, 0)
    assert ("館長庚", "配偶在該處") in found.recused
    with pytest.raises(PermissionDenied, match="配偶在該處"):
        cast_vote(programme, cast.neighbour, {row: "against"})


@pytest.mark.parametrize("who", ["office", "clerk", "admin", "helper_head"])
def test_nobody_without_a_voting_seat_votes(cast: Cast, who: str) -> None:
    programme, (row,) = stage.voting_on(cast)

    with pytest.raises(PermissionDenied, match="不能代投"):
        cast_vote(programme, getattr(cast, who), {row: "agree"})


def test_a_vote_may_be_changed_until_the_vote_is_closed(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)

    for choice in ("agree", "against", "against"):
        cast_vote(programme, cast.leader, {row: choice})
    assert Ballot.objects.get().choice == "against"
    entries = Entry.objects.filter(action="recommendations.voted").order_by("pk")
    assert [entry.changes["婚姻登記處"] for entry in entries] == [
        ["", "同意"],
        ["同意", "不同意"],
    ]
    cast_vote(programme, cast.deputy, {row: "agree"})
    close(cast, programme)
    with pytest.raises(WrongState):
        cast_vote(programme, cast.leader, {row: "agree"})
    with pytest.raises(IntegrityError), transaction.atomic():
        Ballot.objects.create(candidate=row, voter=cast.leader, seat="", choice="agree", at=AT)


def test_a_senseless_choice_or_a_candidate_of_another_list_is_refused(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)
    other = stage.candidate(cast, stage.programme(cast, title="另一個項目"))

    with pytest.raises(Incomplete):
        cast_vote(programme, cast.leader, {row: "perhaps"})
    with pytest.raises(WrongState, match="名單變了"):
        cast_vote(programme, cast.leader, {other: "agree"})
    assert not Ballot.objects.exists()


# ── 結束 ──────────────────────────────────────────────


def test_the_vote_is_counted_over_those_present(cast: Cast) -> None:
    programme, (row, other) = stage.voting_on(cast, cast.registry, cast.bureau_office)
    stage.vote(
        cast,
        programme,
        {
            "leader": {row: "agree", other: "agree"},
            "deputy": {row: "abstain", other: "agree"},
            "neighbour": {other: "against"},
        },
    )

    close(cast, programme)

    row, other = stage.fresh(row), stage.fresh(other)
    assert (other.state, other.place) == ("passed", 1)
    assert (row.state, row.settled_reason) == ("not_passed", "到會 2 人，同意 1 票，不夠 2 票。")
    assert Tally.from_json(other.tally).votes[0].seat == "組長 局長"
    assert Tally.from_json(other.tally).to_json() == other.tally
    assert Entry.objects.filter(action="recommendations.vote_closed").count() == 1


def test_too_few_present_needs_a_reason_and_does_not_pass(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)
    stage.vote(cast, programme, {"leader": {row: "agree"}})

    with pytest.raises(Incomplete, match="到會的人數還不夠"):
        close(cast, programme)
    close(cast, programme, reason="兩位成員出差，明天就要報")

    row = stage.fresh(row)
    assert row.state == "not_passed"
    assert "應到 3 人，到會 1 人，不夠 2 人" in row.settled_reason


def test_more_agreed_than_places_are_ordered_and_a_tie_is_voted_again(cast: Cast) -> None:
    units = [cast.bureau_office, *make.DepartmentFactory.create_batch(3)]
    programme, rows = stage.voting_on(cast, *units, quota=2)
    first, second, third, fourth = rows
    yes, no = "agree", "against"
    stage.vote(
        cast,
        programme,
        {
            "leader": dict.fromkeys(rows, yes),
            "deputy": dict.fromkeys(rows, yes),
            "head": {first: yes, second: yes, third: yes, fourth: no},
            "neighbour": {first: yes, second: no, third: no, fourth: yes},
        },
    )

    close(cast, programme)

    states = [stage.fresh(row).state for row in rows]
    assert states == ["passed", "balloted", "balloted", "balloted"]
    assert stage.fresh(programme).vote_round == 2
    programme = stage.fresh(programme)
    tied = [second, third, fourth]
    for who, agreed in {"leader": second, "deputy": second, "head": second}.items():
        votes = {row: yes if row == agreed else no for row in tied}
        stage.vote(cast, programme, {who: votes})
    close(cast, programme)
    assert [(stage.fresh(row).state, stage.fresh(row).place) for row in rows] == [
        ("passed", 1),
        ("passed", 2),
        ("not_passed", None),
        ("not_passed", None),
    ]
    assert Ballot.objects.filter(candidate=second).count() == 7


def test_who_loses_the_seat_or_gains_a_post_there_no_longer_counts(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)
    stage.vote(cast, programme, {"leader": {row: "agree"}, "neighbour": {row: "agree"}})
    assert tally_of(programme, row).present == 2

    Appointment.objects.create(user=cast.neighbour, department=cast.registry, role="clerk")
    assert tally_of(programme, row).present == 1
    cast.leader.seats.update(end_date=AT.date().replace(day=1))
    assert tally_of(programme, row).present == 0


def test_a_closed_campaign_takes_no_more_votes(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)
    type(cast.campaign).objects.update(state="closed")

    with pytest.raises(WrongState, match="不在進行中"):
        cast_vote(programme, cast.leader, {row: "agree"})
    with pytest.raises(WrongState, match="不在進行中"):
        voting.recuse(actor=cast.leader, candidate_id=row.pk, reason="親屬", at=AT)


# ── 告訴誰 ────────────────────────────────────────────


def told(title: str) -> list[str]:
    rows = Notice.objects.filter(title__contains=title)
    return sorted(rows.values_list("recipient__username", flat=True))


def test_the_office_is_told_once_when_everybody_has_voted(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)
    stage.vote(cast, programme, {who: {row: "agree"} for who in ("leader", "deputy")})
    assert stage.fresh(programme).voted_at is None

    voting.recuse(actor=cast.neighbour, candidate_id=row.pk, reason="親屬", at=AT)
    stage.vote(cast, programme, {"leader": {row: "against"}})

    assert told("都表決了，請結束表決") == ["office", "officer"]
    close(cast, programme)
    assert stage.fresh(programme).voted_at is None


def test_the_office_is_told_when_the_last_one_waited_for_is_taken_off(cast: Cast) -> None:
    programme, (row, other) = stage.voting_on(cast, cast.registry, cast.funeral_home, quota=2)
    stage.vote(cast, programme, {who: {row: "agree"} for who in ("leader", "deputy", "neighbour")})
    assert stage.fresh(programme).voted_at is None

    candidates.exclude(actor=cast.office, candidate_id=other.pk, reason="本人放棄", at=AT)

    assert told("都表決了，請結束表決") == ["office", "officer"]


def test_a_cancelled_programme_tells_those_it_kept_waiting(cast: Cast) -> None:
    asked = stage.programme(cast, title="申報中的")
    voted, _rows = stage.voting_on(cast, title="表決中的")
    for programme in (asked, voted):
        programmes.cancel_programme(
            actor=cast.office, programme_id=programme.pk, reason="上級取消", at=AT
        )

    assert told("中止推薦項目「申報中的」") == ["head", "helper_head", "neighbour", "officer"]
    assert told("中止推薦項目「表決中的」") == ["deputy", "head", "leader", "neighbour", "officer"]


def test_one_taken_off_tells_the_voters_and_the_unit(cast: Cast) -> None:
    _programme, (row,) = stage.voting_on(cast)

    candidates.exclude(actor=cast.office, candidate_id=row.pk, reason="本人放棄", at=AT)

    assert told("取消對婚姻登記處的推薦") == ["deputy", "head", "leader", "neighbour", "officer"]
