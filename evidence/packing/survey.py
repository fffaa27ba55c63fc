"""查：範圍裏有哪些指標，各有哪些佐證放得進去，哪些不合要求，還缺什麼。

預覽頁和打包問的是同一個，所以預覽上的數就是包裏的數。
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from campaigns.models import Campaign, Indicator
from campaigns.standing import Standing
from evidence.completeness import (
    COUNTED_MEASURES,
    STANDING_ASSIGNMENTS,
    Gap,
    gaps_among,
    links_by_indicator,
    period_of,
)
from evidence.packing.scope import Scope
from tasks.models import Assignment, EvidenceLink
from tasks.specification import Level, dated, faults_of

_LAST = 999
"""沒有註明形式的排在最後。"""


@dataclass(frozen=True)
class LeftOut:
    """採用了、但不合這項指標要求的一份：不放進文件夾，在缺項清單裏寫明為什麼。"""

    link: EvidenceLink
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """一項指標查出的：放得進去的佐證（同一份內容只一次，已排好）、放不進去的、缺項。"""

    indicator: Indicator
    links: tuple[EvidenceLink, ...]
    left_out: tuple[LeftOut, ...]
    gap: Gap

    @property
    def is_lacking(self) -> bool:
        """列入缺項清單：要的不齊，或一份材料也沒有（審核通過的零報告不要材料）。"""
        return bool(self.gap.missing) or not (self.links or self.gap.is_nil)


@dataclass(frozen=True)
class Survey:
    found: tuple[Found, ...]

    @property
    def copies(self) -> int:
        """包裏共放幾個文件；一份掛三項指標的算三個。"""
        return sum(len(each.links) for each in self.found)

    @property
    def size(self) -> int:
        return sum(link.file.size for each in self.found for link in each.links)

    @property
    def left_out(self) -> int:
        """採用了但不合要求的有幾份（按指標數）。"""
        return sum(len(each.left_out) for each in self.found)

    @property
    def lacking(self) -> list[Found]:
        return [each for each in self.found if each.is_lacking]


def active_indicators(campaign: Campaign) -> list[Indicator]:
    """現行的全部指標，按目標、次序排好。"""
    return list(
        Indicator.objects.filter(
            objective__campaign=campaign, retired_at=None, objective__retired_at=None
        )
        .select_related("objective", "clause")
        .order_by("objective__number", "objective_id", "position", "pk")
    )


def look(
    campaign: Campaign,
    scope: Scope,
    standing: Standing | None,
    indicators: Collection[Indicator],
) -> Survey:
    """範圍裏的指標逐項查出有什麼、缺什麼。standing 為 None 是管理員在命令行做。

    查詢次數固定；indicators 是 active_indicators 已取好的。
    """
    chosen = _chosen(scope, indicators)
    keys = [indicator.pk for indicator in chosen]
    links = links_by_indicator(campaign, keys, scope.period, standing, scope.departments)
    gaps = gaps_among(campaign, chosen, scope.period, links, scope.departments)
    return Survey(tuple(_found(gap, links.get(gap.indicator.pk, [])) for gap in gaps))


def _chosen(scope: Scope, indicators: Collection[Indicator]) -> list[Indicator]:
    """選了單位時，只留這些單位擔着任務的指標：別的單位的、還沒下達的不算它們缺。"""
    found = list(indicators)
    if scope.objectives or scope.indicators:
        found = [
            row
            for row in found
            if row.pk in scope.indicators or row.objective_id in scope.objectives
        ]
    if scope.departments:
        theirs = set(
            Assignment.objects.filter(
                department__in=scope.departments,
                state__in=STANDING_ASSIGNMENTS,
                measure__state__in=COUNTED_MEASURES,
            ).values_list("measure__indicators", flat=True)
        )
        found = [row for row in found if row.pk in theirs]
    return found


def _found(gap: Gap, links: list[EvidenceLink]) -> Found:
    specs = {each.spec.form_id: each.spec for each in gap.held}
    good: dict[int, EvidenceLink] = {}
    left_out = []
    for link in links:
        spec = specs.get(link.form_id)
        faults = faults_of(spec, link, period_of(link)) if spec else []
        reasons = tuple(each.sentence for each in faults if each.level == Level.ERROR)
        if reasons:
            left_out.append(LeftOut(link, reasons))
        else:
            good.setdefault(link.file_id, link)
    placed = [each for each in left_out if each.link.file_id not in good]
    return Found(gap.indicator, tuple(sorted(good.values(), key=_order)), tuple(placed), gap)


def _order(link: EvidenceLink) -> tuple[int, date, int]:
    """先按形式，再按日期。"""
    place = link.form.position if link.form else _LAST
    return (place, dated(link) or link.round.submission.period_end, link.pk)
