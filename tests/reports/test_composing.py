"""彙集：審核通過的進正文，其餘點名；每個數等於它的清單；每句有出處。"""

from dataclasses import replace
from datetime import date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import User
from reports import prose
from reports.composing import compose
from reports.material import Span, gather
from reports.outline import SITUATION
from reports.printing import document_of
from reports.rendering import to_docx
from tasks.models import Measure, Submission
from tests.cast import Cast
from tests.factories import MainTaskFactory, MeasureFactory, ObjectiveFactory, moment
from tests.reports.stage import (
    QUARTER,
    SENTENCE,
    Stage,
    accepted,
    chapters,
    docx_chapters,
    lay_out,
    paper,
)

TASK = "（一）改進行業管理，實現規範服務"


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


def test_the_chapters_follow_the_bureaus_outline_and_number_without_a_gap(
    stage: Stage, now: datetime
) -> None:
    printed = paper(stage.cast, now)

    headings = [section.printed for section in printed.sections if section.level == 1]
    assert headings == [
        "一、提高認識",
        "二、工作目標",
        "三、主要任務",
        "四、組織領導",
        "五、報送情況",
    ]


def test_only_accepted_text_appears_lead_before_supporter(stage: Stage, now: datetime) -> None:
    texts = chapters(paper(stage.cast, now))[TASK]

    assert texts == [
        "分解措施4項，正在辦理，本期報送並審核通過3件。",
        "婚姻登記處：辦事程序和收費標準已在大廳公開。報送數據：公開場所3處。",
        "局辦公室：我室已印製公開目錄。",
    ]


def test_the_opening_sentence_says_the_year_once(stage: Stage, now: datetime) -> None:
    (opening,) = chapters(paper(stage.cast, now))[""]

    assert opening.endswith(
        "現將2026年度文明行業創建（第四季度）情況彙報如下，數據截至2026年11月23日。"
    )


@pytest.mark.parametrize(
    ("name", "period", "said"),
    [
        ("2026年度文明行業創建", "2026年10月", "（10月）"),
        ("2026年度文明行業創建", "2026年上半年", "（上半年）"),
        ("2026年度文明行業創建", "2026年10月1日至11月20日", "（10月1日至11月20日）"),
        ("2026年度文明行業創建", "2026年度", ""),
        (
            "2026年度文明行業創建",
            "2026年12月1日至2027年1月31日",
            "（2026年12月1日至2027年1月31日）",
        ),
        ("2026年度文明行業創建", "2027年第一季度", "（2027年第一季度）"),
        ("文明行業創建", "2026年第四季度", "（2026年第四季度）"),
    ],
)
def test_a_period_beside_the_name_keeps_the_year_it_needs(
    name: str, period: str, said: str
) -> None:
    assert prose.period_beside(name, period) == said


def test_a_figure_the_sentence_has_said_is_not_said_again(stage: Stage, now: datetime) -> None:
    stage.opened.rounds.update(narrative="收費標準已在3處大廳公開。")

    texts = chapters(paper(stage.cast, now))[TASK]

    assert texts[1] == "婚姻登記處：收費標準已在3處大廳公開。"
    row = next(p for p in paper(stage.cast, now).paragraphs() if p.text == texts[1])
    assert [figure.phrase for figure in row.figures] == ["3處"]


def test_the_same_amount_of_something_else_does_not_hide_the_figure(
    stage: Stage, now: datetime
) -> None:
    stage.opened.rounds.update(narrative="公開目錄已印製。本月走訪3處養老機構。")

    texts = chapters(paper(stage.cast, now))[TASK]

    assert texts[1].endswith("本月走訪3處養老機構。報送數據：公開場所3處。")


@pytest.mark.parametrize(
    ("text", "phrase", "said"),
    [
        ("培訓14人次。", "14人次", True),
        ("培訓14人次。", "14人", False),
        ("培訓14人。", "14人次", False),
        ("培訓114人。", "14人", False),
        ("完成率1.14人。", "14人", False),
        ("培訓1,214人。", "214人", False),
    ],
)
def test_the_same_number_with_another_unit_has_not_been_said(
    text: str, phrase: str, said: bool
) -> None:
    assert prose.says_amount(text, phrase) is said


def reporting(stage: Stage, now: datetime) -> list[str]:
    return chapters(paper(stage.cast, now))["五、報送情況"]


def title(submission: Submission) -> str:
    return submission.assignment.measure.title


def test_those_who_have_not_reported_are_named_with_the_reason(stage: Stage, now: datetime) -> None:
    assert reporting(stage, now) == [
        "截至2026年11月23日，本期到期應報1件，尚無審核通過的。"
        "另有4件未到時限，其中已提前報送並審核通過3件。",
        f"零報告1件：婚姻登記處（「{title(stage.nil)}」，本期無新增事項）。",
        f"逾期未報1件：殯儀館（「{title(stage.overdue)}」）。",
        f"退回待補報1件：殯儀館（「{title(stage.sent_back)}」）。",
    ]


def test_what_fell_due_is_counted_apart_from_what_is_not_due_yet(
    stage: Stage, now: datetime
) -> None:
    Submission.objects.filter(pk=stage.opened.pk).update(due_date=date(2026, 11, 20))
    Submission.objects.filter(pk=stage.overdue.pk).update(due_date=date(2026, 11, 23))

    texts = reporting(stage, now)

    assert texts[0] == (
        "截至2026年11月23日，本期到期應報1件，已全部報送並審核通過。"
        "另有4件未到時限，其中已提前報送並審核通過2件。"
    )
    assert texts[-1] == "未到時限、尚未報送1件：殯儀館。"


def test_the_heads_desk_and_the_offices_desk_are_two_numbers(stage: Stage, now: datetime) -> None:
    Submission.objects.filter(pk=stage.overdue.pk).update(state="endorsed")
    Submission.objects.filter(pk=stage.sent_back.pk).update(state="submitted")

    texts = reporting(stage, now)

    assert texts[-1] == "待初審1件、待審核1件，涉及殯儀館。"
    assert not any("逾期未報" in text for text in texts)


def test_only_one_desk_waiting_is_told_in_one_breath(stage: Stage, now: datetime) -> None:
    Submission.objects.filter(pk=stage.overdue.pk).update(state="endorsed")

    assert "待審核1件，涉及殯儀館。" in reporting(stage, now)


def test_what_an_earlier_period_still_owes_is_named(stage: Stage, now: datetime) -> None:
    Submission.objects.filter(pk=stage.overdue.pk).update(
        period_start=date(2026, 9, 1), period_end=date(2026, 9, 30), due_date=date(2026, 9, 25)
    )

    texts = reporting(stage, now)

    assert texts[0].startswith("截至2026年11月23日，本期尚無到期應報的事項。另有4件未到時限")
    assert f"往期逾期未報1件：殯儀館（「{title(stage.overdue)}」）。" in texts


def test_an_earlier_period_handed_in_late_is_owed_no_more(stage: Stage, now: datetime) -> None:
    Submission.objects.filter(pk=stage.overdue.pk).update(
        period_start=date(2026, 9, 1), period_end=date(2026, 9, 30), state="submitted"
    )

    assert not any("往期" in text or "待初審" in text for text in reporting(stage, now))


def test_no_task_code_stands_in_the_text(stage: Stage, now: datetime) -> None:
    printed = paper(stage.cast, now)

    assert not any("3-0" in paragraph.text for paragraph in printed.paragraphs())
    assert any("3-02" in s.label for p in printed.paragraphs() for s in p.sources)


def test_a_report_accepted_after_the_cutoff_stays_out(stage: Stage, now: datetime) -> None:
    stage.opened.rounds.update(decided_at=moment(2026, 11, 23, 10))

    texts = chapters(paper(stage.cast, now))[TASK]

    assert not any(SENTENCE in text for text in texts)


def test_a_report_for_another_period_stays_out(stage: Stage, now: datetime) -> None:
    printed = paper(stage.cast, now, date(2026, 7, 1), date(2026, 9, 30))

    assert chapters(printed)[TASK] == ["分解措施4項，正在辦理。"]


def test_two_periods_of_one_department_say_which_is_which(stage: Stage, now: datetime) -> None:
    measure = stage.opened.assignment.measure
    accepted(
        stage.cast, measure, stage.cast.registry, "已複查。", label="2026-10", name="2026年10月"
    )

    texts = chapters(paper(stage.cast, now))[TASK]

    assert "婚姻登記處（2026年10月）：已複查。" in texts
    assert any(text.startswith(f"婚姻登記處（2026年11月）：{SENTENCE}。") for text in texts)


@pytest.mark.parametrize("state", [Measure.State.SUSPENDED, Measure.State.CANCELLED])
def test_stopped_work_is_left_out(stage: Stage, now: datetime, state: str) -> None:
    Measure.objects.filter(pk=stage.opened.assignment.measure_id).update(state=state)

    texts = chapters(paper(stage.cast, now))[TASK]

    assert not any(SENTENCE in text for text in texts)


def test_an_objective_points_to_the_text_instead_of_repeating_it(
    stage: Stage, now: datetime
) -> None:
    texts = chapters(paper(stage.cast, now))["（一）加強民主管理，機關作風改進"]

    assert texts == [
        "對應措施4項，正在辦理，本期報送並審核通過3件。",
        "具體進展見主要任務部分「改進行業管理，實現規範服務」。",
    ]


def test_the_leading_group_is_composed_from_its_seats(stage: Stage, now: datetime) -> None:
    texts = chapters(paper(stage.cast, now))["四、組織領導"]

    assert texts == [
        "創建工作領導小組由局長組長甲任組長，副局長副組長乙任副組長，"
        "下設辦公室，創建辦主任主任丙任辦公室主任。"
    ]


def test_an_office_post_without_a_name_is_not_said_to_hold_itself(
    stage: Stage, now: datetime
) -> None:
    User.objects.filter(pk=stage.cast.office.pk).update(name="創建辦主任")

    (text,) = chapters(paper(stage.cast, now))["四、組織領導"]

    assert text.endswith("任副組長，下設辦公室。")


def test_a_period_the_clerk_named_is_not_named_again(stage: Stage, now: datetime) -> None:
    measure = stage.opened.assignment.measure
    unit = stage.opened.assignment.department
    october = {"label": "2026-10", "name": "2026年10月"}
    accepted(stage.cast, measure, unit, "2026年10月公開2處", **october)

    texts = chapters(paper(stage.cast, now))[TASK]

    assert "婚姻登記處：2026年10月公開2處。" in texts
    assert any(text.startswith(f"婚姻登記處（2026年11月）：{SENTENCE}") for text in texts)


def test_a_single_kind_of_problem_has_no_lone_subheading(stage: Stage, now: datetime) -> None:
    stage.opened.rounds.update(problems="窗口人手不足")

    found = chapters(paper(stage.cast, now))

    assert found["五、存在問題"] == ["婚姻登記處：窗口人手不足。"]
    assert "六、報送情況" in found


def test_closed_work_is_told_and_nothing_is_said_of_zeros(stage: Stage, now: datetime) -> None:
    Measure.objects.filter(pk=stage.nil.assignment.measure_id).update(
        state="closed", closed_at=moment(2026, 11, 20)
    )

    texts = chapters(paper(stage.cast, now))[TASK]

    assert texts[0] == "分解措施4項，已辦結1項，其餘正在辦理，本期報送並審核通過3件。"


def test_units_that_say_the_same_are_told_in_one_breath(stage: Stage, now: datetime) -> None:
    measure = stage.opened.assignment.measure
    stage.helped.rounds.update(narrative="投訴登記表已啟用。")
    accepted(stage.cast, measure, stage.cast.funeral_home, "投訴登記表已啟用", role="supporting")

    composed = paper(stage.cast, now)

    row = next(p for p in composed.paragraphs() if "投訴登記表" in p.text)
    assert row.text == "殯儀館、局辦公室均報告：投訴登記表已啟用。"
    assert [source.department for source in row.sources] == ["殯儀館", "局辦公室"]


def test_the_same_words_with_a_figure_or_another_measure_stay_apart(
    stage: Stage, now: datetime
) -> None:
    unit = stage.cast.funeral_home
    common = {"campaign": stage.cast.campaign, "objective": stage.objective, "issued": True}
    elsewhere = MeasureFactory(**common, main_task=stage.task, code="3-09", lead_department=unit)
    stage.opened.rounds.update(narrative="投訴登記表已啟用。")
    stage.helped.rounds.update(narrative="投訴登記表已啟用。")
    accepted(stage.cast, elsewhere, unit, "投訴登記表已啟用。")

    texts = [text for text in chapters(paper(stage.cast, now))[TASK] if "投訴登記表" in text]

    assert len(texts) == 3
    assert not any("均報告" in text for text in texts)


def test_one_problem_of_several_units_is_said_once(stage: Stage, now: datetime) -> None:
    for row in (stage.opened, stage.helped):
        row.rounds.update(problems="窗口人手不足")
    accepted(
        stage.cast,
        stage.sent_back.assignment.measure,
        stage.cast.registry,
        "已辦。",
        role="supporting",
    ).rounds.update(problems="窗口人手不足。")

    composed = paper(stage.cast, now)

    (text,) = chapters(composed)["五、存在問題"]
    assert text == "婚姻登記處、局辦公室均反映：窗口人手不足。"
    row = next(p for p in composed.paragraphs() if p.text == text)
    assert len(row.sources) == 3


def test_problems_and_needs_have_their_own_chapter(stage: Stage, now: datetime) -> None:
    stage.opened.rounds.update(problems="窗口人手不足", needs="請人事科協調。")

    found = chapters(paper(stage.cast, now))

    assert found["（一）各單位反映的問題"] == ["婚姻登記處：窗口人手不足。"]
    assert found["（二）需要協調解決的事項"] == ["婚姻登記處：請人事科協調。"]


def test_every_count_equals_its_list_and_every_paragraph_has_a_source(
    stage: Stage, now: datetime
) -> None:
    printed = paper(stage.cast, now)
    figures = list(printed.figures())

    assert len(figures) > 10
    assert all(figure.adds_up for figure in figures)
    assert all(
        figure.phrase in paragraph.text
        for paragraph in printed.paragraphs()
        for figure in paragraph.figures
    )
    assert all(paragraph.sources for paragraph in printed.paragraphs())


def test_a_source_keeps_the_name_the_department_had(stage: Stage, now: datetime) -> None:
    (source,) = next(p.sources for p in paper(stage.cast, now).paragraphs() if SENTENCE in p.text)

    assert source.department == "婚姻登記處"
    assert source.submission_id == stage.opened.pk


def test_the_clerks_sentence_stands_in_the_right_chapter_of_the_word_file(
    stage: Stage, now: datetime
) -> None:
    data = to_docx(document_of(paper(stage.cast, now)))

    found = docx_chapters(data)

    assert any(SENTENCE in line for line in found[TASK])
    assert sum(SENTENCE in line for lines in found.values() for line in lines) == 1


def test_the_simplified_word_file_says_the_same_and_keeps_names_and_titles(
    stage: Stage, now: datetime
) -> None:
    stage.opened.rounds.update(narrative="依《辦事指南》公開，由游美髮檢查。")
    printed = replace(paper(stage.cast, now), names=("游美髮",))

    found = docx_chapters(to_docx(document_of(printed, script="hans")))

    lines = found["（一）改进行业管理，实现规范服务"]
    assert lines[1].startswith("婚姻登记处：依《辦事指南》公开，由游美髮检查。")


def test_an_empty_campaign_still_makes_an_honest_paper(cast: Cast, now: datetime) -> None:
    printed = paper(cast, now)

    assert printed.title == "2026年度文明行業創建情況彙報"
    assert chapters(printed)["四、報送情況"] == ["本期沒有應報送的事項。"]
    assert to_docx(document_of(printed))[:2] == b"PK"


def test_queries_do_not_grow_with_the_material(stage: Stage, now: datetime) -> None:
    span = Span(*QUARTER, now)
    with CaptureQueriesContext(connection) as few:
        compose(gather(stage.cast.campaign, span), SITUATION)
    many(stage, 40)

    with CaptureQueriesContext(connection) as more:
        compose(gather(stage.cast.campaign, span), SITUATION)

    assert len(more) == len(few) <= 13


def many(stage: Stage, count: int) -> None:
    for n in range(count):
        measure = MeasureFactory(
            campaign=stage.cast.campaign,
            main_task=stage.task,
            objective=stage.objective,
            issued=True,
            code=f"9-{n:03d}",
            lead_department=stage.cast.registry,
        )
        accepted(stage.cast, measure, stage.cast.registry, f"第{n}件已辦好。")


def test_retired_objectives_are_gone_and_empty_tasks_say_so(stage: Stage, now: datetime) -> None:
    ObjectiveFactory(
        campaign=stage.cast.campaign, number=9, title="舊目標", retired_at=moment(2026, 6, 1)
    )
    MainTaskFactory(campaign=stage.cast.campaign, number=9, title="履行社會責任")

    found = chapters(paper(stage.cast, now))

    assert not any("舊目標" in heading for heading in found)
    assert found["（二）履行社會責任"] == ["尚未下達具體措施。"]


@pytest.mark.parametrize(
    ("narrative", "printed"),
    [
        ("辦事程序已公開", "婚姻登記處：辦事程序已公開。"),
        ("辦事程序已公開。", "婚姻登記處：辦事程序已公開。"),
        ("辦事程序已公開；", "婚姻登記處：辦事程序已公開。"),
        ("婚姻登記處已公開辦事程序。", "婚姻登記處已公開辦事程序。"),
        ("婚登處已公開。", "婚登處已公開。"),
        ("我處已公開。", "婚姻登記處：我處已公開。"),
        ("一是已公開；二是已檢查。", "婚姻登記處：一是已公開；二是已檢查。"),
        ("1.已公開\n2.已檢查", "婚姻登記處：1.已公開\n2.已檢查。"),
        ("群眾說「好」", "婚姻登記處：群眾說「好」。"),
        ("群眾說：「好。」", "婚姻登記處：群眾說：「好。」"),
        ("  ", ""),
    ],
)
def test_the_clerks_words_are_joined_to_the_name_and_never_changed(
    narrative: str, printed: str
) -> None:
    assert prose.attributed("婚姻登記處", "婚登處", narrative) == printed


def test_quotation_marks_inside_a_quoted_title_are_the_inner_ones() -> None:
    assert prose.quoted("打造「四真」品牌,為民") == "「打造『四真』品牌，為民」"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("圍繞中心,服務大局", "圍繞中心，服務大局"),
        ("圍繞中心, 服務大局;創先爭優", "圍繞中心，服務大局；創先爭優"),
        ("主題:「為民」", "主題：「為民」"),
        ("養老機構(公辦)達標", "養老機構（公辦）達標"),
        ("《公約》,人人遵守", "《公約》，人人遵守"),
        ("2027 年度創建，辦結 3 項", "2027年度創建，辦結3項"),
        ("9:30 前辦結1,200件(GB/T 9704)", "9:30前辦結1,200件(GB/T 9704)"),
    ],
)
def test_the_plans_punctuation_is_set_as_an_official_paper_sets_it(text: str, printed: str) -> None:
    assert prose.typeset(text) == printed


def test_the_clerks_own_punctuation_is_not_touched(stage: Stage, now: datetime) -> None:
    stage.opened.rounds.update(narrative="已公開,共 3 處(大廳)")

    texts = chapters(paper(stage.cast, now))[TASK]

    assert texts[1].startswith("婚姻登記處：已公開,共 3 處(大廳)。")


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (date(2026, 10, 1), date(2026, 12, 31), "2026年第四季度"),
        (date(2026, 11, 1), date(2026, 11, 30), "2026年11月"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026年度"),
        (date(2026, 11, 3), date(2026, 11, 23), "2026年11月3日至23日"),
    ],
)
def test_a_period_is_called_what_people_call_it(start: date, end: date, words: str) -> None:
    assert prose.period_words(start, end) == words
