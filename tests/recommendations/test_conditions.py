"""條件逐條查：滿足、不滿足，還是沒有確認，各憑什麼數。"""

from datetime import date, timedelta

import pytest

from evaluations.models import AuthorityInquiry, InquiryAnswer
from people.models import DemonstrationStatus, Department
from recommendations.conditions import Finding, applies, examine, is_eligible
from recommendations.models import Candidate, Condition, Programme, Ruling
from tests import factories as make
from tests.cast import Cast
from tests.recommendations import stage
from tests.recommendations.stage import APPLY_BY, AT, Kind
from tests.supervision import stage as supervision_stage

ON = AT.date()


def found(candidate: Candidate, on: date = ON) -> Finding:
    """這個對象唯一的那一項。"""
    (finding,) = examine(stage.fresh(candidate.programme), [candidate], on)[candidate.pk]
    return finding


def industry(cast: Cast, units: int, titled: int) -> Candidate:
    """下屬 units 個單位、其中 titled 個是示範點的一個行業。"""
    below = [make.DepartmentFactory(parent=cast.registry, kind="window") for _n in range(units)]
    for unit in below[:titled]:
        DemonstrationStatus.objects.create(department=unit, level="city", granted_by="市文明辦")
    return stage.candidate(cast, stage.programme(cast), kind="industry")


# ── 示範點的比例 ──────────────────────────────────────


@pytest.mark.parametrize(
    ("titled", "percent", "verdict"),
    [(9, 70, "met"), (9, 90, "met"), (6, 70, "not_met"), (6, 90, "not_met"), (7, 70, "met")],
)
def test_nine_of_ten_pass_both_limits_and_six_of_ten_fail_both(
    cast: Cast, titled: int, percent: int, verdict: str
) -> None:
    row = industry(cast, 10, titled)
    stage.condition(row.programme, Kind.TITLED_SHARE, share_hundredths=percent * 100, level="city")

    finding = found(row)

    assert finding.verdict == verdict
    assert f"下屬單位 10 個，市級以上示範點 {titled} 個，占 {titled * 10}%" in finding.reason


def test_a_share_just_short_is_not_rounded_up(cast: Cast) -> None:
    row = industry(cast, 29, 26)
    stage.condition(row.programme, Kind.TITLED_SHARE, share_hundredths=9000, level="city")

    finding = found(row)

    assert finding.verdict == "not_met"
    assert "占 89.6%，低於 90%" in finding.reason


def test_a_lower_or_lapsed_title_and_a_closed_unit_do_not_count(cast: Cast) -> None:
    row = industry(cast, 2, 1)
    stage.condition(row.programme, Kind.TITLED_SHARE, share_hundredths=5000, level="city")
    lapsed, county = make.DepartmentFactory.create_batch(2, parent=cast.registry)
    closed = make.DepartmentFactory(parent=cast.registry)
    closed.periods.create(end_date=ON - timedelta(days=1))
    DemonstrationStatus.objects.create(
        department=lapsed, level="city", granted_by="市文明辦", end_date=ON - timedelta(days=1)
    )
    DemonstrationStatus.objects.create(department=county, level="county", granted_by="縣")

    finding = found(row)

    assert finding.verdict == "not_met"
    assert "下屬單位 4 個，市級以上示範點 1 個" in finding.reason


def test_only_windows_are_counted_when_the_condition_says_so(cast: Cast) -> None:
    row = industry(cast, 2, 2)
    make.DepartmentFactory(parent=cast.registry, kind="section")
    stage.condition(
        row.programme, Kind.TITLED_SHARE, share_hundredths=10000, level="city", counted="windows"
    )

    assert found(row).verdict == "met"


def test_a_unit_with_nothing_below_cannot_have_a_share(cast: Cast) -> None:
    row = industry(cast, 0, 0)
    stage.condition(row.programme, Kind.TITLED_SHARE, share_hundredths=7000, level="city")

    finding = found(row)

    assert (finding.verdict, "沒有下屬單位" in finding.reason) == ("not_met", True)


def test_the_lower_title_comes_first(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    stage.condition(row.programme, Kind.HOLDS_TITLE, level="city")

    assert found(row).verdict == "not_met"
    cast.registry.demonstration_statuses.create(level="city", granted_by="市文明辦")
    assert found(row).verdict == "met"


def test_a_person_holds_an_honour_not_revoked(cast: Cast) -> None:
    row = stage.candidate(
        cast, stage.programme(cast), kind="person", person=cast.clerk, person_name="登記員己"
    )
    stage.condition(row.programme, Kind.HOLDS_TITLE, level="city")
    honour = make.HonourFactory(
        person=cast.clerk, department=None, level="city", granted_date=date(2025, 1, 1)
    )

    assert found(row).verdict == "met"
    honour.revoked_date = date(2026, 1, 1)
    honour.save()
    assert found(row).verdict == "not_met"


# ── 一票否決 ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("happened", "verdict"),
    [(date(2025, 11, 20), "not_met"), (date(2025, 11, 19), "met"), (APPLY_BY, "not_met")],
)
def test_a_veto_one_day_inside_the_window_blocks_one_day_outside_does_not(
    cast: Cast, happened: date, verdict: str
) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    stage.condition(row.programme, Kind.NO_VETO)
    item = make.VetoItemFactory(campaign=cast.campaign, authority="", look_back_months=12)
    make.VetoEventFactory(
        item=item, department=cast.registry, reported_by=cast.office, upheld=True,
        date_of_event=happened, date_confirmed=happened,
    )  # fmt: skip

    assert found(row).verdict == verdict
    assert found(row, date(2027, 3, 1)).verdict == verdict


def test_what_happens_after_the_closing_day_blocks_too(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    stage.condition(row.programme, Kind.NO_VETO)
    item = make.VetoItemFactory(campaign=cast.campaign, authority="")
    happened = APPLY_BY + timedelta(days=2)
    make.VetoEventFactory(
        item=item, department=cast.registry, reported_by=cast.office, upheld=True,
        date_of_event=happened, date_confirmed=happened,
    )  # fmt: skip

    assert found(row, APPLY_BY).verdict == "met"
    assert found(row).verdict == "not_met"


def test_a_pending_event_is_not_confirmed_and_only_stopping_effects_count(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    stage.condition(row.programme, Kind.NO_VETO)
    mild = make.VetoItemFactory(
        campaign=cast.campaign, authority="", effect="points", points_hundredths=200
    )
    make.VetoEventFactory(item=mild, department=cast.registry, reported_by=cast.office, upheld=True)

    assert found(row).verdict == "met"
    item = make.VetoItemFactory(campaign=cast.campaign, authority="", text="無重大事故")
    make.VetoEventFactory(item=item, department=cast.registry, reported_by=cast.office)
    finding = found(row)
    assert finding.verdict == "not_confirmed"
    assert not finding.is_passed
    assert "待認定" in finding.reason


def test_an_authority_not_heard_is_not_confirmed_never_clear(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    stage.condition(row.programme, Kind.NO_VETO)
    item = make.VetoItemFactory(campaign=cast.campaign, authority="公安機關")

    assert found(row).verdict == "not_confirmed"
    inquiry = AuthorityInquiry.objects.create(
        campaign=cast.campaign, authority="縣公安局", period_start=date(2025, 11, 23),
        period_end=ON, asked_date=ON, due_date=ON, asked_by=cast.office,
    )  # fmt: skip
    inquiry.items.add(item)
    answer = InquiryAnswer.objects.create(inquiry=inquiry, department=cast.registry, item=item)
    assert "未確認" in found(row).reason
    InquiryAnswer.objects.filter(pk=answer.pk).update(
        answer="clear", answered_date=ON, recorded_by=cast.office
    )
    assert found(row).verdict == "met"


# ── 其餘 ──────────────────────────────────────────────


def test_an_open_rectification_stops_and_a_closed_one_does_not(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    stage.condition(row.programme, Kind.NO_OPEN_RECTIFICATION)
    order = supervision_stage.order(cast, AT, "issued")
    assert found(row).verdict == "met"

    type(order).objects.filter(pk=order.pk).update(source="rectify")
    assert found(row).verdict == "not_met"
    type(order).objects.filter(pk=order.pk).update(state="closed")
    assert found(row).verdict == "met"


def test_a_unit_within_an_industry_cannot_apply_alone(cast: Cast) -> None:
    section = make.DepartmentFactory(name="社會事務科")
    Department.objects.filter(pk=cast.registry.pk).update(parent=section)
    programme = stage.programme(cast)
    stage.condition(programme, Kind.NOT_ALSO_WITHIN)
    whole = stage.candidate(
        cast, stage.programme(cast, title="推薦省級文明行業"), section, kind="industry"
    )
    alone, other = (
        stage.candidate(cast, programme, unit) for unit in (cast.registry, cast.funeral_home)
    )

    verdicts = examine(stage.fresh(programme), [alone, other], ON)
    assert verdicts[alone.pk][0].verdict == "not_met"
    assert "社會事務科已作為行業整體申報" in verdicts[alone.pk][0].reason
    assert verdicts[other.pk][0].verdict == "met"

    Candidate.objects.filter(pk=whole.pk).update(state="withdrawn")
    assert found(alone).verdict == "met"


def test_only_a_person_at_the_office_confirms_a_manual_condition(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    asked = stage.condition(row.programme, Kind.MANUAL, text="領導班子無違紀")

    assert found(row).verdict == "not_confirmed"
    stage.confirmed(row, asked, cast)
    assert found(row).verdict == "met"
    Ruling.objects.update(outcome="not_met", reason="有一起在查")
    assert found(row).reason == "有一起在查（主任丙認定）。"


def test_a_waived_condition_keeps_why_it_was_not_met(cast: Cast) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    asked = stage.condition(row.programme, Kind.HOLDS_TITLE, level="city", is_waivable=True)
    row.rulings.create(
        condition=asked, outcome="waived", reason="上級同意直報", by=cast.office, at=AT
    )

    finding = found(row)

    assert (finding.verdict, finding.is_passed) == ("waived", True)
    assert "還沒有市級以上的稱號" in finding.reason
    assert "上級同意直報" in finding.waiver
    assert Finding.from_json(finding.to_json()) == finding


def test_a_condition_asks_only_those_it_names(cast: Cast) -> None:
    programme = stage.programme(cast)
    window = stage.candidate(cast, programme)
    person = stage.candidate(cast, programme, kind="person", person=cast.clerk)

    share = Condition(programme=programme, kind=Kind.TITLED_SHARE)
    assert (applies(share, window), applies(share, person)) == (True, False)
    share.applies_to = "industry"
    assert not applies(share, window)
    assert is_eligible([])


def test_the_number_of_queries_does_not_grow_with_the_candidates(
    cast: Cast, django_assert_num_queries: object
) -> None:
    programme = stage.programme(cast)
    for kind in (Kind.TITLED_SHARE, Kind.HOLDS_TITLE):
        stage.condition(programme, kind, level="city", share_hundredths=5000)
    for kind in (Kind.NO_VETO, Kind.NO_OPEN_RECTIFICATION, Kind.NOT_ALSO_WITHIN, Kind.MANUAL):
        stage.condition(programme, kind)
    make.VetoItemFactory(campaign=cast.campaign, authority="公安機關")
    programme = stage.fresh(programme)
    rows = [stage.candidate(cast, programme, make.DepartmentFactory()) for _n in range(2)]
    ids = [row.pk for row in rows]

    for _more in range(2):
        rows = list(Candidate.objects.filter(pk__in=ids).select_related("department"))
        with django_assert_num_queries(10):
            examine(programme, rows, ON)
        ids += [stage.candidate(cast, programme, make.DepartmentFactory()).pk for _n in range(8)]


@pytest.mark.parametrize("level", DemonstrationStatus.Level.values)
def test_levels_are_ordered_from_the_highest(cast: Cast, level: str) -> None:
    row = stage.candidate(cast, stage.programme(cast))
    cast.registry.demonstration_statuses.create(level="city", granted_by="市文明辦")
    stage.condition(row.programme, Kind.HOLDS_TITLE, level=level)

    assert found(row).is_passed == (level in ("city", "county"))
    assert isinstance(row.programme, Programme)
