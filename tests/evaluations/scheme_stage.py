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
from evaluations.services.schemes import adopt_scheme, import_scheme
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
        sections=(_common(cast), *_own(office), *_beyond()),
    )


def _common(cast: Cast) -> SectionNode:
    photo = EvidenceForm.objects.get(code="photo")
    objective = make.ObjectiveFactory(campaign=cast.campaign, code="G1", number=1)
    indicator = make.IndicatorFactory(objective=objective, clause__code="G1.3")
    clause, form = Ref(indicator.clause_id, "G1.3"), Ref(photo.pk, photo.name)
    papers = StandardLine("1", "建立領導小組,責任到人", "papers", "field", (form,), clause)
    led = line(
        "1.1",
        "bands",
        "9.7",
        steps=ABCD,
        indicators=(Ref(indicator.pk, "G1.3"),),
        standards=(papers, StandardLine("2", "=1+1 原文", "survey")),
    )
    on_time = line(
        "1.3.1",
        "steps",
        "10",
        scorer="system",
        figure="on_time_rate",
        steps=(Step("高", D(10), at_least=D(95)), Step("中", D(5), at_least=D(80))),
    )
    ways = (
        line("1.2.1", "binary", "10", may_not_apply=True, note="沒有的不適用"),
        line("1.2.2", "deduct_each", "10", each="0.5", scorer="inspection"),
    )
    return SectionNode(
        "1",
        "組織領導",
        objective=Ref(objective.pk, "G1"),
        criteria=(led,),
        children=(
            SectionNode("1.2", "機制", criteria=ways),
            SectionNode("1.3", "報送", criteria=(on_time,)),
        ),
    )


def _own(office: Ref) -> tuple[SectionNode, ...]:
    window = (
        line("2.1", "pro_rata", "46.3"),
        line("2.2", "manual", "20", scorer="department", scoring_department=office),
    )
    section = (line("3.1", "pro_rata", "66.3"),)
    return (
        SectionNode("2", "窗口服務", profile="窗口單位", criteria=window),
        SectionNode("3", "業務", profile="業務科室", criteria=section),
    )


def _beyond() -> tuple[SectionNode, ...]:
    bonus = line("4.1", "bonus_steps", "3", steps=(Step("省級", D(3)),))
    penalty = line("5.1", "penalty", "0", each="2")
    return (
        SectionNode("4", "加分", Part.BONUS, criteria=(bonus,)),
        SectionNode("5", "扣分", Part.PENALTY, criteria=(penalty,)),
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


EDITING = (
    *("edit", "adopt", "discard", "profiles", "grades", "section-create", "criterion-create"),
    *("section-edit", "section-remove", "criterion-edit", "criterion-remove"),
)
MOVING = ("section-move", "criterion-move")
"""改草稿的各頁（見 tests/test_access.py）。"""


def scheme_keys(cast: Cast) -> dict[str, dict[str, int]]:
    """一份使用中的、一份擬訂中的考核辦法：各網址要的參數。"""
    at = make.moment(2026, 11, 23)
    adopted = a_draft(cast, at, least_tree())
    adopt_scheme(actor=cast.office, scheme_id=adopted.pk, at=at)
    draft = a_draft(cast, at, least_tree(), year=2027)
    section = draft.sections.get()
    parts = {"section": section.pk, "criterion": section.criteria.get().pk}
    keys = {f"evaluations:scheme{page}": {"pk": adopted.pk} for page in ("", "-export", "-copy")}
    for page in (*EDITING, *MOVING):
        part, act = page.partition("-")[::2]
        more = {f"{part}_pk": parts[part]} if act not in ("", "create") else {}
        keys[f"evaluations:scheme-{page}"] = {"pk": draft.pk} | more
    return keys
