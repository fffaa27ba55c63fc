"""體檢：兩萬張圖找看上去一樣的，用不着兩兩相比；六十個單位、三年的報送一頁數完。"""

import random
import time
from collections import Counter
from datetime import date, timedelta
from itertools import combinations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.data import NARRATIVE
from campaigns.models import Campaign, EvidenceForm
from evidence.checkup import run
from evidence.checkup.repeats import NEAR_BITS, near_pairs
from tasks.models import (
    Assignment,
    EvidenceFile,
    EvidenceLink,
    FileReading,
    MeasureEvidence,
    Round,
    Submission,
)
from tests import factories as make

pytestmark = pytest.mark.bench
PICTURES = 20_000
SAMPLE = 2_000
TWINS = 500


def hashes(count: int) -> list[int]:
    """count 張圖的指紋，其中每一百張有幾張是另一張改動幾位得來的。"""
    dice = random.Random(2026)  # noqa: S311
    found = [dice.getrandbits(64) for _each in range(count - TWINS)]
    for original in found[:TWINS]:
        flips = dice.sample(range(64), dice.randint(1, NEAR_BITS))
        found.append(original ^ sum(1 << bit for bit in flips))
    return found


def seconds(job: object) -> tuple[float, list]:
    start = time.perf_counter()
    found = [pair for pair in job() if pair[0] != pair[1]]
    return time.perf_counter() - start, found


def test_twenty_thousand_pictures_are_not_compared_in_pairs() -> None:
    rows = hashes(PICTURES)
    sample = rows[:SAMPLE]

    spent, found = seconds(lambda: near_pairs(rows))
    by_pairs, _all = seconds(
        lambda: (
            (one, other)
            for one, other in combinations(sample, 2)
            if (one ^ other).bit_count() <= NEAR_BITS
        )
    )

    whole = by_pairs * (PICTURES / SAMPLE) ** 2
    print(f"\n{PICTURES:,} 張圖：分段 {spent:.2f} 秒，兩兩相比約 {whole:.0f} 秒")
    print(f"　　找出 {len(found)} 對")
    assert len(found) >= TWINS
    assert max(Counter(one for one, _other in found).values()) < SAMPLE
    assert spent < whole / 10


@pytest.mark.django_db
def test_three_years_of_sixty_departments_in_one_look() -> None:
    """六十個單位、一百五十項措施、三年十二個季度，兩萬張照片。"""
    campaign = three_years(departments=60, measures=150, quarters=12, pictures=PICTURES)

    with CaptureQueriesContext(connection) as queries:
        start = time.perf_counter()
        checkup = run(campaign, on=date(2026, 11, 23))
        marks, tallies = len(checkup.marks), len(checkup.tallies())
        spent = time.perf_counter() - start

    entries = len(checkup.facts.entries)
    print(f"\n{entries:,} 期報送、{PICTURES:,} 張照片：{spent:.1f} 秒，{len(queries)} 次查詢")
    print(f"　　查出 {marks:,} 處，{tallies} 個單位")
    assert len(queries) <= 5


def three_years(*, departments: int, measures: int, quarters: int, pictures: int) -> Campaign:
    """成批擺好：每項措施下達到每個單位，各季都審核通過，照片散在其中。"""
    campaign = make.CampaignFactory(start_date=date(2024, 1, 1))
    units = [make.DepartmentFactory() for _each in range(departments)]
    plan = [
        make.MeasureFactory(campaign=campaign, lead_department=units[n % departments], issued=True)
        for n in range(measures)
    ]
    photo = EvidenceForm.objects.get(code="photo")
    MeasureEvidence.objects.bulk_create(MeasureEvidence(measure=row, form=photo) for row in plan)
    assignments = Assignment.objects.bulk_create(
        Assignment(
            measure=row,
            department=one,
            role=Assignment.Role.LEAD if one == row.lead_department else Assignment.Role.SUPPORTING,
            state=Assignment.State.ACKNOWLEDGED,
            due_date=row.due_date,
            issued_at=row.issued_at,
        )
        for row in plan
        for one in units
    )
    submissions = Submission.objects.bulk_create(
        (_quarter(row, number) for number in range(quarters) for row in assignments),
        batch_size=2_000,
    )
    rounds = Round.objects.bulk_create(
        (_accepted(row, number) for number, row in enumerate(submissions)), batch_size=2_000
    )
    _attach(rounds, photo, pictures)
    return campaign


def _quarter(assignment: Assignment, number: int) -> Submission:
    start = date(2024 + number // 4, 1 + 3 * (number % 4), 1)
    return Submission(
        assignment=assignment,
        label=f"{start.year}-Q{start.month // 3 + 1}",
        name=f"{start.year}年第{start.month // 3 + 1}季度",
        period_start=start,
        period_end=start + timedelta(days=89),
        due_date=start + timedelta(days=85),
        first_due_date=start + timedelta(days=85),
        state=Submission.State.ACCEPTED,
    )


def _accepted(submission: Submission, number: int) -> Round:
    at = make.moment(2026, 11, 1)
    return Round(
        submission=submission,
        number=1,
        opened_at=at,
        due_date=submission.due_date,
        narrative=f"第 {number} 期：{NARRATIVE}",
        submitted_at=at,
        endorsed_at=at,
        decision=Round.Decision.ACCEPTED,
    )


def _attach(rounds: list[Round], form: EvidenceForm, pictures: int) -> None:
    files = EvidenceFile.objects.bulk_create(
        (make.EvidenceFileFactory.build(sha256=f"{n:064x}") for n in range(pictures)),
        batch_size=2_000,
    )
    FileReading.objects.bulk_create(
        (
            FileReading(file=file, state=FileReading.State.DONE, picture_hash=f"{found:016x}")
            for file, found in zip(files, hashes(pictures), strict=True)
        ),
        batch_size=2_000,
    )
    by = make.UserFactory()
    EvidenceLink.objects.bulk_create(
        (
            EvidenceLink(
                round=rounds[n * len(rounds) // pictures],
                file=file,
                form=form,
                name=f"照片{n}.jpg",
                caption="志願者在大廳引導",
                state=EvidenceLink.State.ACCEPTED,
                added_at=make.moment(2026, 11, 1),
                added_by=by,
            )
            for n, file in enumerate(files)
        ),
        batch_size=2_000,
    )
