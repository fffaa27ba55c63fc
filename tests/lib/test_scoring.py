"""考核計分：八種規則各算各的，合計不因次序而變，證明多了分不會少。"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingtan_civ.lib.scoring import (
    Finding,
    Line,
    Matter,
    Part,
    Rule,
    RuleKind,
    Step,
    add_up,
    score,
    show,
    to_points,
)

D = Decimal
STATES = (
    Step("A", percent=D(100)),
    Step("B", percent=D(66)),
    Step("C", percent=D(33)),
    Step("D", percent=D(0)),
)
LEVELS = (Step("省級", points=D(3)), Step("市級", points=D(2)), Step("縣級", points=D(1)))
RATES = (
    Step("優", points=D(5), at_least=D(95)),
    Step("良", points=D(3), at_least=D(85)),
    Step("中", points=D(1), at_least=D(60)),
)


@pytest.mark.parametrize(
    ("rule", "finding", "points"),
    [
        (Rule(RuleKind.BINARY, D(5)), Finding(is_met=True), "5"),
        (Rule(RuleKind.BINARY, D(5)), Finding(is_met=False), "0"),
        (Rule(RuleKind.PRO_RATA, D(10)), Finding(done=D(7), planned=D(9)), "7.78"),
        (Rule(RuleKind.PRO_RATA, D(10)), Finding(done=D(12), planned=D(9)), "10"),
        (Rule(RuleKind.DEDUCT_EACH, D(3), each=D("0.5")), Finding(occurrences=0), "3"),
        (Rule(RuleKind.DEDUCT_EACH, D(3), each=D("0.5")), Finding(occurrences=2), "2"),
        (Rule(RuleKind.DEDUCT_EACH, D(3), each=D("0.5")), Finding(occurrences=9), "0"),
        (Rule(RuleKind.BANDS, D("1.25"), steps=STATES), Finding(step="B"), "0.83"),
        (Rule(RuleKind.BANDS, D("1.25"), steps=STATES), Finding(step="D"), "0"),
        (Rule(RuleKind.STEPS, D(5), steps=RATES), Finding(value=D(95)), "5"),
        (Rule(RuleKind.STEPS, D(5), steps=RATES), Finding(value=D("94.99")), "3"),
        (Rule(RuleKind.STEPS, D(5), steps=RATES), Finding(value=D("59.9")), "0"),
        (Rule(RuleKind.MANUAL, D(4)), Finding(points=D("3.5")), "3.5"),
    ],
)
def test_a_rule_gives_what_the_paper_says(rule: Rule, finding: Finding, points: str) -> None:
    assert score(rule, finding).points == D(points)


def test_the_same_honour_counts_once_at_its_highest_level() -> None:
    rule = Rule(RuleKind.BONUS_STEPS, D(10), steps=LEVELS)
    finding = Finding(
        matters=(
            Matter("文明窗口", "縣級"),
            Matter("文明窗口", "省級"),
            Matter("文明窗口", "市級"),
            Matter("青年文明號", "市級"),
        )
    )

    outcome = score(rule, finding)

    assert outcome.points == D(5)
    assert outcome.why == "文明窗口（省級）3 分、青年文明號（市級）2 分。"


def test_bonus_stops_at_its_cap() -> None:
    rule = Rule(RuleKind.BONUS_STEPS, D(4), steps=LEVELS)

    outcome = score(rule, Finding(matters=(Matter("甲", "省級"), Matter("乙", "省級"))))

    assert outcome.points == D(4)
    assert outcome.why.endswith("，合計超過封頂，按 4 分計。")


def test_what_was_concealed_is_taken_twice() -> None:
    rule = Rule(RuleKind.PENALTY, D(0), each=D(3))
    finding = Finding(matters=(Matter("通報批評"), Matter("投訴屬實", is_concealed=True)))

    outcome = score(rule, finding)

    assert outcome.points == D(-9)
    assert "隱瞞不報，加倍" in outcome.why


def test_what_is_missing_counts_nothing_and_leaves_the_why_to_the_sheet() -> None:
    outcome = score(Rule(RuleKind.BINARY, D(5)), None)

    assert (outcome.points, outcome.why, outcome.is_missing) == (D(0), "", True)


@pytest.mark.parametrize(
    ("rule", "finding", "what"),
    [
        (Rule(RuleKind.BINARY, D(5)), Finding(), "is_met"),
        (Rule(RuleKind.PRO_RATA, D(5)), Finding(done=D(1), planned=D(0)), "done/planned"),
        (Rule(RuleKind.PRO_RATA, D(5)), Finding(done=D(-1), planned=D(2)), "done/planned"),
        (Rule(RuleKind.DEDUCT_EACH, D(5), each=D(1)), Finding(occurrences=-1), "occurrences"),
        (Rule(RuleKind.STEPS, D(5), steps=RATES), Finding(), "value"),
        (Rule(RuleKind.MANUAL, D(5)), Finding(points=D("5.01")), "points"),
    ],
)
def test_a_fact_that_cannot_be_is_refused(rule: Rule, finding: Finding, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        score(rule, finding)


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(KeyError, match="E"):
        score(Rule(RuleKind.BANDS, D(5), steps=STATES), Finding(step="E"))


def test_the_split_of_a_real_county_is_exact() -> None:
    parts = [D("39.7"), D("46.3"), D(10), D(10)]
    lines = [Line(Part.BASE, part, part) for part in parts]

    total = add_up(lines, full=D(106))

    assert (total.total, total.is_rescaled) == (D(106), False)


def test_what_does_not_apply_is_left_out_and_the_rest_rescaled() -> None:
    lines = [
        Line(Part.BASE, D(60), D(45)),
        Line(Part.BASE, D(40), D(0), is_applicable=False),
        Line(Part.BONUS, D(5), D(2)),
    ]

    total = add_up(lines, full=D(100))

    assert (total.earned, total.applicable, total.base, total.total) == (D(45), D(60), D(75), D(77))


def test_bonus_and_penalty_have_caps_of_their_own() -> None:
    lines = [
        Line(Part.BASE, D(100), D(90)),
        Line(Part.BONUS, D(8), D(8)),
        Line(Part.PENALTY, D(0), D(-20)),
    ]

    total = add_up(lines, full=D(100), bonus_cap=D(5), penalty_cap=D(10))

    assert (total.bonus, total.penalty, total.total) == (D(5), D(-10), D(85))


def test_a_total_is_never_below_nothing() -> None:
    lines = [Line(Part.BASE, D(100), D(3)), Line(Part.PENALTY, D(0), D(-20))]

    assert add_up(lines, full=D(100)).total == 0


def test_halves_are_rounded_up_as_people_do() -> None:
    assert [to_points(D(text)) for text in ("0.125", "0.135", "2.675")] == [
        D("0.13"),
        D("0.14"),
        D("2.68"),
    ]


def test_points_in_a_sentence_have_no_idle_zeros() -> None:
    assert [show(D(text)) for text in ("3.50", "100", "0.00", "-0.00", "86.40")] == [
        "3.5",
        "100",
        "0",
        "0",
        "86.4",
    ]


points = st.integers(min_value=0, max_value=5000).map(lambda cents: D(cents) / 100)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    full = draw(points)
    part = draw(st.sampled_from(Part))
    earned = min(draw(points), full)
    return Line(
        part, full, -earned if part is Part.PENALTY else earned, is_applicable=draw(st.booleans())
    )


@given(st.lists(lines(), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(rows: list[Line], luck) -> None:
    shuffled = list(rows)
    luck.shuffle(shuffled)

    assert add_up(rows, full=D(100), bonus_cap=D(5)) == add_up(
        shuffled, full=D(100), bonus_cap=D(5)
    )


@given(st.lists(lines(), max_size=12))
def test_a_base_score_stays_between_nothing_and_full(rows: list[Line]) -> None:
    total = add_up(rows, full=D(100))

    assert 0 <= total.base <= 100


@given(
    points,
    st.integers(min_value=0, max_value=40),
    st.integers(min_value=0, max_value=40),
    st.integers(min_value=1, max_value=40),
)
def test_more_done_never_gives_less(full: D, less: int, more: int, planned: int) -> None:
    less, more = sorted((less, more))
    rule = Rule(RuleKind.PRO_RATA, full)

    few = score(rule, Finding(done=D(less), planned=D(planned))).points
    many = score(rule, Finding(done=D(more), planned=D(planned))).points

    assert few <= many <= full


@given(st.lists(st.sampled_from(["甲", "乙", "丙"])), st.sampled_from(["省級", "市級", "縣級"]))
def test_one_more_honour_never_gives_less(names: list[str], level: str) -> None:
    rule = Rule(RuleKind.BONUS_STEPS, D(10), steps=LEVELS)
    held = tuple(Matter(name, "市級") for name in names)

    before = score(rule, Finding(matters=held)).points
    after = score(rule, Finding(matters=(*held, Matter("丁", level)))).points

    assert before <= after
