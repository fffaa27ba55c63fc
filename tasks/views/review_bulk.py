"""批量通過：全部核對通過的一次辦完，沒辦成的逐份說明原因。"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from tasks import inbox
from tasks.review_bulk import SAMPLE_ONE_IN, Sorted, sort_waiting
from tasks.review_page import waiting_rows
from tasks.services.review import WITHDRAW_WITHIN, accept_many
from tasks.views.doors import standing_of_request
from tasks.views.review import office_or_refuse, rule_of


@require_http_methods(["GET", "POST"])
def review_bulk(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = office_or_refuse(request, campaign_code)
    found = _sorted(request, campaign)
    if request.method == "POST":
        return _accept(request, campaign, found)
    return _page(request, campaign, found)


def _sorted(request: HttpRequest, campaign: Campaign) -> Sorted:
    standing = standing_of_request(request)
    rows = waiting_rows(
        inbox.to_review(standing, campaign), campaign, rule_of(campaign), since="endorsed_at"
    )
    return sort_waiting(standing, rows)


def _page(
    request: HttpRequest,
    campaign: Campaign,
    found: Sorted,
    *,
    refused: list[tuple[str, str]] | None = None,
    problem: str = "",
    accepted: int = 0,
) -> HttpResponse:
    context = {
        "campaign": campaign,
        "found": found,
        "refused": refused or [],
        "problem": problem,
        "accepted": accepted,
        "one_in": SAMPLE_ONE_IN,
        "minutes": WITHDRAW_WITHIN.seconds // 60,
    }
    status = 422 if problem else 200
    return render(request, "tasks/review_bulk_page.html", context, status=status)


def _accept(request: HttpRequest, campaign: Campaign, found: Sorted) -> HttpResponse:
    """只通過此刻仍全部核對通過的；勾了而不再合格的、剛由同事辦了的，都按名說明。"""
    ticked = {read_int(key) for key in request.POST.getlist("row")} - {None}
    if not ticked:
        return _page(request, campaign, found, problem=_("一份也沒有勾選，請先勾選要通過的。"))
    names = {each.row.pk: each.row.name for each in found.passing + found.others}
    passing = [each.row.pk for each in found.passing if each.row.pk in ticked]
    result = accept_many(actor=request.user, submission_ids=passing, at=clock.now())
    refused = [(names[key], sentence) for key, sentence in result.refused.items()]
    for each in found.others:
        if each.row.pk in ticked:
            refused.append((each.row.name, " ".join(each.faults)))
    if gone := len(ticked - set(names)):
        words = {"count": gone}
        refused.append((_("另有 %(count)s 份") % words, _("已不在待審核，可能剛由同事辦了。")))
    done = len(result.submissions)
    if not refused:
        words = {"count": done, "minutes": WITHDRAW_WITHIN.seconds // 60}
        said = _("已通過 %(count)s 份，單位將收到通知。%(minutes)s 分鐘內可在「已審」裏撤回。")
        ui.say(request, said % words)
        return redirect("tasks:review-inbox", campaign.code)
    return _page(request, campaign, _sorted(request, campaign), refused=refused, accepted=done)
