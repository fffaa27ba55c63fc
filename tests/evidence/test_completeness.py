"""缺項清單和完整度的分母：只數採用了而且合要求的。"""

from collections.abc import Callable
from datetime import date

import pytest

from campaigns.models import EvidenceForm, EvidenceRequirement, Indicator
from evidence.completeness import Lives, Tally, gaps_of, is_counted, says_nothing
from tasks.models import Assignment, EvidenceLink, Measure, Submission
from tasks.specification import Span
from tests import factories as make
from tests.cast import TODAY, Cast
from tests.factories import moment

pytestmark = pytest.mark.django_db
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def indicator(cast: Cast) -> Indicator:
    """要規範文件 2 份（有文號）、實景圖片 1 份的指標。"""
    row = make.IndicatorFactory(objective__campaign=cast.campaign)
    norm, photo = (EvidenceForm.objects.get(code=code) for code in ("norm_doc", "photo"))
    EvidenceRequirement.objects.create(indicator=row, form=norm, count=2, needs_number=True)
    EvidenceRequirement.objects.create(indicator=row, form=photo)
    return row


def accepted(cast: Cast, indicator: Indicator, **values: object) -> Submission:
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, issued=True
    )
    measure.indicators.add(indicator)
    assignment = make.AssignmentFactory(measure=measure)
    return make.SubmissionFactory(assignment=assignment, **{"accepted": True, **values})


def attach(submission: Submission, code: str = "norm_doc", **values: object) -> EvidenceLink:
    return make.EvidenceLinkFactory(
        round=submission.rounds.get(number=submission.round_number),
        form=EvidenceForm.objects.get(code=code),
        **{"state": EvidenceLink.State.ACCEPTED, "number": "嵐民〔2026〕1號", **values},
    )


def test_an_indicator_with_nothing_lacks_everything(cast: Cast, indicator: Indicator) -> None:
    [gap] = gaps_of(cast.campaign, [indicator], YEAR)

    assert gap.percent == 0
    assert gap.sentences == [
        "規範文件缺 2 份（要 2 份，作數 0 份）。",
        "實景圖片缺 1 份（要 1 份，作數 0 份）。",
    ]


def test_only_accepted_sound_evidence_of_this_period_counts(
    cast: Cast, indicator: Indicator
) -> None:
    good = accepted(cast, indicator)
    attach(good)
    attach(good, number="")
    attach(good, state=EvidenceLink.State.REJECTED)
    attach(good, removed_at=moment(2026, 11, 21))
    attach(accepted(cast, indicator, accepted=False, endorsed=True))
    last_year = {"period_start": date(2025, 11, 1), "period_end": date(2025, 11, 30)}
    attach(accepted(cast, indicator, **last_year))

    [gap] = gaps_of(cast.campaign, [indicator], YEAR)

    assert [each.missing for each in gap.held] == [1, 1]
    assert len(gap.links) == 1
    assert gap.percent == 33


def test_more_than_wanted_is_still_only_whole(cast: Cast, indicator: Indicator) -> None:
    submission = accepted(cast, indicator)
    for _each in range(4):
        attach(submission)
        attach(submission, "photo")

    [gap] = gaps_of(cast.campaign, [indicator], YEAR)

    assert (gap.percent, gap.missing, gap.sentences) == (100, [], [])
    assert len(gap.links) == 8


def test_evidence_for_one_indicator_is_not_evidence_for_another(
    cast: Cast, indicator: Indicator
) -> None:
    other = make.IndicatorFactory(objective=indicator.objective)
    form = EvidenceForm.objects.get(code="photo")
    EvidenceRequirement.objects.create(indicator=other, form=form)
    submission = accepted(cast, indicator)
    submission.assignment.measure.indicators.add(other)
    attach(submission, "photo", indicator=indicator)

    first, second = gaps_of(cast.campaign, [indicator, other], YEAR)

    assert (first.held[1].missing, second.held[0].missing) == (0, 1)


def test_work_taken_back_counts_no_more(cast: Cast, indicator: Indicator) -> None:
    stopped, cancelled = accepted(cast, indicator), accepted(cast, indicator)
    attach(stopped)
    attach(cancelled)
    Measure.objects.filter(assignments=stopped.assignment).update(state=Measure.State.SUSPENDED)
    Assignment.objects.filter(pk=cancelled.assignment_id).update(state=Assignment.State.CANCELLED)

    [gap] = gaps_of(cast.campaign, [indicator], YEAR)

    assert gap.links == []


def test_approved_nil_reports_need_no_evidence(cast: Cast, indicator: Indicator) -> None:
    """每一期都是審核通過的零報告才不要；有一期不是的照要。"""
    accepted(cast, indicator, by__is_nil=True)
    [gap] = gaps_of(cast.campaign, [indicator], YEAR)
    assert (gap.is_nil, gap.held, gap.percent) == (True, (), None)

    accepted(cast, indicator)
    [gap] = gaps_of(cast.campaign, [indicator], YEAR)
    assert (gap.is_nil, gap.percent) == (False, 0)


def test_a_nil_report_not_yet_approved_is_no_excuse(cast: Cast, indicator: Indicator) -> None:
    accepted(cast, indicator, accepted=False, endorsed=True, by__is_nil=True)

    [gap] = gaps_of(cast.campaign, [indicator], YEAR)

    assert (gap.is_nil, gap.percent) == (False, 0)


def test_the_reader_is_given_only_what_he_may_read(cast: Cast, indicator: Indicator) -> None:
    attach(accepted(cast, indicator), "photo")

    [gap] = gaps_of(cast.campaign, [indicator], YEAR, cast.standing(cast.neighbour))
    assert len(gap.links) == 1

    Measure.objects.update(state=Measure.State.DRAFT)
    [gap] = gaps_of(cast.campaign, [indicator], YEAR, cast.standing(cast.neighbour))
    assert gap.links == []


def test_the_number_of_queries_does_not_grow(
    cast: Cast, indicator: Indicator, django_assert_num_queries: Callable
) -> None:
    with django_assert_num_queries(3):
        gaps_of(cast.campaign, [indicator], YEAR)
    for _each in range(5):
        attach(accepted(cast, indicator), "photo")
    with django_assert_num_queries(3):
        [gap] = gaps_of(cast.campaign, [indicator], YEAR)
        assert [link.round.submission.assignment.department.name for link in gap.links]


@pytest.mark.parametrize(
    ("due", "handed_in", "nil", "counted"),
    [
        (date(2026, 11, 23), False, False, True),
        (date(2026, 11, 25), False, False, False),
        (date(2026, 11, 25), True, False, True),
        (date(2026, 10, 25), True, True, False),
    ],
)
def test_what_is_in_the_denominator(
    cast: Cast, due: date, handed_in: bool, nil: bool, counted: bool
) -> None:
    assert counted == is_counted(
        due_date=due,
        is_handed_in=handed_in,
        is_approved_nil=nil,
        department_id=cast.registry.pk,
        lives=Lives(),
        on=TODAY,
    )


@pytest.mark.parametrize(
    ("due", "handed_in", "counted"),
    [
        (date(2026, 10, 25), False, True),
        (date(2026, 11, 10), False, True),
        (date(2026, 11, 11), False, False),
        (date(2026, 12, 25), True, False),
    ],
)
def test_a_closed_department_leaves_from_its_date(
    cast: Cast, due: date, handed_in: bool, counted: bool
) -> None:
    cast.registry.periods.create(end_date=date(2026, 11, 10))

    assert counted == is_counted(
        due_date=due,
        is_handed_in=handed_in,
        is_approved_nil=False,
        department_id=cast.registry.pk,
        lives=Lives(),
        on=TODAY,
    )


@pytest.mark.parametrize(
    ("narrative", "empty"),
    [
        ("", True),
        (" 。\n", True),
        ("無。", True),
        ("无", True),
        ("同上", True),
        ("（略）", True),
        ("無障礙設施已改造。", False),
        ("見附件", False),
    ],
)
def test_what_says_nothing(narrative: str, empty: bool) -> None:
    assert says_nothing(narrative) == empty


def test_percent_never_rounds_up_to_whole() -> None:
    tally = Tally(wanted=1000, counted=999)
    assert tally.percent == 99
    tally.add(Tally(wanted=0, counted=0))
    assert (tally.percent, Tally().percent) == (99, None)
