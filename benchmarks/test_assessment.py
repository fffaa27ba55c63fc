"""考核：二百個單位 × 一百五十條 × 五種評分方，算完、排好名要多少，和只把同樣的行取回來比。"""

import time
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.yardstick import machine
from evaluations.models import (
    AssessmentRound,
    Criterion,
    CriterionStep,
    Grade,
    Profile,
    Scheme,
    Score,
    Section,
    Sheet,
)
from evaluations.sheets import explain, rank_sheets, read_sheets
from tests import factories as make

pytestmark = pytest.mark.bench
DEPARTMENTS, CRITERIA = 200, 150
SOURCES = ("office", "inspection", "survey", "authority", "system")
STAGES = (Score.Stage.SELF, Score.Stage.FIRST, Score.Stage.FINAL)
RULES = {
    "binary": lambda n: {"is_met": n % 7 != 0},
    "pro_rata": lambda n: {"done": str(n % 90), "planned": "90"},
    "deduct_each": lambda n: {"occurrences": n % 4},
    "bands": lambda n: {"step": "ABCD"[n % 4]},
    "manual": lambda n: {"points": f"{n % 60}.{n % 10}"},
}
SQL = """
SELECT s.id, c.number, c.text, c.full_hundredths, x.stage, x.finding, x.hundredths, x.reason, u.name
FROM evaluations_score x
JOIN evaluations_sheet s ON s.id = x.sheet_id
JOIN evaluations_criterion c ON c.id = x.criterion_id
LEFT JOIN people_user u ON u.id = x.by_id
WHERE s.round_id = %s AND x.replaced_at IS NULL
"""


@pytest.mark.django_db
def test_two_hundred_departments_are_ranked_in_seconds() -> None:
    round_ = filled()
    sheets = list(Sheet.objects.filter(round=round_).select_related("profile"))

    bare_started = time.process_time()
    with connection.cursor() as cursor:
        cursor.execute(SQL, [round_.pk])
        rows = len(cursor.fetchall())
    bare = time.process_time() - bare_started
    with CaptureQueriesContext(connection) as queries:
        started = time.process_time()
        views = read_sheets(round_, sheets)
        groups = rank_sheets(views)
        spent = time.process_time() - started
    explaining = time.process_time()
    said = sum(len(explain(view)) for view in views)
    explaining = time.process_time() - explaining

    print(f"\n{machine()}")
    print(
        f"{DEPARTMENTS} 個單位 × {CRITERIA} 條，{rows:,} 個分數：算完排好 {spent:.1f} 秒，"
        f"只取回同樣的行 {bare:.2f} 秒，{spent / bare:.1f} 倍；{len(queries)} 次查詢"
    )
    print(f"　　另外把「為什麼」說全：{said:,} 句，{explaining:.1f} 秒")
    assert sum(len(group.rows) for group in groups) == DEPARTMENTS
    assert len(queries) <= 6


def filled() -> AssessmentRound:
    """各條輪着用五種規則、五種評分方；每條三欄都有分，一半的初評還改過一次。"""
    campaign, by = make.CampaignFactory(), make.UserFactory()
    at = make.moment(2026, 11, 23)
    scheme = Scheme.objects.create(
        campaign=campaign, year=2026, title="辦法", created_by=by, created_at=at
    )
    Grade.objects.create(scheme=scheme, name="合格", at_least_hundredths=0)
    profile = Profile.objects.create(scheme=scheme, name="單位")
    section = Section.objects.create(scheme=scheme, number="1", title="共同部分")
    criteria = [_criterion(section, n) for n in range(CRITERIA)]
    round_ = AssessmentRound.objects.create(
        campaign=campaign,
        scheme=scheme,
        code="bench",
        title="年度考核",
        kind="yearly",
        period_start=date(2026, 1, 1),
        period_end=date(2026, 12, 31),
        created_by=by,
        created_at=at,
    )
    sheets = Sheet.objects.bulk_create(
        Sheet(round=round_, department=unit, department_name=unit.name, profile=profile)
        for unit in make.DepartmentFactory.create_batch(DEPARTMENTS)
    )
    Score.objects.bulk_create(
        (
            Score(
                sheet=sheet,
                criterion=row,
                stage=stage,
                finding=RULES[row.rule](sheet.pk * 31 + row.pk * 7 + len(stage)),
                reason="核查記錄在案",
                by=by,
                at=at,
                replaced_at=at if is_old else None,
            )
            for sheet in sheets
            for row in criteria
            for stage in STAGES
            for is_old in ((True, False) if stage == Score.Stage.FIRST and row.pk % 2 else (False,))
        ),
        batch_size=2_000,
    )
    return round_


def _criterion(section: Section, number: int) -> Criterion:
    rule, source = list(RULES)[number % 5], SOURCES[number % 5]
    row = Criterion.objects.create(
        section=section,
        number=f"1.{number}",
        text="首接責任、一次告知、限時辦結落實到崗到人",
        full_hundredths=6_000,
        each_hundredths=500,
        rule=rule,
        scorer=source,
        figure="on_time_rate" if source == "system" else "",
        position=number,
    )
    for label, percent in zip("ABCD", (10_000, 6_600, 3_300, 0), strict=True):
        CriterionStep.objects.create(criterion=row, label=label, percent_hundredths=percent)
    return row
