"""考核辦法的戲台：一份小而全的辦法，八種規則、兩類單位、三層都有。"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from campaigns.models import EvidenceForm
from evaluations.models import Scheme
from evaluations.schemes import (
    CriterionLine,
    GradeLine,
    ProfileLine,
    Ref,
    SchemeTree,
    SectionNode,
    StandardLine,
)
from evaluations.services.schemes import import_scheme
from pingtan_civ.lib.scoring import Part, Rule, RuleKind, Step
from tests import factories as make
from tests.cast import Cast

D = Decimal
ABCD = tuple(
    Step(label, percent=D(percent)) for label, percent in zip("ABCD", (100, 66, 33, 0), strict=True)
)


def line(number: str, kind: str, full: str, **more: object) -> CriterionLine:
    rule = Rule(
        RuleKind(kind),
        D(full),
        D(more.pop("each", 0)),
        tuple(more.pop("steps", ())),  # type: ignore[arg-type]
    )
    return CriterionLine(number, f"測評內容{number}", rule, **more)  # type: ignore[arg-type]


def small_tree(cast: Cast) -> SchemeTree:
    """39.7 共同 + 66.3 本類 = 106：總分不必是 100。"""
    photo = EvidenceForm.objects.get(code="photo")
    objective = make.ObjectiveFactory(campaign=cast.campaign, code="G1", number=1)
    indicator = make.IndicatorFactory(objective=objective, clause__code="G1.3")
    papers = StandardLine(
        "1",
        "建立領導小組,責任到人",
        "papers",
        "field",
        (Ref(photo.pk, photo.name),),
        Ref(indicator.clause_id, "G1.3"),
    )
    common = SectionNode(
        "1",
        "組織領導",
        objective=Ref(objective.pk, "G1"),
        criteria=(
            line(
                "1.1",
                "bands",
                "9.7",
                steps=ABCD,
                indicators=(Ref(indicator.pk, "G1.3"),),
                standards=(papers, StandardLine("2", "=1+1 原文", "survey")),
            ),
        ),
        children=(
            SectionNode(
                "1.2",
                "機制",
                criteria=(
                    line("1.2.1", "binary", "10", may_not_apply=True, note="沒有的不適用"),
                    line("1.2.2", "deduct_each", "10", each="0.5", scorer="inspection"),
                ),
            ),
            SectionNode("1.3", "報送", criteria=(
                line(
                    "1.3.1",
                    "steps",
                    "10",
                    scorer="system",
                    figure="on_time_rate",
                    steps=(Step("高", D(10), at_least=D(95)), Step("中", D(5), at_least=D(80))),
                ),
            )),
        ),
    )  # fmt: skip
    office = Ref(cast.bureau_office.pk, cast.bureau_office.name)
    return SchemeTree(
        title="考核辦法",
        full=D(106),
        bonus_cap=D(5),
        note="說明",
        profiles=(
            ProfileLine("窗口單位", (Ref(cast.registry.pk, "婚姻登記處"),)),
            ProfileLine("業務科室", (office,)),
        ),
        grades=(GradeLine("優秀", D(90)), GradeLine("不合格", D(0), True)),
        sections=(
            common,
            SectionNode(
                "2",
                "窗口服務",
                profile="窗口單位",
                criteria=(
                    line("2.1", "pro_rata", "46.3"),
                    line("2.2", "manual", "20", scorer="department", scoring_department=office),
                ),
            ),
            SectionNode(
                "3", "業務", profile="業務科室", criteria=(line("3.1", "pro_rata", "66.3"),)
            ),
            SectionNode(
                "4",
                "加分",
                Part.BONUS,
                criteria=(line("4.1", "bonus_steps", "3", steps=(Step("省級", D(3)),)),),
            ),
            SectionNode(
                "5", "扣分", Part.PENALTY, criteria=(line("5.1", "penalty", "0", each="2"),)
            ),
        ),
    )


def a_draft(cast: Cast, at: datetime, tree: SchemeTree | None = None, year: int = 2026) -> Scheme:
    return import_scheme(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        year=year,
        tree=tree or small_tree(cast),
        source="辦法.xlsx",
        at=at,
    )


def with_full(tree: SchemeTree, number: str, full: Decimal) -> SchemeTree:
    """同一份，只把一條的分值改了。"""

    def changed(section: SectionNode) -> SectionNode:
        return replace(
            section,
            children=tuple(map(changed, section.children)),
            criteria=tuple(
                replace(each, rule=replace(each.rule, full=full)) if each.number == number else each
                for each in section.criteria
            ),
        )

    return replace(tree, sections=tuple(map(changed, tree.sections)))


def least_tree() -> SchemeTree:
    """能啟用的最小一份：一類、一等、一項、一條。"""
    return SchemeTree(
        title="考核辦法",
        full=D(1),
        profiles=(ProfileLine("全體"),),
        grades=(GradeLine("合格", D(0)),),
        sections=(SectionNode("1", "項目", criteria=(line("1.1", "binary", "1"),)),),
    )
