"""催報台的矩陣：單位 × 措施（或指標），每格一個狀態。查好、排好、寫好字，模板只管擺。"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Indicator
from campaigns.standing import Standing
from tasks import inbox
from tasks.chase_cells import cells_html, history_url
from tasks.chase_query import CURRENT, ChaseQuery
from tasks.chase_stand import UNFINISHED, Item, Last, items_of, waited_days
from tasks.lights import LightRule
from tasks.models import Assignment, Measure, Round
from tasks.services.chasing import start_of_working_day

LINES_SHOWN = 20
NO_INDICATOR = 0
"""沒有對應任何指標的措施歸在這一列。"""


@dataclass(frozen=True)
class Tally:
    """欠幾份，其中逾期幾份。"""

    owed: int = 0
    overdue: int = 0

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Tally":
        rows = [item for item in items if item.is_owed]
        return cls(len(rows), sum(item.is_overdue for item in rows))


@dataclass(frozen=True)
class Column:
    """一列：一項措施，或一個指標。"""

    key: int
    code: str
    title: str
    url: str
    tally: Tally


@dataclass(frozen=True)
class Row:
    """一行：一個單位和它的各格。"""

    key: int
    name: str
    url: str
    tally: Tally
    last: str
    cells: SafeString


@dataclass(frozen=True)
class Line:
    """手機清單裏的一項。"""

    item: Item
    url: str
    last: str


@dataclass(frozen=True)
class UnitList:
    """手機清單裏的一個單位，最急的在前。"""

    key: int
    name: str
    url: str
    tally: Tally
    last: str
    lines: list[Line]

    @property
    def first_lines(self) -> list[Line]:
        """總清單裏先列這些，其餘的在單位自己的頁上。"""
        return self.lines[:LINES_SHOWN]

    @property
    def more(self) -> int:
        return max(len(self.lines) - LINES_SHOWN, 0)


@dataclass(frozen=True, slots=True)
class MeasureName:
    """一項措施的名字，和它所屬的主要任務、工作目標（列頭和篩選片用）。"""

    pk: int
    code: str
    title: str
    task_id: int
    task_code: str
    task_title: str
    objective_id: int | None
    objective_code: str | None
    objective_title: str | None


@dataclass(frozen=True)
class OfficeWait:
    """等辦公室審核的：辦公室自己的事，先說。"""

    count: int
    longest: int
    limit: int
    over: int
    due_today: str
    """最久的那一件今天到時限時，它的措施編號；否則為空。"""
    url: str

    @property
    def is_late(self) -> bool:
        return self.over > 0


@dataclass
class Board:
    """催報台上的一切。items 已按篩選留下。"""

    campaign: Campaign
    query: ChaseQuery
    rule: LightRule
    items: list[Item]
    measures: list[MeasureName] = field(default_factory=list)
    indicators: dict[int, list[int]] = field(default_factory=dict)
    """措施 → 它對應的指標。"""
    indicator_names: dict[int, tuple[str, str]] = field(default_factory=dict)
    assigned: list[tuple[int, str, int]] = field(default_factory=list)
    """不欠的也要列出時，分到任務的（單位、名稱、措施）。"""
    earlier: int = 0
    """只看本期時，往期逾期的份數。"""

    # 欠着的

    @cached_property
    def owed(self) -> list[Item]:
        return [item for item in self.items if item.is_owed]

    @cached_property
    def near(self) -> list[Item]:
        """其中逾期和臨期的。"""
        return [item for item in self.owed if item.is_urgent]

    @cached_property
    def to_chase(self) -> list[Item]:
        """其中本工作日還沒有催過的：一鍵催的是這些，催過的不再算進去。"""
        since = start_of_working_day(self.rule.today)
        return [item for item in self.near if not item.is_chased_since(since)]

    @cached_property
    def rest(self) -> list[Item]:
        """欠着的裏本工作日還沒有催過的。"""
        since = start_of_working_day(self.rule.today)
        return [item for item in self.owed if not item.is_chased_since(since)]

    @property
    def for_papers(self) -> list[Item]:
        """催辦單、群文本默認寫的：與一鍵催的同一範圍；沒有逾期、臨期的就是全部。"""
        return self.near or self.owed

    @cached_property
    def tally(self) -> Tally:
        return Tally.of(self.items)

    def picked(self, units: Iterable[int], columns: Iterable[int]) -> list[int]:
        """整行、整列選中的：其中可以催的各份。"""
        rows, cols = set(units), set(columns)
        return [
            item.pk
            for item in self.owed
            if item.department_id in rows or cols.intersection(self._columns_of(item.measure_id))
        ]

    # 矩陣

    def _columns_of(self, measure_id: int) -> Sequence[int]:
        if self.query.by == "measure":
            return (measure_id,)
        return self.indicators.get(measure_id, (NO_INDICATOR,))

    @cached_property
    def _grid(self) -> dict[int, dict[int, list[Item]]]:
        """{單位: {列: 各份}}。"""
        found: dict[int, dict[int, list[Item]]] = {}
        for item in self.items:
            row = found.setdefault(item.department_id, {})
            for key in self._columns_of(item.measure_id):
                row.setdefault(key, []).append(item)
        return found

    @cached_property
    def _idle(self) -> dict[int, set[int]]:
        """{單位: 各列}：分到了任務的，這一期有沒有要報的都算。"""
        found: dict[int, set[int]] = {}
        for unit, _name, measure_id in self.assigned:
            found.setdefault(unit, set()).update(self._columns_of(measure_id))
        return found

    @cached_property
    def columns(self) -> list[Column]:
        by_column: dict[int, list[Item]] = {}
        for item in self.items:
            for key in self._columns_of(item.measure_id):
                by_column.setdefault(key, []).append(item)
        idle = {key for row in self._idle.values() for key in row}
        return [
            Column(key, code, title, self._column_url(code), Tally.of(by_column.get(key, ())))
            for key, (code, title) in self._column_names.items()
            if any(item.stand in UNFINISHED for item in by_column.get(key, ()))
            or (self.query.whole and (key in by_column or key in idle))
        ]

    @property
    def _column_names(self) -> dict[int, tuple[str, str]]:
        """列的編號和名稱，按次序。"""
        if self.query.by == "measure":
            return {row.pk: (row.code, row.title) for row in self.measures}
        return self.indicator_names | {NO_INDICATOR: ("—", _("未對應指標的措施"))}

    def _column_url(self, code: str) -> str:
        if self.query.by == "measure":
            return reverse("tasks:measure-detail", args=[self.campaign.code, code])
        return ""

    @cached_property
    def rows(self) -> list[Row]:
        today = self.rule.today
        keys = [column.key for column in self.columns]
        found = []
        for key, name in self._units.items():
            cells = self._grid.get(key, {})
            mine = self._items_of.get(key, [])
            if not self.query.whole and not any(item.stand in UNFINISHED for item in mine):
                continue
            url = self.unit_url(key)
            html = cells_html(
                keys, cells, self._idle.get(key, set()), unit=name, url=url, today=today
            )
            found.append(Row(key, name, url, Tally.of(mine), self._last_words(mine), html))
        return found

    @cached_property
    def _items_of(self) -> dict[int, list[Item]]:
        return {
            key: list(group)
            for key, group in groupby(self.items, key=lambda each: each.department_id)
        }

    @cached_property
    def _units(self) -> dict[int, str]:
        """要列的單位，按次序。"""
        shown = {item.department_id: item.department for item in self.items}
        return dict((unit, name) for unit, name, _measure in self.assigned) | shown

    def unit_url(self, key: int) -> str:
        return reverse("tasks:chase-unit", args=[self.campaign.code, key])

    def _last_words(self, items: Iterable[Item]) -> str:
        last = latest(items)
        return last.short(self.rule.today) if last else ""

    # 手機

    @cached_property
    def lists(self) -> list[UnitList]:
        """按單位列出欠着的，逾期最久的單位在前；手機和打印、群文本都按它的次序。"""
        today = self.rule.today
        found = []
        for key, items in self._items_of.items():
            owed = sorted((item for item in items if item.is_owed), key=lambda item: item.rank)
            if owed:
                lines = [
                    Line(
                        item,
                        history_url(item.pk),
                        item.last.words(today) if item.last else "",
                    )
                    for item in owed
                ]
                tally = Tally.of(owed)
                unit = UnitList(
                    key,
                    items[0].department,
                    self.unit_url(key),
                    tally,
                    self._last_words(owed),
                    lines,
                )
                found.append(unit)
        found.sort(key=lambda unit: (unit.tally.overdue == 0, unit.lines[0].item.due, unit.key))
        return found


def latest(items: Iterable[Item]) -> Last | None:
    """這些報送裏最近一次催辦。"""
    return max((item.last for item in items if item.last), key=lambda last: last.at, default=None)


# ── 取數 ──────────────────────────────────────────────


def build_board(query: ChaseQuery, campaign: Campaign, rule: LightRule) -> Board:
    """一次取齊；查詢次數固定，與單位、措施的多少無關。"""
    items = items_of(campaign, query.scope(rule.today), rule)
    kept = [item for item in items if _keeps(query, item)]
    board = Board(campaign, query, rule, kept)
    if query.period == CURRENT:
        board.items = [item for item in kept if item.ends >= rule.today]
        board.earlier = sum(item.is_overdue for item in kept) - board.tally.overdue
    board.measures = [
        MeasureName(*row)
        for row in campaign.measures.filter(Measure.COUNTED)
        .order_by("position", "pk")
        .values_list(*_NAMES)
    ]
    if query.whole:
        board.assigned = _assigned(campaign, query)
    if query.by == "indicator":
        board.indicators, board.indicator_names = _indicators(campaign)
    return board


_NAMES = (
    "pk",
    "code",
    "title",
    "main_task_id",
    "main_task__code",
    "main_task__title",
    "objective_id",
    "objective__code",
    "objective__title",
)


def _keeps(query: ChaseQuery, item: Item) -> bool:
    if query.state and not item.matches(query.state):
        return False
    if query.overdue and not item.is_overdue:
        return False
    if query.since is None:
        return True
    chased = timezone.localdate(item.last.at) if item.last else None
    return item.is_owed and (chased is None or chased < query.since)


def _indicators(campaign: Campaign) -> tuple[dict[int, list[int]], dict[int, tuple[str, str]]]:
    """（措施 → 指標，指標的編號和原文）。一次查詢。"""
    rows = (
        Indicator.objects.filter(measures__campaign=campaign)
        .order_by("objective__number", "position", "pk")
        .values_list("pk", "code", "clause__text", "measures")
    )
    of_measure: dict[int, list[int]] = {}
    names: dict[int, tuple[str, str]] = {}
    for pk, code, text, measure_id in rows:
        names[pk] = (code, text)
        of_measure.setdefault(measure_id, []).append(pk)
    return of_measure, names


def _assigned(campaign: Campaign, query: ChaseQuery) -> list[tuple[int, str, int]]:
    """在辦的每一欄；篩了單位、任務、目標、分工的只要其中的。"""
    rows = (
        Assignment.objects.filter(query.place(), measure__campaign=campaign)
        .live()
        .order_by("department__position", "department_id")
    )
    return list(rows.values_list("department_id", "department__name", "measure_id"))


def office_wait(standing: Standing, campaign: Campaign, rule: LightRule) -> OfficeWait | None:
    """等辦公室審核的有幾件、最久的等了多久；沒有時為 None。一次查詢。"""
    rows = Round.objects.filter(
        number=F("submission__round_number"),
        submission__in=inbox.to_review(standing, campaign),
        endorsed_at__isnull=False,
    )
    moments = rows.order_by("endorsed_at", "pk").values_list(
        "endorsed_at", "submission__assignment__measure__code"
    )
    found = [(waited_days(at, rule), code) for at, code in moments]
    if not found:
        return None
    waits = [days for days, _code in found]
    return OfficeWait(
        count=len(waits),
        longest=max(waits),
        limit=campaign.review_days,
        over=sum(days > campaign.review_days for days in waits),
        due_today=found[0][1] if found[0][0] == campaign.review_days else "",
        url=reverse("tasks:review-inbox", args=[campaign.code]),
    )
