"""把保存的方案接到任務分解上：主要任務、待下達的措施；修訂時已有的措施跟着款走。"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns import policies
from campaigns.evidence_specs import UsualSpecs
from campaigns.models import (
    Campaign,
    Clause,
    Cycle,
    Indicator,
    Objective,
    PlanDraft,
    PlanVersion,
)
from campaigns.services.plan import (
    SavedPlan,
    carry_headings,
    current_version,
    save_version,
)
from campaigns.services.plan_clauses import WrittenItem
from campaigns.services.plan_drafts import DraftGone, preview_of
from campaigns.services.suggestions import Suggestion, suggest
from campaigns.standing import office_members, standing_of
from journal.services import Message, record, source_script
from people.models import User
from pingtan_civ.lib.plan.codes import coded_items
from pingtan_civ.lib.plan.parser import parse_plan
from pingtan_civ.lib.plan.types import ParsedPlan, Proposals
from tasks.models import MainTask, Measure, MeasureEvidence
from tasks.policies import can_break_down
from tasks.services.codes import MeasureCodes
from tasks.services.departments import Departments

_TITLE, _NOTE = 200, 300


class PlanMoved(Exception):
    """打開預覽之後，別人先保存了一版；要對着新的一版重看差異。"""


class EmptyPlan(Exception):
    """調整之後一款也沒有，沒有可保存的。"""


@dataclass(frozen=True)
class Imported:
    """一次導入的結果，供頁面說一句話。"""

    saved: SavedPlan
    tasks: int
    measures: int
    carried_measures: int

    @property
    def sentence(self) -> str:
        version = self.saved.version
        words = {
            "number": version.number,
            "clauses": sum(len(item.clauses) for item in self.saved.items),
            "objectives": len(self.saved.objectives),
            "indicators": self.saved.indicator_count,
            "tasks": self.tasks,
        }
        text = _(
            "已保存方案第 %(number)d 版：%(clauses)d 款，"
            "%(objectives)d 個目標、%(indicators)d 項指標，%(tasks)d 項主要任務。"
        )
        parts = [text % words]
        if self.saved.previous:
            parts.append(self.saved.changes.sentence)
        if self.measures:
            parts.append(_("另擬了 %(count)d 項待下達的措施。") % {"count": self.measures})
        return "".join(parts)


@transaction.atomic
def import_plan(
    *,
    actor: User,
    campaign_id: int,
    draft_id: int,
    at: datetime,
    with_measures: bool = False,
    based_on: int | None = None,
    pairs: Iterable[str] | None = None,
) -> Imported:
    """把草稿存成方案的新一版，全有或全無，並知會辦公室其他人。

    based_on 是預覽時現行方案的版次（還沒有方案為 0；None 表示不核對）；
    pairs 是辦公室認可的改寫，見 save_version。

    Raises PermissionDenied（不是本活動辦公室的人，或活動已結束）、DraftGone（草稿已保存或
    放棄）、PlanMoved（別人先保存了一版）、SamePlan（原文一字不差）、EmptyPlan。
    """
    # 鎖活動這一行：同一活動的兩次導入排隊，後到的看見先到的版次。
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if not policies.can_import_plan(standing_of(actor, at.date()), campaign):
        raise PermissionDenied(_("只有本活動辦公室的人可以導入方案，活動結束後不能再導入。"))
    draft = PlanDraft.objects.filter(pk=draft_id, campaign=campaign, user=actor).first()
    if draft is None:
        raise DraftGone(_("這份草稿已經保存或放棄了，請重新導入。"))
    _check_base(campaign, based_on)
    draft.campaign = campaign
    plan = preview_of(draft).plan
    if not plan.clauses:
        raise EmptyPlan(_("一款也沒有留下，沒有可保存的；請恢復幾行，或換一份原文。"))
    imported = _save(
        actor=actor, draft=draft, plan=plan, pairs=pairs, with_measures=with_measures, at=at
    )
    draft.delete()
    return imported


def _check_base(campaign: Campaign, based_on: int | None) -> None:
    current = current_version(campaign)
    number = current.number if current else 0
    if based_on is not None and based_on != number:
        raise PlanMoved(
            _("%(who)s 剛保存了方案第 %(number)d 版。請對着新的一版重看差異，再保存。")
            % {"who": current.imported_by if current else "", "number": number}
        )


def _save(
    *,
    actor: User,
    draft: PlanDraft,
    plan: ParsedPlan,
    pairs: Iterable[str] | None,
    with_measures: bool,
    at: datetime,
) -> Imported:
    saved = save_version(
        actor=actor,
        campaign=draft.campaign,
        plan=plan,
        source_name=draft.source_name,
        source_text=draft.source_text,
        pairs=pairs,
        at=at,
    )
    with source_script():
        tasks, carried, measures = take_over_plan(saved=saved, with_measures=with_measures, at=at)
        imported = Imported(saved, len(tasks), len(measures), carried)
        url = reverse("tasks:plan", args=[draft.campaign.code])
        record(
            actor=actor,
            action="campaigns.plan_imported",
            target=saved.version,
            topic=draft.campaign,
            summary=imported.sentence,
            at=at,
            changes=saved.changes.counts_for_journal(),
            notify=office_members(draft.campaign, at.date()),
            message=Message(
                title=_("%(campaign)s的方案有了第 %(number)d 版")
                % {"campaign": draft.campaign.name, "number": saved.version.number},
                body=imported.sentence,
                url=url,
            ),
        )
    return imported


def take_over_plan(
    *, saved: SavedPlan, with_measures: bool, at: datetime
) -> tuple[list[MainTask], int, list[Measure]]:
    """主要任務與新一版對上，已有措施改指新款，需要時為還沒有措施的任務款各擬一項。

    返回（主要任務、改指的措施數、新擬的措施）。在保存方案的同一事務裏調用。
    """
    items = saved.items_of(Clause.SectionKind.TASK)
    tasks = carry_headings(MainTask, saved, items, at)
    carried = _carry_measures(saved, items, tasks)
    offered = [
        Offered(task, clause, proposals)
        for item, task in zip(items, tasks, strict=True)
        for clause, proposals in zip(item.clauses, item.proposals, strict=True)
    ]
    desk = _Desk(Departments.on(at.date()), _objectives_by_text(saved))
    measures = _draft_measures(saved.version.campaign, offered, desk) if with_measures else []
    return tasks, carried, measures


def _carry_measures(saved: SavedPlan, items: list[WrittenItem], tasks: list[MainTask]) -> int:
    """未變和改寫的款，措施改指新款；款挪到別的任務下的，措施也跟過去。刪去的款，措施原樣留下。"""
    task_of = {
        clause.pk: task for item, task in zip(items, tasks, strict=True) for clause in item.clauses
    }
    measures = list(
        Measure.objects.filter(campaign=saved.version.campaign, clause__in=saved.carried)
    )
    for measure in measures:
        measure.clause = saved.carried[measure.clause_id]
        measure.main_task = task_of.get(measure.clause_id, measure.main_task)
    Measure.objects.bulk_update(measures, ["clause", "main_task"])
    return len(measures)


# ── 擬措施 ────────────────────────────────────────────


@dataclass(frozen=True)
class Offered:
    """主要任務下的一款，和從原文讀出的分工、時限。"""

    task: MainTask
    clause: Clause
    proposals: Proposals


@transaction.atomic
def propose_missing_measures(*, actor: User, campaign_id: int, at: datetime) -> list[Measure]:
    """為現行方案裏還沒有措施的主要任務條款各擬一項待下達的措施；再點一次不會重複。

    Raises PermissionDenied：不是本活動辦公室的人，或活動已結束。
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if not can_break_down(standing_of(actor, at.date()), campaign):
        raise PermissionDenied(_("只有本活動辦公室的人可以分解任務，活動結束後不能再改。"))
    version = current_version(campaign)
    offered = _offered_by(version, campaign) if version else []
    desk = _Desk(Departments.on(at.date()), _current_objectives(campaign))
    measures = _draft_measures(campaign, offered, desk)
    if measures:
        with source_script():
            record(
                actor=actor,
                action="tasks.measures_proposed",
                target=campaign,
                topic=campaign,
                summary=_("從方案條款擬出 %(count)d 項待下達的措施。") % {"count": len(measures)},
                at=at,
            )
    return measures


def _offered_by(version: PlanVersion, campaign: Campaign) -> list[Offered]:
    """現行方案主要任務下的各款。分工和時限不在庫裏，從存着的原文再讀一遍，按文字對上。"""
    read = parse_plan(version.source_text, year=campaign.start_date.year)
    proposals = {
        clause.text: clause.proposals.or_else(entry.item.proposals)
        for entry in coded_items(read)
        for clause in entry.item.clauses
    }
    tasks = {
        task.clause_id: task for task in MainTask.objects.filter(campaign=campaign, retired_at=None)
    }
    clauses = version.clauses.filter(level=Clause.Level.CLAUSE, parent__in=tasks)
    return [
        Offered(tasks[clause.parent_id], clause, proposals.get(clause.text, Proposals()))
        for clause in clauses.order_by("position")
    ]


def _current_objectives(campaign: Campaign) -> dict[str, Objective]:
    """指標原文 → 它所屬的工作目標。"""
    rows = Indicator.objects.filter(objective__campaign=campaign, retired_at=None)
    return {row.clause.text: row.objective for row in rows.select_related("clause", "objective")}


def _draft_measures(campaign: Campaign, offered: list[Offered], desk: "_Desk") -> list[Measure]:
    """每個還沒有措施的任務款擬一項待下達的措施，能認出的單位、時限、週期先填上。"""
    existing = list(Measure.objects.filter(campaign=campaign))
    answered = {measure.clause_id for measure in existing}
    codes = MeasureCodes(measure.code for measure in existing)
    drafts: list[_Draft] = []
    for row in offered:
        if row.clause.pk not in answered:
            draft = desk.draft(row.clause, row.proposals)
            draft.measure.main_task, draft.measure.campaign = row.task, campaign
            draft.measure.code, draft.measure.position = codes.take(row.task)
            drafts.append(draft)
    Measure.objects.bulk_create([draft.measure for draft in drafts])
    _write_wants(drafts)
    return [draft.measure for draft in drafts]


@dataclass
class _Draft:
    measure: Measure
    supporting: list[int]
    evidence: tuple[str, ...]


@dataclass
class _Desk:
    """擬措施時手邊的東西：單位名單，目標按指標原文查。"""

    departments: Departments
    objectives: dict[str, Objective]

    def draft(self, clause: Clause, proposals: Proposals) -> _Draft:
        suggestion = suggest(clause.text, proposals.cycle)
        lead, missing = self._lead(proposals, suggestion)
        text = clause.text.strip()
        measure = Measure(
            clause=clause,
            objective=self._objective(suggestion),
            title=text if len(text) <= _TITLE else f"{text[: _TITLE - 1]}…",
            requirement=text if len(text) > _TITLE else "",
            lead_department_id=lead,
            due_date=_date(proposals.due),
            cycle=_cycle(proposals, suggestion),
            note=_missing_note(missing)[:_NOTE],
        )
        names = proposals.supporting or suggestion.supporting
        supporting = [row.pk for name in names if (row := self.departments.find(name))]
        supporting = [pk for pk in dict.fromkeys(supporting) if pk != lead]
        return _Draft(measure, supporting, suggestion.evidence)

    def _lead(self, proposals: Proposals, suggestion: Suggestion) -> tuple[int | None, list[str]]:
        name = proposals.lead or suggestion.lead
        row = self.departments.find(name) if name else None
        unknown = [
            name
            for name in filter(None, [proposals.lead, *proposals.supporting])
            if not self.departments.find(name)
        ]
        return (row.pk if row else None), unknown

    def _objective(self, suggestion: Suggestion) -> Objective | None:
        found = (self.objectives.get(text) for text in sorted(suggestion.serves))
        return next((objective for objective in found if objective), None)


def _objectives_by_text(saved: SavedPlan) -> dict[str, Objective]:
    items = saved.items_of(Clause.SectionKind.OBJECTIVE)
    return {
        clause.text: objective
        for item, objective in zip(items, saved.objectives, strict=True)
        for clause in item.clauses
    }


def _cycle(proposals: Proposals, suggestion: Suggestion) -> str:
    """方案寫明的優先，其次樣本的建議；都沒有就是一次性。"""
    if proposals.cycle in Cycle.values:
        return str(proposals.cycle)
    return suggestion.cycle if suggestion.lead else Cycle.ONCE


def _date(due: str | None) -> date | None:
    """讀出的時限；原文沒有寫明年份而定不下日期的，留給辦公室填。"""
    try:
        return date.fromisoformat(due) if due else None
    except ValueError:
        return None


def _missing_note(names: list[str]) -> str:
    if not names:
        return ""
    return _("方案寫的「%(names)s」不在單位名單裏，請指定單位。") % {"names": "、".join(names)}


def _write_wants(drafts: list[_Draft]) -> None:
    """配合單位和佐證要求，各一次批量寫入。"""
    through = Measure.supporting_departments.through
    through.objects.bulk_create(
        through(measure_id=draft.measure.pk, department_id=pk)
        for draft in drafts
        for pk in draft.supporting
    )
    desk = UsualSpecs()
    MeasureEvidence.objects.bulk_create(
        spec
        for draft in drafts
        for spec in desk.of(draft.evidence, MeasureEvidence, measure=draft.measure)
    )
