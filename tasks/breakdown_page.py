"""任務分解頁上表格以外的東西：視圖標籤、篩選片、排序的列頭、選中之後能辦的事。"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from pingtan_civ.lib.dates import long_date
from tasks import policies
from tasks.breakdown_counts import Facets, Option
from tasks.breakdown_query import NO_OBJECTIVE, BreakdownQuery
from tasks.lights import LABELS as LIGHT_LABELS
from tasks.models import Measure
from tasks.tables import Table


@dataclass(frozen=True)
class Tab:
    """一個視圖標籤；count 為 None 時不寫數。"""

    label: str
    url: str
    count: int | None
    current: bool
    bad: bool = False


@dataclass(frozen=True)
class Choice:
    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class Chip:
    """一個篩選片；value 為空表示沒有設。minor 的在手機上沒有設時不佔地方。"""

    label: str
    value: str
    clear_url: str
    options: list[Choice]
    minor: bool


@dataclass(frozen=True)
class Box:
    """可多選的一項（燈號、狀態）。"""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True)
class Column:
    """可排序的列頭。aria 是當前排序的方向，沒有按這列排時為空。"""

    label: str
    url: str
    aria: str
    icon: str


def tabs(query: BreakdownQuery, found: Facets, campaign: Campaign, standing: Standing) -> list[Tab]:
    """現成的視圖。點一個視圖就清掉別的篩選，所以計數總等於點開的列表。"""
    labels = {
        "all": _("全部"),
        "urgent": _("逾期和臨期"),
        "draft": _("待下達"),
        "month": _("本月到期"),
        "window": _("窗口單位牽頭"),
        "closed": _("已辦結"),
    }
    if standing.departments:
        labels = {"all": labels.pop("all"), "own": _("本單位"), "mine": _("我負責的")} | labels
    return [
        Tab(
            label=label,
            url=query.bare().url(view=name),
            count=found.total if name == "all" else found.views.get(name, 0),
            current=query.view == name,
            bad=name == "urgent",
        )
        for name, label in labels.items()
        if name != "draft" or standing.is_office(campaign) or standing.is_leader(campaign)
    ]


def chips(query: BreakdownQuery, found: Facets) -> list[Chip]:
    return [
        _chip(query, "objective", _("工作目標"), found.objectives),
        _chip(query, "task", _("主要任務"), found.tasks),
        _chip(query, "lead", _("牽頭單位"), found.leads),
        _chip(query, "supporting", _("配合單位"), found.departments),
        _chip(query, "leader", _("責任領導"), found.leaders),
    ]


def _chip(query: BreakdownQuery, name: str, label: str, options: list[Option]) -> Chip:
    chosen = getattr(query, name)
    labels = {option.value: option.label for option in options}
    if name == "objective":
        labels[NO_OBJECTIVE] = _("未對應工作目標")
    return Chip(
        label=label,
        value="" if chosen is None else labels.get(chosen, _("（已不在列）")),
        clear_url=query.url(**{name: None}),
        options=[
            Choice(option.label, query.url(**{name: option.value}), chosen == option.value)
            for option in options
        ],
        minor=name in ("supporting", "leader"),
    )


def boxes(query: BreakdownQuery) -> list[dict[str, Any]]:
    """燈號和狀態：可多選，在同一張表單裏提交。"""
    lights = [(light.value, str(label)) for light, label in LIGHT_LABELS.items()]
    states = [(value, str(label)) for value, label in Measure.State.choices]
    return [
        _box(query, "light", _("燈號"), lights),
        _box(query, "state", _("狀態"), states),
    ]


def _box(
    query: BreakdownQuery, name: str, label: str, choices: list[tuple[str, str]]
) -> dict[str, Any]:
    chosen = getattr(query, name)
    return {
        "name": name,
        "label": label,
        "value": "、".join(text for value, text in choices if value in chosen),
        "clear_url": query.url(**{name: ()}),
        "boxes": [Box(value, text, value in chosen) for value, text in choices],
    }


def dates(query: BreakdownQuery) -> dict[str, Any]:
    """完成時限的起止。"""
    first, last = query.due_from, query.due_to
    words = [long_date(day) if day else "…" for day in (first, last)]
    return {
        "value": _("%(first)s 至 %(last)s") % {"first": words[0], "last": words[1]}
        if first or last
        else "",
        "clear_url": query.url(due_from=None, due_to=None),
    }


def columns(query: BreakdownQuery) -> dict[str, Column]:
    labels = {
        "code": _("編號"),
        "lead": _("牽頭單位"),
        "due": _("完成時限"),
        "progress": _("進度"),
    }
    return {name: _column(query, name, label) for name, label in labels.items()}


def _column(query: BreakdownQuery, name: str, label: str) -> Column:
    here = query.sort == name
    turn = here and not query.descending
    aria = ("descending" if query.descending else "ascending") if here else ""
    icon = {"descending": "d", "ascending": "u", "": "sort"}[aria]
    return Column(label, query.url(sort=name, descending=turn), aria, icon)


def carried(query: BreakdownQuery, *without: str) -> list[tuple[str, Any]]:
    """篩選表單裏的隱藏字段：表單自己沒有控件的那些條件。"""
    found: list[tuple[str, Any]] = []
    for name, value in query.as_dict().items():
        if name not in without and name != "page":
            found += (
                [(name, each) for each in value] if isinstance(value, tuple) else [(name, value)]
            )
    return found


def groups() -> list[tuple[str, str]]:
    return [
        ("objective", _("按工作目標")),
        ("task", _("按主要任務")),
        ("lead", _("按牽頭單位")),
        ("none", _("不分組")),
    ]


def heading(found: Facets) -> str:
    """「6 項主要任務分解為 42 項，對應 6 項工作目標，落實到 10 個單位」"""
    return _(
        "%(tasks)d 項主要任務分解為 %(measures)d 項，對應 %(objectives)d 項工作目標，"
        "由 %(leads)d 個單位牽頭"
    ) % {
        "tasks": len(found.tasks),
        "measures": found.total,
        "objectives": len(found.objectives),
        "leads": len(found.leads),
    }


def bulk_buttons() -> dict[str, list[tuple[str, str, str]]]:
    """選中之後能辦的事：（值、圖標、文字）。常用的在外面，其餘收在「更多」裏。"""
    return {
        "main": [
            ("issue", "send", _("下達")),
            ("chase", "megaphone", _("催辦")),
            ("deadline", "cal", _("延期")),
            ("export", "down", _("導出所選")),
        ],
        "more": [
            ("lead", "users", _("改牽頭單位")),
            ("leader", "user", _("改責任領導")),
            ("suspend", "clock", _("中止")),
            ("resume", "play", _("恢復")),
            ("cancel", "out", _("撤銷")),
            ("delete", "x", _("刪除未下達的")),
        ],
    }


def page_context(table: Table, campaign: Campaign, standing: Standing) -> dict[str, Any]:
    """模板要的一切。"""
    query = table.query
    back = query.url(page=query.page).removeprefix("?")
    can_edit = policies.can_break_down(standing, campaign)
    return {
        "campaign": campaign,
        "table": table,
        "query": query,
        "heading": heading(table.facets),
        "tabs": tabs(query, table.facets, campaign, standing),
        "chips": chips(query, table.facets),
        "boxes": boxes(query),
        "dates": dates(query),
        "columns": columns(query),
        "groups": groups(),
        "carried": carried(query, "q", "light", "state", "due_from", "due_to", "group"),
        "can_edit": can_edit,
        "bulk": bulk_buttons() if can_edit else {},
        "back": back,
        "back_part": f"?back={quote(back, safe='')}",
        "width": 11 if can_edit else 9,
    }
