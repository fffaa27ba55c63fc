"""創建總覽：做到哪一步、卡在哪裏。全部數字出自 MeasureQuerySet.visible_to，一次分組查詢。

分母只數已下達和已辦結的措施（MeasureQuerySet.counted）；待下達、中止、撤銷不在其內。
"""

from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Objective
from campaigns.standing import Standing
from people.models import Department
from pingtan_civ.lib.numerals import to_chinese
from tasks.breakdown_query import NO_OBJECTIVE
from tasks.lights import Light, LightRule
from tasks.models import MainTask, Measure
from tasks.remembered import remembered

LISTED = 8
"""逾期、臨期名單各列出的條數；更多的點進去看。"""

COUNTED_LIGHTS = (Light.DONE, Light.OK, Light.WARN, Light.BAD)


@dataclass
class Tally:
    """一格或一行的合計。"""

    total: int = 0
    done: int = 0
    ok: int = 0
    warn: int = 0
    bad: int = 0

    def add(self, other: "Tally") -> None:
        for name in ("total", "done", "ok", "warn", "bad"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def of(self, light: Light) -> int:
        return getattr(self, light.value)

    @property
    def percent(self) -> str:
        """辦結率，一位小數；沒有任務時為「—」。"""
        return f"{100 * self.done / self.total:.1f}" if self.total else "—"

    @property
    def shade(self) -> int:
        """底色深淺 0–4。"""
        return 4 * self.done // self.total if self.total else 0

    @property
    def alarm(self) -> str:
        """要不要在格裏加圖形：紅先於黃。"""
        return "bad" if self.bad else "warn" if self.warn else ""


@dataclass(frozen=True)
class Cell:
    """熱力圖的一格：文字、去處、給讀屏的話。total 為 0 的格不是鏈接。"""

    tally: Tally
    url: str
    label: str


@dataclass(frozen=True)
class Row:
    department: str
    is_gone: bool
    cells: tuple[Cell, ...]
    total: Cell


@dataclass(frozen=True)
class Column:
    name: str
    short: str
    total: Tally


@dataclass(frozen=True)
class TaskRow:
    """一項主要任務的進度。"""

    code: str
    title: str
    tally: Tally
    url: str


@dataclass(frozen=True)
class LateItem:
    """逾期或臨期名單的一條。"""

    note: str
    title: str
    url: str
    detail: str


@dataclass(frozen=True)
class LightCount:
    light: Light
    count: int
    url: str
    x: int
    width: int


@dataclass
class Overview:
    total: Tally
    drafts: int
    drafts_url: str
    lights: list[LightCount]
    columns: list[Column]
    rows: list[Row]
    tasks: list[TaskRow]
    late: list[LateItem] = field(default_factory=list)
    soon: list[LateItem] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.total.total


def overview(standing: Standing, campaign: Campaign, rule: LightRule) -> Overview:
    """某人看到的某活動的總覽。"""
    measures = Measure.objects.visible_to(standing, campaign)
    links = Links(campaign)
    seen = (
        measures.query.is_empty(),
        standing.is_office(campaign) or standing.is_leader(campaign),
    )
    groups, drafts = remembered(
        ("overview", campaign.pk, *seen, rule.today, rule.warn_until),
        lambda: _grouped(measures, rule),
        size=lambda counted: sum(tally.total for tally in counted[0].values()),
    )
    objectives = list(Objective.objects.filter(campaign=campaign, retired_at=None))
    total = Tally()
    for tally in groups.values():
        total.add(tally)
    return Overview(
        total=total,
        drafts=drafts,
        drafts_url=links.to(state=Measure.State.DRAFT),
        lights=_light_counts(total, links),
        columns=_columns(groups, objectives),
        rows=_rows(groups, objectives, links, rule),
        tasks=_tasks(groups, campaign, links),
        late=_listed(measures, rule, Light.BAD),
        soon=_listed(measures, rule, Light.WARN),
    )


class Links:
    """到任務分解表的鏈接：帶同樣的篩選，打開的清單與數字一致。"""

    def __init__(self, campaign: Campaign) -> None:
        self.base = reverse("tasks:breakdown", args=[campaign.code])

    def to(self, **filters: object) -> str:
        chosen = {key: value for key, value in filters.items() if value not in (None, "")}
        return f"{self.base}?{urlencode(chosen, doseq=True)}"

    def counted(self, **filters: object) -> str:
        """只看計入分母的。"""
        return self.to(light=[light.value for light in COUNTED_LIGHTS], **filters)


Key = tuple[int | None, int | None, int]
"""（牽頭單位、工作目標、主要任務）的編號。"""


def _grouped(measures: QuerySet[Measure], rule: LightRule) -> tuple[dict[Key, Tally], int]:
    """（各組的合計，待下達的項數），一次分組查詢。"""
    rows = (
        measures.order_by()
        .values_list("lead_department_id", "objective_id", "main_task_id")
        .annotate(
            drafts=Count("state", filter=Q(state=Measure.State.DRAFT)),
            total=Count("state", filter=Measure.COUNTED),
            **{
                f"n_{light.value}": Count("state", filter=Q(rule.matching(light)))
                for light in COUNTED_LIGHTS
            },
        )
    )
    rows = list(rows)
    groups = {tuple(row[:3]): Tally(*row[4:]) for row in rows if row[4]}
    return groups, sum(row[3] for row in rows)


def _sum(groups: dict[Key, Tally], position: int) -> dict[int | None, Tally]:
    found: dict[int | None, Tally] = defaultdict(Tally)
    for key, tally in groups.items():
        found[key[position]].add(tally)
    return found


def _columns(groups: dict[Key, Tally], objectives: list[Objective]) -> list[Column]:
    totals = _sum(groups, 1)
    columns = [
        Column(
            name=_("目標%(number)s") % {"number": to_chinese(objective.number)},
            short=objective.title.replace("，", ",").split(",")[0],
            total=totals[objective.pk],
        )
        for objective in objectives
    ]
    if totals[None].total:
        columns.append(Column(name=_("未列目標"), short="", total=totals[None]))
    return columns


def _rows(
    groups: dict[Key, Tally], objectives: list[Objective], links: Links, rule: LightRule
) -> list[Row]:
    cells: dict[tuple[int | None, int | None], Tally] = defaultdict(Tally)
    for (department_id, objective_id, _task), tally in groups.items():
        cells[department_id, objective_id].add(tally)
    totals = _sum(groups, 0)
    columns: list[Objective | None] = [*objectives]
    if any(key[1] is None for key in groups):
        columns.append(None)
    today = Department.objects.existing(rule.today).filter(pk=OuterRef("pk"))
    departments = Department.objects.filter(pk__in=[pk for pk in totals if pk]).annotate(
        exists_today=Exists(today)
    )
    return [
        Row(
            department=department.name,
            is_gone=not department.exists_today,
            cells=tuple(
                _cell(
                    cells[department.pk, objective.pk if objective else None],
                    department,
                    objective,
                    links,
                )
                for objective in columns
            ),
            total=_cell(totals[department.pk], department, None, links, whole=True),
        )
        for department in departments
    ]


def _cell(
    tally: Tally,
    department: Department,
    objective: Objective | None,
    links: Links,
    *,
    whole: bool = False,
) -> Cell:
    where = department.name if whole or not objective else f"{department.name} {objective.title}"
    words = {"done": tally.done, "total": tally.total, "where": where}
    label = _("%(where)s：%(total)s 項任務已辦結 %(done)s 項") % words
    if tally.bad:
        label += _("，逾期 %(count)s 項") % {"count": tally.bad}
    if tally.warn:
        label += _("，臨期 %(count)s 項") % {"count": tally.warn}
    chosen: dict[str, object] = {"lead": department.pk}
    if not whole:
        chosen["objective"] = objective.pk if objective else NO_OBJECTIVE
    return Cell(tally, links.counted(**chosen), label)


def _tasks(groups: dict[Key, Tally], campaign: Campaign, links: Links) -> list[TaskRow]:
    totals = _sum(groups, 2)
    return [
        TaskRow(task.code, task.title, totals[task.pk], links.counted(task=task.pk))
        for task in MainTask.objects.filter(campaign=campaign, retired_at=None)
    ]


def _light_counts(total: Tally, links: Links) -> list[LightCount]:
    """分段條的各段，合計 1000 份寬。"""
    found, x = [], 0
    for light in COUNTED_LIGHTS:
        width = round(1000 * total.of(light) / total.total) if total.total else 0
        found.append(LightCount(light, total.of(light), links.to(light=light.value), x, width))
        x += width
    return found


def _listed(measures: QuerySet[Measure], rule: LightRule, light: Light) -> list[LateItem]:
    rows = (
        measures.filter(rule.matching(light))
        .select_related("lead_department", "campaign")
        .order_by("owed_date", "position")[:LISTED]
    )
    return [
        LateItem(
            note=rule.note(row.owed_date) if _is_dated(row, rule) else _("落後於序時進度"),
            title=row.title,
            url=row.get_absolute_url(),
            detail=f"{row.code} · {row.lead_department.name} · {row.percent}%",
        )
        for row in rows
    ]


def _is_dated(measure: Measure, rule: LightRule) -> bool:
    """黃燈是因為時限近（True），還是因為進度落後（False）。"""
    return bool(measure.owed_date and measure.owed_date <= rule.warn_until)
