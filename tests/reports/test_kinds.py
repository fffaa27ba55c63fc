"""各種文件：各按自己的提綱編成，每個數等於清單；與上一份印發的相比有標記；附件和期號。"""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.models import Honour
from people.models import User
from reports import services
from reports.annexes import annexes_of
from reports.composing import compose, paper_of
from reports.drafts import paper_of as printed_of
from reports.links import url_of_item
from reports.marks import EXTENDED, NEW, RECTIFIED, UPDATED
from reports.material import Span, gather
from reports.models import Outline, Paragraph, Report
from reports.outline import OUTLINES
from reports.paper import Paper, fingerprint
from reports.periods import default_period
from reports.printing import document_of
from reports.services import outlines
from reports.services.compiling import scoped
from reports.services.outlines import OutlineChanged, OutlineSettings
from reports.verifying import faults_of
from tasks.models import ChangeRequest, Measure, Round
from tests.cast import Cast
from tests.factories import HonourFactory, MeasureFactory
from tests.reports.stage import (
    QUARTER,
    SENTENCE,
    Stage,
    accepted,
    chapters,
    draft,
    lay_out,
    paragraph,
    told,
)
from tests.reports.stage import (
    issue as issued,
)
from tests.reports.stage import (
    paper as situation,
)

DAY = timedelta(days=1)


@pytest.fixture
def stage(cast: Cast, clock: object) -> Stage:
    return lay_out(cast)


def of_kind(stage: Stage, kind: str, at: datetime, **scope: object) -> Paper:
    material = gather(stage.cast.campaign, Span(*QUARTER, at), kind)
    given = scoped(OUTLINES[kind], scope.get("tasks", ()), scope.get("highlights", ()))
    return paper_of(material, kind, given, annexes=("breakdown", "results", "sources"))


def issue(stage: Stage, report: Report, at: datetime) -> Report:
    return issued(stage.cast, report, at)


def extend(stage: Stage, at: datetime) -> ChangeRequest:
    """婚姻登記處那一件批准延期。"""
    return ChangeRequest.objects.create(
        assignment=stage.opened.assignment,
        submission=stage.opened,
        kind="extension",
        state="approved",
        reason="佐證未齊",
        previous_date=date(2026, 11, 10),
        granted_date=date(2026, 11, 20),
        requested_by=stage.cast.clerk,
        requested_at=at,
        decided_by=stage.cast.office,
        decided_at=at,
    )


# —— 各種 ——


def test_every_kind_composes_and_every_figure_equals_its_list(stage: Stage, now: datetime) -> None:
    HonourFactory(department=stage.cast.registry, granted_date=date(2026, 10, 8))
    extend(stage, now - DAY)

    for kind in Report.Kind:
        assert_sound(of_kind(stage, kind, now, tasks=("T3",) if kind == "topical" else ()), stage)


def assert_sound(printed: Paper, stage: Stage) -> None:
    """不空，每段有出處、有句號，每個數等於清單、寫在文中，清單的每一條打得開。"""
    assert len(printed.sections) >= 3
    assert [figure.label for figure in printed.figures() if not figure.adds_up] == []
    for section in printed.sections:
        for row in section.paragraphs:
            assert row.sources, row.text
            assert row.text.endswith(("。", "？", "！")), row.text
            for figure in row.figures:
                assert figure.phrase in row.text
                for item in figure.items:
                    assert url_of_item(item, stage.cast.campaign.code).startswith("/")


def test_only_accepted_text_is_told_and_who_owes_is_named(stage: Stage, now: datetime) -> None:
    for kind in ("situation", "monthly", "quarterly", "bulletin", "topical", "notice", "meeting"):
        printed = of_kind(stage, kind, now, tasks=("T3",) if kind == "topical" else ())
        words = "\n".join(row.text for row in printed.paragraphs())

        assert (SENTENCE in words) == (kind not in ("notice", "meeting"))
        assert "退回了" not in words
        assert "還在改" not in words
        named = "".join(row.text for row in printed.paragraphs() if row.kind == "missing")
        assert kind == "bulletin" or ("逾期未報1件" in named and "退回待補報1件" in named)


def test_a_topical_report_keeps_to_the_chosen_task(stage: Stage, now: datetime) -> None:
    other = MeasureFactory(campaign=stage.cast.campaign, issued=True, code="9-01")
    accepted(stage.cast, other, stage.cast.registry, "別的任務的一件。")

    report = draft(stage.cast, now, kind="topical", tasks=["T3"], annexes=["breakdown"])

    printed = printed_of(report)
    words = "\n".join(row.text for row in printed.paragraphs())
    assert SENTENCE in words
    assert "別的任務的一件" not in words
    assert all(cells[0] != "9-01" for cells in printed.annexes[0].tables[0].rows)


def test_a_bulletin_tells_news_by_unit_and_the_chosen_experience(
    stage: Stage, now: datetime
) -> None:
    code = stage.opened.assignment.measure.code

    found = chapters(of_kind(stage, "bulletin", now, highlights=(code,)))

    unit = next(texts for heading, texts in found.items() if heading.endswith("婚姻登記處"))
    assert unit[0].startswith(SENTENCE)
    assert any("經驗交流" in heading for heading in found)
    assert not any("經驗交流" in heading for heading in chapters(of_kind(stage, "bulletin", now)))


def test_a_bulletin_names_the_period_without_a_bare_bracket(stage: Stage, now: datetime) -> None:
    measure, unit = stage.opened.assignment.measure, stage.opened.assignment.department
    october = {"label": "2026-10", "name": "2026年10月"}
    accepted(stage.cast, measure, unit, "窗口延時服務到六點", **october)

    found = chapters(of_kind(stage, "bulletin", now))

    texts = next(texts for heading, texts in found.items() if heading.endswith("婚姻登記處"))
    assert "2026年10月：窗口延時服務到六點。" in texts


def test_a_revoked_honour_is_not_told(stage: Stage, now: datetime) -> None:
    kept = HonourFactory(department=stage.cast.registry, granted_date=date(2026, 10, 8))
    HonourFactory(
        name="已撤的", department=stage.cast.registry,
        granted_date=date(2026, 10, 9), revoked_date=date(2026, 10, 20),
    )  # fmt: skip

    printed = of_kind(stage, "quarterly", now)

    assert printed.figure("honours.all").value == "1"
    assert printed.figure("honours.all").items[0].title == kept.name
    assert Honour.objects.count() == 2


def test_the_same_material_twice_in_an_outline_keeps_its_keys_apart(
    stage: Stage, now: datetime
) -> None:
    chapters_ = (*OUTLINES["situation"], *OUTLINES["monthly"][1:])

    sections = compose(gather(stage.cast.campaign, Span(*QUARTER, now)), chapters_)

    keys = [row.key for section in sections for row in section.paragraphs]
    assert len(keys) == len(set(keys))
    assert len({section.key for section in sections}) == len(sections)


def test_queries_do_not_grow_with_the_material(stage: Stage, now: datetime) -> None:
    HonourFactory(department=stage.cast.registry, granted_date=date(2026, 10, 8))
    extend(stage, now - DAY)

    def costs() -> dict[str, int]:
        found = {}
        for kind in ("quarterly", "meeting", "notice"):
            with CaptureQueriesContext(connection) as queries:
                of_kind(stage, kind, now)
            found[kind] = len(queries)
        return found

    few = costs()
    for number in range(20):
        measure = MeasureFactory(
            campaign=stage.cast.campaign, main_task=stage.task, objective=stage.objective,
            issued=True, code=f"9-{number:02d}", lead_department=stage.cast.registry,
        )  # fmt: skip
        accepted(stage.cast, measure, stage.cast.registry, f"第{number}件已辦好。")

    assert costs() == few
    assert max(few.values()) <= 30


# —— 標記 ——


def test_nothing_is_new_before_anything_was_issued(stage: Stage, now: datetime) -> None:
    assert told(draft(stage.cast, now), stage.opened).marks == []


def test_new_updated_extended_and_rectified_against_the_last_issued(
    stage: Stage, now: datetime
) -> None:
    issue(stage, draft(stage.cast, now), now)
    later = now + DAY
    measure = stage.opened.assignment.measure
    accepted(
        stage.cast, measure, stage.cast.registry, "新的一件。",
        label="2026-10", name="2026年10月", decided_at=later,
    )  # fmt: skip
    extend(stage, later)
    Round.objects.filter(submission=stage.helped).update(narrative="我室又印了一版。")
    Round.objects.filter(submission=stage.helped).update(number=2)
    stage.helped.round_number = 2
    stage.helped.save()
    Round.objects.create(
        submission=stage.helped, number=1, opened_at=now, due_date=now.date(),
        decision="sent_back", decided_at=now,
    )  # fmt: skip

    report = draft(stage.cast, later + DAY)

    new = paragraph(report, f"round.{measure.assignments.first().submissions.last().pk}")
    assert new.marks == [NEW, EXTENDED]
    helped = told(report, stage.helped)
    assert helped.marks == [RECTIFIED, UPDATED]
    assert "已印製公開目錄" in helped.prior_text
    assert EXTENDED in told(report, stage.opened).marks


def test_another_period_in_the_opening_sentence_is_no_news(stage: Stage, now: datetime) -> None:
    issue(stage, draft(stage.cast, now), now)
    third = {"period_start": date(2026, 7, 1), "period_end": date(2026, 9, 30)}

    report = draft(stage.cast, now + DAY, **third)

    assert "（第三季度）" in paragraph(report, "preface").text
    assert paragraph(report, "preface").marks == []


def test_an_opening_sentence_issued_with_the_year_is_no_news(stage: Stage, now: datetime) -> None:
    report = draft(stage.cast, now)
    row = paragraph(report, "preface")
    Paragraph.objects.filter(pk=row.pk).update(
        text=row.text.replace("（第四季度）", "（2026年第四季度）")
    )
    issue(stage, report, now)

    assert paragraph(draft(stage.cast, now + DAY), "preface").marks == []


def test_another_kind_is_compared_with_its_own_last(stage: Stage, now: datetime) -> None:
    issue(stage, draft(stage.cast, now), now)

    assert told(draft(stage.cast, now, kind="monthly"), stage.opened).marks == []


def test_marks_are_frozen_in_the_snapshot(stage: Stage, now: datetime) -> None:
    issue(stage, draft(stage.cast, now), now)
    Round.objects.filter(submission=stage.opened).update(narrative="改過的一句。")

    second = issue(stage, draft(stage.cast, now + DAY), now + DAY)

    row = next(
        row for row in printed_of(second).paragraphs() if row.key == f"round.{stage.opened.pk}"
    )
    assert row.marks == (UPDATED,)


# —— 附件、核對 ——


def test_annexes_are_frozen_and_their_totals_are_verified(stage: Stage, now: datetime) -> None:
    report = issue(stage, draft(stage.cast, now, annexes=["breakdown", "sources"]), now)
    MeasureFactory(campaign=stage.cast.campaign, issued=True, code="9-99")

    printed = printed_of(Report.objects.get(pk=report.pk))

    assert [annex.key for annex in printed.annexes] == ["breakdown", "sources"]
    listed, summed = printed.annexes[0].tables
    assert len(listed.rows) == 4
    assert summed.rows[-1][:2] == ("合計", "4")
    assert faults_of(report) == []


def test_the_annex_counts_passed_reports_as_the_text_does(stage: Stage, now: datetime) -> None:
    report = draft(stage.cast, now, annexes=["breakdown"])
    told = next(
        figure.value
        for section in printed_of(report).sections
        for row in section.paragraphs
        for figure in row.figures
        if figure.key == "objective.all.accepted"
    )

    [annex] = annexes_of(report)

    assert int(told) > 0
    assert annex.tables[1].rows[-1][-1] == told
    assert annex.tables[0].widths[3] >= 24, "「2026.12.18」十個小四半字要排在一行"


def test_verifying_names_the_figure_that_is_off(stage: Stage, now: datetime) -> None:
    report = issue(stage, draft(stage.cast, now, annexes=["breakdown"]), now)
    data = report.snapshot
    figure = next(
        figure
        for section in data["sections"]
        for row in section["paragraphs"]
        for figure in row["figures"]
        if figure["key"] == "objective.all.measures"
    )
    figure["value"], figure["quoted"] = "9", "4項"
    data["annexes"][0]["tables"][1]["rows"][-1][1] = "8"
    data["annexes"][0]["texts"] = ["本表共列措施7項。"]
    report.snapshot, report.sha256 = data, fingerprint(data)

    assert faults_of(report) == [
        "數據「措施數」寫的是9，清單有4條",
        "附件「任務分解表」的「措施」合計寫的是8，各行相加是4",
        "附件「任務分解表」寫的是共7，列出的有4",
    ]


def test_a_share_is_recomputed_from_its_list(stage: Stage, now: datetime) -> None:
    Measure.objects.filter(code="3-02").update(state="closed", closed_at=now - DAY)

    figure = of_kind(stage, "meeting", now).figure("progress.closed_share")

    assert (figure.phrase, figure.kind, len(figure.items)) == ("25%", "share", 4)
    assert figure.adds_up


def test_a_draft_without_annexes_builds_none(stage: Stage, now: datetime) -> None:
    assert annexes_of(draft(stage.cast, now)) == ()
    assert situation(stage.cast, now).annexes == ()


# —— 期號、期間 ——


def test_numbers_count_per_kind_and_the_outline_gives_the_mark(stage: Stage, now: datetime) -> None:
    outline = outlines.create_outline(
        actor=stage.cast.office, campaign=stage.cast.campaign, kind="bulletin", name="簡報", at=now
    )
    Outline.objects.filter(pk=outline.pk).update(mark="平民創簡")
    outline.refresh_from_db()

    one = issue(stage, draft(stage.cast, now, kind="bulletin", outline=outline), now)
    two = issue(stage, draft(stage.cast, now, kind="bulletin", outline=outline), now)
    other = issue(stage, draft(stage.cast, now), now)

    assert [each.number for each in (one, two, other)] == [1, 2, 1]
    assert [each.document_number for each in (one, two, other)] == [
        "平民創簡〔2026〕1號",
        "平民創簡〔2026〕2號",
        "",
    ]


def test_the_default_period_follows_the_kind(stage: Stage, now: datetime) -> None:
    campaign, today = stage.cast.campaign, date(2026, 11, 23)
    campaign.start_date = date(2026, 1, 5)

    def usual(kind: str) -> tuple[date, date]:
        return default_period(campaign, kind, today)

    assert usual("monthly") == (date(2026, 10, 1), date(2026, 10, 31))
    assert usual("quarterly") == (date(2026, 7, 1), date(2026, 9, 30))
    assert usual("situation") == QUARTER
    assert usual("meeting") == (date(2026, 10, 1), today)

    span = {"period_start": date(2026, 10, 1), "period_end": date(2026, 11, 10)}
    issue(stage, draft(stage.cast, now, kind="meeting", **span), now)
    assert usual("meeting") == (date(2026, 11, 11), today)


# —— 提綱 ——


def made(stage: Stage, at: datetime, kind: str = "notice") -> Outline:
    return outlines.create_outline(
        actor=stage.cast.office, campaign=stage.cast.campaign, kind=kind, name="本局的", at=at
    )


def saved(outline: Outline, actor: User, at: datetime, version: int = 0) -> Outline:
    return outlines.save_outline(
        actor=actor,
        outline_id=outline.pk,
        version=version,
        settings=OutlineSettings(name="本局的", annexes=["breakdown"]),
        chapters=OUTLINES["notice"][:2],
        at=at,
    )


def test_a_report_keeps_the_chapters_it_was_made_with(stage: Stage, now: datetime) -> None:
    outline = made(stage, now)
    report = draft(stage.cast, now, kind="notice", outline=outline)

    saved(outline, stage.cast.office, now)
    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now)

    assert outline.rows.count() == 2
    assert len(Report.objects.get(pk=report.pk).chapters) == len(OUTLINES["notice"])


def test_the_second_of_two_editors_is_told(stage: Stage, now: datetime) -> None:
    outline = made(stage, now)
    saved(outline, stage.cast.office, now)

    with pytest.raises(OutlineChanged, match="別人改過這份提綱"):
        saved(outline, stage.cast.office, now)

    assert saved(outline, stage.cast.office, now, version=1).version == 2


def test_one_default_a_kind_and_none_when_retired(stage: Stage, now: datetime) -> None:
    first = made(stage, now)
    second = outlines.create_outline(
        actor=stage.cast.office, campaign=stage.cast.campaign, kind="notice", name="另一份", at=now
    )
    for each in (first, second):
        outlines.set_default(actor=stage.cast.office, outline_id=each.pk, at=now)
    assert list(Outline.objects.filter(is_default=True)) == [second]

    outlines.retire(actor=stage.cast.office, outline_id=second.pk, at=now)

    assert not Outline.objects.filter(is_default=True).exists()


def test_a_bulletin_without_a_head_prints_its_issue_under_the_title(
    stage: Stage, now: datetime
) -> None:
    report = issue(stage, draft(stage.cast, now, kind="bulletin"), now)

    place = document_of(printed_of(report)).place_line

    assert place == "（第1期，2026年第四季度）"
