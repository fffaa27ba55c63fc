"""結果頁旁邊的異議：各單位提了幾件、裁定了幾件，哪一版定稿改了哪一條。"""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse

from campaigns.standing import Standing
from evaluations.models import AssessmentRound, Objection
from pingtan_civ.lib.scoring import ZERO


@dataclass(frozen=True)
class UnitObjections:
    """一個單位的異議。granted 是改了分的，先出的版在前。"""

    department: str
    url: str
    filed: int
    decided: int
    granted: tuple["Granted", ...]


@dataclass(frozen=True)
class Granted:
    """一件改了分的異議：第幾版改了哪一條，由幾分改為幾分。"""

    objection: Objection
    edition: int
    before: Decimal
    after: Decimal


def objections_of(standing: Standing, round_: AssessmentRound) -> list[UnitObjections]:
    """此人看得見的，一次查詢；撤回的不算。審定以前沒有異議，不查。"""
    if not round_.is_frozen:
        return []
    rows = (
        Objection.objects.visible_to(standing)
        .filter(sheet__round=round_)
        .exclude(state=Objection.State.WITHDRAWN)
        .select_related("sheet", "criterion", "score", "new_score", "after")
        .defer("after__body")
        .order_by("sheet__department__position", "sheet", "after__edition", "pk")
    )
    grouped = groupby(rows, key=lambda row: (row.sheet.department_id, row.sheet.department_name))
    return [_of_unit(round_, pk, name, list(held)) for (pk, name), held in grouped]


def _of_unit(
    round_: AssessmentRound, department_id: int, name: str, rows: list[Objection]
) -> UnitObjections:
    query = urlencode({"round": round_.code, "department": department_id})
    return UnitObjections(
        department=name,
        url=f"{reverse('evaluations:objection-list')}?{query}",
        filed=len(rows),
        decided=sum(not row.is_open for row in rows),
        granted=tuple(_granted(row) for row in rows if row.after),
    )


def _granted(row: Objection) -> Granted:
    before = row.score.points if row.score else ZERO
    after = row.new_score.points if row.new_score else before
    return Granted(row, row.after.edition, before, after)
