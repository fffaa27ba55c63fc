"""要材料：先看已有什麼，再要；要過的列在一頁，每個單位每月幾次看得見。"""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.current import campaign_or_404
from campaigns.models import Campaign, Indicator
from evidence.requests import burden, held, quarter_before, with_progress
from evidence.requests_forms import RequestForm
from evidence.services.requests import Duplicate, already_asked, ask_for_evidence, why_not
from evidence.views.doors import campaigns_of
from evidence.views.library import tabs
from pingtan_civ import ui
from pingtan_civ.form_pages import posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from tasks import policies
from tasks.labels import choice_label
from tasks.models import Measure, Submission
from tasks.services.breakdown import Invalid
from tasks.views.doors import standing_of_request

PAGE_SIZE = 30


@require_GET
def request_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """要過的材料，和每個單位每月被要了幾次。看得見措施的人都看得見。"""
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    asked = Measure.objects.visible_to(standing, campaign).filter(
        is_request=True, issued_at__isnull=False
    )
    months, burdens = burden(asked, standing.on)
    rows = asked.select_related("lead_department", "campaign").prefetch_related(
        Prefetch("indicators", Indicator.objects.select_related("clause"))
    )
    found = Paginator(with_progress(rows).order_by("-issued_at", "-pk"), PAGE_SIZE)
    page = found.get_page(request.GET.get("page"))
    context = {
        "campaign": campaign,
        "page": page,
        "rows": [(row, choice_label(Submission.State, row.progress)) for row in page.object_list],
        "months": months,
        "burdens": burdens,
        "tabs": tabs(request, "request-list"),
        "can_ask": campaign.is_open and policies.can_break_down(standing, campaign),
    }
    return render(request, "evidence/request_list_page.html", context)


@require_http_methods(["GET", "POST"])
def request_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """要一次。沒看過「已有什麼」的不發：先擺出來，看過再按一次才發。"""
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    if not policies.can_break_down(standing, campaign):
        raise PermissionDenied(_("要材料由本活動辦公室辦，活動要在進行中。"))
    initial = _initial(standing.on, request.GET)
    form = RequestForm(posted(request), campaign=campaign, today=standing.on, initial=initial)
    looked: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        looked = _look(request, campaign, form)
        is_clear = not form.errors and not looked["already"]
        has_seen = is_clear and form.cleaned_data["seen"] == looked["key"]
        if has_seen and "send" in request.POST:
            done = _send(request, campaign, form, looked)
            if done is not None:
                return done
    context = {
        "campaign": campaign,
        "form": form,
        **looked,
        "crumbs": [
            (_("佐證材料"), reverse("evidence:library")),
            (_("要材料"), reverse("evidence:request-list", args=[campaign.code])),
            (_("新的一次"), ""),
        ],
    }
    return render(request, "evidence/request_form_page.html", context)


def _initial(on: date, known: QueryDict) -> dict[str, Any]:
    """從體檢點過來的，單位和時期先填好；別的默認是上一個季度。"""
    start, end = quarter_before(on)
    units = [pk for pk in known.getlist("departments") if read_int(pk) is not None]
    return {
        "departments": units,
        "asked_from": _day(known.get("asked_from", "")) or start,
        "asked_to": _day(known.get("asked_to", "")) or end,
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _look(request: HttpRequest, campaign: Campaign, form: RequestForm) -> dict[str, Any]:
    """已有什麼、哪些單位已經要過。寫在表單下面；有一處不對就不給發。"""
    wish, standing = form.wish(), standing_of_request(request)
    for name, sentence in why_not(campaign, wish, standing.on).items():
        form.add_error(name, sentence)
    if form.errors:
        return {"already": []}
    span = (wish.asked_from, wish.asked_to)
    return {
        "already": already_asked(wish),
        "held": held(wish.indicator, wish.departments, span, standing, campaigns_of(request)),
        "wish": wish,
        "key": form.choice_key(),
    }


def _send(
    request: HttpRequest, campaign: Campaign, form: RequestForm, looked: dict[str, Any]
) -> HttpResponse | None:
    try:
        asked = ask_for_evidence(
            actor=request.user, campaign=campaign, wish=form.wish(), at=clock.now()
        )
    except Invalid as refusal:
        for name, sentence in refusal.errors.items():
            form.add_error(name if name in form.fields else None, sentence)
        return None
    except Duplicate as refusal:
        # 看的時候還沒有，發的時候別人先要了。
        looked["already"] = refusal.found
        return None
    units = "、".join(measure.lead_department.name for measure in asked)
    ui.say(request, _("已向%(units)s要材料，各單位收到通知，要簽收、按時交。") % {"units": units})
    return redirect("evidence:request-list", campaign_code=campaign.code)
