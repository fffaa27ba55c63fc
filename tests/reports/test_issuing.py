"""簽發：凍結之後，什麼改動都不影響它；期號不重不漏；更正是新的一期。"""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from journal.models import Entry, Notice
from reports import services
from reports.drafts import paper_of
from reports.editor import editor_of
from reports.issue_checks import issue_checks
from reports.models import Figure, Paragraph, Report
from reports.printing import document_of
from reports.rendering import to_docx
from tasks.models import Measure, Round
from tests.cast import Cast
from tests.reports.stage import (
    SENTENCE,
    Stage,
    docx_chapters,
    draft,
    lay_out,
    reviewed,
    sign,
    told,
)
from tests.reports.stage import issue as run_through

HOUR = timedelta(hours=1)


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


@pytest.fixture
def report(stage: Stage, now: datetime) -> Report:
    return draft(stage.cast, now)


def issue(stage: Stage, report: Report, at: datetime) -> Report:
    return run_through(stage.cast, report, at)


def change_everything(stage: Stage) -> None:
    Round.objects.update(narrative="後來改了。", nil_reason="後來改了。")
    Measure.objects.update(title="後來改了", state="suspended")
    stage.cast.registry.name = "婚姻登記中心"
    stage.cast.registry.save()
    stage.cast.leader.name = "新組長"
    stage.cast.leader.save()


def test_issuing_freezes_text_figures_and_sources(
    stage: Stage, report: Report, now: datetime
) -> None:
    issue(stage, report, now)
    before = paper_of(Report.objects.get(pk=report.pk))
    word = to_docx(document_of(before))

    change_everything(stage)

    after = Report.objects.get(pk=report.pk)
    assert paper_of(after) == before
    assert docx_chapters(to_docx(document_of(paper_of(after)))) == docx_chapters(word)
    assert services.is_intact(after)


def test_even_touching_the_draft_rows_does_not_change_what_was_issued(
    stage: Stage, report: Report, now: datetime
) -> None:
    issue(stage, report, now)

    Paragraph.objects.update(text="偷偷改的。")
    Figure.objects.update(value="99", items=[])

    issued = Report.objects.get(pk=report.pk)
    assert any(SENTENCE in p.text for p in paper_of(issued).paragraphs())
    assert services.is_intact(issued)


def test_a_changed_snapshot_is_detected(stage: Stage, report: Report, now: datetime) -> None:
    issued = issue(stage, report, now)
    issued.snapshot["title"] = "改過的標題"
    issued.save(update_fields=["snapshot"])

    assert not services.is_intact(Report.objects.get(pk=report.pk))


def test_the_figures_in_the_word_file_equal_the_snapshot(
    stage: Stage, report: Report, now: datetime
) -> None:
    printed = paper_of(issue(stage, report, now))
    found = docx_chapters(to_docx(document_of(printed)))

    for section in printed.sections:
        lines = found[section.printed]
        for figure in (f for p in section.paragraphs for f in p.figures):
            assert any(figure.phrase in line for line in lines), figure.label
    assert all(figure.adds_up for figure in printed.figures())


def test_nothing_can_be_done_to_an_issued_report(
    stage: Stage, report: Report, now: datetime
) -> None:
    issue(stage, report, now)
    row, office = told(report, stage.opened), stage.cast.office

    for attempt in (
        lambda: services.edit_paragraph(
            actor=office, paragraph_id=row.pk, text="改。", version=0, at=now
        ),
        lambda: services.leave_out(actor=office, paragraph_id=row.pk, at=now),
        lambda: services.recompile(actor=office, report_id=report.pk, at=now),
        lambda: services.discard(actor=office, report_id=report.pk, at=now),
        lambda: issue(stage, report, now),
    ):
        with pytest.raises(services.AlreadyIssued, match="。"):
            attempt()
    assert services.is_intact(Report.objects.get(pk=report.pk))


def test_the_database_refuses_an_issued_report_without_a_snapshot(
    stage: Stage, report: Report
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(state=Report.State.ISSUED)

    report.refresh_from_db()
    assert report.is_draft


def test_numbers_run_on_without_gaps(stage: Stage, now: datetime) -> None:
    first, dropped, third = (draft(stage.cast, now) for _n in range(3))
    issue(stage, first, now)
    services.discard(actor=stage.cast.office, report_id=dropped.pk, at=now)
    issue(stage, third, now)

    assert list(Report.objects.filter(number__gt=0).values_list("number", flat=True)) == [2, 1]


def test_a_draft_changed_since_the_confirmation_page_goes_no_further(
    stage: Stage, report: Report, now: datetime
) -> None:
    services.leave_out(actor=stage.cast.officer, paragraph_id=told(report, stage.opened).pk, at=now)

    given = {"report_id": report.pk, "version": 0, "at": now}

    with pytest.raises(services.Changed):
        services.submit_for_review(actor=stage.cast.office, **given)
    services.submit_for_review(actor=stage.cast.officer, **given | {"version": 1})
    with pytest.raises(services.Changed):
        services.pass_review(actor=stage.cast.office, **given)

    report.refresh_from_db()
    assert report.is_draft


def test_issuing_tells_the_leading_group_and_the_units_once_each(
    stage: Stage, report: Report, now: datetime
) -> None:
    issue(stage, report, now)

    told_names = list(
        Notice.objects.filter(title__startswith="已印發").values_list(
            "recipient__username", flat=True
        )
    )
    assert sorted(told_names) == [
        "deputy", "head", "helper_head", "neighbour", "office", "officer",
    ]  # fmt: skip
    assert Entry.objects.get(action="reports.issued").actor == stage.cast.leader


def test_leaders_issue_and_the_office_corrects(stage: Stage, report: Report, now: datetime) -> None:
    reviewed(stage.cast, report, now)
    for who in (stage.cast.office, stage.cast.clerk, stage.cast.admin):
        with pytest.raises(PermissionDenied):
            sign(who, report, now)
    sign(stage.cast.deputy, report, now)

    with pytest.raises(PermissionDenied):
        services.correct(actor=stage.cast.leader, report_id=report.pk, note="改。", at=now)


def test_an_empty_report_is_not_issued(stage: Stage, report: Report, now: datetime) -> None:
    Paragraph.objects.update(is_left_out=True)

    with pytest.raises(ValidationError, match="沒有任何內容"):
        issue(stage, report, now)


def test_what_lost_its_acceptance_is_not_issued_until_recompiled(
    stage: Stage, report: Report, now: datetime
) -> None:
    stage.opened.rounds.update(decision="", decided_at=None)

    with pytest.raises(ValidationError, match="已被撤回通過"):
        issue(stage, report, now)
    assert "剛被撤回通過" in issue_checks(editor_of(report, now))[0].text

    services.send_back(actor=stage.cast.leader, report_id=report.pk, reason="重編。", at=now)
    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now)
    printed = paper_of(issue(stage, report, now))
    assert not any(SENTENCE in p.text for p in printed.paragraphs())


def test_a_correction_is_a_new_number_that_says_what_it_replaces(
    stage: Stage, report: Report, now: datetime
) -> None:
    original = issue(stage, report, now)
    before = original.sha256
    fresh = services.correct(
        actor=stage.cast.office, report_id=report.pk, note="更正公開場所數", at=now + HOUR
    )
    row = told(fresh, stage.opened)
    services.edit_paragraph(
        actor=stage.cast.office, paragraph_id=row.pk, text="更正後的話。", version=0, at=now + HOUR
    )

    issued = issue(stage, fresh, now + HOUR)

    lines = docx_chapters(to_docx(document_of(paper_of(issued))))
    assert (issued.number, issued.edition, issued.supersedes) == (2, 2, original)
    assert "本件更正並取代2026年11月23日印發的第1期。更正公開場所數。" in lines[""]
    original.refresh_from_db()
    assert original.sha256 == before
    assert services.is_intact(original)
    assert any(SENTENCE in p.text for p in paper_of(original).paragraphs())


def test_one_correction_at_a_time(stage: Stage, report: Report, now: datetime) -> None:
    issue(stage, report, now)
    given = {"actor": stage.cast.office, "report_id": report.pk, "at": now}
    services.correct(**given, note="更正一處。")

    with pytest.raises(ValidationError, match="已有更正版"):
        services.correct(**given, note="再更正一處。")


def test_a_correction_must_say_what(stage: Stage, report: Report, now: datetime) -> None:
    issue(stage, report, now)

    with pytest.raises(ValidationError, match="寫明更正什麼"):
        services.correct(actor=stage.cast.office, report_id=report.pk, note=" ", at=now)


def test_names_frozen_at_issue_keep_their_characters(
    stage: Stage, report: Report, now: datetime
) -> None:
    stage.cast.leader.name = "游美髮"
    stage.cast.leader.save()
    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now)
    issued = issue(stage, report, now)

    found = docx_chapters(to_docx(document_of(paper_of(issued), script="hans")))

    assert found["四、组织领导"][0].startswith("创建工作领导小组由局长游美髮任组长")


def test_a_person_called_by_post_is_converted_like_any_word(
    stage: Stage, report: Report, now: datetime
) -> None:
    stage.cast.leader.name = "局長"
    stage.cast.leader.save()
    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now)

    printed = paper_of(issue(stage, report, now))

    assert "局長" not in printed.names
    assert "由局長任組長" in "".join(p.text for p in printed.paragraphs())
