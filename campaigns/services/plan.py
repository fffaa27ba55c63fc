"""保存一版方案：原文、目標、指標一次寫成；修訂時沿用未變的，標出改寫的，停用刪去的。"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from campaigns.evidence_specs import UsualSpecs
from campaigns.models import (
    Campaign,
    Clause,
    EvidenceRequirement,
    Indicator,
    Objective,
    PlanVersion,
)
from campaigns.services.plan_changes import Changes, changes_between
from campaigns.services.plan_clauses import WrittenItem, write_clauses
from campaigns.services.suggestions import Suggestion, suggest
from people.models import User
from pingtan_civ.lib.plan.types import ParsedPlan
from pingtan_civ.lib.script import search_key

_TITLE = 200
#: 目標或主要任務：都有 number、code、title、clause、retired_at。任務在上層應用裏，這裏不能引。
Heading = Any


class SamePlan(Exception):
    """這份原文已經導入過，一字不差；什麼也不用改。"""


@dataclass
class SavedPlan:
    """保存的結果。carried 是舊條款的主鍵 → 新一版裏接替它的條款（條和款都在內）。"""

    version: PlanVersion
    previous: PlanVersion | None
    items: list[WrittenItem]
    changes: Changes
    carried: dict[int, Clause] = field(default_factory=dict)
    objectives: list[Objective] = field(default_factory=list)
    indicator_count: int = 0

    def items_of(self, kind: str) -> list[WrittenItem]:
        return [item for item in self.items if item.row.section_kind == kind]


def fingerprint(text: str) -> str:
    """原文的哈希。換行的寫法和行尾空白不算不同。"""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def current_version(campaign: Campaign) -> PlanVersion | None:
    """現行的方案：最後導入的一版。"""
    return campaign.plan_versions.order_by("-number").first()


def same_version(campaign: Campaign, text: str) -> PlanVersion | None:
    """原文與這份一字不差的那一版；沒有則為 None。"""
    return campaign.plan_versions.filter(source_sha256=fingerprint(text)).first()


def save_version(
    *,
    actor: User,
    campaign: Campaign,
    plan: ParsedPlan,
    source_name: str,
    source_text: str,
    pairs: Iterable[str] | None,
    at: datetime,
) -> SavedPlan:
    """寫下新的一版和它的目標、指標。調用者已開事務、鎖住活動、問過權限，並負責留痕。

    pairs 是辦公室認可的改寫（「舊編碼>新編碼」）；None 表示全部認可。
    Raises SamePlan：原文已導入過。
    """
    if same := same_version(campaign, source_text):
        raise SamePlan(
            _("這份原文與第 %(number)d 版一字不差，沒有要保存的。") % {"number": same.number}
        )
    previous = current_version(campaign)
    version = PlanVersion.objects.create(
        campaign=campaign,
        number=previous.number + 1 if previous else 1,
        title=plan.title[:_TITLE] or _("（沒有標題）"),
        source_name=source_name,
        source_text=source_text,
        source_sha256=fingerprint(source_text),
        imported_at=at,
        imported_by=actor,
    )
    changes = changes_between(previous, plan, pairs)
    items = write_clauses(version, plan)
    saved = SavedPlan(version, previous, items, changes)
    saved.carried = _carried(previous, items, changes)
    saved.objectives = carry_headings(
        Objective, saved, saved.items_of(Clause.SectionKind.OBJECTIVE), at
    )
    saved.indicator_count = _carry_indicators(saved, at)
    return saved


# ── 條款的接替 ────────────────────────────────────────


def _carried(
    previous: PlanVersion | None, items: list[WrittenItem], changes: Changes
) -> dict[int, Clause]:
    """舊款 → 新款；舊條 → 新條：標題相同的，否則是多數款去了的那一條。"""
    if previous is None:
        return {}
    new_clauses = {row.code: row for item in items for row in item.clauses}
    new_items = {row.pk: item.row for item in items for row in item.clauses}
    carried = {old.pk: new_clauses[code] for old, code in changes.kept_pairs()}
    votes: dict[int, Counter[int]] = {}
    for old, code in changes.kept_pairs():
        target = new_items[new_clauses[code].pk]
        votes.setdefault(old.parent_id, Counter())[target.pk] += 1
    by_pk = {item.row.pk: item.row for item in items}
    by_heading = {
        (item.row.section_kind, search_key(item.row.heading)): item.row
        for item in items
        if item.row.heading
    }
    taken: set[int] = set()
    old_items = previous.clauses.filter(level=Clause.Level.ITEM).order_by("position")
    for old in sorted(old_items, key=lambda row: not row.heading):
        same = by_heading.get((old.section_kind, search_key(old.heading)))
        ranked = [by_pk[pk] for pk, _n in votes.get(old.pk, Counter()).most_common()]
        for target in [same, *ranked]:
            if target and target.pk not in taken and target.section_kind == old.section_kind:
                taken.add(target.pk)
                carried[old.pk] = target
                break
    return carried


def carry_headings(
    model: Any, saved: SavedPlan, items: list[WrittenItem], at: datetime
) -> list[Heading]:
    """目標（或主要任務）與新一版的各條對上：接替的改指新條，多出的新建，刪去的停用。

    返回與 items 一一對應的各行。手工建的（沒有出處）按標題認領；認不上的留着，編碼讓開。
    """
    campaign = saved.version.campaign
    active = list(model.objects.filter(campaign=campaign, retired_at__isnull=True))
    by_item = {
        saved.carried[row.clause_id].pk: row for row in active if row.clause_id in saved.carried
    }
    by_title = {search_key(row.title): row for row in active if row.clause_id is None}
    chosen = [
        by_item.get(item.row.pk) or by_title.pop(search_key(title_of(item.row)), None)
        for item in items
    ]
    _step_aside(model, saved, active, [row for row in chosen if row], len(items), at)
    result = []
    for number, (item, row) in enumerate(zip(items, chosen, strict=True), 1):
        row = row or model(campaign=campaign)
        row.number, row.code = number, item.row.code
        row.title, row.clause = title_of(item.row), item.row
        result.append(row)
    model.objects.bulk_create([row for row in result if not row.pk])
    model.objects.bulk_update(
        [row for row in result if row.pk], ["number", "code", "title", "clause"]
    )
    return result


def _step_aside(
    model: Any,
    saved: SavedPlan,
    active: list[Heading],
    chosen: list[Heading],
    count: int,
    at: datetime,
) -> None:
    """編碼在活動裏不重複，先全部讓開，再排新的。刪去的停用，編碼帶上原來的版次。"""
    final: dict[int, str] = {}
    kept = {row.pk for row in chosen}
    own_number = count
    for row in active:
        if row.pk in kept:
            continue
        if row.clause_id:
            final[row.pk] = _retired_code(row.code, saved)
            row.retired_at = at
        else:
            own_number += 1
            row.number, final[row.pk] = own_number, f"{row.code[:1]}{own_number}"
    # 一條 UPDATE 之內也逐行查重，所以先全部換成臨時的碼，再寫定。
    for row in active:
        row.code = f"~{row.pk}"
    model.objects.bulk_update(active, ["code"])
    others = [row for row in active if row.pk in final]
    for row in others:
        row.code = final[row.pk]
    model.objects.bulk_update(others, ["code", "number", "retired_at"])


def title_of(item: Clause) -> str:
    """一條的標題；沒有印出標題的取正文開頭。"""
    text = item.heading or item.text.strip().replace("\n", " ")
    return text if len(text) <= 60 or item.heading else f"{text[:59]}…"


def _retired_code(code: str, saved: SavedPlan) -> str:
    number = saved.previous.number if saved.previous else 0
    return f"{code[:12]}-v{number}"


# ── 指標 ──────────────────────────────────────────────


def _carry_indicators(saved: SavedPlan, at: datetime) -> int:
    """未變和認可的改寫沿用原指標，改寫的打上標記；新款建指標；刪去的停用。返回現有幾項。"""
    active = list(
        Indicator.objects.filter(
            objective__campaign=saved.version.campaign, retired_at__isnull=True
        )
    )
    by_clause = {
        saved.carried[row.clause_id].pk: row for row in active if row.clause_id in saved.carried
    }
    reworded = {saved.carried[pk].pk for pk in saved.changes.reworded_ids() if pk in saved.carried}
    planned = [
        (objective, clause, proposals)
        for objective, item in zip(
            saved.objectives, saved.items_of(Clause.SectionKind.OBJECTIVE), strict=True
        )
        for clause, proposals in zip(item.clauses, item.proposals, strict=True)
    ]
    kept = {by_clause[clause.pk].pk for _o, clause, _p in planned if clause.pk in by_clause}
    _retire_indicators(active, kept, saved, at)
    fresh: list[tuple[Indicator, Suggestion]] = []
    moved = []
    for position, (objective, clause, proposals) in enumerate(planned, 1):
        row = by_clause.get(clause.pk)
        if row is None:
            suggestion = suggest(clause.text, proposals.cycle)
            row = _from_suggestion(suggestion)
            fresh.append((row, suggestion))
        else:
            moved.append(row)
            row.reworded_at = at if clause.pk in reworded else row.reworded_at
        row.objective, row.clause = objective, clause
        row.code, row.position = clause.code, position
    Indicator.objects.bulk_update(moved, ["objective", "clause", "code", "position", "reworded_at"])
    Indicator.objects.bulk_create([row for row, _s in fresh])
    _want_evidence(fresh)
    return len(planned)


def _retire_indicators(
    active: list[Indicator], kept: set[int], saved: SavedPlan, at: datetime
) -> None:
    for row in active:
        if row.pk in kept:
            row.code = f"~{row.pk}"
        else:
            row.code = _retired_code(row.code, saved)
            row.retired_at = at
    Indicator.objects.bulk_update(active, ["code", "retired_at"])


def _from_suggestion(suggestion: Suggestion) -> Indicator:
    return Indicator(
        cycle=suggestion.cycle,
        measurable=suggestion.measurable,
        is_veto_like=suggestion.is_veto_like,
        standard=suggestion.standard[:200],
    )


def _want_evidence(fresh: list[tuple[Indicator, Suggestion]]) -> None:
    desk = UsualSpecs()
    EvidenceRequirement.objects.bulk_create(
        spec
        for row, suggestion in fresh
        for spec in desk.of(suggestion.evidence, EvidenceRequirement, indicator=row)
    )
