"""樣例的考核辦法：照六項工作目標和方案各款擬的一份，年初啟用。"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from campaigns.models import Campaign, EvidenceForm, Indicator, Objective
from evaluations.models import Scheme, Scorer
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
from people.models import Department, User
from pingtan_civ.lib.scoring import Part, Rule, RuleKind, Step

FILE = Path("evaluations/sample/scheme.json")
CLAUSES = Path("campaigns/sample/clauses.json")
ABCD = (("A", "100"), ("B", "66"), ("C", "33"), ("D", "0"))
"""狀態描述法：檔次和滿分的百分之幾。"""


def adopt_the_scheme(campaign: Campaign, office: User, at: datetime) -> Scheme:
    year = campaign.start_date.year
    tree = sample_tree(campaign, year)
    scheme = import_scheme(
        actor=office, campaign_id=campaign.pk, year=year, tree=tree, source=FILE.name, at=at
    )
    return adopt_scheme(actor=office, scheme_id=scheme.pk, at=at)


def sample_tree(campaign: Campaign, year: int) -> SchemeTree:
    """把數據文件裏的名字換成庫裏的行。標準的文字就是方案原文，不另寫一遍。"""
    return _Sample(campaign).tree(_read(FILE), year)


def _read(path: Path) -> Any:
    return json.loads((settings.BASE_DIR / path).read_text(encoding="utf-8"))


class _Sample:
    def __init__(self, campaign: Campaign) -> None:
        self.departments = {row.code: row for row in Department.objects.all()}
        self.forms = {row.code: row for row in EvidenceForm.objects.all()}
        self.texts = {each["code"]: each["text"] for each in _read(CLAUSES)["clauses"]}
        self.objectives = {row.code: row for row in Objective.objects.filter(campaign=campaign)}
        self.indicators = list(
            Indicator.objects.filter(objective__campaign=campaign).select_related(
                "clause", "objective"
            )
        )

    def _proving(self, code: str) -> list[Indicator]:
        """一款由哪幾項指標證明。導入時有的款拆成兩項，編碼也就與手工拆的對不上，所以認文字。"""
        goal, text = code.split(".")[0], self.texts[code]
        return [
            row for row in self.indicators if row.objective.code == goal and row.clause.text in text
        ]

    def tree(self, data: Mapping[str, Any], year: int) -> SchemeTree:
        return SchemeTree(
            title=f"{year} {data['title']}",
            full=Decimal(data["full"]),
            bonus_cap=Decimal(data["bonus_cap"]),
            penalty_cap=Decimal(data["penalty_cap"]),
            note=data["note"],
            profiles=tuple(
                ProfileLine(each["name"], tuple(map(self._unit, each["departments"])))
                for each in data["profiles"]
            ),
            grades=tuple(
                GradeLine(each["name"], Decimal(each["at_least"]), each.get("is_failing", False))
                for each in data["grades"]
            ),
            sections=tuple(self._section(each) for each in data["sections"]),
        )

    def _unit(self, code: str) -> Ref:
        row = self.departments[code]
        return Ref(row.pk, row.name)

    def _section(self, data: Mapping[str, Any], top: SectionNode | None = None) -> SectionNode:
        objective = self.objectives.get(data.get("objective", ""))
        node = SectionNode(
            number=data["number"],
            title=data["title"],
            part=top.part if top else Part(data.get("part", "base")),
            profile=top.profile if top else data.get("profile", ""),
            objective=Ref(objective.pk, objective.code) if objective else None,
            criteria=tuple(self._criterion(each) for each in data.get("criteria", [])),
        )
        children = tuple(self._section(each, node) for each in data.get("children", []))
        return replace(node, children=children)

    def _criterion(self, data: Mapping[str, Any]) -> CriterionLine:
        codes = [each["clause"] for each in data["standards"] if "clause" in each]
        proving = [row for code in codes for row in self._proving(code)]
        unit = data.get("scoring_department")
        return CriterionLine(
            number=data["number"],
            text=data["text"],
            rule=_rule(data),
            scorer=data.get("scorer", Scorer.OFFICE.value),
            scoring_department=self._unit(unit) if unit else None,
            figure=data.get("figure", ""),
            may_not_apply=data.get("may_not_apply", False),
            indicators=tuple(Ref(row.pk, row.code) for row in self.indicators if row in proving),
            note=data.get("note", ""),
            standards=tuple(
                self._standard(str(number), each)
                for number, each in enumerate(data["standards"], 1)
            ),
        )

    def _standard(self, number: str, data: Mapping[str, Any]) -> StandardLine:
        code = data.get("clause", "")
        clause = self._proving(code)[0].clause if code else None
        return StandardLine(
            number=number,
            text=self.texts[code] if code else data["text"],
            method=data["method"],
            second_method=data.get("second_method", ""),
            forms=tuple(
                Ref(row.pk, row.name) for key, row in self.forms.items() if key in data["forms"]
            ),
            clause=Ref(clause.pk, clause.code) if clause else None,
        )


def _rule(data: Mapping[str, Any]) -> Rule:
    return Rule(
        RuleKind(data["rule"]),
        full=Decimal(data["full"]),
        each=Decimal(data.get("each", "0")),
        steps=_steps(data.get("steps", [])),
    )


def _steps(rows: Any) -> tuple[Step, ...]:
    """「ABCD」是狀態描述法；其餘是（檔次, 分數[, 數值下限]）。"""
    if rows == "ABCD":
        return tuple(Step(label, percent=Decimal(percent)) for label, percent in ABCD)
    return tuple(
        Step(label, points=Decimal(points), at_least=Decimal(limit[0]) if limit else None)
        for label, points, *limit in rows
    )
