"""兩版方案比對：不變、改寫、新增、刪去。沒有變的款，已下達的措施可以原樣保留。"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Protocol

from pingtan_civ.lib.plan.script import fold

SIMILAR = 0.6
_MAX_PAIRS = 60_000  # 兩邊剩下的都很多時，不再逐對比，免得頁面等太久
_STRIPPED = " 　,，。;；、"


class Coded(Protocol):
    """能比對的一款：編號和文字。有 kind 的，只在同類裏找改寫。"""

    @property
    def code(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True)
class Same:
    """一字未改的款；編號或位置可以變。"""

    old: Coded
    new: Coded

    @property
    def moved(self) -> bool:
        return self.old.code != self.new.code


@dataclass(frozen=True)
class Reworded:
    """改寫的款；ratio 是相似度，1 為全同。"""

    old: Coded
    new: Coded
    ratio: float


@dataclass(frozen=True)
class Difference:
    same: tuple[Same, ...]
    reworded: tuple[Reworded, ...]
    new: tuple[Coded, ...]
    gone: tuple[Coded, ...]

    def __bool__(self) -> bool:
        """有沒有實質的變化（只換了位置不算）。"""
        return bool(self.reworded or self.new or self.gone)


def compare(old: Sequence[Coded], new: Sequence[Coded]) -> Difference:
    """先找一字不差的（同編號優先），再在同類裏按相似度配改寫的，剩下的是新增和刪去。"""
    same = _same(old, new)
    taken_old, taken_new = {id(p.old) for p in same}, {id(p.new) for p in same}
    left_old = [entry for entry in old if id(entry) not in taken_old]
    left_new = [entry for entry in new if id(entry) not in taken_new]
    reworded = _reworded(left_old, left_new)
    taken_old, taken_new = {id(p.old) for p in reworded}, {id(p.new) for p in reworded}
    return Difference(
        same=tuple(same),
        reworded=tuple(reworded),
        new=tuple(entry for entry in left_new if id(entry) not in taken_new),
        gone=tuple(entry for entry in left_old if id(entry) not in taken_old),
    )


def _same(old: Sequence[Coded], new: Sequence[Coded]) -> list[Same]:
    by_text: dict[str, list[Coded]] = defaultdict(list)
    for entry in old:
        by_text[entry.text.strip()].append(entry)
    pairs: dict[int, Same] = {}
    for same_code in (True, False):  # 同文又同號的先配，免得重複的款配錯
        for position, entry in enumerate(new):
            waiting = by_text.get(entry.text.strip(), [])
            found = next((o for o in waiting if not same_code or o.code == entry.code), None)
            if found is not None and position not in pairs:
                waiting.remove(found)
                pairs[position] = Same(found, entry)
    return [pairs[position] for position in sorted(pairs)]


def _reworded(old: Sequence[Coded], new: Sequence[Coded]) -> list[Reworded]:
    if len(old) * len(new) > _MAX_PAIRS:
        return []
    candidates = sorted(_similar(old, new), key=lambda found: (-found[0], found[1], found[2]))
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    pairs = []
    for ratio, i, j in candidates:
        if i not in taken_old and j not in taken_new:
            taken_old.add(i)
            taken_new.add(j)
            pairs.append((j, Reworded(old[i], new[j], round(ratio, 3))))
    return [pair for _, pair in sorted(pairs, key=lambda found: found[0])]


def _similar(old: Sequence[Coded], new: Sequence[Coded]) -> Iterable[tuple[float, int, int]]:
    folded_old = [_plain(entry) for entry in old]
    for j, entry in enumerate(new):
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(_plain(entry))
        for i, text in enumerate(folded_old):
            if _kind(old[i]) != _kind(entry):
                continue
            matcher.set_seq1(text)
            if matcher.real_quick_ratio() < SIMILAR or matcher.quick_ratio() < SIMILAR:
                continue
            ratio = matcher.ratio()
            if ratio >= SIMILAR:
                yield ratio, i, j


def _plain(entry: Coded) -> str:
    """繁簡、全半角之別不算改寫得多。"""
    return fold(entry.text[:1000]).strip(_STRIPPED)


def _kind(entry: Coded) -> str:
    kind = getattr(entry, "kind", None)
    return str(kind) if kind is not None else entry.code[:1]
