"""滿意率的算術：幾次問卷按份數合起來，再算一個率。純函數，不碰數據庫。

選項怎樣計由辦法說：計入滿意的、計入分母而不算滿意的、不計入分母的（不了解的說不出滿意不滿意）。
幾次問卷合計時相加份數，不取各次率的平均：一次收 20 份、一次收 200 份，不能一樣重。
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pingtan_civ.lib.scoring import HUNDRED, to_points

MOST_OPTIONS = 8
LONGEST_LABEL = 12


class Counts(StrEnum):
    """一個選項怎樣計。"""

    SATISFIED = "satisfied"
    OTHER = "other"
    IGNORED = "ignored"


MARKS = {"＋": Counts.SATISFIED, "+": Counts.SATISFIED, "－": Counts.IGNORED, "-": Counts.IGNORED}


@dataclass(frozen=True)
class Option:
    label: str
    counts: Counts = Counts.OTHER


USUAL = (
    Option("滿意", Counts.SATISFIED),
    Option("基本滿意", Counts.SATISFIED),
    Option("不滿意"),
    Option("不了解", Counts.IGNORED),
)
"""辦法沒有另寫選項時的四項。"""


class UnreadableOptions(ValueError):
    """選項寫得讀不懂；code 說是哪一種。"""


def read_options(text: str) -> tuple[Option, ...]:
    """「很好＋、好＋、一般、說不清－」；空着的是通常的四項。Raises UnreadableOptions。"""
    parts = [part.strip() for part in text.replace("\n", "、").replace("，", "、").split("、")]
    parts = [part for part in parts if part]
    if not parts:
        return USUAL
    found = tuple(_option(part) for part in parts)
    labels = [each.label for each in found]
    if len(found) > MOST_OPTIONS:
        raise UnreadableOptions("many")
    if any(not 0 < len(label) <= LONGEST_LABEL for label in labels):
        raise UnreadableOptions("long")
    if len(set(labels)) < len(labels):
        raise UnreadableOptions("twice")
    kinds = {each.counts for each in found}
    if Counts.SATISFIED not in kinds or Counts.OTHER not in kinds:
        raise UnreadableOptions("one-sided")
    return found


def _option(part: str) -> Option:
    if part[-1] in MARKS:
        return Option(part[:-1].strip(), MARKS[part[-1]])
    return Option(part)


@dataclass(frozen=True)
class Tally:
    """一次問卷，或幾次合起來：發出、收回、有效各幾份，每個選項幾份。"""

    given_out: int
    returned: int
    valid: int
    counts: tuple[tuple[Option, int], ...]

    def of(self, counts: Counts) -> int:
        return sum(number for option, number in self.counts if option.counts == counts)

    @property
    def satisfied(self) -> int:
        return self.of(Counts.SATISFIED)

    @property
    def ignored(self) -> int:
        return self.of(Counts.IGNORED)

    @property
    def base(self) -> int:
        """分母：有效份數減去不計的。"""
        return self.satisfied + self.of(Counts.OTHER)

    @property
    def share(self) -> Decimal | None:
        """滿意率，百分數，兩位小數；分母為 0 的算不出。"""
        return to_points(self.satisfied * HUNDRED / self.base) if self.base else None


def pool(tallies: Iterable[Tally]) -> Tally:
    """按份數相加。選項照先出現的次序。"""
    rows = list(tallies)
    counts: dict[Option, int] = {}
    for row in rows:
        for option, number in row.counts:
            counts[option] = counts.get(option, 0) + number
    return Tally(
        given_out=sum(row.given_out for row in rows),
        returned=sum(row.returned for row in rows),
        valid=sum(row.valid for row in rows),
        counts=tuple(counts.items()),
    )
