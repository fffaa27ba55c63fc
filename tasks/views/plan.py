"""方案與目標：現行方案逐字逐款，目標之下的指標由辦公室就地改。"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import policies
from campaigns.current import campaign_or_404
from campaigns.models import Campaign, Indicator
from campaigns.services.indicators import update_indicator
from campaigns.services.plan import current_version
from campaigns.services.plan_drafts import draft_of
from campaigns.spec_forms import (
    SpecFormSet,
    as_typed,
    rows_of,
    spec_context,
    spec_formset,
    step_of,
    stepped_rows,
)
from campaigns.standing import standing_of
from pingtan_civ import ui
from pingtan_civ.form_pages import posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from tasks.models import Measure
from tasks.plan_forms import IndicatorForm
from tasks.policies import can_break_down
from tasks.services.plan import propose_missing_measures
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
        "saved": read_int(request.GET.get("saved")),
        "crumbs": [],
    }
    if versions:
        current = versions[0]
        context |= {
            "plan": read_current_plan(current, campaign, standing),
            "retired": retired_indicators(campaign),
            "stranded": stranded_measures(current, campaign, standing),
            "can_break_down": can_break_down(standing, campaign),
        }
        context["is_next"] = context["can_break_down"] and not _has_issued(campaign)
    return render(request, "plans/plan_page.html", context)


def _has_issued(campaign: Campaign) -> bool:
    """有任務下達過：之後方案頁就不再催着去分解。"""
    return Measure.objects.filter(campaign=campaign).exclude(state=Measure.State.DRAFT).exists()


@require_POST
def plan_propose(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """為還沒有措施的主要任務條款各擬一項，然後到分解表裏定單位和時限。"""
    campaign = campaign_or_404(request, campaign_code)
    found = propose_missing_measures(actor=request.user, campaign_id=campaign.pk, at=clock.now())
    if found:
        words = _("已擬出 %(count)d 項待下達的措施。請逐項核對牽頭單位和完成時限，再下達。")
        ui.say(request, words % {"count": len(found)})
    else:
        ui.say(request, _("主要任務的條款都已有措施，沒有要擬的。"), level=messages.INFO)
    return redirect("tasks:breakdown", campaign.code)


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
    step = step_of(request.POST) if request.method == "POST" else None
    form, specs = _indicator_forms(request, indicator, step)
    if request.method == "POST" and not step and all([form.is_valid(), specs.is_valid()]):
        return _save(request, campaign, indicator, form, specs)
    context = spec_context(specs, step) | {
        "campaign": campaign,
        "indicator": indicator,
        "form": form,
        "is_unsaved": step is not None,
        "errors": ui.error_summary(form, *specs.forms) if form.is_bound else "",
        "crumbs": [
            (_("方案與目標"), reverse("tasks:plan", args=[campaign.code])),
            (indicator.code, ""),
        ],
    }
    template = "plans/indicator_form_row.html" if request.htmx else "plans/indicator_page.html"
    if request.htmx and step:
        template = "plans/indicator_specs.html"
    # htmx 只換回應成功的內容，所以局部表單有錯時仍回 200。
    status = 422 if context["errors"] and not request.htmx else 200
    return render(request, template, context, status=status)


def _indicator_forms(
    request: HttpRequest, indicator: Indicator, step: tuple[str, int] | None
) -> tuple[IndicatorForm, SpecFormSet]:
    """（指標的表單, 佐證要求各行）。按了「加一行」一類的，帶着已寫的重排，不查對錯。"""
    held = list(indicator.evidence_requirements.all())
    forms_held = [row.form_id for row in held]
    if step:
        plain = IndicatorForm(instance=indicator)
        form = IndicatorForm(instance=indicator, initial=as_typed(plain, request.POST))
        return form, spec_formset(rows=stepped_rows(request.POST, step), held=forms_held)
    form = IndicatorForm(posted(request), instance=indicator)
    return form, spec_formset(data=posted(request), rows=rows_of(held), held=forms_held)


def _save(
    request: HttpRequest,
    campaign: Campaign,
    indicator: Indicator,
    form: IndicatorForm,
    specs: SpecFormSet,
) -> HttpResponse:
    values = {name: form.cleaned_data[name] for name in form.Meta.fields}
    update_indicator(
        actor=request.user,
        indicator_id=indicator.pk,
        values=values,
        evidence=specs.wanted,
        at=clock.now(),
    )
    if request.htmx:
        saved = get_object_or_404(current_indicators(campaign), pk=indicator.pk)
        return _row(request, campaign, saved, saved=saved.pk)
    # 那一行旁邊說「已保存」：頁面停在那一行，寫在頁頂的話看不見。
    return redirect(
        f"{reverse('tasks:plan', args=[campaign.code])}?saved={indicator.pk}#ind-{indicator.pk}"
    )


def _row(
    request: HttpRequest, campaign: Campaign, indicator: Indicator, *, saved: int | None = None
) -> HttpResponse:
    """htmx：把一項指標的那一行換回來。saved 是剛保存的那一項。"""
    standing = standing_of(request.user, clock.today())
    visible = Measure.objects.visible_to(standing, campaign)
    theirs = Q(indicators=indicator) | Q(clause=indicator.clause)
    measures = visible.filter(theirs).distinct().count()
    context = {
        "campaign": campaign,
        "can_edit": True,
        "clause": ClauseView(indicator.clause, indicator=indicator, measures=measures),
        "focus": True,
        "saved": saved,
    }
    return render(request, "plans/indicator_row.html", context)
