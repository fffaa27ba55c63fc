"""進展審核：辦公室逐份看，通過或退回，下一份隨即打開。"""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import long_date
from tasks import inbox, policies
from tasks.lights import LightRule
from tasks.models import EvidenceLink, Submission, WrongState
from tasks.review_forms import ReviewForm, stock_phrases
from tasks.review_page import Queue, build_item, waiting_rows
from tasks.services import review as services
from tasks.services.handing_in import Incomplete, StaleRound, current_round
from tasks.views.doors import standing_of_request
from workdays.services import calendar

SEND_BACK = "send_back"


def office_or_refuse(request: HttpRequest, campaign_code: str) -> Campaign:
    """審核的各頁只給本活動辦公室；看得見活動而不是辦公室的回 403。"""
    campaign = campaign_or_404(request, campaign_code)
    if not standing_of_request(request).is_office(campaign):
        raise PermissionDenied(_("進展審核由本活動辦公室的人辦理。"))
    return campaign


def rule_of(campaign: Campaign) -> LightRule:
    return LightRule.on(clock.today(), calendar(), campaign.warn_days)


def wanted_item(request: HttpRequest) -> int | None:
    """網址裏指明要看的那一份；沒有指明時為 None，寫得不像編號時為 0（哪份也不是）。"""
    item = request.GET.get("item", "")
    if not item:
        return None
    return int(item) if item.isascii() and item.isdecimal() and len(item) < 12 else 0


def item_url(name: str, campaign: Campaign, item: int | None) -> str:
    url = reverse(name, args=[campaign.code])
    return f"{url}?item={item}" if item else url


def seen_round(request: HttpRequest) -> int | None:
    """頁面上看的是第幾輪；沒有帶來或寫得不像數時為 None。"""
    seen = request.POST.get("round", "")
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 6 else None


@require_http_methods(["GET", "POST"])
def review_inbox(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = office_or_refuse(request, campaign_code)
    if request.method == "POST":
        return _decide(request, campaign)
    return _page(request, campaign)


def _queue(request: HttpRequest, campaign: Campaign) -> Queue:
    rows = waiting_rows(
        inbox.to_review(standing_of_request(request), campaign),
        campaign,
        rule_of(campaign),
        since="endorsed_at",
    )
    return Queue.opened_at(rows, wanted_item(request))


def _page(request: HttpRequest, campaign: Campaign, form: ReviewForm | None = None) -> HttpResponse:
    standing = standing_of_request(request)
    queue = _queue(request, campaign)
    context: dict[str, Any] = {
        "campaign": campaign,
        "queue": queue,
        "form": form,
        "is_chosen": wanted_item(request) is not None,
        "asked_for": wanted_item(request),
    }
    if queue.current:
        item = build_item(standing, queue.current, rule_of(campaign))
        links = [evidence.link for evidence in item.evidence]
        context |= {"item": item, "can_review": policies.can_review(standing, item.round)}
        if context["can_review"]:
            lines = {each.link.pk: each.tick_lines for each in item.evidence}
            form = form or ReviewForm(links=links, due_date=_default_due_date(), ticks=lines)
            phrases, evidence_phrases = stock_phrases()
            context |= {"form": form, "phrases": phrases, "evidence_phrases": evidence_phrases}
            context["verdicts"] = [(each, *form.on(each.link)) for each in item.evidence]
        else:
            context["verdicts"] = [(each, None, None, None) for each in item.evidence]
    status = 422 if form is not None and form.errors else 200
    return render(request, "tasks/review_page.html", context, status=status)


def _default_due_date() -> date:
    return calendar().add(clock.today(), services.SEND_BACK_DAYS)


# ── 決定 ──────────────────────────────────────────────


def _decide(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """收下一次決定。寫錯的留在原頁改；同事先辦了的說一聲，接着看下一份。"""
    rows = Submission.objects.in_campaign(campaign).with_measure()
    submission = get_object_or_404(rows, pk=wanted_item(request))
    queue = _queue(request, campaign)
    if queue.current is None:
        ui.say(request, services.why_not_waiting(submission), level=messages.WARNING)
        return redirect(item_url("tasks:review-inbox", campaign, queue.after_this))
    links = list(current_round(submission).evidence.filter(removed_at=None))
    form = ReviewForm(
        request.POST,
        links=links,
        due_date=_default_due_date(),
        is_send_back=request.POST.get("action") == SEND_BACK,
        ticks=_tick_lines(submission, links),
    )
    if not form.is_valid():
        # 沒寫理由的一併說出來，不讓人改一處再退回來一次。
        form.add_problems(services.missing_reasons(form.verdicts()))
        return _page(request, campaign, form)
    try:
        _carry_out(request, submission, form)
    except Incomplete as refusal:
        form.add_problems(refusal.errors)
        return _page(request, campaign, form)
    except StaleRound as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
        return redirect(item_url("tasks:review-inbox", campaign, submission.pk))
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
    return redirect(item_url("tasks:review-inbox", campaign, queue.after_this))


def _tick_lines(submission: Submission, links: list[EvidenceLink]) -> dict[int, list[str]]:
    """各份佐證要逐條看的。"""
    wanted = submission.assignment.measure.evidence_wanted.all()
    lines = {spec.form_id: spec.tick_lines for spec in wanted}
    return {link.pk: lines.get(link.form_id, []) for link in links}


def _carry_out(request: HttpRequest, submission: Submission, form: ReviewForm) -> None:
    assignment = submission.assignment
    words = {
        "code": assignment.measure.code,
        "unit": assignment.department.name,
        "period": submission.name,
    }
    common = {
        "actor": request.user,
        "submission_id": submission.pk,
        "verdicts": form.verdicts(),
        "round_number": seen_round(request),
        "at": clock.now(),
    }
    if form.is_send_back:
        fresh = services.send_back(
            **common,
            reason=form.cleaned_data["reason"],
            due_date=form.cleaned_data.get("due_date"),
        )
        words["due"] = long_date(fresh.due_date)
        said = _("已退回 %(code)s %(unit)s%(period)s進展，限 %(due)s前補報，經辦人將收到通知。")
        ui.say(request, said % words)
        return
    services.accept(**common, remark=form.cleaned_data["reason"])
    said = _("%(code)s %(unit)s%(period)s進展已通過，單位將收到通知。")
    undo = reverse("tasks:review-withdraw", args=[assignment.measure.campaign.code, submission.pk])
    ui.say(request, said % words, undo=undo)


@require_POST
def review_withdraw(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """撤回剛才的通過，回到這一份重新看。"""
    campaign = office_or_refuse(request, campaign_code)
    submission = get_object_or_404(Submission.objects.in_campaign(campaign), pk=pk)
    try:
        services.withdraw_acceptance(
            actor=request.user, submission_id=submission.pk, at=clock.now()
        )
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
        return redirect("tasks:review-history", campaign.code)
    ui.say(request, _("已撤回通過，請重新審核；單位將收到通知。"))
    return redirect(item_url("tasks:review-inbox", campaign, pk))
