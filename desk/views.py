from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.current import campaign_or_404, current_campaign, open_campaigns
from campaigns.models import Campaign
from campaigns.policies import can_create_campaign
from campaigns.standing import Standing, standing_of
from desk import search as site_search
from desk import standings, worklist
from journal.models import Notice
from pingtan_civ.lib import clock
from tasks.lights import Light, LightRule
from workdays.services import calendar

NOTICES = 5


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """工作台：先說要辦什麼。沒有活動時說下一步做什麼。"""
    now = clock.now()
    standing = standing_of(request.user, now.date())
    campaign = current_campaign(request)
    if campaign is None:
        context = {"now": now, "can_create": can_create_campaign(standing)}
        return render(request, "desk/home_empty.html", context)
    rule = LightRule.on(now.date(), calendar(), campaign.warn_days)
    running = _running(request)
    rules = {row.pk: LightRule.on(now.date(), calendar(), row.warn_days) for row in running}
    todos = worklist.todo_list(standing, running, rules, now, shown=campaign)
    context = {
        "campaign": campaign,
        "now": now,
        "days_left": rule.calendar.between(now.date(), campaign.end_date),
        "todos": todos,
        "notices": Notice.objects.for_person(request.user).order_by("-created_at")[:NOTICES],
        "late_elsewhere": standings.late_elsewhere(
            standing, [row for row in running if row != campaign], rule
        ),
        **_surroundings(request, standing, campaign, rule),
    }
    context["heading"] = _heading(todos, context)
    context["is_trouble"] = _is_trouble(context)
    return render(request, "desk/home_page.html", context)


def _running(request: HttpRequest) -> list[Campaign]:
    """此人看得見的、正在進行的活動。current_campaign 已經查過一遍，接着用。"""
    rows = getattr(request, "_campaigns", None)
    rows = open_campaigns(request.user, clock.today()) if rows is None else rows
    return [campaign for campaign in rows if campaign.state == Campaign.State.ACTIVE]


def _surroundings(
    request: HttpRequest, standing: Standing, campaign: Campaign, rule: LightRule
) -> dict[str, Any]:
    """各角色在待辦之外看的東西；一人兼數職時各看各的，不重複。"""
    shown: dict[str, Any] = {}
    if standing.is_office(campaign):
        shown["progress"] = standings.progress_of(campaign, rule, request.user)
        shown["month"] = standings.this_month(campaign, rule.today)
        shown["week"] = standings.this_week(campaign, rule)
    elif standing.departments:
        shown["own"] = worklist.own_measures(standing, campaign, rule)
    if standing.is_leader(campaign):
        shown["units"] = standings.unit_lights(campaign, rule, standing.charge_of(campaign))
        shown["whole"] = standings.whole(shown["units"])
    shown["has_place"] = bool(standing.departments or standing.seats.get(campaign.pk))
    return shown


def _heading(todos: list[worklist.Todo], shown: dict[str, Any]) -> str:
    """一句帶數字的話：現在最要緊的是什麼。"""
    late = sum(1 for todo in todos if todo.light == Light.BAD)
    words = {"count": len(todos), "late": late}
    if todos and late:
        return _("您有 %(count)s 件事要辦，%(late)s 件已逾期") % words
    if todos:
        return _("您有 %(count)s 件事要辦") % words
    if progress := shown.get("progress"):
        if progress.next_step:
            return _("下一步：%(step)s") % {"step": progress.next_step.label}
        if progress.overdue:
            return _("%(count)s 項任務逾期，等您催辦") % {"count": progress.overdue}
    elsewhere = sum(row.count for row in shown["late_elsewhere"])
    if whole := shown.get("whole"):
        if whole.bad:
            return _("%(count)s 項任務逾期，需要過問") % {"count": whole.bad}
        if elsewhere:
            return _("另有活動的 %(count)s 項任務逾期，需要過問") % {"count": elsewhere}
        if whole.warn:
            return _("創建工作總體可控，%(count)s 項臨期") % {"count": whole.warn}
        return _("創建工作正常，沒有逾期和臨期的任務")
    if elsewhere:
        return _("另有活動的 %(count)s 項任務逾期，等您催辦") % {"count": elsewhere}
    return _("今天的事都辦完了") if shown["has_place"] else _("工作台")


def _is_trouble(shown: dict[str, Any]) -> bool:
    """本人雖沒有待辦，但管着的任務有逾期的：不能說事都辦完了。"""
    progress, whole = shown.get("progress"), shown.get("whole")
    return bool(shown["late_elsewhere"] or (progress and progress.overdue) or (whole and whole.bad))


@require_GET
def search(request: HttpRequest, campaign_code: str = "") -> HttpResponse:
    """全站搜索，繁簡皆可。一次搜一個活動，別的活動給出鏈接。"""
    query = request.GET.get("q", "").strip()[:50]
    too_short = len(query) < site_search.SHORTEST
    standing = standing_of(request.user, clock.today())
    current = current_campaign(request)
    campaign = campaign_or_404(request, campaign_code) if campaign_code else current
    found = [] if too_short else site_search.search(query, standing, campaign)
    context = {
        "query": query,
        "too_short": too_short,
        "groups": found,
        "total": sum(group.count for group in found),
        "others": _elsewhere(request, campaign, query),
    }
    return render(request, "desk/search_page.html", context)


def _elsewhere(
    request: HttpRequest, current: Campaign | None, query: str
) -> list[tuple[Campaign, str]]:
    """看得見的其他活動，和在那裏搜同一個詞的網址。"""
    rows = [row for row in getattr(request, "_campaigns", []) if row != current]
    words = urlencode({"q": query})
    return [(row, f"{reverse('desk:search', args=[row.code])}?{words}") for row in rows]
