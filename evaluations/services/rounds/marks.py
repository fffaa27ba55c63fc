"""對一條的評分：交到服務手裏的樣子。"""

from collections.abc import Mapping
from dataclasses import dataclass

from pingtan_civ.lib.scoring import Finding


@dataclass(frozen=True)
class Mark:
    """對一條的評分。seen 是填的人打開頁面時這一條的那一行評分（0 是還沒有）；None 不核對。"""

    finding: Finding | None = None
    is_not_applicable: bool = False
    reason: str = ""
    seen: int | None = None

    @property
    def is_blank(self) -> bool:
        return self.finding is None and not self.is_not_applicable


Marks = Mapping[int, Mark]
"""測評內容 → 評分。"""
