from dataclasses import dataclass

import pytest

from pingtan_civ.lib.plan import coded, parse_plan
from pingtan_civ.lib.plan.difference import compare


@dataclass(frozen=True)
class Entry:
    code: str
    text: str


OLD = (
    Entry("T1.1", "建立民政系統創建領導機構"),
    Entry("T1.2", "完善便民利民工作制度"),
    Entry("T1.3", "設立群眾投訴台"),
)


def test_the_same_document_twice_changes_nothing():
    found = compare(OLD, OLD)

    assert not found
    assert [pair.moved for pair in found.same] == [False, False, False]


def test_a_renumbered_clause_is_the_same_clause():
    new = (Entry("T2.1", "設立群眾投訴台"), OLD[0], OLD[1])

    found = compare(OLD, new)

    assert not found
    assert found.same[0].moved


def test_new_gone_and_reworded_are_told_apart():
    new = (OLD[0], Entry("T1.2", "健全完善便民利民工作制度"), Entry("T1.3", "公開辦事指南"))

    found = compare(OLD, new)

    (reworded,) = found.reworded
    assert (reworded.old, reworded.new) == (OLD[1], new[1])
    assert reworded.ratio == pytest.approx(0.909, abs=0.01)
    assert found.new == (new[2],)
    assert found.gone == (OLD[2],)


def test_a_similar_clause_of_another_kind_is_not_a_rewording():
    found = compare((Entry("G1.1", "完善便民制度"),), (Entry("T1.1", "完善便民的制度"),))

    assert (len(found.reworded), len(found.new), len(found.gone)) == (0, 1, 1)


def test_repeated_clauses_pair_by_their_code_first():
    old = (Entry("T1.1", "按時上報"), Entry("T2.1", "按時上報"))
    new = (Entry("T2.1", "按時上報"),)

    found = compare(old, new)

    assert found.same[0].old.code == "T2.1"
    assert [entry.code for entry in found.gone] == ["T1.1"]


def test_a_change_of_script_alone_is_a_full_likeness():
    found = compare((Entry("T1.1", "設立群眾投訴台"),), (Entry("T1.1", "设立群众投诉台"),))

    assert found.reworded[0].ratio == 1


def test_parsed_plans_compare_by_their_codes():
    old = "方案\n一、主要任務\n1、建立台賬制度。\n2、設立群眾投訴台。"
    new = "方案\n一、主要任務\n1、設立群眾投訴台。\n2、建立台賬管理制度。\n3、公開辦事指南。"

    found = compare(coded(parse_plan(old)), coded(parse_plan(new)))

    assert [(p.old.code, p.new.code) for p in found.same] == [("T2.1", "T1.1")]
    assert [(p.old.code, p.new.code) for p in found.reworded] == [("T1.1", "T2.1")]
    assert [entry.text for entry in found.new] == ["公開辦事指南"]


def test_two_quite_different_long_plans_are_not_paired_one_by_one():
    old = [Entry(f"T1.{n}", f"舊任務{n}") for n in range(300)]
    new = [Entry(f"T1.{n}", f"新任務{n}") for n in range(300)]

    found = compare(old, new)

    assert (len(found.new), len(found.gone)) == (300, 300)
