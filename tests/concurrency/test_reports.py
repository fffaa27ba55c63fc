"""幾個人同一刻簽發：期號、發文字號每種每年不重不漏；兩個人同時改一份提綱只成一個。"""

from datetime import datetime

import pytest

from reports.models import Outline
from reports.outline import OUTLINES
from reports.services import outlines
from tests.cast import Cast
from tests.concurrency.together import split, together
from tests.reports.stage import draft, reviewed, sign

pytestmark = pytest.mark.django_db(transaction=True)


def test_numbers_of_two_kinds_have_no_gap_and_no_double(cast: Cast, now: datetime) -> None:
    """兩種文件用同一個代字：期號各算各的，字號合起來一個一個發。"""
    made = {
        kind: Outline.objects.create(campaign=cast.campaign, kind=kind, name="局", mark="平民創報")
        for kind in ("monthly", "notice")
    }
    reports = [
        draft(cast, now, kind=kind, outline=outline)
        for kind, outline in made.items()
        for _each in range(3)
    ]

    for report in reports:
        reviewed(cast, report, now)

    done, refused = split(
        together(*(lambda row=row: sign(cast.leader, row, now) for row in reports))
    )

    assert refused == []
    for kind in made:
        assert sorted(row.number for row in done if row.kind == kind) == [1, 2, 3]
    numbers = sorted(row.document_number for row in done)
    assert numbers == [f"平民創報〔2026〕{number}號" for number in range(1, 7)]


def test_two_editors_of_an_outline_do_not_overwrite_each_other(cast: Cast, now: datetime) -> None:
    outline = Outline.objects.create(campaign=cast.campaign, kind="notice", name="局")

    def save(name: str) -> Outline:
        return outlines.save_outline(
            actor=cast.office,
            outline_id=outline.pk,
            version=0,
            settings=outlines.OutlineSettings(name=name),
            chapters=OUTLINES["notice"],
            at=now,
        )

    done, refused = split(together(lambda: save("甲"), lambda: save("乙")))

    assert len(done) == 1
    assert [type(error) for error in refused] == [outlines.OutlineChanged]
    assert Outline.objects.get().rows.count() == len(OUTLINES["notice"])
