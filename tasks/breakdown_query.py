"""分解表的篩選：網址裏的條件讀成一個值，列表、計數、導出、批量都用它，所以總是一致。"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q
from django.http import QueryDict

from campaigns.models import Campaign
from campaigns.standing import Standing
from people.models import Department
from pingtan_civ.lib.script import search_key
from tasks.lights import Light, LightRule
from tasks.models import Measure
from tasks.models.plan import MeasureQuerySet
from tasks.search_words import spellings

VIEWS = ("all", "urgent", "draft", "month", "window", "closed", "own", "mine")
SORTS = ("code", "due", "progress", "lead")
GROUPS = ("objective", "task", "lead", "none")
_ORDER = {
    "code": ("position", "pk"),
    "due": ("due_date", "position", "pk"),
    "progress": ("percent", "position", "pk"),
    "lead": ("lead_department__position", "lead_department_id", "position", "pk"),
}
_GROUP_ORDER = {
    "objective": ("objective__number", "objective_id"),
    "task": ("main_task__number", "main_task_id"),
    "lead": ("lead_department__position", "lead_department_id"),
    "none": (),
}
_NEVER_EMPTY = ("position", "percent")
_LONGEST_SEARCH = 60
NO_OBJECTIVE = 0
"""objective=0：還沒有對應到任何工作目標的措施。"""


@dataclass(frozen=True)
class BreakdownQuery:
    """一組條件。ignored 是讀不懂而沒有用上的參數名，要告訴人。"""

    view: str = "all"
    q: str = ""
    objective: int | None = None
    task: int | None = None
    lead: int | None = None
    supporting: int | None = None
    leader: int | None = None
    state: tuple[str, ...] = ()
    light: tuple[str, ...] = ()
    due_from: date | None = None
    due_to: date | None = None
    sort: str = "code"
    descending: bool = False
    group: str = "objective"
    page: int = 1
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, data: QueryDict) -> "BreakdownQuery":
        """讀網址裏的參數；不認識的值不用，記在 ignored 裏。"""
        reader = Reader(data)
        sort = data.get("sort", "code")
        return cls(
            view=reader.one("view", VIEWS, "all"),
            q=data.get("q", "").replace("\x00", "").strip()[:_LONGEST_SEARCH],
            objective=reader.number("objective"),
            task=reader.number("task"),
            lead=reader.number("lead"),
            supporting=reader.number("supporting"),
            leader=reader.number("leader"),
            state=reader.several("state", Measure.State.values),
            light=reader.several("light", [light.value for light in Light]),
            due_from=reader.day("due_from"),
            due_to=reader.day("due_to"),
            sort=reader.one("sort", [*SORTS, *(f"-{key}" for key in SORTS)], "code").lstrip("-"),
            descending=sort.startswith("-"),
            group=reader.one("group", GROUPS, "objective"),
            page=reader.number("page") or 1,
            ignored=tuple(reader.ignored),
        )

    # 網址

    def as_dict(self) -> dict[str, Any]:
        """只含與默認不同的條件，網址因此最短。"""
        found: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in ("ignored", "descending", "sort") or value == each.default:
                continue
            found[each.name] = value.isoformat() if isinstance(value, date) else value
        if self.sort != "code" or self.descending:
            found["sort"] = f"-{self.sort}" if self.descending else self.sort
        return found

    def url(self, **changes: Any) -> str:
        """「?…」：改了幾個條件之後的網址；翻頁之外的改動回到第一頁。"""
        changes.setdefault("page", 1)
        words = urlencode(replace(self, **changes).as_dict(), doseq=True)
        return f"?{words}" if words else "?"

    @property
    def is_filtered(self) -> bool:
        """視圖之外還有條件。"""
        return self.bare() != replace(self, page=1)

    def bare(self) -> "BreakdownQuery":
        """去掉所有篩選，留下視圖、排序和分組。"""
        return BreakdownQuery(
            view=self.view, sort=self.sort, descending=self.descending, group=self.group
        )

    # 查詢

    def apply(
        self, rows: MeasureQuerySet, *, standing: Standing, rule: LightRule
    ) -> MeasureQuerySet:
        """篩選；rows 已經過 visible_to。"""
        if self.view != "all":
            rows = rows.filter(view_conditions(standing, rule)[self.view])
        rows = rows.filter(**self._exact())
        if self.supporting:
            through = Measure.supporting_departments.through.objects
            held = through.filter(department_id=self.supporting)
            rows = rows.filter(pk__in=held.values("measure_id"))
        if self.state:
            rows = rows.filter(state__in=self.state)
        if self.light:
            condition = Q()
            for value in self.light:
                condition |= rule.matching(Light(value))
            rows = rows.filter(condition)
        for word in self.q.split()[:5]:
            rows = rows.filter(_mentions(word))
        return rows

    def _exact(self) -> dict[str, Any]:
        pairs = {
            "objective_id": self.objective,
            "main_task_id": self.task,
            "lead_department_id": self.lead,
            "accountable_seat_id": self.leader,
            "due_date__gte": self.due_from,
            "due_date__lte": self.due_to,
        }
        found = {key: value for key, value in pairs.items() if value is not None}
        if self.objective == NO_OBJECTIVE:
            del found["objective_id"]
            found["objective_id__isnull"] = True
        return found

    def ordering(self) -> list[Any]:
        """先按分組，組內再按所選；空值排在最後。"""
        order = [F(name).asc(nulls_last=True) for name in _GROUP_ORDER[self.group]]
        return [*order, *self.ordering_within()]

    def ordering_within(self) -> list[Any]:
        """一組之內的次序。"""
        first, *rest = _ORDER[self.sort]
        if first in _NEVER_EMPTY:
            # 不寫「空值在後」，數據庫才用得上現成的索引。
            return [f"-{first}" if self.descending else first, *rest]
        ahead = F(first).desc(nulls_last=True) if self.descending else F(first).asc(nulls_last=True)
        return [ahead, *rest]


@dataclass
class Reader:
    data: Mapping[str, str]
    ignored: list[str] = field(default_factory=list)

    def one(self, name: str, allowed: Any, default: str) -> str:
        value = self.data.get(name) or default
        if value not in allowed:
            self.ignored.append(name)
            return default
        return value

    def several(self, name: str, allowed: list[str]) -> tuple[str, ...]:
        given = [value for value in self.data.getlist(name) if value]
        if any(value not in allowed for value in given):
            self.ignored.append(name)
        return tuple(value for value in allowed if value in given)

    def number(self, name: str) -> int | None:
        value = self.data.get(name)
        if not value:
            return None
        if value.isascii() and value.isdigit() and len(value) <= 9:
            return int(value)
        self.ignored.append(name)
        return None

    def day(self, name: str) -> date | None:
        value = self.data.get(name)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.ignored.append(name)
            return None


def view_conditions(standing: Standing, rule: LightRule) -> dict[str, Q]:
    """各個現成視圖的條件；標籤上的計數和打開的列表都出自這裏。"""
    first = rule.today.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    through = Measure.supporting_departments.through.objects
    supported = through.filter(department_id__in=standing.departments).values("measure_id")
    return {
        "urgent": rule.matching(Light.BAD) | rule.matching(Light.WARN),
        "draft": Q(state=Measure.State.DRAFT),
        "month": Q(state=Measure.State.ISSUED, owed_date__range=(first, last)),
        "window": Q(lead_department__kind=Department.Kind.WINDOW),
        "closed": Q(state=Measure.State.CLOSED),
        "own": Q(lead_department__in=standing.departments) | Q(pk__in=supported),
        "mine": Q(owner=standing.user_id),
    }


def _mentions(word: str) -> Q:
    """名稱、編號、單位裏有這個詞；繁簡兩種寫法都算。"""
    found = Q()
    through = Measure.supporting_departments.through.objects
    for spelling in spellings(word):
        named = Q(name__icontains=spelling) | Q(short_name__icontains=spelling)
        departments = Department.objects.filter(named).values("pk")
        supported = through.filter(department__in=departments).values("measure_id")
        found |= (
            Q(title__icontains=spelling)
            | Q(code__icontains=spelling)
            | Q(lead_department__in=departments)
            | Q(pk__in=supported)
        )
    return found


def visible(standing: Standing, campaign: Campaign) -> MeasureQuerySet:
    """此人看得見的措施；頁面上的一切計數都從它出發。"""
    return Measure.objects.visible_to(standing, campaign)


def same_text(one: str, other: str) -> bool:
    """繁簡、全半角、空白不論的相同。"""
    return search_key(one) == search_key(other)
