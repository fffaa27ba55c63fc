"""樣例的考核辦法：方案六項目標的各款都考到，否決類的不計分，合計正好。"""

import json
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO

import pytest
from django.conf import settings

from campaigns.models import Indicator
from desk.demo import organisation
from desk.demo.plan import import_the_document
from desk.demo.scheme import adopt_the_scheme, sample_tree
from evaluations.models import Scheme
from evaluations.scheme_cells import Names
from evaluations.scheme_reading import read_workbook
from evaluations.scheme_sheets import write_workbook
from evaluations.schemes import SchemeTree, SectionNode, problems, read_tree
from people.models import Department
from pingtan_civ.lib.scoring import Part, RuleKind
from tests import factories as make
from tests.cast import Cast


@pytest.fixture
def tree(cast: Cast, now: datetime) -> SchemeTree:
    """樣例的單位和方案，不裝別的。"""
    for position, unit in enumerate(organisation.UNITS):
        Department.objects.update_or_create(
            code=unit.code, defaults={"name": unit.name, "position": position}
        )
    import_the_document(cast.campaign, cast.office, make.moment(2026, 3, 2))
    return sample_tree(cast.campaign, 2026)


def test_every_clause_but_those_of_the_negative_list_is_a_standard(tree: SchemeTree) -> None:
    data = json.loads((settings.BASE_DIR / "campaigns/sample/clauses.json").read_text("utf-8"))
    clauses = [each for each in data["clauses"] if each["section_kind"] == "objective"]
    scored = {each["text"] for each in clauses if not each["veto_like"]}
    assert (len(clauses), len(scored)) == (68, 60)

    assert standards_of(tree.sections) == scored
    bonus = {each["text"] for each in clauses if each["code"] in ("G2.4", "G2.5", "G6.7")}
    assert standards_of(each for each in tree.sections if each.part is Part.BONUS) == bonus


def standards_of(sections: Iterable[SectionNode]) -> set[str]:
    """這些項目裏，依據方案條文的各條標準。"""
    return {
        standard.text
        for section in sections
        for line in section.all_criteria()
        for standard in line.standards
        if standard.clause
    }


def test_each_line_opens_the_evidence_of_its_clauses(tree: SchemeTree) -> None:
    indicators = {row.pk: row.clause_id for row in Indicator.objects.all()}

    for line in tree.all_criteria():
        own = {indicators[ref.pk] for ref in line.indicators}
        assert {standard.clause.pk for standard in line.standards if standard.clause} <= own


def test_it_adds_up_and_shows_all_eight_rules(tree: SchemeTree) -> None:
    assert problems(tree) == []
    assert [(each.name, each.common, each.own) for each in tree.sums()] == [
        ("業務科室", 60, 40),
        ("窗口單位", 60, 40),
    ]
    assert {line.rule.kind for line in tree.all_criteria()} == set(RuleKind) - {RuleKind.BINARY}


def test_it_is_adopted_and_survives_excel(cast: Cast, tree: SchemeTree, now: datetime) -> None:
    scheme = adopt_the_scheme(cast.campaign, cast.office, now)

    assert Scheme.objects.in_force(cast.campaign, 2026) == scheme
    assert read_tree(scheme) == tree
    data = BytesIO(write_workbook(tree, year=2026))
    assert read_workbook(data, "辦法.xlsx", Names.of(cast.campaign)).tree == tree
