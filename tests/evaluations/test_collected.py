"""問卷和徵求意見：得分由合起來的滿意率算，更正留着舊的；沒有答覆的是未確認。"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from evaluations.models import AssessmentRound, Criterion, Opinion, Questionnaire, Score, Sheet
from evaluations.services import rounds
from evaluations.services.collected import (
    correct_collected,
    record_collected,
    withdraw_collected,
)
from evaluations.services.rounds import Mark, RefusedMarks
from evaluations.sheets import Gap, explain, frozen_sheets, latest_snapshot, read_sheets
from evaluations.sheets.sight import in_public
from journal.models import Entry
from people.models import User
from pingtan_civ.lib.scoring import Finding
from tasks.models import WrongState
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase
from tests.evaluations.stage import picture

SignIn = Callable[[User], Client]
DAY = date(2026, 11, 20)


def counts(*numbers: int) -> list[dict[str, Any]]:
    labels = [
        ("滿意", "satisfied"),
        ("基本滿意", "satisfied"),
        ("不滿意", "other"),
        ("不了解", "ignored"),
    ]
    return [
        {"label": label, "counts": kind, "number": number}
        for (label, kind), number in zip(labels, numbers, strict=True)
    ]


def values(*numbers: int, **given: Any) -> dict[str, Any]:
    valid = sum(numbers)
    return {
        "held_date": DAY,
        "way": "on_site",
        "place": "辦事大廳",
        "given_out": valid + 10,
        "returned": valid + 5,
        "valid": valid,
        "counts": counts(*numbers),
    } | given


def survey(cast: Cast, sheet: Sheet, *numbers: int, by: str = "office", **given: Any) -> Any:
    return record_collected(
        actor=getattr(cast, by),
        sheet_id=sheet.pk,
        criterion_id=stage.number_of(sheet, "1.4"),
        values=values(*numbers, **given),
        at=stage.START,
    )


def ask(cast: Cast, sheet: Sheet, number: str = "1.1", **given: Any) -> Any:
    return record_collected(
        actor=cast.office,
        sheet_id=sheet.pk,
        criterion_id=stage.number_of(sheet, number),
        values={"authority": "縣應急管理局", "asked_date": DAY} | given,
        at=stage.START,
    )


def line_of(found: AssessmentRound, sheet: Sheet, number: str) -> Any:
    (view,) = read_sheets(stage.fresh(found), [sheet])
    return next(line for line in view.lines if line.number == number)


def opened(cast: Cast) -> tuple[AssessmentRound, Sheet]:
    found = stage.round_at(cast, Phase.CHECK)
    return found, stage.sheet_of(found, cast.registry)


def by_authority() -> None:
    Criterion.objects.filter(number="1.1").update(scorer="authority")


def test_the_score_follows_the_pooled_share_and_says_why(cast: Cast) -> None:
    found, sheet = opened(cast)

    survey(cast, sheet, 40, 4, 6, 2)
    assert stage.score_of(sheet, "1.4", "first").points == 6
    survey(cast, sheet, 190, 5, 5, 0, way="phone", place="")

    line = line_of(found, sheet, "1.4")
    assert line.result.points == 10
    assert line.result.finding == {"value": "95.6"}
    assert line.result.reason == "問卷 2 次，發出 272 份，收回 262 份，有效 252 份。"
    assert [source.sentence for source in line.sources] == [
        "2026年11月20日，現場發放（辦事大廳）：發出 62 份，收回 57 份，有效 52 份；"
        "滿意 40、基本滿意 4、不滿意 6、不了解 2。",
        "2026年11月20日，電話：發出 210 份，收回 205 份，有效 200 份；"
        "滿意 190、基本滿意 5、不滿意 5、不了解 0。",
        "2 次問卷按份數合計，有效 252 份，「不了解」 2 份不計入，「滿意、基本滿意」 239 份："
        "239 ÷ 250 ＝ 95.6%。",
    ]
    with pytest.raises(RefusedMarks, match="照記下的問卷算"):
        rounds.save_first_scores(
            actor=cast.office,
            sheet_id=sheet.pk,
            marks=stage.marks(sheet, {"1.4": Finding(value=Decimal(99))}, "另有一次"),
            at=stage.START,
        )


def test_a_correction_keeps_the_old_value_person_time_and_reason(
    cast: Cast, signed_in: SignIn
) -> None:
    found, sheet = opened(cast)
    row = survey(cast, sheet, 40, 4, 6, 2)
    later = stage.START + timedelta(hours=2)

    with pytest.raises(ValidationError, match="寫明為什麼更正"):
        correct_collected(
            actor=cast.office, model=Questionnaire, row_id=row.pk, values={}, reason=" ", at=later
        )
    fresh = correct_collected(
        actor=cast.office,
        model=Questionnaire,
        row_id=row.pk,
        values=values(46, 4, 0, 2),
        reason="原表漏數六份",
        at=later,
    )

    row.refresh_from_db()
    assert (row.replaced_at, row.valid, row.by) == (later, 52, cast.office)
    assert (fresh.reason, fresh.replaces) == ("原表漏數六份", row)
    old = Score.objects.get(sheet=sheet, criterion__number="1.4", replaced_at=later)
    assert (old.points, stage.score_of(sheet, "1.4", "first").points) == (6, 10)
    entry = Entry.objects.filter(action="evaluations.questionnaire_corrected").get()
    assert entry.reason == "原表漏數六份"
    with pytest.raises(WrongState, match="剛被更正"):
        withdraw_collected(
            actor=cast.office, model=Questionnaire, row_id=row.pk, reason="錯", at=later
        )
    page = reverse("evaluations:collected", args=[found.code, cast.registry.pk, row.criterion_id])
    said = signed_in(cast.office).get(page).content.decode()
    assert "更正：原表漏數六份" in said
    assert "不滿意 6" in said


def test_the_last_one_withdrawn_leaves_the_line_unscored(cast: Cast) -> None:
    found, sheet = opened(cast)
    row = survey(cast, sheet, 40, 4, 6, 2)

    withdraw_collected(
        actor=cast.office, model=Questionnaire, row_id=row.pk, reason="記錯了單位", at=stage.START
    )

    line = line_of(found, sheet, "1.4")
    assert line.result.is_missing
    assert line.sources == ()
    assert not Score.objects.filter(sheet=sheet, criterion__number="1.4", replaced_at=None).exists()


def test_numbers_that_cannot_be_and_those_who_may_not_are_refused(cast: Cast) -> None:
    _found, sheet = opened(cast)

    for given, field in [
        ({"valid": 53, "returned": 53}, "valid"),
        ({"returned": 99}, "__all__"),
        ({"held_date": date(2026, 12, 1)}, "held_date"),
    ]:
        with pytest.raises(ValidationError) as caught:
            survey(cast, sheet, 40, 4, 6, 2, **given)
        assert field in caught.value.message_dict
    for by in ("leader", "head", "clerk", "admin"):
        with pytest.raises(PermissionDenied):
            survey(cast, sheet, 40, 4, 6, 2, by=by)
    assert not Questionnaire.objects.exists()


def test_no_answer_is_not_confirmed_and_never_clear(cast: Cast, signed_in: SignIn) -> None:
    found, sheet = opened(cast)
    by_authority()
    row = ask(cast, sheet)
    met = {stage.number_of(sheet, "1.1"): Mark(stage.MET, reason="部門口頭說沒有")}

    with pytest.raises(RefusedMarks, match="未確認"):
        rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=met, at=stage.START)
    line = line_of(found, sheet, "1.1")
    assert line.result.is_missing
    assert "主管部門沒有答覆，未確認，待評" in line.result.why
    assert "還沒有答覆，未確認" in line.sources[0].sentence

    answered = correct_collected(
        actor=cast.office,
        model=Opinion,
        row_id=row.pk,
        values={"answer": "clear", "answered_date": DAY, "document_number": "嵐應急函〔2026〕7號"},
        reason="收到復函",
        at=stage.START,
    )
    rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=met, at=stage.START)

    line = line_of(found, sheet, "1.1")
    assert line.result.points == 10
    assert not answered.is_unconfirmed
    assert "答覆，文號 嵐應急函〔2026〕7號，沒有意見。" in line.sources[0].sentence


def test_what_is_not_confirmed_at_the_decision_stays_visible_in_the_frozen_sheet(
    cast: Cast, signed_in: SignIn
) -> None:
    found, sheet = opened(cast)
    by_authority()
    ask(cast, sheet)
    survey(cast, sheet, 40, 4, 6, 2)
    while stage.fresh(found).phase != Phase.DECISION:
        rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="先走")
    waiting = rounds.unsettled(stage.fresh(found))
    assert [row.sentence for row in waiting] == ["婚姻登記處 1.1：縣應急管理局還沒有答覆，未確認。"]
    rounds.decide_round(actor=cast.leader, round_id=found.pk, at=stage.START, reason="先定")
    with pytest.raises(WrongState):
        survey(cast, sheet, 1, 0, 0, 0)

    (view,) = frozen_sheets(latest_snapshot(found), [cast.registry.pk])

    lines = {line.number: line for line in view.lines}
    assert lines["1.1"].result.gap == Gap.UNCONFIRMED
    assert lines["1.1"].result.gap_words == "未確認，0"
    assert len(lines["1.4"].sources) == 2
    assert any("1.4 來源：有效 52 份" in said for said in explain(view))
    # 結果全局可見時，別的單位看得到合起來的數，看不到對這個單位說的意見。
    public = {line.number: line.sources for line in in_public(view).lines}
    assert (len(public["1.4"]), public["1.1"]) == (2, ())
    head = signed_in(cast.head)
    page = head.get(
        reverse(
            "evaluations:collected", args=[found.code, cast.registry.pk, lines["1.4"].criterion_id]
        )
    )
    assert "記一次問卷" not in page.content.decode()


def test_the_page_keeps_the_scan_when_a_number_is_wrong(cast: Cast, signed_in: SignIn) -> None:
    found, sheet = opened(cast)
    key = stage.number_of(sheet, "1.4")
    Criterion.objects.filter(pk=key).update(survey_options="好＋、壞、不清楚－")
    place = [found.code, cast.registry.pk, key]
    office, add = signed_in(cast.office), reverse("evaluations:collected-add", args=place)
    sent = {
        "held_date": "2026-11-20",
        "way": "scan",
        "given_out": "60",
        "returned": "55",
        "valid": "50",
        "count_0": "48",
        "count_1": "2",
        "count_2": "1",
    }

    assert signed_in(cast.head).get(add).status_code == 403
    exe = office.post(add, sent | {"paper": SimpleUploadedFile("問卷.exe", b"MZ")})
    assert exe.context["form"].errors["paper"]
    wrong = office.post(add, sent | {"paper": picture("問卷.png")})
    form = wrong.context["form"]
    assert form.errors["valid"] == ["各項加起來是 51 份，有效的寫了 50 份，請核對。"]
    assert "不用再選" in wrong.content.decode()
    kept = form["kept_paper"].value()
    assert kept in wrong.content.decode()
    assert not Questionnaire.objects.exists()
    done = office.post(add, sent | {"count_2": "0", "kept_paper": kept})
    assert done.status_code == 302

    row = Questionnaire.objects.get()
    assert row.file is not None
    assert row.tally.share == 96
    seen = reverse("evaluations:collected", args=place)
    assert row.get_absolute_url() in office.get(seen).content.decode()
    assert office.get(row.get_absolute_url()).status_code == 200
    assert signed_in(cast.head).get(row.get_absolute_url()).status_code == 403
    assert signed_in(cast.head).get(seen).status_code == 403
    sheet_page = office.get(sheet.get_absolute_url()).content.decode()
    assert "分照問卷算" in sheet_page
    assert "48 ÷ 50 ＝ 96%" in sheet_page
    correct = reverse("evaluations:survey-correct", args=[row.pk])
    sent |= {"count_0": "49", "count_1": "1", "count_2": "0"}
    assert office.post(correct, sent).context["form"].errors["reason"]
    assert office.post(correct, sent | {"reason": "數錯"}).status_code == 302
    assert Questionnaire.objects.current().get().file == row.file


def test_an_answer_is_recorded_on_its_own_page_and_read_once(cast: Cast, signed_in: SignIn) -> None:
    """記答覆不叫「更正」；意見自己帶着句號，不再添一個；換下了的打不開表單。"""
    found, sheet = opened(cast)
    by_authority()
    row = ask(cast, sheet)
    office, address = signed_in(cast.office), reverse("evaluations:opinion-correct", args=[row.pk])
    page = office.get(address)
    form = page.context["form"]
    assert "<h1>記答覆</h1>" in page.content.decode()
    sent = {bound.html_name: bound.value() for bound in form if bound.value() is not None}
    assert sent["reason"] == "收到答覆。"
    said = {"answer": "noted", "answered_date": "2026-11-22", "content": "消防通道佔用，已整改。"}

    assert office.post(address, sent | said).status_code == 302

    assert (
        line_of(found, sheet, "1.1").sources[0].sentence.endswith("有意見：消防通道佔用，已整改。")
    )
    late = office.get(address, follow=True)
    assert late.redirect_chain
    assert "已經被更正或撤下了" in late.content.decode()
    listed = reverse(
        "evaluations:collected", args=[found.code, sheet.department_id, row.criterion_id]
    )
    assert "在審定反饋之後看得到" in signed_in(cast.head).get(listed).content.decode()
    assert "只給創建辦、領導小組和婚姻登記處看" in (
        signed_in(cast.neighbour).get(listed).content.decode()
    )
