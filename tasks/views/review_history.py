"""審核過的：退回中的還等誰，已審的由誰在何時通過。"""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from people.models import Department
from pingtan_civ.lib import clock
from tasks.inbox import decided_rounds
from tasks.measure_page import note_after
from tasks.services.review import WITHDRAW_WITHIN
from tasks.views.review import office_or_refuse, rule_of

PER_PAGE = 30
ACCEPTED, RETURNED = "accepted", "returned"


@require_GET
def review_history(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = office_or_refuse(request, campaign_code)
    state = RETURNED if request.GET.get("state") == RETURNED else ACCEPTED
    departments = list(
        Department.objects.filter(assignments__measure__campaign=campaign).distinct()
    )
    chosen = next((each for each in departments if str(each.pk) == request.GET.get("unit")), None)
    rounds = decided_rounds(
        campaign, returned=state == RETURNED, department=chosen.pk if chosen else None
    )
    page = Paginator(rounds, PER_PAGE).get_page(request.GET.get("page"))
    rule = rule_of(campaign)
    now = clock.now()
    for round_ in page.object_list:
        round_.submission.assignment.measure.campaign = campaign
        round_.light = rule.of_due(round_.submission.due_date)
        round_.light_note = note_after(round_.light, rule.note(round_.submission.due_date))
        round_.can_withdraw = (
            state == ACCEPTED
            and round_.decided_by_id == request.user.pk
            and now - round_.decided_at <= WITHDRAW_WITHIN
        )
    context = {
        "campaign": campaign,
        "state": state,
        "page": page,
        "chosen": chosen,
        "units": [
            {"label": each.name, "url": f"?state={state}&unit={each.pk}", "current": each == chosen}
            for each in departments
        ],
        "clear_url": f"?state={state}",
        "unit_word": _("份"),
    }
    return render(request, "tasks/review_history_page.html", context)
