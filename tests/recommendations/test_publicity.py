"""公示、異議、報送、批覆：期滿、查清才報送；報上去的一字不變。"""

from datetime import date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from evaluations.models import Honour
from journal.models import Entry, Notice
from people.models import Department
from recommendations.dossier import content_of
from recommendations.models import Candidate, PublicityObjection, Submittal
from recommendations.services import publicity, submitting
from recommendations.services.candidates import exclude
from recommendations.services.publicity import Plan, Report
from recommendations.services.submitting import verify_submittals
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment
from tests.recommendations import stage
from tests.recommendations.stage import AFTER, AT, PLAN, REPORT, Kind


def object_to(
    cast: Cast, row: Candidate, who: str = "officer", at: datetime = AT, **changes: Any
) -> PublicityObjection:
    values = {name: getattr(REPORT, name) for name in Report.__dataclass_fields__} | changes
    return publicity.record_objection(
        actor=getattr(cast, who), candidate_id=row.pk, report=Report(**values), at=at
    )


def decide(
    cast: Cast, objection: PublicityObjection, who: str = "office", **changes: Any
) -> PublicityObjection:
    values: dict[str, Any] = {"is_upheld": False, "finding": "調了監控，當天沒有排隊。"} | changes
    return publicity.decide_objection(
        actor=getattr(cast, who), objection_id=objection.pk, at=AFTER, **values
    )


def submit(cast: Cast, programme: Any, at: datetime = AFTER) -> Submittal:
    return submitting.submit(actor=cast.office, programme_id=programme.pk, at=at)


# ── 公示 ──────────────────────────────────────────────


def test_publicity_runs_five_working_days_from_the_next_day(cast: Cast) -> None:
    programme, _rows = stage.in_publicity(cast)

    assert (programme.publicity_start, programme.publicity_end) == (
        date(2026, 11, 23),
        stage.PUBLICITY_ENDS,
    )
    assert programme.is_in_publicity(date(2026, 11, 30))
    assert not programme.is_in_publicity(date(2026, 12, 1))
    assert Notice.objects.filter(recipient=cast.head, title__contains="公示").exists()


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (Plan(date(2026, 11, 22), "公示欄", "電話"), "start"),
        (Plan(date(2027, 11, 22), "公示欄", "電話"), "start"),
        (Plan(AT.date(), " ", "電話"), "place"),
        (Plan(AT.date(), "公示欄", ""), "contact"),
    ],
)
def test_a_publicity_says_where_and_to_whom(cast: Cast, plan: Plan, field: str) -> None:
    programme, _rows = stage.passed(cast)

    with pytest.raises(Incomplete) as refusal:
        publicity.start_publicity(actor=cast.office, programme_id=programme.pk, plan=plan, at=AT)

    assert field in refusal.value.errors


def test_no_publicity_while_the_vote_runs_nor_over_a_new_veto(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)
    with pytest.raises(WrongState, match="表決還沒有結束"):
        publicity.start_publicity(actor=cast.office, programme_id=programme.pk, plan=PLAN, at=AT)

    Candidate.objects.filter(pk=row.pk).update(state="passed")
    stage.condition(programme, Kind.NO_VETO, text="無一票否決")
    item = make.VetoItemFactory(campaign=cast.campaign, authority="")
    make.VetoEventFactory(item=item, department=cast.registry, reported_by=cast.office, upheld=True)
    with pytest.raises(WrongState, match="婚姻登記處現在有條件不滿足（無一票否決"):
        publicity.start_publicity(actor=cast.office, programme_id=programme.pk, plan=PLAN, at=AT)


# ── 異議 ──────────────────────────────────────────────


def test_an_objection_inside_the_publicity_blocks_submission_until_it_is_decided(
    cast: Cast,
) -> None:
    programme, (row,) = stage.in_publicity(cast)
    objection = object_to(cast, row)
    assert Notice.objects.filter(recipient=cast.leader, title__startswith="請核查").exists()

    with pytest.raises(WrongState, match="還有 1 件異議沒有查清"):
        submit(cast, programme)
    decide(cast, objection)
    submit(cast, programme)

    assert stage.fresh(row).state == "submitted"


def test_nothing_is_submitted_before_the_last_day_has_passed(cast: Cast) -> None:
    programme, _rows = stage.in_publicity(cast)

    with pytest.raises(WrongState, match="公示到 2026年11月30日 為止"):
        submit(cast, programme, at=moment(2026, 11, 30, 23))
    submit(cast, programme)


def test_an_objection_upheld_takes_the_candidate_off_the_list(cast: Cast) -> None:
    programme, rows = stage.in_publicity(cast, cast.registry, cast.bureau_office)

    decide(cast, object_to(cast, rows[0]), is_upheld=True, finding="監控屬實。")

    row = stage.fresh(rows[0])
    assert (row.state, row.settled_reason) == (
        "excluded",
        "公示期內的異議查實成立（2026年11月23日收到）。",
    )
    assert Notice.objects.filter(recipient=cast.head, title__contains="取消對婚姻登記處").exists()
    submit(cast, programme)
    names = [each["name"] for each in programme.submittal.content["candidates"]]
    assert names == ["局辦公室"]


def test_who_records_does_not_decide_and_the_unit_concerned_keeps_out(cast: Cast) -> None:
    _programme, (row,) = stage.in_publicity(cast)
    objection = object_to(cast, row)

    with pytest.raises(PermissionDenied, match="是您登記的"):
        decide(cast, objection, "officer")
    for who in ("head", "clerk", "neighbour", "admin"):
        with pytest.raises(PermissionDenied):
            decide(cast, objection, who)
    with pytest.raises(IntegrityError), transaction.atomic():
        PublicityObjection.objects.filter(pk=objection.pk).update(
            state="dismissed", decided_by=cast.officer, decided_at=AT
        )
    decide(cast, objection, "deputy")
    with pytest.raises(WrongState, match="剛由別人認定"):
        decide(cast, objection)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"received": date(2026, 11, 22)}, "received"),
        ({"received": date(2026, 12, 1)}, "received"),
        ({"received": date(2026, 11, 24)}, "received"),
        ({"content": " "}, "content"),
        ({"content": "長" * 1001}, "content"),
        ({"name": ""}, "name"),
    ],
)
def test_an_objection_is_received_within_the_period_and_says_who(
    cast: Cast, changes: dict[str, Any], field: str
) -> None:
    _programme, (row,) = stage.in_publicity(cast)

    with pytest.raises(Incomplete) as refusal:
        object_to(cast, row, **changes)

    assert field in refusal.value.errors


def test_one_received_in_time_is_recorded_later_and_anonymous_has_no_name(cast: Cast) -> None:
    programme, (row,) = stage.in_publicity(cast)

    object_to(cast, row, at=AFTER, received=stage.PUBLICITY_ENDS, is_anonymous=True)

    assert PublicityObjection.objects.get().name == ""
    with pytest.raises(WrongState, match="沒有查清"):
        submit(cast, programme)


def test_a_colleague_objects_under_the_own_name(cast: Cast) -> None:
    _programme, (row,) = stage.in_publicity(cast)

    found = object_to(cast, row, "helper", channel="online", name="文員辛")

    assert (found.recorded_by, found.channel) == (cast.helper, "online")


# ── 報送 ──────────────────────────────────────────────


def test_a_renamed_unit_changes_nothing_in_what_was_submitted(cast: Cast) -> None:
    programme, (row,) = stage.submitted(cast)
    before = programme.submittal

    Department.objects.filter(pk=cast.registry.pk).update(name="婚姻家庭服務中心")
    cast.head.name = "改名者"
    cast.head.save()
    row.rulings.update(reason="後來改的理由")

    content = content_of(stage.fresh(programme), [stage.fresh(row)], AFTER.date())
    sent = content["candidates"][0]
    assert content == before.content
    assert (sent["name"], sent["unit"]) == ("婚姻登記處", "婚姻登記處")
    assert sent["conditions"][0]["reason"] == "紀檢監察室書面意見（主任丙認定）。"
    assert [vote["name"] for vote in sent["tally"]["votes"]] == ["組長甲", "副組長乙", "館長庚"]
    assert sent["tally"]["recused"][0]["name"] == "處長戊"
    assert content["programme"]["publicity"]["end"] == "2026-11-30"
    assert stage.fresh(row).get_absolute_url()


def test_what_was_submitted_is_sealed(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    programme, _rows = stage.submitted(cast)
    assert [fault for _name, fault in verify_submittals()] == [""]
    call_command("verify_results")
    assert "推薦報送 1 份已核對。" in capsys.readouterr().out

    found = programme.submittal
    forged = found.body.replace("婚姻登記處", "殯儀館")
    Submittal.objects.update(body=forged)
    assert "被改過" in next(verify_submittals())[1]
    Submittal.objects.update(body=forged, sha256=submitting.hash_of(forged))
    assert "被換過" in next(verify_submittals())[1]
    with pytest.raises(SystemExit):
        call_command("verify_results")


def test_one_off_the_list_is_not_submitted_and_an_empty_list_neither(cast: Cast) -> None:
    programme, (row,) = stage.in_publicity(cast)

    exclude(actor=cast.office, candidate_id=row.pk, reason="單位主動放棄", at=AFTER)

    with pytest.raises(WrongState, match="名單上沒有對象"):
        submit(cast, programme)


# ── 批覆 ──────────────────────────────────────────────


ANSWER: dict[str, Any] = {
    "is_granted": True,
    "answered_date": date(2026, 12, 20),
    "document_number": "閩民〔2026〕88號",
    "honour_name": "省級文明行業創建示範點",
    "as_site": True,
}
LATER = moment(2026, 12, 25)


def test_a_grant_enters_the_honours_and_the_sites_and_ends_the_programme(cast: Cast) -> None:
    programme, rows = stage.submitted(cast, cast.registry, cast.bureau_office)

    submitting.record_answer(actor=cast.office, candidate_id=rows[0].pk, values=ANSWER, at=LATER)
    assert stage.fresh(programme).state == "submitted"
    submitting.record_answer(
        actor=cast.office,
        candidate_id=rows[1].pk,
        values=ANSWER | {"is_granted": False, "note": "名額已滿"},
        at=LATER,
    )

    assert [stage.fresh(row).state for row in rows] == ["granted", "not_granted"]
    assert stage.fresh(programme).state == "answered"
    honour = Honour.objects.get()
    assert (honour.department, honour.level, honour.granted_by) == (
        cast.registry,
        "province",
        "福建省民政廳",
    )
    assert cast.registry.demonstration_statuses.get().document_number == "閩民〔2026〕88號"
    assert Entry.objects.filter(action="recommendations.answered").count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"answered_date": date(2026, 12, 26)}, "answered_date"),
        ({"answered_date": date(2026, 11, 30)}, "answered_date"),
        ({"honour_name": " "}, "honour_name"),
    ],
)
def test_an_answer_has_a_day_and_a_title(cast: Cast, changes: dict[str, Any], field: str) -> None:
    _programme, (row,) = stage.submitted(cast)

    with pytest.raises(ValidationError) as refusal:
        submitting.record_answer(
            actor=cast.office, candidate_id=row.pk, values=ANSWER | changes, at=LATER
        )

    assert field in refusal.value.error_dict
    assert not Honour.objects.exists()


def test_only_the_office_records_the_answer_and_only_once(cast: Cast) -> None:
    _programme, (row,) = stage.submitted(cast)

    for who in ("leader", "head", "admin"):
        with pytest.raises(PermissionDenied):
            submitting.record_answer(
                actor=getattr(cast, who), candidate_id=row.pk, values=ANSWER, at=LATER
            )
    submitting.record_answer(actor=cast.office, candidate_id=row.pk, values=ANSWER, at=LATER)
    with pytest.raises(WrongState):
        submitting.record_answer(actor=cast.office, candidate_id=row.pk, values=ANSWER, at=LATER)
