"""榮譽的證書文件，和評加分時從台賬裏選：同一項只取最高，一項只計一處，定稿記着哈希。"""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from evaluations.models import AssessmentRound, Criterion, Honour, HonourFile, ResultSnapshot
from evaluations.services import rounds
from evaluations.services.honour_files import attach, detach
from evaluations.services.rounds import Mark, RefusedMarks
from evaluations.services.rounds.freezing import canonical, hash_of
from evaluations.sheets import explain, frozen_sheets, read_sheets
from journal.models import Entry
from people.models import User
from pingtan_civ.lib.scoring import Finding, Matter
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase
from tests.evaluations.stage import picture
from tests.evaluations.test_round_pages import blanks

SignIn = Callable[[User], Client]
IN_PERIOD = date(2026, 10, 9)


def honour(cast: Cast, name: str, **given: Any) -> Honour:
    whom = {} if "person" in given else {"department": cast.registry}
    return make.HonourFactory(name=name, **{"granted_date": IN_PERIOD} | whom | given)


def papered(cast: Cast, row: Honour, now: datetime) -> HonourFile:
    return attach(actor=cast.office, honour_id=row.pk, file=picture(), name="證書.png", at=now)


def pick(row: Honour, step: str = "") -> Matter:
    return Matter(row.name, step, honour=row.pk)


def score(cast: Cast, found: AssessmentRound, *matters: Matter, number: str = "8.1") -> None:
    sheet = stage.sheet_of(found, cast.registry)
    mark = {stage.number_of(sheet, number): Mark(Finding(matters=matters))}
    rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=mark, at=stage.START)


def line_of(cast: Cast, found: AssessmentRound, number: str = "8.1") -> Any:
    (view,) = read_sheets(found, [stage.sheet_of(found, cast.registry)])
    return next(line for line in view.lines if line.number == number)


def test_a_certificate_is_kept_seen_by_all_and_taken_down_by_the_office(
    cast: Cast, signed_in: SignIn
) -> None:
    row = honour(cast, "全省先進集體")
    office, add = signed_in(cast.office), reverse("evaluations:honour-file-add", args=[row.pk])

    assert office.post(add).status_code == 400
    bad = office.post(add, {"file": SimpleUploadedFile("證書.exe", b"MZ")})
    assert bad.status_code == 422
    assert signed_in(cast.head).post(add, {"file": picture()}).status_code == 403
    for _time in range(2):
        assert office.post(add, {"file": picture("證書.png")}).status_code == 302
    file = HonourFile.objects.get()

    neighbour = signed_in(cast.neighbour)
    for page in (reverse("evaluations:honour-list"), row.get_absolute_url()):
        assert file.get_absolute_url() in neighbour.get(page).content.decode()
    assert neighbour.get(file.get_absolute_url()).status_code == 200
    assert "加材料" not in neighbour.get(row.get_absolute_url()).content.decode()
    remove = reverse("evaluations:honour-file-remove", args=[file.pk])
    assert neighbour.post(remove).status_code == 403
    assert office.post(remove).status_code == 302
    assert neighbour.get(file.get_absolute_url()).status_code == 404
    said = list(Entry.objects.about(row).values_list("summary", flat=True))
    assert said == [
        f"撤下材料「{file.name}」（證書、牌匾照片）。",
        f"加材料「{file.name}」（證書、牌匾照片）。",
    ]


def test_the_sheet_offers_the_honours_of_the_unit_and_the_period(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    own = honour(cast, "全省先進集體", document_number="閩民〔2026〕8號")
    papered(cast, own, now)
    persons = honour(cast, "市級先進個人", level="city", person=cast.clerk)
    county = honour(cast, "縣級先進", level="county")
    honour(cast, "往年的", granted_date=date(2025, 10, 9))
    honour(cast, "撤銷了的", revoked_date=date(2026, 11, 1))
    honour(cast, "別的單位的", department=cast.funeral_home)
    sheet = stage.sheet_of(found, cast.registry)
    office, address = signed_in(cast.office), sheet.get_absolute_url()
    page = office.get(address)
    form = next(
        row.form
        for block in page.context["blocks"]
        for row in block.rows
        if row.line.number == "8.1"
    )

    assert [each.offer.name for each in form.picks] == ["全省先進集體", "市級先進個人", "縣級先進"]
    assert [each.offer.step for each in form.picks] == ["省級", "市級", ""]
    assert "閩民〔2026〕8號" in page.content.decode()
    assert own.files.get().get_absolute_url() in page.content.decode()

    sent, box = blanks(page), f"c{stage.number_of(sheet, '8.1')}-pick"
    sent |= {f"{box}{row.pk}": "on" for row in (own, persons, county)}
    assert "請選檔次" in office.post(address, sent).content.decode()
    del sent[f"{box}{county.pk}"]
    assert office.post(address, sent).status_code == 302

    assert line_of(cast, found).result.points == 5
    again = office.get(address)
    assert blanks(again)[f"{box}{own.pk}"] is True
    assert office.post(address, blanks(again)).status_code == 302
    assert line_of(cast, found).result.points == 5


def test_only_the_highest_level_of_the_same_honour_counts(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    city = honour(cast, "福州市文明單位", level="city", series="文明單位")
    province = honour(cast, "福建省文明單位", series="文明單位")

    score(cast, found, pick(city, "省級"), pick(province, "市級"), Matter("媒體", "市級"))

    line = line_of(cast, found)
    assert line.result.points == 5
    assert line.result.why == "媒體（市級）2 分、文明單位（省級）3 分。"
    assert [source.row_id for source in line.sources] == [city.pk, province.pk]
    assert "沒有上傳證書或文件" in line.sources[0].sentence


@pytest.mark.parametrize("is_typed", [False, True])
def test_two_criteria_never_count_two_levels_of_the_same_honour(
    cast: Cast, signed_in: SignIn, is_typed: bool
) -> None:
    """第二條說出第一條在哪裏；去掉低的，高的才能計。"""
    found = stage.round_at(cast, Phase.CHECK)
    section = Criterion.objects.get(number="8.1").section
    steps = [{"label": "省級", "points_hundredths": 100}]
    stage.criterion(section, "8.2", 300, rule="bonus_steps", steps=steps)
    city = honour(cast, "福州市文明單位", level="city", series="文明單位")
    province = honour(cast, "福建省文明單位", series="文明單位")
    second = Matter("文明單位", "省級") if is_typed else pick(province)
    score(cast, found, pick(city))

    with pytest.raises(RefusedMarks, match=r"「文明單位」在這張表的 8\.1 已經計了"):
        score(cast, found, second, number="8.2")
    sheet = stage.sheet_of(found, cast.registry)
    page = signed_in(cast.office).get(sheet.get_absolute_url()).content.decode()
    assert page.count("已在 8.1 計過，只能計一處") == 2

    first, other = (stage.number_of(sheet, number) for number in ("8.1", "8.2"))
    both = {
        first: Mark(Finding(matters=(pick(city), Matter("媒體", "市級")))),
        other: Mark(Finding(matters=(second,))),
    }
    with pytest.raises(RefusedMarks) as refused:
        rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=both, at=stage.START)
    assert set(refused.value.errors) == {first, other}
    moved = {first: Mark(), other: Mark(Finding(matters=(second,)))}
    rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=moved, at=stage.START)
    assert [line_of(cast, found, number).result.points for number in ("8.1", "8.2")] == [0, 1]


def test_a_leader_changing_one_line_does_not_count_again_what_another_holds(cast: Cast) -> None:
    """審定的頁把各條一起交回，沒有改的空着；空着不是去掉。"""
    found = stage.round_at(cast, Phase.CHECK)
    section = Criterion.objects.get(number="8.1").section
    steps = [{"label": "省級", "points_hundredths": 100}]
    stage.criterion(section, "8.2", 300, rule="bonus_steps", steps=steps)
    row = honour(cast, "全省先進集體")
    score(cast, found, pick(row))
    AssessmentRound.objects.filter(pk=found.pk).update(phase=Phase.DECISION)
    sheet = stage.sheet_of(found, cast.registry)
    marks = {
        stage.number_of(sheet, "8.1"): Mark(seen=0),
        stage.number_of(sheet, "8.2"): Mark(Finding(matters=(pick(row),)), reason="補計", seen=0),
    }

    with pytest.raises(RefusedMarks, match=r"已經計入 8\.1"):
        rounds.save_final_scores(actor=cast.leader, sheet_id=sheet.pk, marks=marks, at=stage.START)


def test_what_is_not_of_the_unit_or_revoked_is_refused(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    other = honour(cast, "別的單位的", department=cast.funeral_home)
    revoked = honour(cast, "撤銷了的", revoked_date=date(2026, 11, 1))

    for row, sentence in [(other, "不是考核期裏授給婚姻登記處的"), (revoked, "已經撤銷")]:
        with pytest.raises(RefusedMarks, match=sentence):
            score(cast, found, pick(row, "省級"))


def test_an_honour_counts_in_one_place_of_a_round_and_the_sheet_says_where(
    cast: Cast, signed_in: SignIn
) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    first = Criterion.objects.get(number="8.1")
    steps = [{"label": "省級", "points_hundredths": 100}]
    stage.criterion(first.section, "8.2", 300, rule="bonus_steps", steps=steps)
    row = honour(cast, "全省先進集體")
    score(cast, found, pick(row))

    with pytest.raises(RefusedMarks, match=r"已經計入 8\.1"):
        score(cast, found, pick(row), number="8.2")

    page = signed_in(cast.office).get(stage.sheet_of(found, cast.registry).get_absolute_url())
    assert "已在 8.1 計過，只能計一處" in page.content.decode()
    sheet = stage.sheet_of(found, cast.registry)
    moved = {
        stage.number_of(sheet, "8.1"): Mark(Finding(matters=())),
        stage.number_of(sheet, "8.2"): Mark(Finding(matters=(pick(row),))),
    }
    rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=moved, at=stage.START)
    assert line_of(cast, found, "8.2").result.points == 1


def test_the_decided_result_keeps_the_hash_of_the_certificate(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    row = honour(cast, "全省先進集體")
    file = papered(cast, row, now)
    for unit in (cast.registry, cast.funeral_home, cast.bureau_office):
        sheet = stage.sheet_of(found, unit)
        given = stage.marks(sheet, stage.FIRST_FINDINGS, "核查記錄在案")
        rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=given, at=stage.START)
    score(cast, found, pick(row))
    while stage.fresh(found).phase != Phase.DECISION:
        rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START)
    snapshot = rounds.decide_round(actor=cast.leader, round_id=found.pk, at=stage.START)

    idle = papered(cast, honour(cast, "沒有引的"), now)
    for each in (file, idle):
        detach(actor=cast.office, file_id=each.pk, at=now)
    Honour.objects.filter(pk=row.pk).update(name="改了名")
    (view,) = frozen_sheets(snapshot, [cast.registry.pk])
    line = next(line for line in view.lines if line.number == "8.1")

    assert json.loads(snapshot.body)["format"] == 4
    assert [paper.sha256 for source in line.sources for paper in source.papers] == [
        file.file.sha256
    ]
    assert any("8.1 來源：省級「全省先進集體」" in said for said in explain(view))
    call_command("verify_results", stdout=StringIO())
    # 撤下以後，定稿裏的鏈接照樣打得開；沒有哪一版引着的不再發。
    clerk = signed_in(cast.clerk)
    assert clerk.get(line.sources[0].papers[0].url).status_code == 200
    assert clerk.get(idle.get_absolute_url()).status_code == 404
    page = signed_in(cast.head).get(stage.sheet_of(found, cast.registry).get_absolute_url())
    assert "全省先進集體" in page.content.decode()


def test_an_old_frozen_body_without_sources_still_reads_and_verifies(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)
    snapshot = ResultSnapshot.objects.get(round=found)
    body = json.loads(snapshot.body)
    body["format"] = 3
    for each in body["sheets"]:
        for line in each["sheet"]["lines"]:
            del line["sources"]
    text = canonical(body)
    ResultSnapshot.objects.filter(pk=snapshot.pk).update(body=text, sha256=hash_of(text))
    for entry in Entry.objects.filter(action="evaluations.round_decided"):
        changes = {key: ["", hash_of(text)] for key in entry.changes}
        Entry.objects.filter(pk=entry.pk).update(changes=changes)
    snapshot.refresh_from_db()

    views = frozen_sheets(snapshot)

    assert all(line.sources == () for view in views for line in view.lines)
    assert views[0].total > Decimal(0)
    assert [fault for _snapshot, fault in rounds.verify_snapshots()] == [""]


def test_the_unit_picks_in_its_own_self_assessment(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.SELF)
    row = honour(cast, "全省先進集體")
    sheet = stage.sheet_of(found, cast.registry)
    clerk, address = signed_in(cast.clerk), sheet.get_absolute_url()
    box = f"c{stage.number_of(sheet, '8.1')}-pick{row.pk}"

    assert clerk.post(address, blanks(clerk.get(address)) | {box: "on"}).status_code == 302

    assert stage.score_of(sheet, "8.1", "self").finding["matters"] == [
        {
            "matter": "全省先進集體",
            "step": "省級",
            "times": 1,
            "is_concealed": False,
            "honour": row.pk,
        }
    ]
    page = clerk.get(address)
    assert blanks(page)[box] is True
    assert "沒有上傳證書或文件" in page.content.decode()
