"""部門初審：負責人看本單位要報出去的，通過或退回經辦人。"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from pingtan_civ import ui
from pingtan_civ.lib import clock
from tasks import inbox
from tasks.models import Submission, WrongState
from tasks.review_forms import OpinionForm
from tasks.review_page import Queue, build_item, waiting_rows
from tasks.services import handing_in
from tasks.services.handing_in import Incomplete, StaleRound
from tasks.views.doors import standing_of_request
from tasks.views.review import SEND_BACK, item_url, rule_of, seen_round, wanted_item

HERE = "tasks:endorse-inbox"


@require_http_methods(["GET", "POST"])
def endorse_inbox(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    if not standing_of_request(request).departments:
        raise PermissionDenied(_("部門初審由各單位負責人辦理，您現在沒有單位職務。"))
    if request.method == "POST":
        return _decide(request, campaign)
    return _page(request, campaign)


def _queue(request: HttpRequest, campaign: Campaign) -> Queue:
    rows = waiting_rows(
        inbox.to_endorse(standing_of_request(request), campaign),
        campaign,
        rule_of(campaign),
        since="submitted_at",
    )
    return Queue.opened_at(rows, wanted_item(request))


def _page(
    request: HttpRequest, campaign: Campaign, form: OpinionForm | None = None
) -> HttpResponse:
    queue = _queue(request, campaign)
    context: dict[str, Any] = {
        "campaign": campaign,
        "queue": queue,
        "form": form,
        "is_chosen": wanted_item(request) is not None,
        "asked_for": wanted_item(request),
    }
    if queue.current:
        item = build_item(standing_of_request(request), queue.current, rule_of(campaign))
        context |= {
            "item": item,
            "form": form or OpinionForm(),
            "verdicts": [(each, None, None, None) for each in item.evidence],
        }
    status = 422 if form is not None and form.errors else 200
    return render(request, "tasks/endorse_page.html", context, status=status)


def _decide(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    rows = Submission.objects.in_campaign(campaign).with_measure()
    submission = get_object_or_404(rows, pk=wanted_item(request))
    queue = _queue(request, campaign)
    form = OpinionForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, form)
    try:
        _carry_out(request, submission, form.cleaned_data["reason"])
    except Incomplete as refusal:
        form.add_problems(refusal.errors)
        return _page(request, campaign, form)
    except StaleRound as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
        return redirect(item_url(HERE, campaign, submission.pk))
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
    return redirect(item_url(HERE, campaign, queue.after_this))


def _carry_out(request: HttpRequest, submission: Submission, reason: str) -> None:
    words = {"code": submission.assignment.measure.code, "period": submission.name}
    common = {
        "actor": request.user,
        "submission_id": submission.pk,
        "at": clock.now(),
        "round_number": seen_round(request),
    }
    if request.POST.get("action") == SEND_BACK:
        handing_in.give_back(**common, reason=reason)
        said = _("已退回 %(code)s %(period)s進展，報出的人將收到通知，時限不變。")
    else:
        handing_in.endorse(**common)
        said = _("%(code)s %(period)s進展已初審通過，送辦公室審核。")
    ui.say(request, said % words)
