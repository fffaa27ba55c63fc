"""榮譽台賬的篩選：網址裏的條件讀成一個值，頁面、計數、導出都用它，所以總是一致。"""

from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict

from evaluations.models import Honour, HonourQuerySet
from pingtan_civ.lib.numbers import read_int
from tasks.search_words import spellings

LONGEST_SEARCH = 60


@dataclass(frozen=True)
class HonourQuery:
    q: str = ""
    level: str = ""
    whom: str = ""
    year: int | None = None
    department: int | None = None
    page: int = 1

    @classmethod
    def read(cls, data: QueryDict) -> "HonourQuery":
        """讀網址裏的參數；不認識的值不用。"""
        level, whom = data.get("level", ""), data.get("whom", "")
        return cls(
            q=data.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            level=level if level in Honour.Level.values else "",
            whom=whom if whom in Honour.Whom.values else "",
            year=read_int(data.get("year"), low=1900, high=2999),
            department=read_int(data.get("department"), low=1, high=10**9),
            page=read_int(data.get("page"), low=1, high=10**6) or 1,
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            each.name: value
            for each in fields(self)
            if (value := getattr(self, each.name)) != each.default
        }

    def url(self, **changes: Any) -> str:
        changes.setdefault("page", 1)
        words = urlencode(replace(self, **changes).as_dict())
        return f"?{words}" if words else "?"

    @property
    def is_filtered(self) -> bool:
        return replace(self, page=1) != HonourQuery()

    def apply(self, rows: HonourQuerySet) -> HonourQuerySet:
        """篩選並排好次序：新的在前。"""
        if self.level:
            rows = rows.filter(level=self.level)
        if self.whom:
            rows = rows.filter(_TO[self.whom])
        if self.year:
            rows = rows.filter(granted_date__year=self.year)
        if self.department:
            rows = rows.filter(department=self.department)
        for word in self.q.split()[:5]:
            rows = rows.filter(_mentions(word))
        return rows.order_by("-granted_date", "-pk")


_TO = {
    Honour.Whom.BUREAU: Q(department__isnull=True, person__isnull=True),
    Honour.Whom.DEPARTMENT: Q(department__isnull=False),
    Honour.Whom.PERSON: Q(person__isnull=False),
}


def _mentions(word: str) -> Q:
    """名稱、機關、文號、單位或人名裏有這個詞；繁簡兩種寫法都算。"""
    names = (
        "name",
        "granted_by",
        "document_number",
        "department__name",
        "department__short_name",
        "person__name",
    )
    found = Q()
    for spelling in spellings(word):
        for name in names:
            found |= Q(**{f"{name}__icontains": spelling})
    return found
