"""「方案與目標」頁要的東西：現行方案的樹，每項目標、指標、任務款各有幾項措施在落實。

查詢的次數固定，與款數、措施數無關。
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import QuerySet

from campaigns.models import Campaign, Clause, Indicator, Objective, PlanVersion
from campaigns.standing import Standing
from tasks.models import MainTask, Measure


@dataclass
class ClauseView:
    """一款。breaks 表示它在原文裏另起一行。"""

    row: Clause
    breaks: bool = False
    indicator: Indicator | None = None
    measures: int = 0


@dataclass
class ItemView:
    row: Clause
    clauses: list[ClauseView] = field(default_factory=list)
    objective: Objective | None = None
    task: MainTask | None = None
    measures: int = 0

    @property
    def tags(self) -> list[str]:
        """條下獨佔一行的標註（牽頭單位、時限），不是款，但也照印。"""
        printed = "".join(c.row.mark + c.row.text + c.row.separator for c in self.clauses)
        printed = "".join(printed.split())
        lines = self.row.text.splitlines()
        return [line for line in lines if "".join(line.split()) not in printed]


@dataclass
class SectionView:
    row: Clause
    items: list[ItemView] = field(default_factory=list)

    @property
    def shows_indicators(self) -> bool:
        return any(item.objective for item in self.items)


@dataclass
class PlanView:
    """一版方案；只有現行的一版帶目標、指標和措施數。"""

    version: PlanVersion
    sections: list[SectionView]

    @property
    def indicators(self) -> list[Indicator]:
        return [
            clause.indicator
            for section in self.sections
            for item in section.items
            for clause in item.clauses
            if clause.indicator
        ]

    @property
    def unanswered(self) -> int:
        """主要任務下還沒有措施的款有幾款。"""
        items = [item for section in self.sections for item in section.items if item.task]
        return sum(not clause.measures for item in items for clause in item.clauses)

    @property
    def counts(self) -> dict[str, int]:
        items = [item for section in self.sections for item in section.items]
        indicators = self.indicators
        return {
            "clauses": sum(len(item.clauses) for item in items),
            "objectives": sum(item.objective is not None for item in items),
            "tasks": sum(item.task is not None for item in items),
            "indicators": len(indicators),
            "veto": sum(row.is_veto_like for row in indicators),
            "reworded": sum(row.reworded_at is not None for row in indicators),
        }


def read_plan(version: PlanVersion) -> PlanView:
    """一版方案的樹，原文照樣。一次查詢。"""
    sections: list[SectionView] = []
    line = 0
    for row in version.clauses.order_by("position"):
        if row.level == Clause.Level.SECTION:
            sections.append(SectionView(row))
        elif row.level == Clause.Level.ITEM:
            sections[-1].items.append(ItemView(row))
            line = row.line
        else:
            sections[-1].items[-1].clauses.append(ClauseView(row, breaks=row.line != line))
            line = row.line
    return PlanView(version, sections)


def read_current_plan(version: PlanVersion, campaign: Campaign, standing: Standing) -> PlanView:
    """現行方案：樹，加上目標、指標、任務和本人看得見的措施數。"""
    plan = read_plan(version)
    objectives = {row.clause_id: row for row in _active(Objective, campaign)}
    tasks = {row.clause_id: row for row in _active(MainTask, campaign)}
    indicators = {row.clause_id: row for row in current_indicators(campaign)}
    visible = Measure.objects.visible_to(standing, campaign).order_by()
    rows = list(visible.values_list("pk", "objective_id", "main_task_id", "clause_id"))
    by_objective = Counter(objective for _m, objective, _t, _c in rows)
    by_task = Counter(task for _m, _o, task, _c in rows)
    # 出處是這一款、又對應這一款的指標的，是一項，不是兩項。
    by_clause, by_indicator = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    for measure, _o, _t, source in rows:
        by_clause[source].add(measure)
    for measure, indicator in visible.values_list("pk", "indicators"):
        by_indicator[indicator].add(measure)
    for section in plan.sections:
        for item in section.items:
            item.objective, item.task = objectives.get(item.row.pk), tasks.get(item.row.pk)
            if item.objective:
                item.measures = by_objective[item.objective.pk]
            elif item.task:
                item.measures = by_task[item.task.pk]
            for clause in item.clauses:
                clause.indicator = indicators.get(clause.row.pk)
                found = by_clause[clause.row.pk]
                if clause.indicator:
                    found = found | by_indicator[clause.indicator.pk]
                clause.measures = len(found)
    return plan


def current_indicators(campaign: Campaign) -> QuerySet[Indicator]:
    return (
        Indicator.objects.filter(objective__campaign=campaign, retired_at__isnull=True)
        .select_related("objective", "clause")
        .prefetch_related("evidence_requirements__form")
    )


def retired_indicators(campaign: Campaign) -> QuerySet[Indicator]:
    """隨修訂不再列入的指標，原文還在舊的一版裏。"""
    return (
        Indicator.objects.filter(objective__campaign=campaign, retired_at__isnull=False)
        .select_related("clause__version", "objective")
        .order_by("-retired_at", "position")
    )


def stranded_measures(
    version: PlanVersion, campaign: Campaign, standing: Standing
) -> QuerySet[Measure]:
    """出處已不在現行方案裏的措施：照常辦理，由辦公室決定去留。"""
    return (
        Measure.objects.visible_to(standing, campaign)
        .filter(clause__isnull=False)
        .exclude(clause__version=version)
        .exclude(state=Measure.State.CANCELLED)
        .select_related("clause__version", "lead_department", "campaign")
        .order_by("position")
    )


def _active(model: type[Objective] | type[MainTask], campaign: Campaign) -> QuerySet:
    return model.objects.filter(campaign=campaign, retired_at__isnull=True)
