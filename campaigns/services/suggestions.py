"""一款原文的起始建議：多久報一次、要什麼佐證、是否一票否決類、衡量口徑。

與隨附的樣本方案一字不差的款，用樣本裏人手定的建議；其餘按措辭推斷。
都只是起始值，辦公室可以逐項改。
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from campaigns.models import Cycle, Indicator

_SAMPLE = Path(__file__).resolve().parent.parent / "sample" / "clauses.json"
# 「無…事故」「未發生…案件」：寫明不許發生的事，多半單獨一票否決。
_WITHOUT = re.compile(
    r"^(?:全[^,，]{1,6}|本[^,，]{1,6}|單位|单位)?(?:無|无|未發生|未发生|不發生|不发生|沒有發生|没有发生|杜絕|杜绝)"
    r".{0,30}(?:事件|事故|案件|問題|问题|現象|现象|活動|活动|行為|行为|投訴|投诉)(?:發生|发生)?$"
)


@dataclass(frozen=True)
class Suggestion:
    """一款的起始建議。evidence、lead、supporting 是數據表裏的代碼。"""

    cycle: str = Cycle.YEARLY
    measurable: str = Indicator.Measurable.PARTLY
    is_veto_like: bool = False
    standard: str = ""
    evidence: tuple[str, ...] = ()
    lead: str = ""
    supporting: tuple[str, ...] = ()
    serves: frozenset[str] = frozenset()


def suggest(text: str, cycle: str | None = None) -> Suggestion:
    """一款的建議。cycle 是從原文讀出的週期（「每季度」），比推斷的可靠。"""
    known = _sample().get(text.strip())
    if known:
        return known
    forbidden = bool(_WITHOUT.search(text.strip()))
    return Suggestion(
        cycle=cycle if cycle in Cycle.values else Cycle.YEARLY,
        measurable=Indicator.Measurable.YES if forbidden else Indicator.Measurable.PARTLY,
        is_veto_like=forbidden,
        evidence=("dept_opinion",) if forbidden else ("report",),
    )


@lru_cache(maxsize=1)
def _sample() -> dict[str, Suggestion]:
    """樣本方案各款的建議，按原文取。"""
    data = json.loads(_SAMPLE.read_text(encoding="utf-8"))
    goals: dict[str, set[str]] = {}
    for row in data["clauses"]:
        if row["section_kind"] == "objective":
            goals.setdefault(row["code"].split(".")[0], set()).add(row["text"])
    return {row["text"]: _suggestion(row, data["serves_goals"], goals) for row in data["clauses"]}


def _suggestion(
    row: dict[str, Any], serves: dict[str, list[str]], goals: dict[str, set[str]]
) -> Suggestion:
    targets = serves.get(row["code"].split(".")[0], [])
    return Suggestion(
        cycle=row["cycle"] or Cycle.YEARLY,
        measurable=row["measurable"] or Indicator.Measurable.PARTLY,
        is_veto_like=row["veto_like"],
        standard=row["indicator"],
        evidence=tuple(row["evidence"]),
        lead=row["lead"] or "",
        supporting=tuple(row["support"]),
        # 一項任務服務的目標，以該目標各款的原文表示：別的方案裏目標的編號未必相同。
        serves=frozenset(goals[targets[0]]) if targets else frozenset(),
    )
