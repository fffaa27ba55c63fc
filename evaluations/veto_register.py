"""事件台賬的篩選和行：網址裏的條件讀成一個值，頁面和計數都用它。"""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluations.eligibility import Block, block_of, effect_words
from evaluations.models import VetoEvent, VetoEventQuerySet
from pingtan_civ.lib.dates import near_date
from pingtan_civ.lib.numbers import read_int
from tasks.search_words import spellings

LONGEST_SEARCH = 60


@dataclass(frozen=True)
class VetoQuery:
    q: str = ""
    state: str = ""
    department: int | None = None
    item: int | None = None
    year: int | None = None
    page: int = 1

    @classmethod
    def read(cls, data: QueryDict) -> "VetoQuery":
        """讀網址裏的參數；不認識的值不用。"""
        state = data.get("state", "")
        return cls(
            q=data.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            state=state if state in VetoEvent.State.values else "",
            department=read_int(data.get("department"), low=1, high=10**9),
            item=read_int(data.get("item"), low=1, high=10**9),
            year=read_int(data.get("year"), low=1900, high=2999),
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
    def export_url(self) -> str:
        return reverse("evaluations:veto-export") + self.url()

    @property
    def is_filtered(self) -> bool:
        return replace(self, page=1) != VetoQuery()

    def apply(self, rows: VetoEventQuerySet) -> VetoEventQuerySet:
        """篩選並排好次序：待認定的在前，然後新的在前。rows 已經過 visible_to。"""
        pairs = {
            "state": self.state or None,
            "department": self.department,
            "item": self.item,
            "date_of_event__year": self.year,
        }
        rows = rows.filter(**{key: value for key, value in pairs.items() if value is not None})
        for word in self.q.split()[:5]:
            rows = rows.filter(_mentions(word))
        return rows.order_by("-date_of_event", "-pk")


def _mentions(word: str) -> Q:
    """情形、事由、單位、機關、文號裏有這個詞；繁簡兩種寫法都算。"""
    names = (
        "item__event_text",
        "item__text",
        "description",
        "department__name",
        "authority",
        "document_number",
    )
    found = Q()
    for spelling in spellings(word):
        for name in names:
            found |= Q(**{f"{name}__icontains": spelling})
    return found


def counts(rows: VetoEventQuerySet) -> dict[str, int]:
    """標籤上的數，一次查詢。"""
    states = {state: Count("pk", filter=Q(state=state)) for state in VetoEvent.State.values}
    return rows.aggregate(all=Count("pk"), **states)


@dataclass(frozen=True)
class VetoRow:
    """台賬的一行：一件事，和它今天還攔不攔。"""

    event: VetoEvent
    block: Block | None
    effect: str
    note: str


def row_of(event: VetoEvent, on: date) -> VetoRow:
    block = block_of(event, on)
    effect = effect_words(event.item, is_concealed=event.is_concealed)
    return VetoRow(event, block, effect, _note(event, block, on))


def _note(event: VetoEvent, block: Block | None, on: date) -> str:
    if event.state == VetoEvent.State.DISMISSED:
        return _("不影響推薦")
    if event.released_date and event.released_date <= on:
        return _("%(day)s起解除") % {"day": near_date(event.released_date, on)}
    if block is None:
        return _("已過回溯期")
    if block.until is None:
        return _("認定之後起算")
    return _("算到 %(day)s") % {"day": near_date(block.until, on)}
