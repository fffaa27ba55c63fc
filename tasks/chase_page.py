"""催報台上矩陣以外的東西：看法的開關、期、篩選片、一句話的標題、圖例。"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from tasks import policies
from tasks.breakdown_page import Box, Chip, Choice, Tab
from tasks.chase_board import Board, office_wait
from tasks.chase_query import OWED, ChaseQuery, period_choices
from tasks.chase_stand import FILTERS
from tasks.models import Assignment

#: 「多久沒催過」的幾個現成選項：幾個工作日以前。
_QUIET_DAYS = (0, 3, 5)


@dataclass(frozen=True)
class Period:
    value: str
    label: str
    current: bool


@dataclass(frozen=True)
class Earlier:
    """往期逾期的：幾份、到哪裏看、鏈接上的字。"""

    count: int
    url: str
    label: str


def page_context(board: Board, campaign: Campaign, standing: Standing) -> dict[str, Any]:
    """模板要的一切。"""
    query, before = board.query, earlier(board)
    return {
        "campaign": campaign,
        "board": board,
        "query": query,
        "heading": heading(board, before),
        "earlier": before,
        "waiting": office_wait(standing, campaign, board.rule),
        "views": _views(query),
        "periods": [
            Period(value, label, value == query.period)
            for value, label in period_choices(campaign, board.rule.today, query.period)
        ],
        "chips": _chips(board),
        "states": _states(query),
        "overdue": Choice(_("只看逾期"), query.url(overdue=not query.overdue), query.overdue),
        "whole": Choice(_("只看欠報的"), query.url(whole=not query.whole), not query.whole),
        "carried": [
            (name, value)
            for name, value in query.as_dict().items()
            if name not in ("period", "state")
        ],
        "state_carried": [("state", value) for value in query.state],
        "can_chase": policies.can_break_down(standing, campaign) and campaign.is_open,
        "back": query.words,
    }


def earlier(board: Board) -> Earlier | None:
    """只看本期時，往期逾期的有幾份、到哪裏看；沒有時為 None。"""
    if not board.earlier:
        return None
    url = board.query.url(period=OWED, overdue=True)
    label = _("看往期逾期的 %(count)d 份") % {"count": board.earlier}
    return Earlier(board.earlier, url, label)


def heading(board: Board, before: Earlier | None) -> str:
    """先說要辦什麼：「8 個單位欠報 23 份，其中 9 份逾期」。"""
    words = {
        "units": len(board.lists),
        "owed": board.tally.owed,
        "overdue": board.tally.overdue,
    }
    if not board.campaign.is_open:
        return _("活動不在進行中，沒有可催的")
    if before and not board.tally.overdue:
        return _("本期沒有逾期；另有 %(count)d 份往期逾期") % {"count": before.count}
    if not board.tally.owed:
        return _("沒有欠報的") if not board.query.is_filtered else _("沒有符合條件的欠報")
    if board.tally.overdue:
        return _("%(units)d 個單位欠報 %(owed)d 份，其中 %(overdue)d 份逾期") % words
    return _("%(units)d 個單位欠報 %(owed)d 份，都還沒有逾期") % words


def _views(query: ChaseQuery) -> list[Tab]:
    labels = {"measure": _("按措施"), "indicator": _("按指標")}
    return [Tab(label, query.url(by=name), 0, query.by == name) for name, label in labels.items()]


def _chips(board: Board) -> list[Chip]:
    query = board.query
    units = {item.department_id: item.department for item in board.items}
    tasks = {row.task_id: f"{row.task_code} {row.task_title}" for row in board.measures}
    objectives = {
        row.objective_id: f"{row.objective_code} {row.objective_title}"
        for row in board.measures
        if row.objective_id
    }
    titles = {row.pk: f"{row.code} {row.title}" for row in board.measures}
    chips = [
        _chip(query, "unit", _("單位"), units),
        _chip(query, "objective", _("工作目標"), objectives),
        _chip(query, "task", _("主要任務"), tasks),
        _chip(query, "role", _("分工"), dict(Assignment.Role.choices), minor=True),
        _chip(query, "since", _("沒催過"), _quiet_days(board), minor=True),
    ]
    if query.measure:
        chips.append(_chip(query, "measure", _("措施"), titles))
    return chips


def _chip(
    query: ChaseQuery, name: str, label: str, options: dict[Any, Any], *, minor: bool = False
) -> Chip:
    chosen = getattr(query, name)
    unset = "" if name == "role" else None
    value = ""
    if chosen not in (None, ""):
        value = str(options.get(chosen, "")) or _other(name, chosen)
    return Chip(
        label=label,
        value=value,
        clear_url=query.url(**{name: unset}),
        options=[
            Choice(str(text), query.url(**{name: key}), chosen == key)
            for key, text in options.items()
        ],
        minor=minor,
    )


def _other(name: str, chosen: Any) -> str:
    if name == "since":
        return _("%(day)s以來") % {"day": f"{chosen:%Y-%m-%d}"}
    return _("（已不在列）")


def _quiet_days(board: Board) -> dict[date, str]:
    """「今天」「3 個工作日以來」。"""
    today, calendar = board.rule.today, board.rule.calendar
    found = {}
    for days in _QUIET_DAYS:
        day = calendar.add(today, -days) if days else calendar.previous_working(today)
        words = {"days": days}
        found[day] = _("近 %(days)d 個工作日") % words if days else _("今天")
    found[today - timedelta(days=30)] = _("近 30 天")
    return found


def _states(query: ChaseQuery) -> dict[str, Any]:
    return {
        "value": "、".join(str(FILTERS[value]) for value in query.state),
        "clear_url": query.url(state=()),
        "boxes": [Box(value, str(label), value in query.state) for value, label in FILTERS.items()],
    }
