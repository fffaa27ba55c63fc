"""彙集一份情況彙報，對只讀出同樣的輪次、寫同樣多的段落。"""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction

from benchmarks.conftest import built
from benchmarks.data import Bench
from benchmarks.yardstick import race, show
from reports.models import Paragraph, Report, Section
from reports.services import Settings, create_report
from tasks.models import Round
from tests.factories import moment

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
AT = moment(2026, 11, 23)


@pytest.fixture(params=[300, 3_000], ids=lambda size: f"{size:,}")
def breakdown(request: pytest.FixtureRequest, db: None) -> Iterator[tuple[int, Bench]]:
    with built(request.param) as made:
        yield request.param, made


def test_compiling_beside_copying_the_rounds(breakdown: tuple[int, Bench]) -> None:
    size, bench = breakdown
    settings = Settings("情況彙報", date(2026, 10, 1), date(2026, 12, 31))

    def compiled() -> Report:
        return create_report(
            actor=bench.cast.office, campaign=bench.campaign, settings=settings, at=AT
        )

    made = compiled()
    wanted = Paragraph.objects.filter(section__report=made).count()
    section = Section.objects.filter(report=made).first()

    @transaction.atomic
    def copied() -> None:
        rounds = Round.objects.filter(decision="accepted").select_related(
            "submission__assignment__measure", "submission__assignment__department"
        )
        texts = [round_.narrative for round_ in rounds]
        rows = [
            Paragraph(section=section, key=f"copy-{number}", text=texts[number % len(texts)])
            for number in range(wanted)
        ]
        Paragraph.objects.bulk_create(rows)
        Paragraph.objects.filter(key__startswith="copy-").delete()

    spent = race(3, ours=compiled, bare=copied)

    show(f"彙集 {size:,} 項措施（{wanted:,} 段）", spent["ours"], spent["bare"], "只讀出再寫下")
    assert wanted > size // 4
