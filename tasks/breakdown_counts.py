"""分解表的計數和可選的條件：標籤、篩選選項、組頭都出自這裏，所以總與打開的列表一致。

兩次查詢：一次只按編號分組數數（不連別的表，索引裏就有全部的列），一次取各編號的名稱。
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import CharField, Count, Value

from campaigns.models import Campaign, Objective, Seat
from campaigns.standing import Standing
from people.models import Department
from tasks.breakdown_query import view_conditions
from tasks.lights import LightRule
from tasks.models import MainTask
from tasks.models.plan import MeasureQuerySet
from tasks.remembered import remembered

KEYS = {
    "objective": "objective_id",
    "task": "main_task_id",
    "lead": "lead_department_id",
    "leader": "accountable_seat_id",
}


@dataclass(frozen=True)
class Option:
    """篩選裏可選的一項。"""

    value: int
    label: str


@dataclass
class Facets:
    """看得見的措施按目標、任務、牽頭、責任領導分的組。groups 裏是（項數，其中已辦結）。"""

    total: int = 0
    views: dict[str, int] = field(default_factory=dict)
    objectives: list[Option] = field(default_factory=list)
    tasks: list[Option] = field(default_factory=list)
    leads: list[Option] = field(default_factory=list)
    leaders: list[Option] = field(default_factory=list)
    departments: list[Option] = field(default_factory=list)
    groups: dict[str, dict[int | None, tuple[int, int]]] = field(default_factory=dict)

    def counts(self, group: str) -> dict[int | None, int]:
        """沒有篩選時每組幾項；不分組時鍵為 None。"""
        if group == "none":
            return {None: self.total}
        return {key: total for key, (total, _closed) in self.groups[group].items()}


def facets(
    rows: MeasureQuerySet, *, campaign: Campaign, standing: Standing, rule: LightRule
) -> Facets:
    """數一遍看得見的措施：各組幾項，每個現成視圖各佔幾項。"""
    labels = _labels(campaign)
    seen = (
        rows.query.is_empty(),
        standing.is_office(campaign) or standing.is_leader(campaign),
        standing.user_id if standing.departments else 0,
    )
    found = remembered(
        ("breakdown", campaign.pk, *seen, rule.today, rule.warn_until),
        lambda: _counted(rows, standing, rule, labels.windows),
        size=lambda counted: counted.total,
    )
    found.objectives = labels.among("objective", found.groups["objective"])
    found.tasks = labels.among("task", found.groups["task"])
    found.leads = labels.among("lead", found.groups["lead"])
    found.leaders = labels.among("leader", found.groups["leader"])
    found.departments = labels.options["lead"]
    return found


def group_counts(rows: MeasureQuerySet, group: str) -> dict[int | None, int]:
    """篩選之後每組還有幾項；不分組時鍵為 None。"""
    if group == "none":
        return {None: rows.count()}
    key = KEYS[group]
    counts = rows.order_by().values_list(key).annotate(number=Count("pk"))
    return dict(counts)


# ── 數 ────────────────────────────────────────────────


def _counted(
    rows: MeasureQuerySet, standing: Standing, rule: LightRule, windows: frozenset[int]
) -> Facets:
    conditions = view_conditions(standing, rule)
    # 窗口單位牽頭的由單位編號認得出，不必為它連單位表。
    del conditions["window"]
    if not standing.departments:
        del conditions["own"], conditions["mine"]
    # 數 state 而不數主鍵：它從不為空，又在索引裏，數據庫不必翻到每一行。
    counts = {
        f"in_{name}": Count("state", filter=condition) for name, condition in conditions.items()
    }
    found = Facets(
        views=dict.fromkeys([*conditions, "window"], 0), groups={group: {} for group in KEYS}
    )
    combinations = (
        rows.order_by().values_list(*KEYS.values()).annotate(number=Count("state"), **counts)
    )
    closed_at = 1 + list(conditions).index("closed")
    lead_at = list(KEYS).index("lead")
    for row in combinations:
        keys, numbers = row[: len(KEYS)], row[len(KEYS) :]
        found.total += numbers[0]
        for name, number in zip(conditions, numbers[1:], strict=True):
            found.views[name] += number
        if keys[lead_at] in windows:
            found.views["window"] += numbers[0]
        for group, key in zip(KEYS, keys, strict=True):
            total, closed = found.groups[group].get(key, (0, 0))
            found.groups[group][key] = (total + numbers[0], closed + numbers[closed_at])
    return found


# ── 名稱 ──────────────────────────────────────────────


@dataclass(frozen=True)
class _Labels:
    options: dict[str, list[Option]]
    windows: frozenset[int]

    def among(self, group: str, keys: Iterable[int | None]) -> list[Option]:
        chosen = set(keys)
        return [option for option in self.options[group] if option.value in chosen]


def _labels(campaign: Campaign) -> _Labels:
    """目標、任務、單位、席位的名稱，合成一次查詢；各按自己的次序。"""
    names = ("pk", "number", "code", "title")
    found = (
        _kind("objective", Objective.objects.filter(campaign=campaign), *names)
        .union(
            _kind("task", MainTask.objects.filter(campaign=campaign), *names),
            _kind("lead", Department.objects.all(), "pk", "position", "name", "kind"),
            _kind(
                "leader",
                Seat.objects.filter(campaign=campaign),
                "pk",
                "position",
                "post",
                "user__name",
            ),
            all=True,
        )
        .order_by()
    )
    options: dict[str, list[Option]] = {group: [] for group in KEYS}
    windows = set()
    for group, pk, _place, first, second in sorted(found, key=lambda row: (row[0], row[2], row[1])):
        if group == "lead":
            options[group].append(Option(pk, first))
            if second == Department.Kind.WINDOW:
                windows.add(pk)
        else:
            options[group].append(Option(pk, " ".join(filter(None, [first, second]))))
    return _Labels(options, frozenset(windows))


def _kind(group: str, rows: object, *names: str) -> object:
    return rows.order_by().values_list(Value(group, output_field=CharField()), *names)
