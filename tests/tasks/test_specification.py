"""佐證要求：機器看得出的毛病，和齊了多少。"""

from datetime import date

import pytest

from campaigns.models import EvidenceForm, EvidenceRequirement
from tasks.models import EvidenceLink, FileReading
from tasks.specification import Span, completeness, faults_of, holdings, window_of
from tests import factories as make
from tests.factories import moment

pytestmark = pytest.mark.django_db
NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
Window = EvidenceRequirement.Window


def spec(code: str = "norm_doc", **values: object) -> EvidenceRequirement:
    form = EvidenceForm.objects.get(code=code)
    return EvidenceRequirement(form=form, indicator=make.IndicatorFactory(), **values)


def link(code: str = "norm_doc", **values: object) -> EvidenceLink:
    file = values.pop("file", None) or make.EvidenceFileFactory(
        content_type="application/pdf", extension="pdf"
    )
    return make.EvidenceLinkFactory(
        form=EvidenceForm.objects.get(code=code), file=file,
        **{"state": EvidenceLink.State.ACCEPTED, **values},
    )  # fmt: skip


def codes(*args: object) -> list[str]:
    return [finding.code for finding in faults_of(*args)]


def test_a_paper_needs_its_number() -> None:
    assert codes(spec(needs_number=True), link(), NOVEMBER) == ["number_missing"]
    assert codes(spec(needs_number=True), link(number="嵐民〔2026〕12號"), NOVEMBER) == []


@pytest.mark.parametrize(
    ("day", "faults"),
    [
        (None, ["date_missing"]),
        (date(2026, 10, 31), ["out_of_window"]),
        (date(2026, 11, 1), []),
        (date(2026, 11, 30), []),
        (date(2026, 12, 1), ["out_of_window"]),
    ],
)
def test_the_date_falls_in_the_period(day: date | None, faults: list[str]) -> None:
    assert codes(spec(window=Window.PERIOD), link(dated=day), NOVEMBER) == faults


@pytest.mark.parametrize(
    ("end", "months", "start"),
    [
        (date(2026, 11, 30), 12, date(2025, 12, 1)),
        (date(2027, 3, 31), 1, date(2027, 3, 1)),
        (date(2027, 2, 28), 24, date(2025, 3, 1)),
        (date(2026, 12, 31), 6, date(2026, 7, 1)),
        (date(2026, 6, 30), 3, date(2026, 4, 1)),
        (date(2027, 2, 28), 3, date(2026, 12, 1)),
        (date(2028, 2, 29), 1, date(2028, 2, 1)),
        (date(2026, 6, 15), 3, date(2026, 3, 16)),
        (date(2026, 3, 30), 1, date(2026, 2, 28)),
    ],
)
def test_some_months_before(end: date, months: int, start: date) -> None:
    wanted = spec(window=Window.MONTHS, window_months=months)
    assert window_of(wanted, Span(end.replace(day=1), end)) == Span(start, end)


def test_a_photograph_says_its_own_date() -> None:
    photo = make.EvidenceFileFactory(
        content_type="image/jpeg", extension="jpg", captured_at=moment(2026, 9, 1)
    )
    assert codes(spec("photo", window=Window.PERIOD), link("photo", file=photo), NOVEMBER) == [
        "out_of_window"
    ]


def test_an_explanation_over_the_limit() -> None:
    """形式自己的上限（500 字）；要求裏另定的優先；還沒讀出來的不說。"""
    one = link("report")
    assert codes(spec("report"), one, NOVEMBER) == []
    FileReading.objects.create(file=one.file, state=FileReading.State.DONE, characters=501)
    assert codes(spec("report"), one, NOVEMBER) == ["too_long"]
    assert codes(spec("report", max_characters=600), one, NOVEMBER) == []


def test_size_and_kind() -> None:
    large = link(
        "photo", file=make.EvidenceFileFactory(size=3 * 1_048_576, content_type="application/pdf")
    )
    assert codes(spec("photo", max_megabytes=2), large, NOVEMBER) == ["too_big", "not_a_picture"]


def test_a_byte_too_many_is_not_said_to_equal_the_limit() -> None:
    large = link("photo", file=make.EvidenceFileFactory(size=2 * 1_048_576 + 1))

    found = faults_of(spec("photo", max_megabytes=2), large, NOVEMBER)

    assert found[0].sentence == "有 2.1 MB，超過 2 MB。"


def test_only_accepted_and_sound_evidence_counts() -> None:
    wanted = [spec(count=2, needs_number=True)]
    links = [
        link(number="嵐民〔2026〕1號"),
        link(number=""),
        link(number="嵐民〔2026〕2號", state=EvidenceLink.State.REJECTED),
        link(number="嵐民〔2026〕3號", state=EvidenceLink.State.PENDING),
        link(number="嵐民〔2026〕4號", removed_at=moment(2026, 11, 20)),
        link("minutes", number="嵐民〔2026〕5號"),
    ]
    [held] = holdings(wanted, links, NOVEMBER)
    assert (held.counted, held.missing, completeness([held])) == (1, 1, 50)


def test_one_file_twice_counts_once_and_more_than_wanted_is_not_more_than_whole() -> None:
    same = link()
    twin = link(file=same.file)
    assert completeness(holdings([spec(count=2)], [same, twin], NOVEMBER)) == 50
    assert completeness(holdings([spec(count=1)], [link(), link(), link()], NOVEMBER)) == 100
    assert completeness(holdings([], [], NOVEMBER)) is None
