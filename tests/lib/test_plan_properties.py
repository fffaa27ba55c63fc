"""任何文字都讀得下去，一個字也不丟，再長也不拖。"""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pingtan_civ.lib.plan import coded, parse_plan
from pingtan_civ.lib.plan.clauses import split
from pingtan_civ.lib.plan.difference import compare
from pingtan_civ.lib.plan.readers import UnreadablePlan, read_plan
from pingtan_civ.lib.plan.script import fold
from tests.lib.plan_text import letters

WORDS = st.sampled_from(
    [
        "一、", "（二）", "3.", "（4）", "⑤", "第六條 ", "※", "提高認識", "工作目標", "主要任務",
        "加強領導", "制度健全", "無重大事故", "、", "，", ",", "。", "；", "：", "「", "」", "（", "）",
        "《", "》", "\n", "\r\n", "　", "牽頭單位：", "責任單位：辦公室", "完成時限：", "6月底前",
        "2027年3月15日前", "每季度", "與", "使", "根據", "13月40日前", "推薦閱讀", "2012年", "1.5萬元",
        "……", "0", "9999年",
    ]
)  # fmt: skip
PLAN_LIKE = st.lists(WORDS, max_size=60).map("".join)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), PLAN_LIKE))
def test_no_text_breaks_the_parser_and_no_letter_is_lost(text):
    plan = parse_plan(text, year=2026)

    assert letters(plan) == Counter("".join(text.split()))
    assert len({c.code for c in coded(plan)}) == len(plan.clauses)


@settings(max_examples=200, deadline=None)
@given(PLAN_LIKE.map(lambda text: "".join(text.split())))
def test_clauses_and_separators_give_back_the_paragraph(paragraph):
    pieces = split(paragraph)

    assert "".join(paragraph[p.start : p.end] + p.separator for p in pieces) == paragraph
    assert all(p.start < p.end and len(p.separator) <= 4 for p in pieces)


@settings(max_examples=100, deadline=None)
@given(PLAN_LIKE)
def test_every_line_number_points_into_the_text(text):
    plan = parse_plan(text)
    count = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))

    lines = [c.line for c in plan.clauses] + [p.line for p in plan.problems]

    assert all(1 <= line <= count for line in lines)


@settings(max_examples=100, deadline=None)
@given(PLAN_LIKE)
def test_a_proposed_date_is_a_date_or_the_words_of_the_text(text):
    for clause in parse_plan(text, year=2026).clauses:
        due = clause.proposals.due
        assert due is None or due in text or date.fromisoformat(due)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.docx", "a.xlsx", "a", "a.pdf"]))
def test_any_bytes_are_read_or_refused_with_a_sentence(data, name):
    try:
        text = read_plan(data, name)
    except UnreadablePlan as refusal:
        text = str(refusal)

    assert text.strip()


@given(st.text(max_size=200))
def test_folding_keeps_the_length(text):
    assert len(fold(text)) == len(text)


@settings(max_examples=60, deadline=None)
@given(PLAN_LIKE, PLAN_LIKE)
def test_every_clause_of_both_versions_is_accounted_for(old_text, new_text):
    old, new = coded(parse_plan(old_text)), coded(parse_plan(new_text))

    found = compare(old, new)

    assert len(found.same) + len(found.reworded) + len(found.gone) == len(old)
    assert len(found.same) + len(found.reworded) + len(found.new) == len(new)


@pytest.mark.parametrize(
    "unit",
    ["制度健全，", "無嚴重問題、", "「", "（牽頭單位：", "1、加強領導\n", "與", "在，", "每月"],
)
def test_work_grows_with_the_text_not_with_its_square(unit, monkeypatch):
    """數摺疊過的字數而不看鐘：十倍的文字，至多十倍多一點的工夫。"""
    from pingtan_civ.lib.plan import clauses, footer, headings, numbering, parser, proposals

    counted = {"letters": 0}

    def counting(text: str) -> str:
        counted["letters"] += len(text)
        return fold(text)

    for module in (clauses, footer, headings, numbering, parser, proposals):
        monkeypatch.setattr(module, "fold", counting)

    parse_plan(unit * 300)
    small, counted["letters"] = counted["letters"], 0
    parse_plan(unit * 3000)

    assert counted["letters"] <= 12 * small
