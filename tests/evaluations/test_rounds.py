"""一次考核從籌備到公佈：每一步誰能走、缺什麼說什麼、定稿之後什麼也改不動它。"""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from evaluations.models import Criterion, ResultSnapshot, Scheme, Score, Sheet
from evaluations.services import rounds
from evaluations.services.rounds import Mark, RefusedMarks, Unfinished
from evaluations.sheets import (
    explain,
    frozen_sheets,
    latest_snapshot,
    rank_sheets,
    read_sheets,
    sheets_of,
)
from journal.models import Entry, Notice
from people.models import Appointment
from pingtan_civ.lib.scoring import Finding
from tasks.models import WrongState
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

D = Decimal


def test_the_office_plans_and_the_dates_are_working_days(cast: Cast) -> None:
    found = stage.planned(cast)

    assert (found.code, found.title) == ("2026-Q4", "2026年第四季度考核")
    phases = list(found.phases.values_list("phase", "start_date", "due_date"))
    assert phases[0] == ("self", date(2026, 11, 23), date(2026, 11, 27))
    assert phases[1] == ("check", date(2026, 11, 30), date(2026, 12, 8))
    assert len(phases) == 7


def test_only_the_office_plans_and_a_scheme_must_be_in_force(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="還沒有使用中的考核辦法"):
        rounds.plan_round(
            actor=cast.office, campaign=cast.campaign, plan=stage.plan(), at=stage.START
        )
    stage.scheme(cast.campaign, cast.office, members=stage.members_of(cast))
    with pytest.raises(PermissionDenied):
        rounds.plan_round(
            actor=cast.head, campaign=cast.campaign, plan=stage.plan(), at=stage.START
        )
    stage.planned(cast)
    with pytest.raises(ValidationError):
        stage.planned(cast, code="again")


def test_a_phase_cannot_begin_before_the_last_one_ends(cast: Cast) -> None:
    phases = list(stage.plan().phases)
    late = rounds.PhaseDates("check", date(2026, 11, 24), date(2026, 12, 8))

    with pytest.raises(ValidationError) as caught:
        stage.planned(cast, phases=(phases[0], late, *phases[2:]))

    assert list(caught.value.message_dict) == ["check_start"]


def test_starting_gives_every_living_unit_a_sheet_and_tells_it(cast: Cast) -> None:
    gone = make.DepartmentFactory(name="老科室")
    gone.periods.create(start_date=date(2020, 1, 1), end_date=date(2026, 6, 30))
    units = stage.members_of(cast)
    units["業務科室"].append(gone)
    stage.scheme(cast.campaign, cast.office, members=units)

    found = stage.round_at(cast, Phase.SELF)

    assert set(found.sheets.values_list("department_name", flat=True)) == {
        "婚姻登記處",
        "殯儀館",
        "局辦公室",
    }
    notice = Notice.objects.get(recipient=cast.clerk)
    assert "請婚姻登記處在 11月27日前提交" in notice.title
    assert notice.url == stage.sheet_of(found, cast.registry).get_absolute_url()


def test_a_unit_scores_itself_and_its_head_hands_it_in(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)
    given = stage.marks(sheet, stage.SELF_FINDINGS)

    with pytest.raises(PermissionDenied):
        rounds.save_self_scores(actor=cast.office, sheet_id=sheet.pk, marks=given, at=stage.START)
    with pytest.raises(rounds.SelfUnfinished, match=r"還有 4 條沒有自評：1\.1、1\.2"):
        rounds.submit_self(actor=cast.head, sheet_id=sheet.pk, at=stage.START)
    assert (
        rounds.save_self_scores(actor=cast.clerk, sheet_id=sheet.pk, marks=given, at=stage.START)
        == 4
    )
    with pytest.raises(PermissionDenied):
        rounds.submit_self(actor=cast.clerk, sheet_id=sheet.pk, at=stage.START)
    rounds.submit_self(actor=cast.head, sheet_id=sheet.pk, at=stage.START)

    with pytest.raises(WrongState, match="已經提交"):
        rounds.save_self_scores(actor=cast.clerk, sheet_id=sheet.pk, marks=given, at=stage.START)
    rounds.return_self(actor=cast.office, sheet_id=sheet.pk, reason="補 1.1", at=stage.START)
    assert Entry.objects.filter(action="evaluations.self_returned", reason="補 1.1").exists()


def test_what_the_surveys_and_the_system_know_is_not_self_scored(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)

    with pytest.raises(RefusedMarks) as caught:
        rounds.save_self_scores(
            actor=cast.clerk,
            sheet_id=sheet.pk,
            marks={stage.number_of(sheet, "1.4"): Mark(Finding(value=D(99)))},
            at=stage.START,
        )

    assert "單位不自評" in next(iter(caught.value.errors.values()))


def test_moving_on_says_what_is_unfinished_and_a_reason_carries_it(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.SELF)

    with pytest.raises(Unfinished) as caught:
        rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START)
    assert caught.value.sentences == ["3 個單位還沒有提交自評：婚姻登記處、殯儀館、局辦公室。"]
    with pytest.raises(PermissionDenied):
        rounds.advance_round(actor=cast.head, round_id=found.pk, at=stage.START, reason="急")

    rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="到期未交")

    assert stage.fresh(found).phase == Phase.CHECK
    assert found.phases.get(phase="self").ended_at == stage.START


def test_a_deduction_needs_a_reason_and_nothing_is_half_saved(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    given = stage.marks(sheet, {"1.1": stage.MET, "1.2": Finding(occurrences=1)})

    with pytest.raises(RefusedMarks) as caught:
        rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=given, at=stage.START)

    assert caught.value.errors == {
        stage.number_of(sheet, "1.2"): "扣了 2 分，寫明理由；理由隨結果反饋給單位。"
    }
    assert not sheet.scores.filter(stage="first", criterion__number="1.1").exists()


def test_a_survey_figure_needs_its_source(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)

    def save(value: int, reason: str) -> None:
        rounds.save_first_scores(
            actor=cast.office,
            sheet_id=sheet.pk,
            marks={stage.number_of(sheet, "1.4"): Mark(Finding(value=D(value)), reason=reason)},
            at=stage.START,
        )

    for reason in ("", "十二月問卷"):
        with pytest.raises(RefusedMarks, match="收回多少份"):
            save(95, reason)
    save(95, "十二月問卷，收回 120 份")
    Criterion.objects.filter(number="1.4").update(text="群眾滿意率")
    with pytest.raises(RefusedMarks, match=r"填 0 到 100，如 93\.5；現在填的是 150"):
        save(150, "十二月問卷，收回 120 份")


def test_nobody_scores_his_own_unit(cast: Cast) -> None:
    make.AppointmentFactory(user=cast.office, department=cast.registry, role=Appointment.Role.CLERK)
    make.AppointmentFactory(user=cast.leader, department=cast.registry, role=Appointment.Role.HEAD)
    found = stage.round_at(cast, Phase.SELF)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="催過")
    sheet = stage.sheet_of(found, cast.registry)
    given = stage.marks(sheet, {"1.1": stage.MET})

    with pytest.raises(PermissionDenied, match="迴避"):
        rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=given, at=stage.START)
    rounds.save_first_scores(actor=cast.officer, sheet_id=sheet.pk, marks=given, at=stage.START)
    while stage.fresh(found).phase != Phase.DECISION:
        rounds.advance_round(actor=cast.officer, round_id=found.pk, at=stage.START, reason="照此辦")
    with pytest.raises(PermissionDenied, match="迴避"):
        rounds.save_final_scores(actor=cast.leader, sheet_id=sheet.pk, marks=given, at=stage.START)


def test_a_criterion_is_scored_by_the_unit_the_scheme_names(cast: Cast) -> None:
    stage.scheme(cast.campaign, cast.office, members=stage.members_of(cast))
    Criterion.objects.filter(number="1.1").update(
        scorer="department", scoring_department=cast.bureau_office
    )
    found = stage.round_at(cast, Phase.SELF)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="催過")
    sheet = stage.sheet_of(found, cast.registry)
    given = stage.marks(sheet, {"1.1": stage.MET})

    with pytest.raises(RefusedMarks, match="不歸您評"):
        rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=given, at=stage.START)
    with pytest.raises(PermissionDenied):
        rounds.save_first_scores(
            actor=cast.neighbour, sheet_id=sheet.pk, marks=given, at=stage.START
        )
    rounds.save_first_scores(actor=cast.helper, sheet_id=sheet.pk, marks=given, at=stage.START)
    own = stage.sheet_of(found, cast.bureau_office)
    with pytest.raises(PermissionDenied, match="迴避"):
        rounds.save_first_scores(
            actor=cast.helper,
            sheet_id=own.pk,
            marks=stage.marks(own, {"1.1": stage.MET}),
            at=stage.START,
        )
    assert rounds.save_first_scores(
        actor=cast.office,
        sheet_id=own.pk,
        marks=stage.marks(own, {"1.1": stage.MET}),
        at=stage.START,
    )


def test_a_change_keeps_the_old_score_with_person_time_and_reason(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    later = stage.START + timedelta(hours=1)
    first = stage.marks(sheet, {"1.2": Finding(occurrences=2)}, "兩處")
    second = stage.marks(sheet, {"1.2": Finding(occurrences=1)}, "核實為一處")

    rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=first, at=stage.START)
    rounds.save_first_scores(actor=cast.officer, sheet_id=sheet.pk, marks=second, at=later)
    changed = rounds.save_first_scores(
        actor=cast.officer, sheet_id=sheet.pk, marks=second, at=later
    )

    assert changed == 0
    rows = sheet.scores.filter(criterion__number="1.2", stage="first").order_by("pk")
    assert [(row.points, row.by, row.reason, row.replaced_at) for row in rows] == [
        (D(6), cast.office, "兩處", later),
        (D(8), cast.officer, "核實為一處", None),
    ]


def test_a_stale_page_overwrites_nothing(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    key = stage.number_of(sheet, "1.1")
    seen = Mark(stage.MET, seen=0)
    rounds.save_first_scores(
        actor=cast.office, sheet_id=sheet.pk, marks={key: seen}, at=stage.START
    )

    with pytest.raises(RefusedMarks, match="剛被別人改過"):
        rounds.save_first_scores(
            actor=cast.officer,
            sheet_id=sheet.pk,
            marks={key: Mark(stage.NOT_MET, reason="沒有做", seen=0)},
            at=stage.START,
        )
    untouched = rounds.save_first_scores(
        actor=cast.officer, sheet_id=sheet.pk, marks={key: Mark(seen=0)}, at=stage.START
    )

    assert untouched == 0
    assert stage.score_of(sheet, "1.1", "first").points == D(10)


def test_not_applicable_is_asked_in_self_decided_in_first_and_rescales(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)
    key = stage.number_of(sheet, "1.2")
    asked = {key: Mark(is_not_applicable=True, reason="本單位沒有收費")}

    with pytest.raises(RefusedMarks, match="可以不適用"):
        rounds.save_self_scores(
            actor=cast.clerk,
            sheet_id=sheet.pk,
            marks={stage.number_of(sheet, "1.1"): Mark(is_not_applicable=True, reason="無")},
            at=stage.START,
        )
    rounds.save_self_scores(actor=cast.clerk, sheet_id=sheet.pk, marks=asked, at=stage.START)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="催過")
    (asked_only,) = read_sheets(stage.fresh(found), [sheet])
    given = stage.marks(sheet, stage.FIRST_FINDINGS, "記錄在案") | asked
    rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=given, at=stage.START)
    (decided,) = read_sheets(stage.fresh(found), [sheet])

    assert not asked_only.by_criterion[key].result.is_not_applicable
    # 1.2（10 分）和沒有到期報送的 1.3（10 分）不適用：62.4 / 80 折算到 100 是 78。
    assert (decided.result.earned, decided.result.applicable) == (D("62.40"), D("80.00"))
    assert decided.result.base == D("78.00")
    assert (
        "不適用的 20 分不計，適用的 80 分裏得 62.4 分，折算到 100 分是 78 分" in explain(decided)[0]
    )


def test_what_is_missing_counts_nothing_and_stays_visible(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)

    (view,) = read_sheets(found, [sheet])

    line = view.by_criterion[stage.number_of(sheet, "2.1")]
    assert (line.result.points, line.result.is_missing) == (D(0), True)
    assert (line.result.why, line.result.gap_words) == ("評分方還沒有評，待評。", "待評")
    assert line in view.missing
    assert view.is_waiting
    assert view.result.applicable == D(90)


def test_the_total_explains_itself_to_the_line(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    (view,) = read_sheets(found, [stage.sheet_of(found, cast.registry)])

    said = explain(view)

    # 10 + 8 + 10 + 26.4 + 16 = 70.4 / 90 → 78.22；加 3、扣 3。
    assert view.total == D("78.22")
    assert view.grade == "合格"
    assert said[3] == "總分：78.22 ＋ 3 － 3 ＝ 78.22 分，屬「合格」。"
    assert (
        "2.1 測評內容 2.1：滿分 40 分，得 26.4 分，少 13.6 分。"
        "評為「B」，得滿分的 66%，即 26.4 分。理由：核查記錄在案" in said
    )
    assert [line.number for line in view.gaps] == ["2.1", "2.2", "1.2"]


def test_units_are_ranked_within_their_own_sheet_and_ties_share_a_place(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    views = read_sheets(found, found.sheets.select_related("profile"))

    groups = {group.profile: group for group in rank_sheets(views)}
    backwards = {group.profile: group for group in rank_sheets(reversed(views))}

    assert groups == backwards
    assert [row.rank for row in groups["窗口單位"].rows] == [1, 1]
    assert [tier.grade for tier in groups["業務科室"].tiers] == ["優秀"]


def test_leaders_change_a_final_score_with_a_reason(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    sheet = stage.sheet_of(found, cast.registry)

    with pytest.raises(PermissionDenied):
        rounds.save_final_scores(
            actor=cast.office,
            sheet_id=sheet.pk,
            marks=stage.marks(sheet, {"2.1": Finding(step="A")}, "整改到位"),
            at=stage.START,
        )
    with pytest.raises(RefusedMarks, match="寫明理由"):
        rounds.save_final_scores(
            actor=cast.deputy,
            sheet_id=sheet.pk,
            marks=stage.marks(sheet, {"2.1": Finding(step="A")}),
            at=stage.START,
        )
    rounds.save_final_scores(
        actor=cast.deputy,
        sheet_id=sheet.pk,
        marks=stage.marks(sheet, {"2.1": Finding(step="A")}, "整改到位"),
        at=stage.START,
    )

    (view,) = read_sheets(found, [sheet])
    line = view.by_criterion[stage.number_of(sheet, "2.1")]
    assert (line.first.points, line.final.points, line.result.points) == (D("26.4"), D(40), D(40))


def test_only_the_chair_decides_and_the_units_are_told(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    with pytest.raises(PermissionDenied):
        rounds.decide_round(actor=cast.deputy, round_id=found.pk, at=stage.START)

    snapshot = rounds.decide_round(actor=cast.leader, round_id=found.pk, at=stage.START)

    assert snapshot.edition == 1
    assert stage.fresh(found).phase == Phase.FEEDBACK
    assert found.phases.get(phase="feedback").due_date == date(2026, 11, 30)
    told = Notice.objects.filter(recipient=cast.clerk).latest("pk")
    assert "有異議的在 11月30日前提出" in told.title


def test_the_snapshot_says_exactly_what_the_sheet_said(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    sheets = found.sheets.select_related("profile")
    live = read_sheets(found, sheets)

    snapshot = rounds.decide_round(actor=cast.leader, round_id=found.pk, at=stage.START)

    frozen = {view.department_id: view for view in frozen_sheets(snapshot)}
    assert frozen == {view.department_id: view for view in live}


def test_nothing_published_moves(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.PUBLISHED)
    before = latest_snapshot(found).body
    shown = sheets_of(found, found.sheets.all())

    Scheme.objects.update(title="改名的辦法", full_hundredths=5000)
    Criterion.objects.update(text="改過的內容", full_hundredths=1)
    Score.objects.update(hundredths=0, reason="改過")
    cast.registry.name = "婚姻登記中心"
    cast.registry.save()
    for person in (cast.office, cast.leader):
        person.name, person.is_active = "改名的人", False
        person.save()

    assert latest_snapshot(found).body == before
    assert sheets_of(stage.fresh(found), found.sheets.all()) == shown
    assert [fault for _snapshot, fault in rounds.verify_snapshots()] == [""]


def test_verify_finds_a_changed_and_an_exchanged_snapshot(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)
    snapshot = latest_snapshot(found)
    body = snapshot.body.replace("78.22", "98.22")

    ResultSnapshot.objects.update(body=body)
    assert [fault for _s, fault in rounds.verify_snapshots()] == ["內容與哈希不符，定稿被改過。"]
    ResultSnapshot.objects.update(sha256=rounds.freezing.hash_of(body))
    assert [fault for _s, fault in rounds.verify_snapshots()] == [
        "哈希與留痕裏記的不符，定稿被換過。"
    ]


def test_an_upheld_objection_makes_an_edition_that_changes_one_line(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.ANSWER)
    sheet = stage.sheet_of(found, cast.registry)
    given = stage.marks(sheet, {"2.1": Finding(step="A")}, "異議成立")
    first = latest_snapshot(found)

    with pytest.raises(PermissionDenied):
        rounds.revise_final(
            actor=cast.office, sheet_id=sheet.pk, marks=given, reason="異議", at=stage.START
        )
    cast.registry.name = "婚姻登記中心"
    cast.registry.save()
    second = rounds.revise_final(
        actor=cast.leader, sheet_id=sheet.pk, marks=given, reason="異議成立", at=stage.START
    )

    assert second.edition == 2
    was = {view.department_id: view for view in frozen_sheets(first)}
    now = {view.department_id: view for view in frozen_sheets(second)}
    assert now[cast.funeral_home.pk] == was[cast.funeral_home.pk]
    changed = [
        line.number
        for line, old in zip(now[cast.registry.pk].lines, was[cast.registry.pk].lines, strict=True)
        if line != old
    ]
    assert changed == ["2.1"]
    assert now[cast.registry.pk].department == "婚姻登記處"
    assert now[cast.registry.pk].total > was[cast.registry.pk].total
    ranks = {
        each["sheet"]["department"]: each["rank"] for each in json.loads(second.body)["sheets"]
    }
    assert (ranks["婚姻登記處"], ranks["殯儀館"]) == (1, 2)
    assert [fault for _s, fault in rounds.verify_snapshots()] == ["", ""]


def test_the_window_for_objections_cannot_be_closed_early(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)

    with pytest.raises(WrongState, match="異議期到 11月30日為止"):
        rounds.advance_round(
            actor=cast.office, round_id=found.pk, at=stage.START, reason="大家都沒意見"
        )


def test_the_window_may_be_made_longer_but_not_shorter(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)
    dates = {
        row.phase: rounds.PhaseDates(row.phase, row.start_date, row.due_date)
        for row in found.phases.all()
    }
    start = dates["feedback"].start_date

    def move(due: date) -> None:
        wanted = dates | {"feedback": rounds.PhaseDates("feedback", start, due)}
        rounds.revise_phases(
            actor=cast.office, round_id=found.pk, phases=list(wanted.values()), at=stage.START
        )

    with pytest.raises(ValidationError, match="只能延長"):
        move(date(2026, 11, 27))
    move(date(2026, 12, 1))

    assert found.phases.get(phase="feedback").due_date == date(2026, 12, 1)


def test_the_next_round_compares_with_this_one(cast: Cast) -> None:
    early = stage.round_at(
        cast,
        Phase.FEEDBACK,
        period_start=date(2026, 7, 1),
        period_end=date(2026, 9, 30),
    )
    later = stage.round_at(cast, Phase.DECISION)

    (view,) = read_sheets(later, [stage.sheet_of(later, cast.registry)])

    assert early.code == "2026-Q3"
    assert (view.previous.title, view.previous.total, view.delta) == (
        early.title,
        D("78.22"),
        D("0.00"),
    )


def test_system_figures_are_filled_in_and_kept_when_they_change(cast: Cast, now: datetime) -> None:
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, issued=True
    )
    assignment = make.AssignmentFactory(measure=measure)
    for label, due in [("2026-10", date(2026, 10, 25)), ("2026-11", date(2026, 11, 20))]:
        make.SubmissionFactory(
            assignment=assignment, label=label, due_date=due, accepted=label == "2026-11"
        )
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)

    score = stage.score_of(sheet, "1.3", "first")

    assert (score.finding, score.points, score.by) == (
        {"done": "1", "planned": "2"},
        D(5),
        None,
    )
    other = stage.score_of(stage.sheet_of(found, cast.funeral_home), "1.3", "first")
    assert other.is_not_applicable
    assert rounds.refresh_figures(actor=cast.office, round_id=found.pk, at=now) == 0


def test_reading_sheets_takes_the_same_queries_for_any_number(
    cast: Cast, django_assert_num_queries: Callable
) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    everyone = list(Sheet.objects.filter(round=found).select_related("profile"))

    with django_assert_num_queries(7):
        read_sheets(found, everyone[:1])
    with django_assert_num_queries(7):
        read_sheets(found, everyone)
