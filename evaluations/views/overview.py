from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from campaigns.current import campaign_or_404, current_campaign
from campaigns.standing import standing_of
from evaluations.overview import overview as build_overview
from pingtan_civ.lib import clock
from tasks.lights import LightRule
from workdays.services import calendar


@require_GET
def current(request: HttpRequest) -> HttpResponse:
    """沒寫明活動時，去看當前的那一個。"""
    campaign = current_campaign(request)
    return redirect("evaluations:overview", campaign.code) if campaign else redirect("desk:home")


@require_GET
def overview(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """創建總覽。"""
    campaign = campaign_or_404(request, campaign_code)
    now = clock.now()
    rule = LightRule.on(now.date(), calendar(), campaign.warn_days)
    context = {
        "campaign": campaign,
        "overview": build_overview(standing_of(request.user, now.date()), campaign, rule),
        "now": now,
        "days_left": rule.calendar.between(now.date(), campaign.end_date),
    }
    return render(request, "evaluations/overview_page.html", context)
