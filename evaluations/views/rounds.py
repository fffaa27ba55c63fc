"""考核：清單、一次考核的頁。"""

from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.current import current_campaign
from evaluations import policies
from evaluations.models import AssessmentRound
from evaluations.round_now import now_words, opinion_of
from evaluations.round_page import (
    can_of,
    doors_of,
    due_of,
    pack_url,
    rows_of,
    scores_others,
    steps_of,
    tiers_of,
)
from evaluations.services.rounds import unfinished, unsettled
from evaluations.services.rounds.phases import next_phase
from evaluations.services.rounds.planning import doubtful_dates
from evaluations.views.round_doors import crumbs_to, round_or_404, standing_of_request

Phase = AssessmentRound.Phase


@require_GET
def round_list(request: HttpRequest) -> HttpResponse:
    """當前活動的各次考核。"""
    campaign = current_campaign(request)
    if campaign is None:
        return redirect("desk:home")
    standing = standing_of_request(request)
    rows = AssessmentRound.objects.filter(campaign=campaign).select_related("campaign", "scheme")
    rows = rows.prefetch_related("phases")
    context = {
        "campaign": campaign,
        "rows": [(row, due_of(row)) for row in rows if policies.can_see_round(standing, row)],
        "can_plan": policies.can_plan_round(standing, campaign),
    }
    return render(request, "evaluations/round_list_page.html", context)


@require_GET
def round_detail(request: HttpRequest, code: str) -> HttpResponse:
    return show_round(request, round_or_404(request, code))


@require_GET
def round_pack(request: HttpRequest, code: str) -> HttpResponse:
    """去迎檢資料包：條件已按這次考核填好。"""
    round_ = round_or_404(request, code)
    if not policies.can_run_round(standing_of_request(request), round_):
        raise PermissionDenied(_("考核的資料包由創建辦打。"))
    return redirect(pack_url(round_))


def show_round(
    request: HttpRequest, round_: AssessmentRound, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    """一次考核的頁；refusal 是剛才沒辦成的原因。"""
    standing = standing_of_request(request)
    can = can_of(standing, round_)
    is_moving = can.run or can.decide
    is_scorer = scores_others(standing, round_)
    rows = rows_of(standing, round_, is_scorer=is_scorer)
    prefetch_related_objects([round_], "phases", *(["sheets"] if is_moving else []))
    views = {row.sheet.department_id: row.view for row in rows if row.view} if is_moving else {}
    due, following = due_of(round_), _next_words(round_)
    context = {
        "round": round_,
        "steps": steps_of(round_, standing.on),
        "due": due,
        "rows": rows,
        "tiers": tiers_of(rows) if can.see_all else [],
        "doors": doors_of(standing, round_, rows, is_scorer=is_scorer),
        "can": can,
        "now": now_words(round_, due, following, standing.on),
        "opinion": opinion_of(round_) if can.run else None,
        "doubts": doubtful_dates(round_) if can.run and round_.phase == Phase.PLANNED else [],
        "next": following,
        "pending": unfinished(round_, views) if is_moving else [],
        "unsettled": unsettled(round_, views) if is_moving else [],
        "crumbs": crumbs_to(round_),
        "refusal": refusal,
    }
    return render(request, "evaluations/round_page.html", context, status=status)


def _next_words(round_: AssessmentRound) -> str:
    following = next_phase(round_)
    return str(Phase(following).label) if following else ""
