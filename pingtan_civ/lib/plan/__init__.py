"""讀創建方案：原文 → 樹；讀文件；兩版比對。純函數，不碰數據庫。"""

from pingtan_civ.lib.plan.codes import CodedClause, CodedItem, coded, coded_items
from pingtan_civ.lib.plan.parser import parse_plan
from pingtan_civ.lib.plan.types import (
    Clause,
    Dropped,
    Item,
    Kind,
    Line,
    ParsedPlan,
    Problem,
    Proposals,
    Section,
)

__all__ = [
    "Clause",
    "CodedClause",
    "CodedItem",
    "Dropped",
    "Item",
    "Kind",
    "Line",
    "ParsedPlan",
    "Problem",
    "Proposals",
    "Section",
    "coded",
    "coded_items",
    "parse_plan",
]
