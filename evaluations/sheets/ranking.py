"""排名：先等次，後名次；各類單位分開排。"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _

from evaluations.sheets.values import SheetView
from pingtan_civ.lib.scoring import show


@dataclass(frozen=True)
class Ranked:
    """一個單位在同類單位裏的名次；等次和總分都相同的並列。"""

    rank: int
    view: SheetView

    @property
    def moved(self) -> int | None:
        """比上一次升了幾位；降的為負。"""
        return None if self.view.previous is None else self.view.previous.rank - self.rank

    @property
    def compared(self) -> str:
        """「多 2.5 分，升 1 位」；上一次沒有的為空。"""
        return self.compared_in(show)

    def compared_in(self, write: Callable[[Decimal], str]) -> str:
        """同上，分數照 write 寫。"""
        moved, delta = self.moved, self.view.delta
        if moved is None or delta is None:
            return ""
        said = _("分數持平")
        if delta:
            words = {"points": write(abs(delta))}
            said = (_("多 %(points)s 分") if delta > 0 else _("少 %(points)s 分")) % words
        if not moved:
            return said
        words = {"said": said, "places": abs(moved)}
        return (
            _("%(said)s，升 %(places)d 位") if moved > 0 else _("%(said)s，降 %(places)d 位")
        ) % words


@dataclass(frozen=True)
class Tier:
    """一個等次裏的單位。"""

    grade: str
    rows: tuple[Ranked, ...]


@dataclass(frozen=True)
class RankGroup:
    """同一張表的單位排在一起：窗口單位和科室不混排。"""

    profile: str
    rows: tuple[Ranked, ...]

    @property
    def tiers(self) -> list[Tier]:
        grouped = groupby(self.rows, key=lambda row: row.view.grade)
        return [Tier(grade, tuple(rows)) for grade, rows in grouped]


def rank_sheets(views: Iterable[SheetView]) -> list[RankGroup]:
    """各類單位裏先分等次、再排名次。與 views 的次序無關。"""
    groups: dict[str, list[SheetView]] = {}
    for view in views:
        groups.setdefault(view.profile, []).append(view)
    return [RankGroup(profile, tuple(_ranked(groups[profile]))) for profile in sorted(groups)]


def _ranked(views: list[SheetView]) -> Iterator[Ranked]:
    ordered = sorted(
        views, key=lambda view: (-view.grade_at_least, -view.total, view.department_id)
    )
    rank, reached = 0, None
    for place, view in enumerate(ordered, start=1):
        if (view.grade, view.total) != reached:
            rank, reached = place, (view.grade, view.total)
        yield Ranked(rank, view)
