"""異議：異議期裏逐條提，辦公室答覆，領導小組裁定；改了分就出下一版，原來的照樣讀得到。"""

from datetime import datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from evaluations.models import Objection, ResultSnapshot, Score
from evaluations.services import objections, rounds
from evaluations.services.rounds import verify_snapshots
from evaluations.sheets import frozen_sheets
from journal.models import Entry, Notice
from people.models import Appointment
from pingtan_civ.lib.scoring import Finding
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import objection_stage as stage
from tests.evaluations.objection_stage import Mark
from tests.evaluations.round_stage import fresh
from tests.factories import moment
from tests.lib.hostile import photo

LAST_DAY, DAY_AFTER = moment(2026, 11, 30, 17), moment(2026, 12, 1)


def told(person: object, words: str) -> bool:
    return Notice.objects.filter(recipient=person, title__contains=words).exists()


# ── 提出 ──────────────────────────────────────────────


def test_the_head_objects_to_one_line_and_the_office_is_told(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now, points=Decimal(10))

    assert (row.state, row.claimed, row.score.points) == ("filed", 10, 8)
    assert row.before.edition == 1
    assert told(cast.officer, "請答覆：婚姻登記處對")
    assert not told(cast.neighbour, "提出異議")
    assert Entry.objects.filter(action="evaluations.objection_filed").count() == 1


def test_the_last_day_of_the_window_counts_and_the_day_after_does_not(cast: Cast) -> None:
    sheet = stage.sheet(cast)

    stage.objection(cast, LAST_DAY, found=sheet)
    with pytest.raises(WrongState, match="異議期到 2026年11月30日 為止"):
        stage.objection(cast, DAY_AFTER, found=sheet, number="2.1")

    assert Objection.objects.count() == 1


def test_before_the_result_is_told_there_is_nothing_to_object_to(cast: Cast, now: datetime) -> None:
    with pytest.raises(WrongState, match="反饋以後"):
        stage.objection(cast, now, found=stage.sheet(cast, "decision"))


@pytest.mark.parametrize("who", ["clerk", "neighbour", "office", "leader", "admin"])
def test_only_the_head_of_the_department_objects(cast: Cast, now: datetime, who: str) -> None:
    sheet = stage.sheet(cast)

    with pytest.raises(PermissionDenied):
        objections.file_objection(
            actor=getattr(cast, who), sheet_id=sheet.pk, claim=stage.claim(sheet), at=now
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"reason": "長" * 1001}, "reason"),
        ({"points": Decimal(8)}, "points"),
        ({"points": Decimal(11)}, "points"),
    ],
)
def test_a_claim_that_makes_no_sense_is_named(
    cast: Cast, now: datetime, changes: dict, field: str
) -> None:
    with pytest.raises(Incomplete) as refusal:
        stage.objection(cast, now, **changes)

    assert set(refusal.value.errors) == {field}


def test_a_line_is_objected_to_once_unless_it_was_withdrawn(cast: Cast, now: datetime) -> None:
    sheet = stage.sheet(cast)
    row = stage.objection(cast, now, found=sheet)

    with pytest.raises(WrongState, match="已經提過"):
        stage.objection(cast, now, found=sheet)
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.create(
            sheet=sheet,
            criterion=row.criterion,
            before=row.before,
            reason="再提",
            filed_by=cast.head,
            filed_at=now,
        )
    objections.withdraw_objection(actor=cast.head, objection_id=row.pk, at=now)
    stage.objection(cast, now, found=sheet)

    assert told(cast.office, "撤回")


def test_a_file_is_kept_once_and_added_until_it_is_answered(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now)
    picture = photo()

    def add() -> None:
        objections.add_files(
            actor=cast.head, objection_id=row.pk, files=[(BytesIO(picture), "補簽.jpg")], at=now
        )

    add()
    add()
    stage.answer(cast, row, now)

    assert [each.name for each in row.files.all()] == ["補簽.jpg"]
    with pytest.raises(WrongState):
        add()


# ── 答覆 ──────────────────────────────────────────────


def test_whoever_gave_the_score_does_not_answer(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now)
    assert row.score.by == cast.office

    with pytest.raises(PermissionDenied, match="您給的"):
        stage.answer(cast, row, now, actor=cast.office)
    stage.answer(cast, row, now)

    assert stage.fresh(row).answered_by == cast.officer
    assert told(cast.leader, "請裁定")


def test_alone_in_the_office_he_may_answer_for_others_decide(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now)
    cast.officer.is_active = False
    cast.officer.save(update_fields=["is_active"])

    stage.answer(cast, row, now, actor=cast.office)

    assert stage.fresh(row).state == "answered"


def test_nobody_answers_for_his_own_department(cast: Cast, now: datetime) -> None:
    make.AppointmentFactory(
        user=cast.officer, department=cast.registry, role=Appointment.Role.CLERK
    )
    row = stage.objection(cast, now)

    with pytest.raises(PermissionDenied):
        stage.answer(cast, row, now)


def test_an_answer_needs_reasons_and_a_proposal(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now)

    with pytest.raises(Incomplete) as refusal:
        stage.answer(cast, row, now, proposal="maybe", answer=" ")

    assert set(refusal.value.errors) == {"proposal", "answer"}


# ── 裁定 ──────────────────────────────────────────────


def test_an_objection_upheld_changes_one_line_and_makes_an_edition(
    cast: Cast, now: datetime
) -> None:
    row = stage.objection(cast, now, "decided")

    old, new = (frozen_sheets(each, {cast.registry.pk})[0] for each in (row.before, row.after))
    changed = [
        line.number
        for line in new.lines
        if line.result != old.by_criterion[line.criterion_id].result
    ]
    assert changed == ["1.2"]
    assert (row.state, row.new_score.points, row.after.edition) == ("upheld", 10, 2)
    assert (old.total, new.total) == (Decimal("78.22"), Decimal("80.44"))
    assert (old.grade, new.grade) == ("合格", "良好")
    assert told(cast.clerk, "裁定為成立")


def test_the_first_edition_and_the_first_score_stay_as_they_were(cast: Cast, now: datetime) -> None:
    sheet = stage.sheet(cast)
    first = ResultSnapshot.objects.get()

    row = stage.objection(cast, now, "decided", found=sheet)

    assert ResultSnapshot.objects.get(edition=1).body == first.body
    assert Score.objects.get(pk=row.score_id).points == 8
    assert [fault for _snapshot, fault in verify_snapshots() if fault] == []


def test_an_objection_rejected_changes_nothing_but_says_why(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now, "answered")

    row = stage.decide(cast, row, now, outcome="rejected", mark=None, reason="補簽在檢查之後。")

    assert (row.state, row.decision_reason) == ("rejected", "補簽在檢查之後。")
    assert ResultSnapshot.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"mark": None},
        {"reason": " "},
        {"outcome": "maybe"},
        {"mark": Mark(finding=Finding(occurrences=1))},
        {"mark": Mark(finding=Finding(occurrences=3))},
        {"mark": Mark(finding=Finding(is_met=True))},
    ],
)
def test_a_decision_that_makes_no_sense_leaves_everything(
    cast: Cast, now: datetime, changes: dict
) -> None:
    row = stage.objection(cast, now, "answered")

    with pytest.raises((Incomplete, WrongState)):
        stage.decide(cast, row, now, **changes)

    assert stage.fresh(row).state == "answered"
    assert ResultSnapshot.objects.count() == 1


def test_it_is_decided_after_the_answer_and_only_once(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now)

    with pytest.raises(WrongState):
        stage.decide(cast, row, now)
    stage.answer(cast, row, now)
    stage.decide(cast, row, now)
    with pytest.raises(WrongState):
        stage.decide(cast, row, now, outcome="rejected", mark=None)


@pytest.mark.parametrize("who", ["office", "deputy", "head"])
def test_only_the_chair_decides(cast: Cast, now: datetime, who: str) -> None:
    row = stage.objection(cast, now, "answered")

    with pytest.raises(PermissionDenied):
        stage.decide(cast, row, now, actor=getattr(cast, who))


def test_a_chair_who_gave_the_score_leaves_it_to_the_deputy(cast: Cast, now: datetime) -> None:
    row = stage.objection(cast, now)
    Score.objects.filter(pk=row.score_id).update(by=cast.leader)
    stage.answer(cast, row, now)

    with pytest.raises(PermissionDenied, match="副組長"):
        stage.decide(cast, row, now)
    stage.decide(cast, row, now, actor=cast.deputy)

    assert told(cast.deputy, "請裁定")
    assert stage.fresh(row).decided_by == cast.deputy


def test_what_waits_for_a_ruling_is_named_with_its_units(cast: Cast, now: datetime) -> None:
    sheet = stage.sheet(cast)
    row = stage.objection(cast, now, "answered", found=sheet)
    stage.objection(cast, now, found=sheet, number="2.1")
    rounds.advance_round(actor=cast.office, round_id=sheet.round_id, at=DAY_AFTER)
    found = fresh(sheet.round)

    (waiting,) = rounds.unfinished(found)

    assert waiting.sentence == "還有 2 件異議沒有裁定：婚姻登記處 2 件。"
    assert waiting.url == f"/objections/?round={found.code}&state=open"
    stage.decide(cast, row, DAY_AFTER)
    assert "還有 1 件異議" in rounds.unfinished(found)[0].sentence


def test_nothing_is_published_while_an_objection_is_open(cast: Cast, now: datetime) -> None:
    sheet = stage.sheet(cast)
    row = stage.objection(cast, now, "answered", found=sheet)
    rounds.advance_round(actor=cast.office, round_id=sheet.round_id, at=DAY_AFTER)

    def publish() -> object:
        return rounds.publish_round(
            actor=cast.leader, round_id=sheet.round_id, is_open_to_all=True, at=DAY_AFTER
        )

    with pytest.raises(WrongState, match="還有 1 件異議沒有裁定"):
        publish()
    stage.decide(cast, row, DAY_AFTER, outcome="rejected", mark=None)
    publish()
