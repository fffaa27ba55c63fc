"""待裁定：各單位的異議和延期，辦公室帶理由逐份裁定。"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from pingtan_civ import ui
from pingtan_civ.lib import clock
from tasks import inbox
from tasks.lights import Light, LightRule
from tasks.measure_page import note_after
from tasks.models import ChangeRequest, WrongState
from tasks.services import requests as services
from tasks.services.handing_in import Incomplete
from tasks.views.doors import standing_of_request
from tasks.views.review import item_url, office_or_refuse, rule_of, wanted_item
from tasks.work_forms import DecisionForm

HERE = "tasks:review-requests"


@dataclass(frozen=True)
class Asked:
    """排隊的一份申請，連同它的時限燈號。"""

    row: ChangeRequest
    days: int
    light: Light
    light_note: str

    @property
    def due_date(self) -> Any:
        return _due_date(self.row)


@require_http_methods(["GET", "POST"])
def review_requests(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = office_or_refuse(request, campaign_code)
    if request.method == "POST":
        return _decide(request, campaign)
    return _page(request, campaign)


def _queue(request: HttpRequest, campaign: Campaign) -> list[ChangeRequest]:
    rows = inbox.to_decide(standing_of_request(request), campaign).select_related(
        "assignment__measure",
        "assignment__department",
        "submission",
        "proposed_department",
        "requested_by",
    )
    found = list(rows.order_by("requested_at", "pk"))
    for row in found:
        row.assignment.measure.campaign = campaign
    return found


def _page(
    request: HttpRequest, campaign: Campaign, form: DecisionForm | None = None
) -> HttpResponse:
    rule = rule_of(campaign)
    queue = [_asked(row, rule) for row in _queue(request, campaign)]
    wanted = wanted_item(request)
    index = next((at for at, each in enumerate(queue) if each.row.pk == wanted), None)
    if wanted is None and queue:
        index = 0
    context: dict[str, Any] = {
        "campaign": campaign,
        "queue": queue,
        "form": form,
        "is_chosen": wanted is not None,
    }
    if index is not None:
        row = queue[index].row
        context |= {
            "current": queue[index],
            "number": index + 1,
            "previous": queue[index - 1].row if index else None,
            "next": queue[index + 1].row if index + 1 < len(queue) else None,
            "form": form or DecisionForm(change_request=row, today=rule.today),
            "earlier": _earlier(row),
        }
    status = 422 if form is not None and form.errors else 200
    return render(request, "tasks/review_requests_page.html", context, status=status)


def _asked(row: ChangeRequest, rule: LightRule) -> Asked:
    due = _due_date(row)
    days = rule.calendar.between(timezone.localdate(row.requested_at), rule.today)
    light = rule.of_due(due)
    return Asked(row, max(days, 0), light, note_after(light, rule.note(due)))


def _due_date(row: ChangeRequest) -> Any:
    return row.submission.due_date if row.submission else row.assignment.due_date


def _earlier(row: ChangeRequest) -> list[ChangeRequest]:
    """同一任務以前的申請：延過幾次、提過什麼異議，裁定時要看。"""
    rows = ChangeRequest.objects.filter(assignment=row.assignment_id).exclude(pk=row.pk)
    return list(rows.select_related("decided_by", "submission"))


def _decide(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    rows = ChangeRequest.objects.filter(assignment__measure__campaign=campaign).select_related(
        "assignment__measure", "assignment__department"
    )
    row = get_object_or_404(rows, pk=wanted_item(request))
    keys = [each.pk for each in _queue(request, campaign)]
    form = DecisionForm(request.POST, change_request=row, today=clock.today())
    if row.pk in keys and not form.is_valid():
        return _page(request, campaign, form)
    try:
        if form.is_valid():
            _carry_out(request, row, form)
        else:
            ui.say(request, _("這份申請已經裁定或撤回。"), level=messages.WARNING)
    except Incomplete as refusal:
        for name, sentence in refusal.errors.items():
            form.add_error(name if name in form.fields else None, sentence)
        return _page(request, campaign, form)
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
    after = keys[keys.index(row.pk) + 1 :] if row.pk in keys else []
    rest = [key for key in after + keys if key != row.pk]
    return redirect(item_url(HERE, campaign, rest[0] if rest else None))


def _carry_out(request: HttpRequest, row: ChangeRequest, form: DecisionForm) -> None:
    department = form.cleaned_data.get("new_department")
    decided = services.decide_request(
        actor=request.user,
        request_id=row.pk,
        is_approved=form.cleaned_data["decision"] == "approve",
        reason=form.cleaned_data["reason"],
        granted_date=form.cleaned_data.get("granted_date"),
        new_department_id=department.pk if department else None,
        at=clock.now(),
    )
    words = {
        "unit": row.assignment.department.name,
        "kind": row.get_kind_display(),
        "outcome": decided.get_state_display(),
    }
    ui.say(request, _("對%(unit)s的%(kind)s已裁定：%(outcome)s，單位將收到通知。") % words)
