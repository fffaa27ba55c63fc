"""調整只動結構：不論怎樣調，各行順次相接一字不差。"""

import random

import pytest

from pingtan_civ.lib.plan import adjust
from pingtan_civ.lib.plan.codes import coded
from pingtan_civ.lib.plan.parser import parse_plan
from pingtan_civ.lib.plan.types import Kind, ParsedPlan
from tests.plans.documents import REAL, SMALL

TAGGED = (
    SMALL + "（牽頭單位：局辦公室）\n2、加強督查。按月通報；年底考核。\n（責任單位：社會事務科）\n"
)


def rows_of(text: str) -> list[adjust.Row]:
    return adjust.flatten(parse_plan(text))


def key_of(rows: list[adjust.Row], words: str) -> str:
    return next(row.key for row in rows if words in row.printed)


def do(rows: list[adjust.Row], op: str, words: str, value: object = None) -> list[adjust.Row]:
    return adjust.apply(rows, {"op": op, "row": key_of(rows, words), "value": value})


def any_step(rows: list[adjust.Row], dice: random.Random, *, may_drop: bool) -> adjust.Operation:
    """隨手的一步：有的說得通，有的說不通。"""
    index = dice.randrange(len(rows))
    row = rows[index]
    drops = ["drop", "keep"] if may_drop else []
    op = dice.choice(["kind", "level", "split", "merge", *drops, "heading", "none"])
    value: object = dice.choice([None, 0, 3, "nonsense", -1])
    if op == "kind":
        value = dice.choice([*map(str, Kind), "nonsense"])
    elif op == "level":
        value = dice.choice([*adjust.LEVELS, "nonsense"])
    elif op == "split" and row.split_points:
        value = dice.choice(row.split_points)[0]
    elif op == "heading" and (points := adjust.heading_points(rows, index)):
        value = dice.choice(points)[0]
    return {"op": op, "row": dice.choice([row.key, row.key, "999999"]), "value": value}


@pytest.mark.parametrize("seed", range(25))
def test_no_series_of_adjustments_changes_a_word(seed: int) -> None:
    dice = random.Random(seed)
    plan = parse_plan(REAL if seed % 5 == 0 else TAGGED)
    start = adjust.flatten(plan)
    rows, steps = start, []

    for _ in range(60):
        steps.append(any_step(rows, dice, may_drop=seed % 2 == 0))
        rows = adjust.apply(rows, steps[-1])
        assert adjust.joined(rows) == adjust.joined(start)
        assert len({row.key for row in rows}) == len(rows)

    assert adjust.adjusted(plan, steps) == rows
    built = adjust.rebuild(plan, rows)
    kept = "".join(row.printed for row in rows if not row.dropped)
    assert _printed(built) == kept
    if not built.dropped:
        assert sorted(_tags(built)) == sorted(_tags(plan))
    assert len(adjust.codes(built, rows)) <= len(rows)
    assert len({entry.code for entry in coded(built)}) == len(coded(built))


def _printed(plan: ParsedPlan) -> str:
    parts = []
    for section in plan.sections:
        parts += [section.mark or "", section.heading or "", section.heading_separator]
        for item in section.items:
            parts += [item.mark or "", item.heading or "", item.heading_separator]
            parts += [clause.printed + clause.separator for clause in item.clauses]
    return "".join(parts)


def _tags(plan: ParsedPlan) -> list[str]:
    return [tag.text for section in plan.sections for item in section.items for tag in item.tags]


def test_untouched_it_is_the_parse_itself() -> None:
    plan = parse_plan(REAL)

    assert adjust.rebuild(plan, adjust.flatten(plan)) == plan


def test_a_clause_splits_at_its_punctuation_and_merges_back() -> None:
    rows = rows_of(SMALL)
    merged = do(rows, "merge", "辦事指南齊全")

    joined_row = next(row for row in merged if "辦事指南齊全" in row.body)
    assert joined_row.body == "窗口服務群眾滿意率達到90%以上；辦事指南齊全"
    point = joined_row.split_points[0][0]
    again = adjust.apply(merged, {"op": "split", "row": joined_row.key, "value": point})
    assert [row.body for row in again] == [row.body for row in rows]


def test_a_section_changes_kind_and_its_clauses_their_codes() -> None:
    plan = parse_plan(SMALL)
    rows = do(adjust.flatten(plan), "kind", "組織領導", "task")

    codes = [entry.code for entry in coded(adjust.rebuild(plan, rows))]
    assert "O1.1" not in codes
    assert codes[-1].startswith("T3.")


def test_a_long_clause_made_an_item_opens_one_without_a_heading() -> None:
    plan = parse_plan(SMALL)
    rows = do(adjust.flatten(plan), "level", "辦事指南齊全", "item")

    items = adjust.rebuild(plan, rows).sections[0].items
    assert len(items) == 3
    assert items[1].heading is None
    assert items[1].clauses[0].text == "辦事指南齊全"


def test_an_item_made_a_clause_joins_the_item_before() -> None:
    plan = parse_plan(SMALL)
    rows = do(adjust.flatten(plan), "level", "2、平安有序", "clause")

    items = adjust.rebuild(plan, rows).sections[0].items
    assert len(items) == 1
    assert [clause.printed for clause in items[0].clauses][-2:] == [
        "2、平安有序",
        "全縣無重大火災事故",
    ]


def test_dropping_an_item_drops_what_is_under_it_and_keeping_brings_it_back() -> None:
    plan = parse_plan(SMALL)
    start = adjust.flatten(plan)

    rows = do(start, "drop", "1、窗口服務規範")
    assert len(adjust.rebuild(plan, rows).sections[0].items) == 1

    back = do(rows, "keep", "1、窗口服務規範")
    assert back == start


def test_a_footer_line_can_be_kept() -> None:
    plan = parse_plan(REAL)
    rows = do(adjust.flatten(plan), "keep", "※駱家輝")

    built = adjust.rebuild(plan, rows)
    assert len(built.dropped) == len(plan.dropped) - 1
    assert built.clauses[-1].text == "※駱家輝:我以中國血統自豪"


def test_the_end_of_a_heading_moves() -> None:
    plan = parse_plan(SMALL)
    start = adjust.flatten(plan)
    rows = do(start, "heading", "1、窗口服務規範", 0)

    item = adjust.rebuild(plan, rows).sections[0].items[0]
    assert item.heading is None
    assert item.clauses[0].text.startswith("窗口服務規範。窗口服務群眾")
    restored = do(rows, "heading", "1、", 7)
    assert [row.printed for row in restored] == [row.printed for row in start]


def test_a_line_of_assignment_stays_with_its_item() -> None:
    plan = parse_plan(
        "一、主要任務\n1、規範服務。公開辦事程序；亮證上崗。\n（牽頭單位：社會事務科）\n"
    )
    start = adjust.flatten(plan)

    rows = do(do(start, "merge", "亮證上崗"), "heading", "1、規範服務", 0)

    item = adjust.rebuild(plan, rows).sections[0].items[0]
    assert [tag.text for tag in item.tags] == ["（牽頭單位：社會事務科）"]
    assert item.text.endswith("\n（牽頭單位：社會事務科）")
    assert item.proposals.lead == "社會事務科"


@pytest.mark.parametrize(
    "operation",
    [
        {},
        {"op": "split"},
        {"op": "fly", "row": "0"},
        {"op": "split", "row": "0", "value": "abc"},
        {"op": "level", "row": "0", "value": None},
        {"op": "merge", "row": "0"},
        {"op": "heading", "row": "0", "value": 10_000},
    ],
)
def test_a_senseless_adjustment_does_nothing(operation: adjust.Operation) -> None:
    rows = rows_of(SMALL)

    assert adjust.apply(rows, operation) == rows
