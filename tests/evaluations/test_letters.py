"""目標責任書：按任務擬訂，送簽凍結，先單位後組長，變了另簽補充書，簽了的一個字也不改。"""

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from campaigns.models import Seat
from evaluations.letter_content import changes_since
from evaluations.models import LetterSignature, LetterText, TargetLetter
from evaluations.services import letter_signing as signing
from evaluations.services import letters as services
from evaluations.services.letter_signing import verify_letters
from journal.models import Entry, Notice
from people.models import Appointment
from reports.paper import fingerprint
from tasks.models import Assignment, WrongState
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import letter_stage as stage

State = TargetLetter.State
LATER = timedelta(days=1)


def told(action: str) -> set[int]:
    rows = Notice.objects.filter(entry__action=f"evaluations.letter_{action}")
    return set(rows.values_list("recipient", flat=True))


# ── 擬訂和送簽 ────────────────────────────────────────


def test_each_unit_with_duties_gets_one_letter_and_once(cast: Cast, now: datetime) -> None:
    stage.duty(cast)
    stage.duty(cast, cast.funeral_home)

    first, again = (
        services.draft_letters(actor=cast.office, campaign=cast.campaign, year=2026, at=now)
        for _press in range(2)
    )

    assert {row.department for row in first} == {cast.registry, cast.funeral_home}
    assert again == []
    assert all(row.number is None and row.is_draft for row in first)


def test_the_letter_is_made_of_duties_indicators_and_words_on_points(
    cast: Cast, now: datetime
) -> None:
    leading = stage.duty(cast, code="3-04", title="公開辦事程序")
    helping = stage.duty(cast, cast.funeral_home, code="3-09")
    make.AssignmentFactory(measure=helping.measure, department=cast.registry, role="supporting")

    facts = stage.letter(cast, now).text.content["facts"]

    assert facts["duties"][0] == {
        "key": "3-04",
        "title": "公開辦事程序",
        "role": "lead",
        "due": "2026-12-10",
        "leader": "副局長",
        "leader_name": "副組長乙",
    }
    assert [row["key"] for row in facts["duties"]] == ["3-04", "3-09"]
    wanted = [*leading.measure.indicators.all(), *helping.measure.indicators.all()]
    assert {row["key"] for row in facts["indicators"]} == {row.code for row in wanted}
    assert facts["scheme"] == facts["weights"] == facts["grades"] == []


def test_points_come_from_the_scheme_in_force_and_the_units_own_part(
    cast: Cast, now: datetime
) -> None:
    stage.scheme(cast, now, cast.registry)

    facts = stage.letter(cast, now).text.content["facts"]

    assert [(row["number"], row["points"]) for row in facts["weights"]] == [
        ("1.1", "40"),
        ("2.1", "60"),
    ]
    assert [row["key"] for row in facts["grades"]] == ["優秀", "合格", "不合格"]
    assert facts["scheme"][0]["is_assessed"] is True


def test_the_points_stand_in_the_order_of_the_scheme(cast: Cast, now: datetime) -> None:
    """下一層的條款跟着它的上一層，不排到最後。"""
    scheme = stage.scheme(cast, now, cast.registry)
    common = scheme.sections.get(number="1")
    nested = scheme.sections.create(parent=common, number="1.9", title="作風", position=9)
    nested.criteria.create(number="1.9.1", text="守紀律", full_hundredths=100)

    facts = stage.letter(cast, now).text.content["facts"]

    assert [row["number"] for row in facts["weights"]] == ["1.1", "1.9.1", "2.1"]


def test_a_unit_outside_the_scheme_has_no_points(cast: Cast, now: datetime) -> None:
    stage.scheme(cast, now, cast.funeral_home)

    facts = stage.letter(cast, now).text.content["facts"]

    assert facts["scheme"][0]["is_assessed"] is False
    assert facts["weights"] == facts["grades"] == []


@pytest.mark.parametrize(
    "values",
    [
        {"state": Assignment.State.CANCELLED},
        {"state": Assignment.State.SUSPENDED},
        {"due_date": date(2025, 12, 31)},
        {"issued_at": make.moment(2027, 1, 4)},
    ],
)
def test_what_is_not_to_be_done_this_year_is_left_out(
    cast: Cast, now: datetime, values: dict
) -> None:
    stage.duty(cast, code="3-04")
    left_out = stage.duty(cast, code="3-05")
    Assignment.objects.filter(pk=left_out.pk).update(**values)

    facts = stage.letter(cast, now).text.content["facts"]

    assert [row["key"] for row in facts["duties"]] == ["3-04"]


def test_sending_numbers_freezes_and_tells_the_head(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now)

    assert (letter.state, letter.number) == (State.ISSUED, 1)
    assert letter.text.is_intact
    assert letter.text.content["number"] == "目標責任書〔2026〕1號"
    assert told("sent") == {cast.head.pk}


def test_sending_all_says_who_has_nobody_to_sign(cast: Cast, now: datetime) -> None:
    stage.duty(cast)
    stage.duty(cast, make.DepartmentFactory(name="新設科"))
    services.draft_letters(actor=cast.office, campaign=cast.campaign, year=2026, at=now)

    sent, refused = services.send_all(actor=cast.office, campaign=cast.campaign, year=2026, at=now)

    assert [row.department for row in sent] == [cast.registry]
    assert refused == ["新設科現在沒有負責人在任，請先在組織架構裏任命。"]
    assert TargetLetter.objects.filter(number__isnull=False).count() == 1


def test_terms_are_written_only_before_it_is_sent(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "draft")
    services.write_terms(actor=cast.office, letter_id=letter.pk, terms="增派一人。", at=now)
    services.send_letter(actor=cast.office, letter_id=letter.pk, at=now)

    with pytest.raises(WrongState):
        services.write_terms(actor=cast.office, letter_id=letter.pk, terms="改了。", at=now)

    assert stage.fresh(letter).text.content["terms"] == "增派一人。"


@pytest.mark.parametrize("who", ["head", "leader", "deputy", "admin"])
def test_only_the_office_drafts_and_sends(cast: Cast, now: datetime, who: str) -> None:
    letter = stage.letter(cast, now, "draft")
    actor = getattr(cast, who)

    with pytest.raises(PermissionDenied):
        services.draft_letters(actor=actor, campaign=cast.campaign, year=2026, at=now)
    with pytest.raises(PermissionDenied):
        services.send_letter(actor=actor, letter_id=letter.pk, at=now)


# ── 簽訂 ──────────────────────────────────────────────


def test_the_head_then_the_chair_and_it_is_in_force(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now)

    stage.sign(letter, cast.head, now)
    stage.sign(letter, cast.leader, now + LATER)

    letter = stage.fresh(letter)
    assert letter.is_in_force
    head, chair = letter.text.signatures.all()
    assert (head.role, head.name, head.post) == ("head", "處長戊", "婚姻登記處負責人")
    assert (chair.role, chair.name, chair.post) == ("chair", "組長甲", "局長")
    assert head.sha256 == chair.sha256 == letter.text.sha256
    assert told("signed") == {cast.leader.pk, cast.head.pk, cast.office.pk, cast.officer.pk}


@pytest.mark.parametrize(
    ("upto", "who"),
    [
        ("issued", "clerk"),
        ("issued", "neighbour"),
        ("issued", "leader"),
        ("issued", "office"),
        ("head_signed", "deputy"),
        ("head_signed", "office"),
        ("head_signed", "neighbour"),
    ],
)
def test_nobody_signs_for_another(cast: Cast, now: datetime, upto: str, who: str) -> None:
    letter = stage.letter(cast, now, upto)

    with pytest.raises(PermissionDenied):
        stage.sign(letter, getattr(cast, who), now)

    assert stage.fresh(letter).state == upto


def test_nobody_signs_both_sides(cast: Cast, now: datetime) -> None:
    make.AppointmentFactory(user=cast.leader, department=cast.registry, role="head")
    letter = stage.letter(cast, now)
    stage.sign(letter, cast.leader, now)

    with pytest.raises(PermissionDenied, match="不能代表雙方"):
        signing.sign_letter(actor=cast.leader, letter_id=letter.pk, seen="", at=now)

    row = LetterSignature.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        LetterSignature.objects.create(
            text=row.text, role="chair", user=row.user, name="x", post="x", sha256="x", at=now
        )


def test_pressing_twice_signs_once(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now)

    for _press in range(2):
        stage.sign(letter, cast.head, now)

    assert LetterSignature.objects.count() == 1
    assert Entry.objects.filter(action="evaluations.letter_signed").count() == 1


def test_a_text_that_was_touched_is_not_signed(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now)
    tamper(letter)

    with pytest.raises(WrongState, match="校驗值不符"):
        stage.sign(letter, cast.head, now)


def test_what_was_read_is_what_is_signed(cast: Cast, now: datetime) -> None:
    """看着第一稿的人簽不到第二稿。"""
    letter = stage.letter(cast, now)
    seen = letter.text.sha256
    signing.return_letter(actor=cast.office, letter_id=letter.pk, reason="補一條", at=now)
    services.write_terms(actor=cast.office, letter_id=letter.pk, terms="增派一人。", at=now)
    services.send_letter(actor=cast.office, letter_id=letter.pk, at=now)

    with pytest.raises(WrongState, match="換過一稿"):
        signing.sign_letter(actor=cast.head, letter_id=letter.pk, seen=seen, at=now)


def test_an_objection_goes_back_to_the_office_and_the_number_stays(
    cast: Cast, now: datetime
) -> None:
    letter = stage.letter(cast, now)

    signing.return_letter(
        actor=cast.head, letter_id=letter.pk, reason="3-04 應由局辦公室牽頭。", at=now
    )

    letter = stage.fresh(letter)
    assert (letter.state, letter.number) == (State.DRAFT, 1)
    assert letter.text.reason == "3-04 應由局辦公室牽頭。"
    assert told("returned") == {cast.office.pk, cast.officer.pk}
    again = services.send_letter(actor=cast.office, letter_id=letter.pk, at=now + LATER)
    assert (again.number, again.text.edition) == (1, 2)
    assert LetterText.objects.get(edition=1).reason


def test_when_the_chair_returns_it_both_sign_again(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "head_signed")

    signing.return_letter(actor=cast.leader, letter_id=letter.pk, reason="時限太鬆", at=now)
    services.send_letter(actor=cast.office, letter_id=letter.pk, at=now)
    stage.sign(letter, cast.head, now)
    stage.sign(letter, cast.leader, now)

    assert stage.fresh(letter).is_in_force
    assert LetterSignature.objects.count() == 3
    assert list(verify_letters()) == []


@pytest.mark.parametrize(
    ("upto", "who"), [("issued", "deputy"), ("issued", "neighbour"), ("head_signed", "office")]
)
def test_only_whose_turn_it_is_may_return_it(
    cast: Cast, now: datetime, upto: str, who: str
) -> None:
    letter = stage.letter(cast, now, upto)

    with pytest.raises(PermissionDenied):
        signing.return_letter(actor=getattr(cast, who), letter_id=letter.pk, reason="不行", at=now)


def test_returning_and_voiding_need_a_reason(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now)

    with pytest.raises(ValidationError, match="寫明理由"):
        signing.return_letter(actor=cast.head, letter_id=letter.pk, reason="  ", at=now)


def test_a_voided_letter_leaves_its_number_and_room_for_another(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now)
    signing.return_letter(actor=cast.head, letter_id=letter.pk, reason="不對", at=now)
    services.void_draft(actor=cast.office, letter_id=letter.pk, reason="單位撤併", at=now)

    (second,) = services.draft_letters(actor=cast.office, campaign=cast.campaign, year=2026, at=now)
    second = services.send_letter(actor=cast.office, letter_id=second.pk, at=now)

    assert (TargetLetter.objects.get(pk=letter.pk).number, second.number) == (1, 2)


def test_nothing_is_signed_after_the_campaign_has_ended(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now)
    cast.campaign.state = "closed"
    cast.campaign.save()

    with pytest.raises(WrongState, match="不在進行中"):
        stage.sign(letter, cast.head, now)


# ── 承接 ──────────────────────────────────────────────


def test_a_successor_inherits_and_may_note_it(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "in_force")
    Appointment.objects.filter(user=cast.head).update(end_date=date(2026, 11, 20))
    make.AppointmentFactory(
        user=cast.clerk, department=cast.registry, role="head", start_date=date(2026, 11, 21)
    )

    signing.note_succession(actor=cast.clerk, letter_id=letter.pk, at=now)
    signing.note_succession(actor=cast.clerk, letter_id=letter.pk, at=now)

    letter = stage.fresh(letter)
    assert letter.is_in_force
    assert [row.role for row in letter.text.signatures.all()] == ["head", "chair", "successor"]
    assert changes_since(letter) == []


def test_the_one_who_signed_has_nothing_to_note(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "in_force")

    with pytest.raises(PermissionDenied):
        signing.note_succession(actor=cast.head, letter_id=letter.pk, at=now)


# ── 變更 ──────────────────────────────────────────────


def test_a_changed_duty_is_seen_and_the_letter_stays_as_signed(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "in_force")
    before = letter.text.content
    stage.duty(cast, code="3-05", title="延時服務")
    Assignment.objects.filter(measure__code="3-04").update(due_date=date(2026, 12, 25))

    changes = changes_since(stage.fresh(letter))

    assert [(row.list, row.key) for row in changes][:2] == [("duties", "3-04"), ("duties", "3-05")]
    assert changes[0].after["due"] == "2026-12-25"
    assert changes[1].before is None
    assert stage.fresh(letter).text.content == before


def test_a_new_holder_of_the_leaders_seat_is_no_change(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "in_force")

    Seat.objects.filter(user=cast.deputy).update(user=cast.officer)

    assert changes_since(stage.fresh(letter)) == []


def test_a_supplement_says_only_what_changed_and_settles_it(cast: Cast, now: datetime) -> None:
    supplement = stage.supplement(cast, now)
    parent = stage.fresh(supplement.parent)

    assert supplement.number == 2
    assert [row["key"] for row in supplement.text.content["changes"]] == ["3-04"]
    assert supplement.text.content["parent"]["sha256"] == parent.text.sha256
    assert changes_since(parent)
    stage.sign_upto(cast, supplement, now + LATER, "in_force")
    assert changes_since(parent) == []
    assert list(verify_letters()) == []


def test_the_next_supplement_starts_from_the_last_one(cast: Cast, now: datetime) -> None:
    first = stage.supplement(cast, now, "in_force")
    Assignment.objects.filter(measure__code="3-04").update(due_date=date(2026, 12, 30))

    second = services.draft_supplement(actor=cast.office, letter_id=first.parent_id, at=now)
    second = services.send_letter(actor=cast.office, letter_id=second.pk, at=now)

    (change,) = second.text.content["changes"]
    assert (change["before"]["due"], change["after"]["due"]) == ("2026-12-25", "2026-12-30")


def test_without_a_change_there_is_nothing_to_supplement(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "in_force")

    with pytest.raises(ValidationError, match="不用補充"):
        services.draft_supplement(actor=cast.office, letter_id=letter.pk, at=now)


def test_one_supplement_at_a_time(cast: Cast, now: datetime) -> None:
    open_one = stage.supplement(cast, now)

    again = services.draft_supplement(actor=cast.office, letter_id=open_one.parent_id, at=now)

    assert again == open_one


def test_a_scheme_adopted_later_comes_as_a_supplement(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "in_force")
    stage.scheme(cast, now, cast.registry)

    lists = [row.list for row in changes_since(stage.fresh(letter))]

    assert lists == ["scheme", "weights", "weights", "grades", "grades", "grades"]


# ── 核對 ──────────────────────────────────────────────


def tamper(letter: TargetLetter) -> None:
    """繞過業務服務，直接改庫裏凍結的內容。"""
    text = LetterText.objects.get(letter=letter)
    text.content["facts"]["duties"][0]["due"] = "2027-12-31"
    text.save()


def test_verifying_finds_a_changed_text(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "in_force")
    assert list(verify_letters()) == []

    tamper(letter)

    (fault,) = verify_letters()
    assert fault.letter == letter
    assert fault.sentence == "目標責任書〔2026〕1號第 1 稿的內容與送簽時的哈希不符。"


def test_verifying_finds_a_signature_on_another_text(cast: Cast, now: datetime) -> None:
    """連內容帶哈希一起換掉，簽訂上的哈希還在說話。"""
    letter = stage.letter(cast, now, "in_force")
    tamper(letter)
    text = LetterText.objects.get(letter=letter)
    LetterText.objects.update(sha256=fingerprint(text.content))

    sentences = [fault.sentence for fault in verify_letters()]

    assert len(sentences) == 2
    assert "處長戊" in sentences[0]


def test_verifying_finds_a_letter_in_force_without_a_signature(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "head_signed")
    TargetLetter.objects.filter(pk=letter.pk).update(state=State.IN_FORCE)

    assert ["缺一方的簽訂" in fault.sentence for fault in verify_letters()] == [True]


def test_the_command_names_the_letter_that_was_changed(cast: Cast, now: datetime) -> None:
    letter = stage.letter(cast, now, "in_force")
    tamper(letter)
    said = StringIO()

    with pytest.raises(SystemExit):
        call_command("verify_results", stdout=StringIO(), stderr=said)

    assert str(letter) in said.getvalue()
