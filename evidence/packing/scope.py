"""一份資料包要哪些：活動、目標或指標、單位、時期、繁簡。只有值。"""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from tasks.specification import Span

HANT, HANS = "hant", "hans"


@dataclass(frozen=True)
class Scope:
    """objectives 和 indicators 都空是全部指標；departments 空是全部單位。"""

    campaign_id: int
    start: date
    end: date
    script: str = HANT
    objectives: tuple[int, ...] = ()
    indicators: tuple[int, ...] = ()
    departments: tuple[int, ...] = ()

    @property
    def period(self) -> Span:
        return Span(self.start, self.end)

    def within(self, departments: frozenset[int]) -> "Scope":
        """只要這些單位的；本來就只要其中幾個的照舊。"""
        kept = [key for key in self.departments if key in departments]
        return replace(self, departments=tuple(kept or sorted(departments)))

    def as_params(self) -> dict[str, Any]:
        return {**asdict(self), "start": self.start.isoformat(), "end": self.end.isoformat()}

    def as_query(self) -> str:
        """預覽頁上同樣條件的查詢串。"""
        chosen = {
            "objective": self.objectives,
            "indicator": self.indicators,
            "department": self.departments,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "script": self.script,
        }
        return urlencode(chosen, doseq=True)

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> "Scope":
        days = {name: date.fromisoformat(params[name]) for name in ("start", "end")}
        keys = {name: tuple(params[name]) for name in ("objectives", "indicators", "departments")}
        return cls(**{**params, **days, **keys})
