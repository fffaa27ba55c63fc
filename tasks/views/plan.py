"""方案與目標：現行方案逐字逐款，目標之下的指標由辦公室就地改。"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import policies
from campaigns.current import campaign_or_404
from campaigns.models import Campaign, EvidenceForm, Indicator
from campaigns.services.indicators import update_indicator
from campaigns.services.plan import current_version
from campaigns.services.plan_drafts import draft_of
from campaigns.standing import standing_of
from pingtan_civ import ui
from pingtan_civ.lib import clock
from tasks.models import Measure
from tasks.plan_forms import IndicatorForm
from tasks.services.plan_reading import (
    ClauseView,
    current_indicators,
    read_current_plan,
    read_plan,
    retired_indicators,
    stranded_measures,
)


@require_GET
def plan_page(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of(request.user, clock.today())
    versions = list(campaign.plan_versions.select_related("imported_by").order_by("-number"))
    can_edit = policies.can_edit_indicators(standing, campaign)
    context = {
        "campaign": campaign,
        "versions": versions,
        "can_edit": can_edit,
        "draft": draft_of(request.user, campaign) if can_edit else None,
        "crumbs": [],
    }
    if versions:
        current = versions[0]
        context |= {
            "plan": read_current_plan(current, campaign, standing),
            "retired": retired_indicators(campaign),
            "stranded": stranded_measures(current, campaign, standing),
        }
    return render(request, "plans/plan_page.html", context)


@require_GET
def plan_version(request: HttpRequest, campaign_code: str, number: int) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    version = get_object_or_404(campaign.plan_versions.select_related("imported_by"), number=number)
    current = current_version(campaign)
    context = {
        "campaign": campaign,
        "plan": read_plan(version),
        "is_current": current == version,
        "crumbs": [
            (_("方案與目標"), reverse("tasks:plan", args=[campaign.code])),
            (_("第 %(number)d 版") % {"number": number}, ""),
        ],
    }
    return render(request, "plans/version_page.html", context)


@require_http_methods(["GET", "POST"])
def indicator_edit(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    indicator = get_object_or_404(current_indicators(campaign), pk=pk)
    standing = standing_of(request.user, clock.today())
    if not policies.can_edit_indicators(standing, campaign):
        raise PermissionDenied(_("只有本活動辦公室的人可以改指標的要求。"))
    if request.htmx and "cancel" in request.GET:
        return _row(request, campaign, indicator)
    forms = list(EvidenceForm.objects.filter(is_active=True))
    form = IndicatorForm(request.POST or None, instance=indicator, evidence_forms=forms)
    if request.method == "POST" and form.is_valid():
        return _save(request, campaign, indicator, form)
    context = {
        "campaign": campaign,
        "indicator": indicator,
        "form": form,
        "crumbs": [
            (_("方案與目標"), reverse("tasks:plan", args=[campaign.code])),
            (indicator.code, ""),
        ],
    }
    template = "plans/indicator_form_row.html" if request.htmx else "plans/indicator_page.html"
    # htmx 只換回應成功的內容，所以局部表單有錯時仍回 200。
    status = 422 if form.errors and not request.htmx else 200
    return render(request, template, context, status=status)


def _save(
    request: HttpRequest, campaign: Campaign, indicator: Indicator, form: IndicatorForm
) -> HttpResponse:
    values = {name: form.cleaned_data[name] for name in form.Meta.fields}
    update_indicator(
        actor=request.user,
        indicator_id=indicator.pk,
        values=values,
        evidence=form.evidence,
        at=clock.now(),
    )
    if request.htmx:
        saved = get_object_or_404(current_indicators(campaign), pk=indicator.pk)
        return _row(request, campaign, saved)
    ui.say(request, _("已保存指標 %(code)s 的要求。") % {"code": indicator.code})
    target = redirect("tasks:plan", campaign.code)
    target["Location"] += f"#ind-{indicator.pk}"
    return target


def _row(request: HttpRequest, campaign: Campaign, indicator: Indicator) -> HttpResponse:
    """htmx：把一項指標的那一行換回來。"""
    standing = standing_of(request.user, clock.today())
    visible = Measure.objects.visible_to(standing, campaign)
    measures = (
        visible.filter(indicators=indicator).count()
        + visible.filter(clause=indicator.clause).count()
    )
    context = {
        "campaign": campaign,
        "can_edit": True,
        "clause": ClauseView(indicator.clause, indicator=indicator, measures=measures),
        "focus": True,
    }
    return render(request, "plans/indicator_row.html", context)
