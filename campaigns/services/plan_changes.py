"""新一版方案與現行的一版差在哪裏：新增、刪去、改寫、未變；改寫的逐字標出。"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from campaigns.models import Clause, PlanVersion
from pingtan_civ.lib.plan.codes import coded, coded_items
from pingtan_civ.lib.plan.difference import Coded, compare
from pingtan_civ.lib.plan.types import ParsedPlan

_ISLAND = 1  # 兩處改動之間只隔這麼幾個字的，併成一處，免得標得支離破碎


@dataclass(frozen=True)
class _Side:
    """比對用的一款或一條標題。"""

    code: str
    text: str
    kind: str
    row: Clause | None = None


@dataclass(frozen=True)
class Part:
    """改寫標記的一段：op 為 same、gone（舊文刪去的字）或 new（新文添上的字）。"""

    op: str
    text: str


@dataclass(frozen=True)
class Change:
    """一款的變化。old 是現行的條款行；pair 是「舊編碼>新編碼」。"""

    status: str
    old: Clause | None
    code: str
    text: str
    is_paired: bool = True

    @property
    def pair(self) -> str:
        return f"{self.old.code}>{self.code}" if self.old else ""

    @property
    def is_moved(self) -> bool:
        return bool(self.old and self.code and self.old.code != self.code)

    @property
    def parts(self) -> list[Part]:
        return word_parts(self.old.text if self.old else "", self.text)


@dataclass
class Changes:
    """全部變化，按新文次序；刪去的按舊文次序。沒有上一版時全是新增。"""

    same: list[Change] = field(default_factory=list)
    reworded: list[Change] = field(default_factory=list)
    added: list[Change] = field(default_factory=list)
    gone: list[Change] = field(default_factory=list)
    new_headings: list[str] = field(default_factory=list)
    gone_headings: list[str] = field(default_factory=list)

    @property
    def moved(self) -> list[Change]:
        return [change for change in self.same if change.is_moved]

    def kept_pairs(self) -> Iterator[tuple[Clause, str]]:
        """沿用的各款：（現行條款，新編碼）。"""
        for change in [*self.same, *self.reworded]:
            if change.old and change.is_paired:
                yield change.old, change.code

    def reworded_ids(self) -> set[int]:
        return {change.old.pk for change in self.reworded if change.old and change.is_paired}

    @property
    def counts(self) -> dict[str, int]:
        """各有幾款；不認可的改寫，算一款刪去、一款新增。"""
        unpaired = sum(not change.is_paired for change in self.reworded)
        return {
            "same": len(self.same),
            "reworded": len(self.reworded) - unpaired,
            "added": len(self.added) + unpaired,
            "gone": len(self.gone) + unpaired,
        }

    def counts_for_journal(self) -> dict[str, list[int]]:
        return {key: [0, count] for key, count in self.counts.items()}

    @property
    def sentence(self) -> str:
        return (
            _(
                "與上一版相比，新增 %(added)d 款，刪去 %(gone)d 款，"
                "改寫 %(reworded)d 款，未變 %(same)d 款。"
            )
            % self.counts
        )


def changes_between(
    previous: PlanVersion | None, plan: ParsedPlan, pairs: Iterable[str] | None = None
) -> Changes:
    """比對。pairs 是辦公室認可的改寫，不在其中的改寫不沿用；None 表示全部認可。"""
    new = [_Side(entry.code, entry.text, str(entry.kind)) for entry in coded(plan)]
    if previous is None:
        return Changes(added=[Change("added", None, side.code, side.text) for side in new])
    rows = list(previous.clauses.order_by("position"))
    old = [_old_side(row) for row in rows if row.level == Clause.Level.CLAUSE]
    found = compare(old, new)
    allowed = None if pairs is None else set(pairs)
    reworded = [_change("reworded", pair.old, pair.new) for pair in found.reworded]
    changes = Changes(
        same=[_change("same", pair.old, pair.new) for pair in found.same],
        reworded=[_paired(change, allowed) for change in reworded],
        added=[_change("added", None, side) for side in found.new],
        gone=[_change("gone", side, None) for side in found.gone],
    )
    before = [row.heading for row in rows if row.level == Clause.Level.ITEM and row.heading]
    after = [entry.item.heading for entry in coded_items(plan) if entry.item.heading]
    changes.new_headings = [text for text in after if text not in before]
    changes.gone_headings = [text for text in before if text not in after]
    return changes


def word_parts(old: str, new: str) -> list[Part]:
    """逐字比對，併掉零碎的同字：[同, 刪, 增, 同…]。舊文 = 同+刪，新文 = 同+增。"""
    blocks: list[list[str]] = []
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for op, i1, i2, j1, j2 in matcher.get_opcodes():
        is_island = op == "equal" and i1 > 0 and i2 < len(old) and i2 - i1 <= _ISLAND
        if op == "equal" and not is_island:
            blocks.append([old[i1:i2]])
        elif blocks and len(blocks[-1]) == 2:
            blocks[-1][0] += old[i1:i2]
            blocks[-1][1] += new[j1:j2]
        else:
            blocks.append([old[i1:i2], new[j1:j2]])
    return list(_parts(blocks))


def _parts(blocks: list[list[str]]) -> Iterator[Part]:
    for block in blocks:
        ops = ("same",) if len(block) == 1 else ("gone", "new")
        yield from (Part(op, text) for op, text in zip(ops, block, strict=True) if text)


def _old_side(row: Clause) -> _Side:
    return _Side(row.code, row.text, row.section_kind, row)


def _change(status: str, old: Coded | None, new: Coded | None) -> Change:
    row = old.row if isinstance(old, _Side) else None
    return Change(status, row, new.code if new else "", new.text if new else "")


def _paired(change: Change, allowed: set[str] | None) -> Change:
    if allowed is None or change.pair in allowed:
        return change
    return Change(change.status, change.old, change.code, change.text, is_paired=False)
