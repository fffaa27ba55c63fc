"""編輯：人改的字重新彙集也不丟；兩個人同時改不互相蓋掉。"""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from journal.models import Entry
from reports import services
from reports.drafts import read_draft
from reports.editor import editor_of
from reports.issue_checks import issue_checks
from reports.models import Paragraph, Report, Section
from tests.cast import Cast
from tests.factories import MainTaskFactory, MeasureFactory, ObjectiveFactory
from tests.reports.stage import (
    SENTENCE,
    Stage,
    accepted,
    chapters,
    draft,
    lay_out,
    paragraph,
    told,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


@pytest.fixture
def report(stage: Stage, now: datetime) -> Report:
    return draft(stage.cast, now)


def edit(stage: Stage, row: Paragraph, text: str, at: datetime, **given: object) -> Paragraph:
    values = {"actor": stage.cast.office, "paragraph_id": row.pk, "version": row.version}
    return services.edit_paragraph(**values | {"text": text, "at": at} | given)


def revise(stage: Stage, narrative: str) -> None:
    stage.opened.rounds.update(narrative=narrative)


def test_a_draft_holds_what_was_composed_with_its_sources(stage: Stage, report: Report) -> None:
    row = told(report, stage.opened)
    source = row.sources.get()

    assert row.text == row.composed_text == f"婚姻登記處：{SENTENCE}。報送數據：公開場所3處。"
    assert (source.round, source.department_name) == (stage.opened.rounds.get(), "婚姻登記處")
    assert Entry.objects.filter(action="reports.created", target_id=report.pk).exists()


def test_edited_text_survives_recompiling_and_is_marked(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = told(report, stage.opened)
    edit(stage, row, "大廳公開了收費標準。", now)
    revise(stage, "辦事程序、收費標準和承諾均已公開。")

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)

    row.refresh_from_db()
    assert (row.text, row.is_edited, row.is_stale) == ("大廳公開了收費標準。", True, True)
    assert row.composed_text.startswith("婚姻登記處：辦事程序、收費標準和承諾均已公開。")


def test_saving_after_looking_at_the_new_source_settles_it(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = edit(stage, told(report, stage.opened), "大廳公開了收費標準。", now)
    revise(stage, "來源又補充了。")
    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)
    edit(stage, row, row.text, now + HOUR, is_draft=True)
    after_autosave = Paragraph.objects.get(pk=row.pk).is_stale

    edit(stage, row, row.text, now + HOUR)

    row.refresh_from_db()
    assert after_autosave
    assert (row.is_stale, row.text) == (False, "大廳公開了收費標準。")


def test_untouched_text_follows_its_source(stage: Stage, report: Report, now: datetime) -> None:
    revise(stage, "改用電子屏公開。")

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)

    row = told(report, stage.opened)
    assert row.text.startswith("婚姻登記處：改用電子屏公開。")
    assert not row.is_stale
    report.refresh_from_db()
    assert report.cutoff_at == now + HOUR


def test_recompiling_twice_changes_nothing(stage: Stage, report: Report, now: datetime) -> None:
    before = read_draft(report)

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now)

    assert read_draft(Report.objects.get(pk=report.pk)) == before


def test_a_new_report_comes_in_at_its_place(stage: Stage, report: Report, now: datetime) -> None:
    cast, task = stage.cast, stage.task
    measure = MeasureFactory(
        campaign=cast.campaign,
        main_task=task,
        issued=True,
        code="3-01",
        position=0,
        lead_department=cast.registry,
    )
    accepted(cast, measure, cast.registry, "首接責任制已上牆。", decided_at=now + HOUR)

    services.recompile(actor=cast.office, report_id=report.pk, at=now + 2 * HOUR)

    texts = chapters(read_draft(report))["（一）改進行業管理，實現規範服務"]
    assert [text[:9] for text in texts] == [
        "分解措施5項，正在", "婚姻登記處：首接責", "婚姻登記處：辦事程", "局辦公室：我室已印"[:9],
    ]  # fmt: skip


def test_the_order_the_office_chose_stays(stage: Stage, report: Report, now: datetime) -> None:
    services.move(
        actor=stage.cast.office, paragraph_id=told(report, stage.helped).pk, up=True, at=now
    )

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)

    keys = list(Paragraph.objects.filter(section__key="task.T3").values_list("key", flat=True))
    assert keys == ["task.T3.figures", f"round.{stage.helped.pk}", f"round.{stage.opened.pk}"]


def test_sections_without_words_or_measures_are_not_called_filled(
    stage: Stage, now: datetime
) -> None:
    bare = ObjectiveFactory(
        campaign=stage.cast.campaign, number=5, title="學習風氣濃厚,文體衛生先進"
    )
    MainTaskFactory(campaign=stage.cast.campaign, number=4, title="加強環境建設")
    editor = editor_of(draft(stage.cast, now), now)

    states = {part.key: part.state for part in editor.outline}

    assert states[f"objective.{stage.objective.code}"] == "done"
    assert states[f"objective.{bare.code}"] == "todo"
    assert (states["task"], states["task.T3"], states["task.T4"]) == ("done", "done", "todo")
    assert [check.text for check in issue_checks(editor)] == [
        "有 1 項工作目標還沒有對應的措施：「學習風氣濃厚，文體衛生先進」。"
    ]


def test_a_chapter_of_empty_sections_is_empty_too(cast: Cast, now: datetime) -> None:
    MainTaskFactory(campaign=cast.campaign, number=1, title="完善工作機制")

    states = {part.key: part.state for part in editor_of(draft(cast, now), now).outline}

    assert states["task"] == "todo"


def test_moving_past_the_end_does_nothing(stage: Stage, report: Report, now: datetime) -> None:
    row = told(report, stage.helped)

    services.move(actor=stage.cast.office, paragraph_id=row.pk, up=False, at=now)

    texts = chapters(read_draft(report))["（一）改進行業管理，實現規範服務"]
    assert texts[-1] == row.text


def test_text_whose_source_is_gone_goes_too_unless_someone_worked_on_it(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = told(report, stage.opened)
    edit(stage, row, "大廳公開了收費標準。", now)
    stage.opened.assignment.measure.state = "suspended"
    stage.opened.assignment.measure.save()

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)

    row.refresh_from_db()
    assert (row.is_withdrawn, row.text) == (True, "大廳公開了收費標準。")
    assert not Paragraph.objects.filter(key=f"round.{stage.helped.pk}").exists()


SHARED = "投訴登記表已啟用。"


@pytest.mark.parametrize("was_told_before", [False, True])
def test_words_already_edited_are_not_drowned_in_a_shared_sentence(
    stage: Stage, now: datetime, was_told_before: bool
) -> None:
    """改過的一段仍是那個單位的；別的單位後來說得一樣，另成一段，誰的都不丟、不說兩遍。"""
    measure = stage.opened.assignment.measure
    other = {"department": stage.cast.funeral_home, "role": "supporting"}
    if was_told_before:
        newcomer = accepted(stage.cast, measure, **other, narrative="正在準備。")
    report = draft(stage.cast, now)
    row = told(report, stage.helped)
    edit(stage, row, "局辦公室啟用了投訴登記表。", now)
    stage.helped.rounds.update(narrative=SHARED)
    if was_told_before:
        newcomer.rounds.update(narrative=SHARED)
    else:
        accepted(stage.cast, measure, **other, narrative=SHARED)

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)

    row.refresh_from_db()
    assert (row.is_withdrawn, row.is_stale) == (False, True)
    assert row.text == "局辦公室啟用了投訴登記表。"
    said = Paragraph.objects.filter(section__report=report, composed_text__contains=SHARED)
    assert sorted(said.values_list("composed_text", flat=True)) == [
        f"局辦公室：{SHARED}",
        f"殯儀館：{SHARED}",
    ]


def test_a_unit_that_joins_a_shared_sentence_ahead_keeps_the_words_edited(
    stage: Stage, now: datetime
) -> None:
    measure = stage.opened.assignment.measure
    stage.opened.rounds.get().figure_values.all().delete()
    for row in (stage.opened, stage.helped):
        row.rounds.update(narrative=SHARED)
    report = draft(stage.cast, now)
    row = told(report, stage.opened)
    edit(stage, row, "兩個單位都啟用了投訴登記表。", now)
    accepted(stage.cast, measure, stage.cast.funeral_home, SHARED, role="supporting")

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)

    row.refresh_from_db()
    assert (row.is_withdrawn, row.is_stale) == (False, True)
    assert row.composed_text.endswith(f"均報告：{SHARED}")
    assert row.sources.count() == 3


def test_a_shared_sentence_left_out_stays_out_when_its_first_unit_is_gone(
    stage: Stage, now: datetime
) -> None:
    measure = stage.opened.assignment.measure
    first = accepted(stage.cast, measure, stage.cast.funeral_home, SHARED, role="supporting")
    stage.helped.rounds.update(narrative=SHARED)
    report = draft(stage.cast, now)
    row = told(report, first)
    Paragraph.objects.filter(pk=row.pk).update(is_left_out=True)
    first.rounds.update(decision="")

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)

    row.refresh_from_db()
    assert (row.is_left_out, row.text) == (True, f"局辦公室：{SHARED}")
    assert [source.department_name for source in row.sources.all()] == ["局辦公室"]
    assert not Paragraph.objects.filter(key=f"round.{stage.helped.pk}").exists()


def test_a_number_that_changed_is_shown_and_updated_on_request(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = paragraph(report, "task.T3.figures")
    edit(stage, row, "本項任務分解措施4項，其中已辦結0項，進展順利。", now)
    MeasureFactory(
        campaign=stage.cast.campaign, main_task=stage.task, issued=True,
        lead_department=stage.cast.registry,
    )  # fmt: skip
    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)
    stale = editor_of(report, now).row(row.pk).stale_figures

    services.update_figures(actor=stage.cast.office, paragraph_id=row.pk, at=now + HOUR)

    row.refresh_from_db()
    assert [figure.phrase for figure in stale] == ["5項"]
    assert row.text == "本項任務分解措施5項，其中已辦結0項，進展順利。"
    assert editor_of(report, now).row(row.pk).stale_figures == []


def test_a_number_written_anew_by_hand_is_no_longer_stale(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = paragraph(report, "task.T3.figures")
    edit(stage, row, "分解措施4項，進展順利。", now)
    row.figures.filter(key__endswith="measures").update(value="5")

    row = edit(stage, Paragraph.objects.get(pk=row.pk), "分解措施5項，進展順利。", now)

    assert row.figures.get(key__endswith="measures").quoted == "5項"


def test_a_second_editor_is_warned_and_overwrites_nothing(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = told(report, stage.opened)
    edit(stage, row, "主任的改法。", now)

    with pytest.raises(services.Conflict) as refusal:
        edit(stage, row, "幹事的改法。", now, actor=stage.cast.officer)

    assert "主任丙 在 09:00 改過這一段" in str(refusal.value)
    assert Paragraph.objects.get(pk=row.pk).text == "主任的改法。"


def test_saving_the_same_words_twice_is_no_conflict(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = told(report, stage.opened)
    edit(stage, row, "一樣的字。", now)

    saved = edit(stage, row, "一樣的字。", now)

    assert saved.version == 1


def test_autosaving_leaves_no_trace_and_saving_leaves_one(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = told(report, stage.opened)
    edit(stage, row, "半句", now, is_draft=True)
    after_autosave = Entry.objects.filter(action="reports.edited").count()

    edit(stage, Paragraph.objects.get(pk=row.pk), "整句。", now)

    entry = Entry.objects.get(action="reports.edited")
    assert after_autosave == 0
    assert entry.summary == "修改了「改進行業管理，實現規範服務」的一段。"


def test_going_back_to_the_composed_text(stage: Stage, report: Report, now: datetime) -> None:
    row = told(report, stage.opened)
    edit(stage, row, "改過的。", now)

    services.revert(actor=stage.cast.office, paragraph_id=row.pk, at=now)

    row.refresh_from_db()
    assert (row.text, row.is_edited) == (row.composed_text, False)


def test_typing_the_composed_text_back_counts_as_unedited(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = told(report, stage.opened)
    edit(stage, row, "改過的。", now)

    row = edit(stage, Paragraph.objects.get(pk=row.pk), row.composed_text, now)

    assert not row.is_edited


def test_what_is_left_out_is_not_printed_and_comes_back(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = told(report, stage.opened)
    services.leave_out(actor=stage.cast.office, paragraph_id=row.pk, at=now)
    without = [p.text for p in read_draft(report).paragraphs()]

    services.restore(actor=stage.cast.office, paragraph_id=row.pk, at=now)

    assert row.text not in without
    assert row.text in [p.text for p in read_draft(report).paragraphs()]


def test_a_chapter_left_empty_is_not_numbered(stage: Stage, report: Report, now: datetime) -> None:
    for row in Paragraph.objects.filter(section__key="principle"):
        services.leave_out(actor=stage.cast.office, paragraph_id=row.pk, at=now)

    headings = [section.printed for section in read_draft(report).sections if section.level == 1]
    assert headings[0] == "一、工作目標"
    assert editor_of(report, now).outline[0].printed == "一、工作目標"


def test_the_offices_own_paragraph_stays_through_recompiling(
    stage: Stage, report: Report, now: datetime
) -> None:
    section = Section.objects.get(report=report, key="organisation")
    own = services.add_paragraph(
        actor=stage.cast.office,
        report_id=report.pk,
        section_id=section.pk,
        text="領導小組本季度召開會議兩次。",
        at=now,
    )

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)

    own.refresh_from_db()
    texts = chapters(read_draft(report))["四、組織領導"]
    assert (own.is_own, texts[-1]) == (True, "領導小組本季度召開會議兩次。")


def test_two_own_paragraphs_in_one_section(stage: Stage, report: Report, now: datetime) -> None:
    section = Section.objects.get(report=report, key="organisation")
    given = {"actor": stage.cast.office, "report_id": report.pk, "section_id": section.pk}

    for text in ("第一段。", "第二段。"):
        services.add_paragraph(**given, text=text, at=now)

    assert chapters(read_draft(report))["四、組織領導"][-2:] == ["第一段。", "第二段。"]


@pytest.mark.parametrize("text", ["", "  \n ", "長" * 5001])
def test_empty_and_endless_text_is_refused_with_a_sentence(
    stage: Stage, report: Report, now: datetime, text: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        edit(stage, told(report, stage.opened), text, now)

    assert refusal.value.messages[0].endswith("。")


def test_changing_the_period_recompiles_and_changing_the_title_does_not(
    stage: Stage, report: Report, now: datetime
) -> None:
    settings = services.Settings(
        title="第三季度情況彙報",
        period_start=date(2026, 7, 1),
        period_end=date(2026, 9, 30),
    )

    services.change_settings(
        actor=stage.cast.office, report_id=report.pk, settings=settings, at=now + HOUR
    )

    report.refresh_from_db()
    assert report.title == "第三季度情況彙報"
    assert not Paragraph.objects.filter(key__startswith="round.").exists()


def test_a_period_that_ends_before_it_begins_is_refused(stage: Stage, now: datetime) -> None:
    with pytest.raises(ValidationError, match="期末早於期初"):
        draft(stage.cast, now, period_end=date(2026, 9, 1))


@pytest.mark.parametrize("who", ["leader", "deputy", "head", "clerk", "admin"])
def test_only_the_office_compiles_and_edits(
    stage: Stage, report: Report, now: datetime, who: str
) -> None:
    actor = getattr(stage.cast, who)

    with pytest.raises(PermissionDenied):
        edit(stage, told(report, stage.opened), "改。", now, actor=actor)
    with pytest.raises(PermissionDenied):
        services.recompile(actor=actor, report_id=report.pk, at=now)


def test_the_check_list_names_what_to_look_at(stage: Stage, report: Report, now: datetime) -> None:
    fine = issue_checks(editor_of(report, now))
    edit(stage, told(report, stage.opened), "改過的。", now)
    revise(stage, "來源又變了。")
    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + HOUR)

    checks = issue_checks(editor_of(report, now))

    assert [check.is_fine for check in fine] == [True]
    assert "有一段在您改過之後，來源又更新了" in checks[0].text


def test_a_discarded_draft_is_listed_nowhere(stage: Stage, report: Report, now: datetime) -> None:
    services.discard(actor=stage.cast.office, report_id=report.pk, at=now)

    standing = stage.cast.standing(stage.cast.office)
    assert not Report.objects.visible_to(standing, stage.cast.campaign).exists()
    with pytest.raises(services.AlreadyIssued):
        services.recompile(actor=stage.cast.office, report_id=report.pk, at=now)


def test_long_text_is_kept_whole(stage: Stage, now: datetime) -> None:
    revise(stage, "長" * 500)

    report = draft(stage.cast, now)

    assert "長" * 500 in told(report, stage.opened).text
