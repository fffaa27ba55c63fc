"""查到的事實存進庫、讀出來，一樣；讀不懂的不收。"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.findings import FACTS_OF, UnreadableFinding, from_json, outcome_of, to_json
from pingtan_civ.lib.scoring import Finding, Matter, Rule, RuleKind

numbers = st.decimals(0, 10**6, places=2)
matters = st.lists(
    st.builds(
        Matter, matter=st.text(min_size=1), step=st.text(), times=st.integers(0, 9),
        is_concealed=st.booleans(),
    ),
    min_size=1,
    max_size=4,
).map(tuple)  # fmt: skip
findings = st.one_of(
    st.builds(Finding, is_met=st.booleans()),
    st.builds(Finding, done=numbers, planned=numbers),
    st.builds(Finding, occurrences=st.integers(0, 99)),
    st.builds(Finding, step=st.text(min_size=1)),
    st.builds(Finding, value=numbers),
    st.builds(Finding, points=numbers),
    st.builds(Finding, matters=matters),
)


@given(findings)
def test_what_is_written_is_read_back(finding: Finding) -> None:
    assert from_json(to_json(finding)) == finding


def test_nothing_found_is_nothing_written() -> None:
    assert to_json(None) == {}
    assert from_json({}) is None


@pytest.mark.parametrize(
    "data",
    [
        {"is_met": 1},
        {"is_met": True, "extra": 1},
        {"done": 1.5},
        {"value": "NaN"},
        {"value": "九十"},
        {"occurrences": True},
        {"matters": {}},
        {"matters": [{"matter": "甲"}]},
        [],
    ],
)
def test_what_cannot_be_understood_is_refused(data: object) -> None:
    with pytest.raises(UnreadableFinding):
        from_json(data)  # type: ignore[arg-type]


def test_a_finding_must_fit_its_rule() -> None:
    assert FACTS_OF.keys() == set(RuleKind)
    with pytest.raises(UnreadableFinding):
        outcome_of(Rule(RuleKind.BINARY, Decimal(5)), Finding(value=Decimal(1)))
    with pytest.raises(UnreadableFinding):
        outcome_of(Rule(RuleKind.BANDS, Decimal(5)), Finding(step="沒有這一檔"))
    with pytest.raises(UnreadableFinding):
        outcome_of(Rule(RuleKind.MANUAL, Decimal(5)), Finding(points=Decimal(6)))
