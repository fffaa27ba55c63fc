"""評分表的頁要的事實：此人現在填哪一欄、填哪幾條，看得到哪幾欄。"""

from dataclasses import dataclass
from typing import Any

from campaigns.standing import Standing
from evaluations import policies
from evaluations.models import AssessmentRound, Score, Scorer, Sheet
from evaluations.sheets import SELF_SCORED, Domain, Entry, SheetLine, SheetView, difference
from pingtan_civ.lib.scoring import Part

Phase, Stage = AssessmentRound.Phase, Score.Stage


@dataclass(frozen=True)
class Row:
    """一行：事實、差幾分的話，和此人能填的小表單（不能填的為 None）。"""

    line: SheetLine
    form: Any
    can_see_first: bool

    @property
    def difference(self) -> str:
        return difference(self.line.self_entry, self.shown)

    @property
    def is_gain(self) -> bool:
        """比自評多的，不是丟分。"""
        own, first = self.line.self_entry, self.shown
        return bool(own and first and first.points > own.points)

    @property
    def shown(self) -> Entry | None:
        """初評那一欄；沒有評的為空。"""
        return self.line.first

    @property
    def is_automatic(self) -> bool:
        return self.line.scorer == Scorer.SYSTEM

    @property
    def why(self) -> Entry | None:
        """理由欄說的是哪一格：看得到初評的說結果，只看自評的說自評。"""
        return self.line.result if self.can_see_first else self.line.self_entry


@dataclass(frozen=True)
class Block:
    """一個測評項目和它的各行。"""

    domain: Domain
    rows: tuple[Row, ...]

    @property
    def is_base(self) -> bool:
        return self.domain.part == Part.BASE


def stage_to_fill(standing: Standing, sheet: Sheet) -> str:
    """此人現在填哪一欄；不能填的為空。"""
    round_ = sheet.round
    if policies.can_self_score(standing, sheet):
        return Stage.SELF
    if policies.can_set_final(standing, round_, sheet.department_id):
        return Stage.FINAL
    if round_.phase in policies.FIRST_PHASES:
        return Stage.FIRST
    return ""


def lines_to_fill(
    standing: Standing, sheet: Sheet, view: SheetView, stage: str, *, is_on_team: bool
) -> list[SheetLine]:
    """這一欄裏歸此人填的各條。"""
    if stage == Stage.SELF:
        return [line for line in view.lines if line.scorer in SELF_SCORED]
    if stage == Stage.FIRST:
        return [
            line
            for line in view.lines
            if policies.can_score_first(
                standing,
                sheet.round,
                sheet.department_id,
                line.scorer,
                line.scoring_department_id,
                is_on_team=is_on_team,
            )
        ]
    return list(view.lines) if stage == Stage.FINAL else []


def blocks_of(
    view: SheetView, forms: dict[int, Any], *, can_see_first: bool, only_own: bool
) -> list[Block]:
    """按測評項目排好的各行。only_own：只看得到歸自己評的（別的科室來評的人）。"""
    found = []
    for domain in view.domains:
        rows = tuple(
            Row(line, forms.get(line.criterion_id), can_see_first)
            for line in domain.lines
            if not only_own or line.criterion_id in forms
        )
        if rows:
            found.append(Block(domain, rows))
    return found
