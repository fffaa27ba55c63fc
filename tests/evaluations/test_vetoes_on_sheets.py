"""負面清單上了評分表：扣分、封頂、不得推薦、未確認；定稿以後什麼也不動。"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from evaluations.eligibility import block_of
from evaluations.models import AssessmentRound, Grade, ResultSnapshot, Scheme, VetoEvent, VetoItem
from evaluations.services import rounds
from evaluations.sheets import (
    SheetLine,
    SheetView,
    Veto,
    explain,
    frozen_sheets,
    latest_snapshot,
    rank_sheets,
    read_sheets,
    sheets_of,
    with_lines,
)
from evaluations.sheets.reading import veto_of
from evaluations.sheets.values import Entry as Cell
from journal.models import Entry
from people.models import Department, User
from pingtan_civ.lib.look_back import months_after
from pingtan_civ.lib.scoring import ZERO, Finding, add_up
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

D = Decimal
ONE = timedelta(days=1)
SignIn = Callable[[User], Client]
END = date(2026, 12, 31)

# 算術：不存庫的一張表，只有一條。

SCHEME = Scheme(full_hundredths=10000)
GRADES = [
    Grade(name=name, at_least_hundredths=at_least)
    for name, at_least in [("優秀", 9000), ("良好", 8000), ("合格", 6000), ("不合格", 0)]
]
AT_LEAST = {grade.name: grade.at_least for grade in GRADES}


def view_of(points: Decimal, vetoes: tuple[Veto, ...]) -> SheetView:
    result = Cell(points=points)
    plain = {name: "" for name in SheetLine.__dataclass_fields__}
    line = SheetLine(
        **plain
        | {
            "part": "base",
            "full": D(100),
            "each": ZERO,
            "result": result,
            "steps": (),
            "evidence": (),
            "sources": (),
        }
        | {"self_entry": None, "first": result, "final": None}
    )
    nothing = add_up([], full=D(100))
    blank = SheetView(
        department_id=1,
        department="殯儀館",
        profile="窗口單位",
        lines=(),
        self_total=nothing,
        first_total=nothing,
        result=nothing,
        grade="",
        grade_at_least=ZERO,
        is_failing=False,
        previous=None,
        is_self_submitted=True,
        vetoes=vetoes,
    )
    return with_lines(blank, (line,), SCHEME, GRADES)


def happened(on: date, effect: str = "points", **values: object) -> tuple[Veto, ...]:
    """考核期到 on 為止的一張表上，這件事（不存庫）的後果；不攔的為空。"""
    worth = {"points": {"points_hundredths": 500}, "grade_capped": {"grade": "合格"}}
    months = values.pop("months", 12)
    item = VetoItem(
        event_text="發生事故", effect=effect, look_back_months=months, **worth.get(effect, {})
    )
    event = VetoEvent(
        **{"pk": 1, "item": item, "state": "upheld", "date_confirmed": values["date_of_event"]}
        | values
    )
    block = block_of(event, on)
    return (veto_of(block),) if block else ()


hundred = st.integers(0, 10000).map(lambda cents: D(cents) / 100)
days = st.dates(date(2015, 1, 1), date(2040, 12, 31))
vetoes = st.builds(
    lambda kind, points, grade, is_confirmed: Veto(
        event_id=1,
        campaign_id=1,
        effect=kind,
        points=points if kind == "points" else ZERO,
        grade=grade if kind == "grade_capped" else "",
        sentence="。",
        is_confirmed=is_confirmed,
    ),
    st.sampled_from(VetoItem.Effect.values),
    hundred,
    st.sampled_from([*AT_LEAST, "先進"]),
    st.booleans(),
)


@given(on=days, months=st.sampled_from([12, 24]), effect=st.sampled_from(VetoItem.Effect.values))
def test_one_day_inside_the_window_counts_and_one_day_outside_does_not(
    on: date, months: int, effect: str
) -> None:
    first = months_after(on, -months)

    assert happened(on, effect, months=months, date_of_event=first)
    assert not happened(on, effect, months=months, date_of_event=first - ONE)
    assert not happened(on, effect, months=months, date_of_event=on + ONE)


@given(on=days, points=hundred)
def test_concealing_takes_twice_as_much_and_never_below_nothing(on: date, points: Decimal) -> None:
    once, twice = (
        view_of(points, happened(on, date_of_event=on, is_concealed=is_concealed))
        for is_concealed in (False, True)
    )

    assert (once.result.veto, twice.result.veto) == (D(-5), D(-10))
    assert (once.total, twice.total) == (max(points - 5, ZERO), max(points - 10, ZERO))


@given(points=hundred, held=st.lists(vetoes, max_size=5).map(tuple))
def test_a_ceiling_never_raises_a_grade_and_pending_changes_nothing(
    points: Decimal, held: tuple[Veto, ...]
) -> None:
    view = view_of(points, held)

    assert AT_LEAST[view.grade] <= AT_LEAST[view.earned_grade]
    assert AT_LEAST[view.earned_grade] <= view.total
    for veto in view.confirmed_vetoes:
        assert AT_LEAST[view.grade] <= AT_LEAST.get(veto.grade, 101)
    bare = view_of(points, tuple(veto for veto in held if veto.is_confirmed))
    assert (view.total, view.grade) == (bare.total, bare.grade)


@given(hundred, st.lists(vetoes, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(
    points: Decimal, held: list[Veto], luck: object
) -> None:
    shuffled = list(held)
    luck.shuffle(shuffled)

    one, other = view_of(points, tuple(held)), view_of(points, tuple(shuffled))

    assert replace(one, vetoes=()) == replace(other, vetoes=())


@given(hundred, st.lists(vetoes, max_size=5).map(tuple))
def test_a_sheet_reads_back_exactly_as_it_was_frozen(
    points: Decimal, held: tuple[Veto, ...]
) -> None:
    view = view_of(points, held)

    assert SheetView.from_json(json.loads(json.dumps(view.to_json()))) == view


def test_what_was_hidden_and_confirmed_after_the_period_still_counts() -> None:
    late = {"date_of_event": date(2026, 11, 1), "date_confirmed": date(2027, 1, 5)}

    assert happened(END, is_concealed=True, **late)
    assert view_of(D(90), happened(END, is_concealed=True, **late)).total == D(80)


def test_the_explanation_says_the_deduction_and_both_grades() -> None:
    on = date(2026, 6, 1)
    both = happened(END, date_of_event=on) + happened(END, "grade_capped", date_of_event=on)

    said = explain(view_of(D(95), both))

    assert "負面清單：在總分之外扣 5 分。" in said
    assert "總分：95 － 5 ＝ 90 分，屬「優秀」。" in said
    assert "等次：按總分屬「優秀」，負面清單封頂，定為「合格」。" in said
    assert "2026年6月1日發生事故，2027年6月1日以前扣 5 分。" in said
    nothing = explain(view_of(D(3), happened(END, date_of_event=on)))
    assert "總分：3 － 5，不足 0 分按 0 分計，屬「不合格」。" in nothing


def test_a_ceiling_the_scheme_does_not_know_is_said_and_not_guessed() -> None:
    (veto,) = happened(END, "grade_capped", date_of_event=END)

    view = view_of(D(95), (replace(veto, grade="先進"),))

    assert (view.grade, view.unmatched_grades) == ("優秀", ("先進",))
    assert any("沒有這一等，由領導小組定" in sentence for sentence in explain(view))


def test_a_capped_unit_stands_behind_those_of_a_better_grade() -> None:
    plain = view_of(D(95), ())
    lower = replace(view_of(D(85), ()), department_id=3)
    ceiling = happened(END, "grade_capped", date_of_event=END)
    capped = replace(view_of(D(95), ceiling), department_id=2)

    (group,) = rank_sheets([capped, plain, lower])

    assert [(row.rank, row.view.department_id) for row in group.rows] == [(1, 1), (2, 3), (3, 2)]
    assert [tier.grade for tier in group.tiers] == ["優秀", "良好", "合格"]


# 從事件到每一處：頁面、結果、通報、命令、定稿。


def veto(cast: Cast, unit: Department, effect: str = "not_eligible", **values: object) -> VetoEvent:
    worth = {"points": {"item__points_hundredths": 500}, "grade_capped": {"item__grade": "不合格"}}
    return make.VetoEventFactory(
        department=unit,
        item__effect=effect,
        **{"upheld": True, "item__campaign": cast.campaign} | worth.get(effect, {}) | values,
    )


@pytest.fixture
def decided(cast: Cast) -> AssessmentRound:
    """婚姻登記處扣分、封頂、不得推薦各一件，待認定一件；殯儀館乾淨；審定了。"""
    found = stage.round_at(cast, Phase.DECISION)
    for effect in ("points", "grade_capped", "not_eligible"):
        veto(cast, cast.registry, effect)
    veto(cast, cast.registry, "suspended", upheld=False, item__text="無非法集資")
    rounds.decide_round(
        actor=cast.leader, round_id=found.pk, at=stage.START, reason="另有一件待認定"
    )
    return stage.fresh(found)


def test_the_chair_is_told_what_is_unsettled_but_not_held_up(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    veto(cast, cast.registry, upheld=False)
    veto(cast, cast.funeral_home, "grade_capped", item__grade="先進")

    said = rounds.unsettled(found)
    page = signed_in(cast.leader).get(found.get_absolute_url()).content.decode()

    assert [row.sentence for row in said] == [
        "婚姻登記處有 1 件負面清單上的事待認定，審定以後認定的不進這次的結果。",
        "殯儀館按負面清單要封頂到「先進」，考核辦法裏沒有這一等，系統封不了。",
    ]
    assert said[0].url == f"/vetoes/?department={cast.registry.pk}&state=pending"
    assert said[1].sentence in page
    rounds.decide_round(actor=cast.leader, round_id=found.pk, at=stage.START)
    assert rounds.unsettled(stage.fresh(found)) == []


def own_view(found: AssessmentRound, unit: Department) -> SheetView:
    (view,) = sheets_of(found, [stage.sheet_of(found, unit)])
    return view


def test_all_of_it_stands_on_the_sheet_in_one_more_query(
    cast: Cast, django_assert_num_queries: Callable
) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    everyone = list(found.sheets.select_related("profile"))
    for _number in range(3):
        veto(cast, cast.registry, "points")

    with django_assert_num_queries(7):
        views = {view.department_id: view for view in read_sheets(found, everyone)}

    assert views[cast.registry.pk].result.veto == D(-15)
    assert views[cast.registry.pk].first_total.veto == D(0)
    assert views[cast.funeral_home.pk].vetoes == ()


def test_a_release_after_freezing_alters_nothing_published(
    cast: Cast, decided: AssessmentRound
) -> None:
    before, shown = latest_snapshot(decided).body, own_view(decided, cast.registry)

    VetoEvent.objects.filter(state="upheld").update(
        state="released", released_date=date(2026, 11, 24)
    )
    VetoEvent.objects.filter(state="pending").update(
        state="dismissed", decided_by=cast.leader, decided_at=stage.START
    )
    sheet = stage.sheet_of(decided, cast.registry)
    marks = stage.marks(sheet, {"1.2": Finding(occurrences=2)}, "核實")
    second = rounds.revise_final(
        actor=cast.leader, sheet_id=sheet.pk, marks=marks, reason="核實", at=stage.START
    )

    first = decided.snapshots.get(edition=1)
    assert first.body == before
    (then,) = frozen_sheets(first, {cast.registry.pk})
    assert then == shown
    (now,) = frozen_sheets(second, {cast.registry.pk})
    assert (now.vetoes, now.result.veto, now.grade) == (then.vetoes, D(-5), "不合格")
    assert now.total < then.total
    assert [fault for _s, fault in rounds.verify_snapshots()] == ["", ""]


def test_an_old_snapshot_without_the_list_is_still_read_verified_and_reissued(
    cast: Cast,
) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)
    veto(cast, cast.registry, "points")
    snapshot = latest_snapshot(found)
    body = json.loads(snapshot.body) | {"format": 1}
    for each in body["sheets"]:
        for name in ("vetoes", "earned_grade", "unmatched_grades"):
            del each["sheet"][name]
        for name in ("self_total", "first_total", "result"):
            del each["sheet"][name]["veto"]
    text = rounds.freezing.canonical(body)
    sha256 = rounds.freezing.hash_of(text)
    ResultSnapshot.objects.update(body=text, sha256=sha256)
    Entry.objects.filter(action="evaluations.round_decided").update(
        changes={"第 1 版定稿的哈希": ["", sha256]}
    )

    view = own_view(found, cast.registry)

    assert (view.total, view.result.veto, view.vetoes) == (D("78.22"), D(0), ())
    assert not view.is_capped
    assert "總分：78.22 ＋ 3 － 3 ＝ 78.22 分，屬「合格」。" in explain(view)
    assert [fault for _s, fault in rounds.verify_snapshots()] == [""]
    sheet = stage.sheet_of(found, cast.registry)
    marks = stage.marks(sheet, {"2.1": Finding(step="A")}, "異議成立")
    again = rounds.revise_final(
        actor=cast.leader, sheet_id=sheet.pk, marks=marks, reason="異議", at=stage.START
    )
    (amended,) = frozen_sheets(again, {cast.registry.pk})
    assert (amended.result.veto, amended.vetoes) == (D(0), ())


def test_the_unit_and_the_office_see_why_and_the_neighbour_only_the_result(
    cast: Cast, decided: AssessmentRound, signed_in: SignIn
) -> None:
    AssessmentRound.objects.update(phase=Phase.PUBLISHED, is_open_to_all=True)
    pages = [
        stage.sheet_of(decided, cast.registry).get_absolute_url(),
        reverse("evaluations:result", args=[decided.code]),
    ]
    event = VetoEvent.objects.get(item__effect="not_eligible")

    for person in (cast.head, cast.office, cast.leader):
        sheet, result = (signed_in(person).get(page).content.decode() for page in pages)
        assert event.get_absolute_url() in sheet
        assert f"不得推薦：2026年6月1日{event.item}" in sheet
        assert "未確認：2026年6月1日發生非法集資一事待認定" in sheet
        assert "未確認" in result
    sheet, result = (signed_in(cast.neighbour).get(page).content.decode() for page in pages)
    for text in (sheet, result):
        assert "不得推薦" in text
        assert "按總分屬「合格」，負面清單封頂" in text
        assert "發生" not in text
        assert "未確認" not in text
        assert "/vetoes/" not in text.split("<main", 1)[1]


def test_the_office_of_another_campaign_is_told_but_gets_no_link(
    cast: Cast, signed_in: SignIn
) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    other = make.CampaignFactory(name="去年的活動", code="last-year")
    event = veto(cast, cast.registry, item__campaign=other)
    page = stage.sheet_of(found, cast.registry).get_absolute_url()

    theirs = signed_in(cast.office).get(page).content.decode()
    own = signed_in(cast.head).get(page).content.decode()

    assert event.item.event_text in theirs
    assert event.get_absolute_url() not in theirs
    assert event.get_absolute_url() in own


def test_the_bulletin_and_the_command_say_the_same(
    cast: Cast, decided: AssessmentRound, signed_in: SignIn
) -> None:
    bulletin = signed_in(cast.leader).get(reverse("evaluations:bulletin", args=[decided.code]))
    text = "\n".join(
        each.text for each in Document(BytesIO(b"".join(bulletin.streaming_content))).paragraphs
    )
    said, plain = StringIO(), StringIO()
    call_command("assess", "--round", decided.code, "--json", stdout=said)
    call_command("assess", "--round", decided.code, stdout=plain)

    assert (
        "婚姻登記處：在總分之外扣5分；等次按總分屬「合格」，封頂定為「不合格」；不得推薦。" in text
    )
    assert "在總分之外另扣；上表所列總分已經扣過。" in text
    assert "發生非法集資" not in text
    rows = {row["department"]: row for row in json.loads(said.getvalue())["departments"]}
    mine = rows["婚姻登記處"]
    assert (mine["veto"], mine["total"]) == ("-5.00", "73.22")
    assert (mine["earned_grade"], mine["grade"], mine["is_recommendable"]) == (
        "合格",
        "不合格",
        False,
    )
    assert [each["is_confirmed"] for each in mine["vetoes"]].count(False) == 1
    assert rows["殯儀館"]["vetoes"] == []
    assert "不得推薦：" in plain.getvalue()
    assert "未確認：" in plain.getvalue()
