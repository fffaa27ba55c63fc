"""導入的草稿：收下原文，一步步調整，隨時可以離開再回來。還沒有任何一款進入方案。"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import policies
from campaigns.models import Campaign, Clause, Cycle, PlanDraft
from campaigns.standing import standing_of
from people.models import User
from pingtan_civ.lib.plan import adjust
from pingtan_civ.lib.plan.adjust import Row
from pingtan_civ.lib.plan.parser import parse_plan
from pingtan_civ.lib.plan.types import Kind, ParsedPlan

# 與解析時分行的規則一致（不用 splitlines：它還認換頁符之類），行號才對得上。
_NEWLINE = re.compile(r"\r\n|\r|\n")
#: 一份草稿最多記這麼多步：人手不會到，到了多半是程序在亂按。
MOST_ADJUSTMENTS = 2000


class DraftGone(Exception):
    """草稿已經保存或放棄（多半是在另一個窗口）。"""


@dataclass
class Line:
    """原文的一行，供左欄顯示。"""

    number: int
    text: str
    problems: list[str] = field(default_factory=list)
    dropped: bool = False


@dataclass(frozen=True)
class Entry:
    """樹的一行和給人看的名稱。"""

    row: Row
    code: str
    kind_label: str
    cycle_label: str


@dataclass
class Preview:
    """一份草稿此刻的樣子：原文各行、調整後的各行、重新成樹的方案。"""

    draft: PlanDraft
    plan: ParsedPlan
    rows: list[Row]
    lines: list[Line]
    codes: dict[str, str]

    @property
    def entries(self) -> list[Entry]:
        kinds, cycles = dict(Clause.SectionKind.choices), dict(Cycle.choices)
        return [
            Entry(
                row,
                self.codes.get(row.key, ""),
                str(kinds.get(row.kind, "")),
                str(cycles.get(row.proposals.cycle, "")),
            )
            for row in self.rows
        ]

    @property
    def can_undo(self) -> bool:
        return bool(self.draft.adjustments)

    def row(self, key: str) -> Row | None:
        return next((row for row in self.rows if row.key == key), None)

    def heading_points(self, key: str) -> list[tuple[int, str]]:
        index = next((i for i, row in enumerate(self.rows) if row.key == key), None)
        return [] if index is None else adjust.heading_points(self.rows, index)

    def can_merge(self, key: str) -> bool:
        """緊接在一款之後的款可以併入上一款。"""
        index = next((i for i, row in enumerate(self.rows) if row.key == key), 0)
        pair = self.rows[max(index - 1, 0) : index + 1]
        return len(pair) == 2 and all(r.level == adjust.CLAUSE and not r.dropped for r in pair)

    @property
    def counts(self) -> dict[str, int]:
        """各樣有多少：目標、任務、款、目標之下的款、捨去的行。"""
        items = [(s.kind, item) for s in self.plan.sections for item in s.items]
        return {
            "sections": len(self.plan.sections),
            "objectives": sum(kind == Kind.OBJECTIVE for kind, _item in items),
            "tasks": sum(kind == Kind.TASK for kind, _item in items),
            "clauses": len(self.plan.clauses),
            "indicators": sum(len(i.clauses) for kind, i in items if kind == Kind.OBJECTIVE),
            "task_clauses": sum(len(i.clauses) for kind, i in items if kind == Kind.TASK),
            "dropped": len(self.plan.dropped),
            "problems": len(self.plan.problems),
        }


def draft_of(user: User, campaign: Campaign) -> PlanDraft | None:
    """這個人在這個活動裏還沒保存的導入。"""
    return PlanDraft.objects.filter(campaign=campaign, user=user).select_related("campaign").first()


def preview_of(draft: PlanDraft) -> Preview:
    """解析原文並重放調整。不寫庫。"""
    parsed = parse_plan(draft.source_text, year=draft.campaign.start_date.year)
    rows = adjust.adjusted(parsed, draft.adjustments)
    plan = adjust.rebuild(parsed, rows, adjust.title_of(draft.adjustments))
    return Preview(
        draft=draft,
        plan=plan,
        rows=rows,
        lines=_lines(draft.source_text, plan, rows),
        codes=adjust.codes(plan, rows),
    )


@transaction.atomic
def start_draft(
    *,
    actor: User,
    campaign_id: int,
    source_name: str,
    source_text: str,
    at: datetime,
    table: dict[str, Any] | None = None,
) -> PlanDraft:
    """收下一份原文（或一張任務分解表），換掉本人上一份沒有保存的。

    Raises PermissionDenied：不是本活動辦公室的人，或活動已結束。
    """
    campaign = Campaign.objects.get(pk=campaign_id)
    _permit(actor, campaign, at)
    draft, _created = PlanDraft.objects.update_or_create(
        campaign=campaign,
        user=actor,
        defaults={
            "source_name": source_name[:200],
            "source_text": source_text,
            "table": table,
            "adjustments": [],
            "saved_at": at,
        },
    )
    return draft


@transaction.atomic
def adjust_draft(*, actor: User, draft_id: int, operation: dict[str, Any], at: datetime) -> bool:
    """記下一步調整。不起作用的不記，返回 False。

    Raises DraftGone：草稿已不在。
    """
    draft = _locked(actor, draft_id, at)
    if len(draft.adjustments) >= MOST_ADJUSTMENTS:
        return False
    if operation["op"] != "title" and not _has_effect(draft, operation):
        return False
    draft.adjustments = [*draft.adjustments, operation]
    draft.saved_at = at
    draft.save(update_fields=["adjustments", "saved_at"])
    return True


@transaction.atomic
def undo_adjustment(*, actor: User, draft_id: int, at: datetime) -> dict[str, Any] | None:
    """撤回最後一步，返回那一步；沒有可撤的返回 None。"""
    draft = _locked(actor, draft_id, at)
    if not draft.adjustments:
        return None
    last = draft.adjustments[-1]
    draft.adjustments = draft.adjustments[:-1]
    draft.saved_at = at
    draft.save(update_fields=["adjustments", "saved_at"])
    return last


@transaction.atomic
def discard_draft(*, actor: User, draft_id: int) -> None:
    """放棄一份沒有保存的導入。已經不在的，就當已放棄。"""
    PlanDraft.objects.filter(pk=draft_id, user=actor).delete()


def _locked(actor: User, draft_id: int, at: datetime) -> PlanDraft:
    draft = (
        PlanDraft.objects.select_for_update(of=("self",))
        .select_related("campaign")
        .filter(pk=draft_id, user=actor)
        .first()
    )
    if draft is None:
        raise DraftGone(_("這份草稿已經保存或放棄了，請重新導入。"))
    _permit(actor, draft.campaign, at)
    return draft


def _permit(actor: User, campaign: Campaign, at: datetime) -> None:
    if not policies.can_import_plan(standing_of(actor, at.date()), campaign):
        raise PermissionDenied(_("只有本活動辦公室的人可以導入方案，活動結束後不能再導入。"))


def _has_effect(draft: PlanDraft, operation: dict[str, Any]) -> bool:
    parsed = parse_plan(draft.source_text, year=draft.campaign.start_date.year)
    rows = adjust.adjusted(parsed, draft.adjustments)
    return adjust.apply(rows, operation) != rows


def _lines(text: str, plan: ParsedPlan, rows: list[Row]) -> list[Line]:
    lines = [Line(n, line) for n, line in enumerate(_NEWLINE.split(text.rstrip()), 1)]
    for problem in plan.problems:
        if 1 <= problem.line <= len(lines):
            lines[problem.line - 1].problems.append(problem.message)
    kept = {row.line for row in rows if not row.dropped}
    for row in rows:
        if row.dropped and row.line not in kept and 1 <= row.line <= len(lines):
            lines[row.line - 1].dropped = True
    return lines
