"""月曆：這個月哪天到期什麼，哪些日子上班。"""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agenda import policies
from agenda.deadlines import Scope, deadlines
from agenda.month import FIRST_YEAR, LAST_YEAR, Records, build_month, grid_of
from agenda.tallies import tallies
from campaigns.current import current_campaign, open_campaigns
from campaigns.models import Campaign
from campaigns.standing import Standing, standing_of
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from workdays.models import CalendarDay
from workdays.services import calendar

PER_PAGE = 50
#: 更早到期的最多列多少件，最早的在前；再多的只說件數。
MOST_EARLIER = 100
MINE, DEPARTMENT, ALL = "mine", "department", "all"


@require_GET
def month(request: HttpRequest) -> HttpResponse:
    """?month=2026-10 哪個月；?whose=mine|department|all 看誰的；?day= 列出那一天的全部。"""
    today = clock.today()
    standing = standing_of(request.user, today)
    first = _read_month(request.GET.get("month", ""), today)
    views = _views(request, standing)
    whose = request.GET.get("whose", "")
    whose = whose if whose in views else next(iter(views), "")
    start, end = grid_of(first)
    is_this_month = first == today.replace(day=1)
    # 看本月時連更早的一起取：逾期沒辦的不能因為翻了篇就看不見。
    scope = _scope(request, standing, whose, None if is_this_month else start, end)
    is_counted = whose == ALL
    items = [] if is_counted else deadlines(scope)
    counts = tallies(scope) if is_counted else []
    grid = build_month(first, today, calendar(), _records(start, end), items, counts)
    chosen = _read_day(request.GET.get("day", ""), start, end)
    earlier = [item for item in items if item.on < start]
    context = {
        "month": grid,
        "whose": whose,
        "tabs": _tabs(views, whose, first),
        "previous": _link(_step(first, -1), whose),
        "next": _link(_step(first, 1), whose),
        "this_month": "" if is_this_month else _link(today, whose),
        "earlier": earlier[:MOST_EARLIER],
        "earlier_count": len(earlier) + sum(tally.count for tally in counts if tally.on < start),
        "day_link": f"{_link(first, whose)}&day=",
        "chosen": chosen,
        "page": _day_page(request, scope, chosen, is_counted) if chosen else None,
        "campaign": current_campaign(request) if is_counted else None,
        "several": len(scope.campaigns) > 1,
        "total": sum(day.in_month and len(day.items) for day in grid.days)
        + sum(t.count for day in grid.days if day.in_month for t in day.tallies),
        "today": today,
    }
    return render(request, "agenda/month_page.html", context)


def _views(request: HttpRequest, standing: Standing) -> dict[str, str]:
    """此人能看的幾種，默認是第一種。"""
    campaign = current_campaign(request)
    charged = policies.departments_shown(standing, _running(request))
    found = {}
    if standing.departments or standing.is_any_office:
        found[MINE] = _("輪到我辦的")
    if charged:
        found[DEPARTMENT] = _("本單位的") if charged <= standing.departments else _("我管的單位")
    if campaign and policies.can_see_all(standing, campaign):
        found[ALL] = _("整個活動")
    # 領導先看全局；輪到他簽訂、審定、裁定的在最後一種裏。
    if standing.seats:
        found.setdefault(MINE, _("輪到我辦的"))
    return found


def _running(request: HttpRequest) -> list[Campaign]:
    rows = getattr(request, "_campaigns", None)
    rows = open_campaigns(request.user, clock.today()) if rows is None else rows
    return [row for row in rows if row.state == Campaign.State.ACTIVE]


def _scope(
    request: HttpRequest, standing: Standing, whose: str, start: date | None, end: date
) -> Scope:
    running = _running(request)
    departments: frozenset[int] | None = standing.departments
    if whose == ALL:
        running, departments = [current_campaign(request)], None
    elif whose == DEPARTMENT:
        departments = policies.departments_shown(standing, running)
    elif whose != MINE:
        running = []
    return Scope(
        standing=standing,
        campaigns=tuple(running),
        calendar=calendar(),
        departments=departments,
        is_mine=whose == MINE,
        first=start,
        last=end,
    )


def _day_page(request: HttpRequest, scope: Scope, day: date, is_counted: bool) -> Any:
    """那一天的全部；整個活動的按頁列。"""
    one = Scope(**{**vars(scope), "first": day, "last": day})
    return Paginator(deadlines(one), PER_PAGE).get_page(request.GET.get("page"))


def _records(start: date, end: date) -> Records:
    rows = CalendarDay.objects.filter(date__range=(start, end))
    return {day: (kind, name) for day, kind, name in rows.values_list("date", "kind", "name")}


def _tabs(views: dict[str, str], whose: str, first: date) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": _link(first, key), "current": key == whose}
        for key, label in views.items()
    ]


def _link(first: date, whose: str) -> str:
    query = {"month": f"{first:%Y-%m}"} | ({"whose": whose} if whose else {})
    return f"{reverse('agenda:month')}?{urlencode(query)}"


def _step(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _read_month(text: str, today: date) -> date:
    """網址裏的月份；不像樣的就是本月。"""
    year, _dash, number = text.partition("-")
    found = read_int(year, FIRST_YEAR, LAST_YEAR), read_int(number, 1, 12)
    return date(*found, 1) if all(found) else today.replace(day=1)


def _read_day(text: str, start: date, end: date) -> date | None:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if start <= day <= end else None
