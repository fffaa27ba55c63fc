"""任務分解表。"""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from campaigns.current import campaign_or_404, current_campaign
from campaigns.models import Campaign
from campaigns.standing import Standing, standing_of
from pingtan_civ.lib import clock
from tasks import breakdown_page, policies
from tasks.breakdown_query import BreakdownQuery, visible
from tasks.lights import LightRule
from tasks.models import MainTask
from tasks.tables import build_table
from workdays.services import calendar

PAGE = "tasks/breakdown_page.html"
#: 批量辦理裏被拒絕的，暫存在會話裏，下一次打開列表時寫在行裏。
REFUSALS = "breakdown_refusals"


@require_GET
def current(request: HttpRequest) -> HttpResponse:
    """沒有寫明活動時，去上次看的那一個的分解表。"""
    campaign = current_campaign(request)
    if campaign is None:
        return render(request, "tasks/breakdown_none.html")
    return redirect("tasks:breakdown", campaign.code)


@require_GET
def breakdown(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """篩選、排序、分組都在網址裏；局部刷新只換 #rows。"""
    campaign = campaign_or_404(request, campaign_code)
    context = list_context(request, campaign, request.GET)
    is_part = request.htmx and not request.htmx.history_restore_request
    response = render(request, f"{PAGE}#rows" if is_part else PAGE, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def rule_of(campaign: Campaign) -> LightRule:
    return LightRule.on(clock.today(), calendar(), campaign.warn_days)


def list_context(
    request: HttpRequest, campaign: Campaign, params: QueryDict, **extra: Any
) -> dict[str, Any]:
    """列表頁和它的局部共用的上下文。"""
    standing = standing_of(request.user, clock.today())
    table = build_table(
        BreakdownQuery.read(params),
        visible(standing, campaign),
        campaign=campaign,
        standing=standing,
        rule=rule_of(campaign),
        refusals=take_refusals(request, campaign),
    )
    context = breakdown_page.page_context(table, campaign, standing)
    if not table.facets.total:
        context["start"] = _where_to_start(campaign, standing)
    return context | {"today": clock.today(), **extra}


def _where_to_start(campaign: Campaign, standing: Standing) -> str:
    """一項措施也沒有時，下一步是什麼：draft 去新增，plan 先導入方案，wait 等辦公室下達。"""
    if not policies.can_break_down(standing, campaign):
        return "wait"
    has_tasks = MainTask.objects.filter(campaign=campaign, retired_at=None).exists()
    return "draft" if has_tasks else "plan"


def take_refusals(request: HttpRequest, campaign: Campaign) -> dict[int, str]:
    """剛才被拒絕的各行的理由；說過一次就不再說。"""
    kept = request.session.get(REFUSALS)
    if not kept or kept.get("campaign") != campaign.pk:
        return {}
    del request.session[REFUSALS]
    return {int(pk): sentence for pk, sentence in kept["rows"].items()}


def keep_refusals(request: HttpRequest, campaign: Campaign, rows: dict[int, str]) -> None:
    if rows:
        kept = {str(pk): sentence for pk, sentence in rows.items()}
        request.session[REFUSALS] = {"campaign": campaign.pk, "rows": kept}


def back_query(value: str) -> BreakdownQuery:
    """表單帶回來的列表條件；重新讀一遍，不信任原文。"""
    return BreakdownQuery.read(QueryDict(value[:2000]))
