"""評分表的頁要的事實：此人現在填哪一欄、填哪幾條，看得到哪幾欄。"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from evaluations import policies
from evaluations.collecting import COLLECTED, DERIVED
from evaluations.findings import honours_in
from evaluations.models import AssessmentRound, Objection, Score, Scorer, Sheet
from evaluations.sheet_guide import Guide, Guides
from evaluations.sheets import (
    SELF_SCORED,
    Domain,
    Entry,
    SheetLine,
    SheetView,
    Source,
    SourceKind,
    difference,
)
from pingtan_civ.lib.scoring import Part

Phase, Stage = AssessmentRound.Phase, Score.Stage


class Opening(StrEnum):
    """各項目展開的樣子，寫在網址上，刷新、保存之後照舊；沒有說的只展開要填的一塊。"""

    ALL = "all"
    NONE = "none"


@dataclass(frozen=True)
class Row:
    """一行：事實、差幾分的話，和此人能填的小表單（不能填的為 None）。"""

    line: SheetLine
    form: Any
    can_see_first: bool
    stage: str = ""
    guide: Guide | None = None
    objection: Objection | None = None
    """這一條已經提了的異議。"""
    is_collecting: bool = False
    """此人現在可以記這一條的問卷、意見。"""
    sees_collected: bool = False
    """此人打得開記問卷和意見的頁。"""

    @property
    def collects(self) -> str:
        """去那一頁的鏈接寫什麼：survey、authority；不憑它們評、打不開的為空。"""
        is_there = self.is_collecting or (self.sees_collected and bool(self.line.sources))
        return self.line.scorer if is_there and self.line.scorer in COLLECTED else ""

    @property
    def is_filled(self) -> bool:
        """正在填的那一欄已經存了。"""
        return bool(self.stage) and self.line.entry_of(self.stage) is not None

    @property
    def is_wanted(self) -> bool:
        """歸此人填、不填不行的：加分、扣分有就填，定分要改才填。"""
        return self.form is not None and self.line.is_base and self.stage != Stage.FINAL

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
    def shown_sources(self) -> tuple[Source, ...]:
        """分從哪裏來。看不到初評的單位，只看得到榮譽（它自己引的）。"""
        if self.can_see_first:
            return self.line.sources
        own = honours_in(self.line.self_entry.finding) if self.line.self_entry else ()
        return tuple(
            each
            for each in self.line.sources
            if each.kind == SourceKind.HONOUR and each.row_id in own
        )

    @property
    def is_automatic(self) -> bool:
        return self.line.scorer == Scorer.SYSTEM

    @property
    def why(self) -> Entry | None:
        """理由欄說的是哪一格：看得到初評的說結果，只看自評的說自評。"""
        return self.line.result if self.can_see_first else self.line.self_entry

    @property
    def says_why(self) -> bool:
        """有可說的。正在填的一條，還沒有評就不用說沒有評。"""
        if self.why is None or (not self.shows_reason and self.why.is_missing):
            return False
        return bool(self.why.why or (self.why.reason and self.shows_reason))

    @property
    def shows_reason(self) -> bool:
        """理由正在框裏改的，不再印一遍。"""
        return self.form is None or self.stage == Stage.FINAL


@dataclass(frozen=True)
class Block:
    """一個測評項目和它的各行。"""

    domain: Domain
    rows: tuple[Row, ...]
    is_open: bool = True
    """頁上展開的。"""

    @property
    def is_base(self) -> bool:
        return self.domain.part == Part.BASE

    @property
    def wanted(self) -> int:
        return sum(row.is_wanted for row in self.rows)

    @property
    def filled(self) -> int:
        return sum(row.is_wanted and row.is_filled for row in self.rows)

    @property
    def words(self) -> str:
        """抬頭上的一句：填到哪裏。沒有在填的為空。"""
        stage = self.rows[0].stage
        if not stage or stage == Stage.FINAL:
            return ""
        if self.wanted:
            return _("已填 %(filled)d/%(wanted)d") % {"filled": self.filled, "wanted": self.wanted}
        if not any(row.form for row in self.rows):
            return _("不用您填")
        count = sum(row.is_filled for row in self.rows)
        return _("填了 %(count)d 條") % {"count": count} if count else _("有就填，沒有不用填")

    @property
    def is_unfinished(self) -> bool:
        return self.filled < self.wanted

    @property
    def is_faulty(self) -> bool:
        return any(row.form and row.form.errors for row in self.rows)

    @property
    def is_other(self) -> bool:
        """有與別處填的不一樣的。"""
        return any(row.form and row.form.other for row in self.rows)

    @property
    def has_draft(self) -> bool:
        return self.is_other or any(row.form and row.form.is_draft for row in self.rows)

    @property
    def is_telling(self) -> bool:
        """看結果時要看的：丟了分、有加減分、提了異議的；看不到結果的都看。"""
        return any(
            not row.can_see_first
            or row.line.lost
            or row.objection
            or (not row.line.is_base and row.line.result.points)
            for row in self.rows
        )


@dataclass(frozen=True)
class Progress:
    """整張表填到哪裏。"""

    filled: int
    wanted: int

    @classmethod
    def of(cls, blocks: Collection[Block]) -> "Progress":
        return cls(sum(each.filled for each in blocks), sum(each.wanted for each in blocks))


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
            and not is_computed(line)
        ]
    return list(view.lines) if stage == Stage.FINAL else []


def is_computed(line: SheetLine) -> bool:
    """記了問卷、由它算出的一條：不在表上填，去更正問卷。"""
    return line.is_surveyed and line.rule in DERIVED


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


@dataclass(frozen=True)
class Beside:
    """頁上每一行另要的：正在填哪一欄、依據、提了的異議。"""

    stage: str = ""
    guides: Guides = field(default_factory=dict)
    objections: Mapping[int, Objection] = field(default_factory=dict)
    is_collecting: bool = False
    sees_collected: bool = False
    opening: str = ""


def dressed(blocks: Collection[Block], beside: Beside) -> list[Block]:
    """各行配上頁上要的，各塊展開或收起；導出不用。"""
    found = [
        replace(
            block,
            rows=tuple(
                replace(
                    row,
                    stage=beside.stage,
                    guide=beside.guides.get(row.line.criterion_id),
                    objection=beside.objections.get(row.line.criterion_id),
                    is_collecting=beside.is_collecting,
                    sees_collected=beside.sees_collected,
                )
                for row in block.rows
            ),
        )
        for block in blocks
    ]
    if beside.opening == Opening.ALL:
        return found
    is_filling = beside.stage in (Stage.SELF, Stage.FIRST)
    shown = unfolded(found, is_filling=is_filling)
    if beside.opening == Opening.NONE:
        return [replace(each, is_open=each.is_faulty or each.is_other) for each in shown]
    return shown


def unfolded(blocks: list[Block], *, is_filling: bool) -> list[Block]:
    """填的時候，展開還沒有填完的第一塊、有錯的和有草稿的：一屏一塊，存好了接着下一塊。"""
    unfinished = next((each for each in blocks if each.is_unfinished), None)
    return [
        replace(
            each,
            is_open=each.is_faulty
            or each.has_draft
            or (each is unfinished if is_filling else each.is_telling),
        )
        for each in blocks
    ]


def next_line(forms: Mapping[int, Any], stage: str) -> int | None:
    """剛保存的這些之後，下一條該填而沒有填的；填完了的為空。"""
    if stage == Stage.FINAL:
        return None
    wanted = (key for key, form in forms.items() if form.line.is_base and form.mark().is_blank)
    return next(wanted, None)


def draft_version(view: SheetView, stage: str) -> int:
    """這一欄最近的一次評分。本機的草稿照它認：交上去、存好了的那份作廢。"""
    entries = (line.entry_of(stage) for line in view.lines) if stage else ()
    return max((entry.score_id for entry in entries if entry), default=0)
