"""推薦項目：擬、定條件、抄往年的、發佈、推薦、認定、中止。"""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from journal.models import Entry, Notice
from recommendations.models import Attachment, Candidate, Condition, Programme, Ruling
from recommendations.services import candidates, programmes
from recommendations.services.candidates import Nomination
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment
from tests.lib.hostile import photo
from tests.recommendations import stage
from tests.recommendations.stage import AT, Kind

EARLY = moment(2026, 11, 16)
VALUES: dict[str, Any] = {
    "title": "推薦省級文明行業創建示範點",
    "level": "province",
    "authority": "福建省民政廳",
    "kinds": ["site", "person"],
    "apply_by": date(2026, 11, 20),
}
DEEDS = "全年辦理登記 1,286 對，滿意率 99%。"


def told(person: object, words: str) -> bool:
    return Notice.objects.filter(recipient=person, title__contains=words).exists()


def nomination(cast: Cast, **changes: Any) -> Nomination:
    values = {"kind": "window", "department_id": cast.registry.pk, "deeds": DEEDS}
    return Nomination(**values | changes)


# ── 項目和條件 ────────────────────────────────────────


def test_a_programme_is_drafted_given_conditions_and_opened(cast: Cast) -> None:
    row = programmes.draft_programme(
        actor=cast.office, campaign=cast.campaign, values=VALUES, at=EARLY
    )
    with pytest.raises(WrongState, match="還沒有條件"):
        programmes.open_programme(actor=cast.office, programme_id=row.pk, at=EARLY)

    programmes.put_condition(
        actor=cast.office, programme_id=row.pk, at=EARLY,
        values={"kind": "no_veto", "text": "兩年內無一票否決"},
    )  # fmt: skip
    programmes.open_programme(actor=cast.office, programme_id=row.pk, at=EARLY)

    row.refresh_from_db()
    assert (row.state, row.publicity_days, row.quorum) == ("open", 5, "two_thirds")
    assert told(cast.head, "請在 11月20日前推薦")
    assert not told(cast.clerk, "請在 11月20日前推薦")
    actions = set(Entry.objects.values_list("action", flat=True))
    assert {"recommendations.programme_drafted", "recommendations.programme_opened"} <= actions
    with pytest.raises(WrongState, match="發佈以前定"):
        programmes.put_condition(
            actor=cast.office, programme_id=row.pk, at=EARLY,
            values={"kind": "manual", "text": "再加一條"},
        )  # fmt: skip


@pytest.mark.parametrize("who", ["leader", "head", "clerk", "admin"])
def test_only_the_office_drafts(cast: Cast, who: str) -> None:
    with pytest.raises(PermissionDenied):
        programmes.draft_programme(
            actor=getattr(cast, who), campaign=cast.campaign, values=VALUES, at=EARLY
        )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "score", "text": "總分", "points_hundredths": 8000}, "round"),
        ({"kind": "score", "text": "總分"}, "points"),
        ({"kind": "grade", "text": "等次"}, "grade"),
        ({"kind": "share", "text": "比例", "level": "city"}, "share"),
        ({"kind": "title", "text": "稱號"}, "level"),
        ({"kind": "no_veto", "text": "否決", "is_waivable": True}, "is_waivable"),
        ({"kind": "not_within", "text": "重複", "is_waivable": True}, "is_waivable"),
    ],
)
def test_a_condition_says_what_its_kind_needs(
    cast: Cast, values: dict[str, Any], field: str
) -> None:
    row = stage.programme(cast, "draft")

    with pytest.raises(ValidationError) as refusal:
        programmes.put_condition(actor=cast.office, programme_id=row.pk, values=values, at=EARLY)

    assert field in refusal.value.error_dict


def test_the_database_refuses_a_veto_that_can_be_waived(cast: Cast) -> None:
    row = stage.programme(cast, "draft")

    with pytest.raises(IntegrityError), transaction.atomic():
        stage.condition(row, Kind.NO_VETO, is_waivable=True)


def test_last_years_conditions_are_copied_once(cast: Cast) -> None:
    old = stage.programme(cast, title="推薦2025年度示範點")
    stage.condition(old, Kind.NO_VETO, text="兩年內無一票否決")
    stage.condition(old, Kind.TITLED_SHARE, text="九成", share_hundredths=9000, level="city")
    row = stage.programme(cast, "draft")
    stage.condition(row, Kind.NO_VETO, text="兩年內無一票否決")

    def copy() -> int:
        return programmes.copy_conditions(
            actor=cast.office, programme_id=row.pk, source_id=old.pk, at=EARLY
        )

    assert (copy(), copy()) == (1, 0)
    copied = row.conditions.get(kind="share")
    assert (copied.share_hundredths, copied.level, copied.position) == (9000, "city", 1)


def test_an_open_programme_only_moves_its_closing_day_later(cast: Cast) -> None:
    row = stage.programme(cast)

    def revise(**values: Any) -> Programme:
        return programmes.revise_programme(
            actor=cast.office, programme_id=row.pk, values=values, at=EARLY
        )

    with pytest.raises(ValidationError, match="往後推"):
        revise(apply_by=row.apply_by - timedelta(days=1))
    with pytest.raises(ValidationError, match="往後推"):
        revise(quota=9)
    revise(apply_by=row.apply_by + timedelta(days=3))
    assert told(cast.head, "申報截止")


def test_stopping_keeps_everything_and_tells_those_who_nominated(cast: Cast) -> None:
    row = stage.programme(cast)
    stage.candidate(cast, row, nominated_by=cast.head)

    with pytest.raises(Incomplete):
        programmes.cancel_programme(actor=cast.office, programme_id=row.pk, reason=" ", at=AT)
    programmes.cancel_programme(
        actor=cast.office, programme_id=row.pk, reason="上級取消了這次推薦", at=AT
    )

    assert row.candidates.count() == 1
    assert told(cast.head, "中止推薦項目")


# ── 推薦 ──────────────────────────────────────────────


def test_the_head_nominates_the_own_unit_and_the_office_is_told(cast: Cast) -> None:
    row = stage.programme(cast)

    found = candidates.nominate(
        actor=cast.head, programme_id=row.pk, nomination=nomination(cast), at=EARLY
    )

    assert (found.state, found.department_name, found.deeds) == ("nominated", "婚姻登記處", DEEDS)
    assert told(cast.officer, "推薦婚姻登記處參加")


def test_a_unit_is_nominated_once_whatever_the_kind(cast: Cast) -> None:
    row = stage.programme(cast)
    values = {"programme_id": row.pk, "at": EARLY}
    candidates.nominate(actor=cast.head, nomination=nomination(cast), **values)

    for kind in ("window", "unit"):
        with pytest.raises(Incomplete) as refusal:
            candidates.nominate(actor=cast.office, nomination=nomination(cast, kind=kind), **values)
        said = refusal.value.errors["department"]
        assert "婚姻登記處已在名單上：2026年11月" in said
        assert "由處長戊按「窗口」推薦" in said
    person = nomination(cast, kind="person", person_id=cast.clerk.pk)
    candidates.nominate(actor=cast.head, nomination=person, **values)
    with pytest.raises(Incomplete, match="婚姻登記處登記員己已在名單上"):
        candidates.nominate(actor=cast.office, nomination=person, **values)
    assert row.candidates.count() == 2


def test_a_programme_may_allow_a_unit_once_under_each_kind(cast: Cast) -> None:
    row = stage.programme(cast, may_repeat_kinds=True)
    values = {"actor": cast.office, "programme_id": row.pk, "at": EARLY}

    for kind in ("window", "unit"):
        candidates.nominate(nomination=nomination(cast, kind=kind), **values)

    with pytest.raises(Incomplete, match="按「單位」推薦"):
        candidates.nominate(nomination=nomination(cast, kind="unit"), **values)


def test_a_person_is_named_in_the_unit_where_he_holds_a_post(cast: Cast) -> None:
    row = stage.programme(cast)
    named = nomination(cast, kind="person", person_id=cast.clerk.pk)

    found = candidates.nominate(actor=cast.head, programme_id=row.pk, nomination=named, at=EARLY)

    assert str(found) == "婚姻登記處登記員己"
    assert found.person_post == "婚姻登記處經辦人"
    assert told(cast.clerk, "推薦婚姻登記處登記員己")
    elsewhere = nomination(cast, kind="person", person_id=cast.neighbour.pk)
    with pytest.raises(Incomplete, match="在這個單位任職"):
        candidates.nominate(actor=cast.head, programme_id=row.pk, nomination=elsewhere, at=EARLY)


@pytest.mark.parametrize("who", ["clerk", "neighbour", "leader", "admin"])
def test_others_do_not_nominate_the_unit(cast: Cast, who: str) -> None:
    row = stage.programme(cast)

    with pytest.raises(PermissionDenied):
        candidates.nominate(
            actor=getattr(cast, who), programme_id=row.pk, nomination=nomination(cast), at=EARLY
        )


def test_after_the_closing_day_only_the_office_nominates(cast: Cast) -> None:
    row = stage.programme(cast)

    with pytest.raises(WrongState, match="申報到 2026年11月20日 為止"):
        candidates.nominate(
            actor=cast.head, programme_id=row.pk, nomination=nomination(cast), at=AT
        )
    candidates.nominate(actor=cast.office, programme_id=row.pk, nomination=nomination(cast), at=AT)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"deeds": " "}, "deeds"), ({"deeds": "長" * 1501}, "deeds"), ({"kind": "site"}, "kind")],
)
def test_a_nomination_says_what_it_lacks(cast: Cast, changes: dict[str, Any], field: str) -> None:
    row = stage.programme(cast, kinds=["window"])

    with pytest.raises(Incomplete) as refusal:
        candidates.nominate(
            actor=cast.head, programme_id=row.pk, nomination=nomination(cast, **changes), at=EARLY
        )

    assert field in refusal.value.errors
    assert not Candidate.objects.exists()


def test_a_withdrawn_unit_may_be_nominated_again(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))

    candidates.withdraw(actor=cast.head, candidate_id=row.pk, reason="材料還不齊", at=EARLY)
    candidates.nominate(
        actor=cast.head, programme_id=row.programme_id, nomination=nomination(cast), at=EARLY
    )

    assert list(Candidate.objects.order_by("pk").values_list("state", flat=True)) == [
        "withdrawn",
        "nominated",
    ]


def test_deeds_and_files_change_until_the_vote_opens(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))

    candidates.revise_deeds(actor=cast.head, candidate_id=row.pk, deeds="改過的事蹟", at=EARLY)
    for _twice in range(2):
        candidates.attach(
            actor=cast.head, candidate_id=row.pk, part="deeds", at=EARLY,
            files=[(BytesIO(photo()), "大廳.jpg")],
        )  # fmt: skip
    file = row.files.get()
    candidates.detach(actor=cast.head, file_id=file.pk, at=EARLY)

    assert not row.files.filter(removed_at__isnull=True).exists()
    assert Entry.objects.get(action="recommendations.deeds_revised").changes["主要事蹟"][1] == (
        "改過的事蹟"
    )
    Candidate.objects.filter(pk=row.pk).update(state="balloted")
    with pytest.raises(PermissionDenied):
        candidates.attach(
            actor=cast.head, candidate_id=row.pk, part="deeds", at=EARLY,
            files=[(BytesIO(photo()), "大廳.jpg")],
        )  # fmt: skip
    with pytest.raises(WrongState):
        candidates.revise_deeds(actor=cast.head, candidate_id=row.pk, deeds="再改", at=EARLY)


def test_accepted_evidence_of_the_own_unit_is_reused(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, issued=True
    )
    assignment = make.AssignmentFactory(measure=measure, department=cast.registry)
    submission = make.SubmissionFactory(assignment=assignment)
    round_ = submission.rounds.get()
    good, bad = (
        make.EvidenceLinkFactory(round=round_, added_by=cast.clerk, state=state)
        for state in ("accepted", "rejected")
    )

    candidates.attach(
        actor=cast.head, candidate_id=row.pk, part="deeds", at=EARLY, link_ids=[good.pk, bad.pk]
    )

    assert list(Attachment.objects.values_list("link", flat=True)) == [good.pk]


# ── 認定 ──────────────────────────────────────────────


def test_the_office_confirms_waives_and_never_waives_a_veto(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    manual = stage.condition(row.programme, Kind.MANUAL)
    title = stage.condition(row.programme, Kind.HOLDS_TITLE, level="city", is_waivable=True)
    veto = stage.condition(row.programme, Kind.NO_VETO)

    def rule(condition: Condition, outcome: str, **more: Any) -> Ruling:
        values: dict[str, Any] = {"actor": cast.office, "reason": "有書面意見"} | more
        return candidates.rule(
            candidate_id=row.pk, condition_id=condition.pk, outcome=outcome, at=AT, **values
        )

    rule(manual, "met")
    rule(title, "waived")
    rule(title, "waived", reason="上級同意直報")
    assert Ruling.objects.get(condition=title).reason == "上級同意直報"
    assert told(cast.head, "確認滿足")
    for condition, outcome in ((veto, "waived"), (veto, "met"), (title, "met"), (manual, "waived")):
        with pytest.raises(Incomplete):
            rule(condition, outcome)
    with pytest.raises(Incomplete, match="憑什麼"):
        rule(manual, "met", reason=" ")
    with pytest.raises(PermissionDenied):
        rule(manual, "met", actor=cast.head)


def test_the_office_does_not_rule_on_its_own_unit(cast: Cast) -> None:
    make.AppointmentFactory(user=cast.officer, department=cast.registry)
    row = stage.candidate(cast, stage.programme(cast))
    manual = stage.condition(row.programme, Kind.MANUAL)

    with pytest.raises(PermissionDenied, match="另一位"):
        candidates.rule(
            actor=cast.officer, candidate_id=row.pk, condition_id=manual.pk,
            outcome="met", reason="查過", at=AT,
        )  # fmt: skip
