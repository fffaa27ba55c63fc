"""表決：提交、投票、聲明迴避、結束。"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, posted
from pingtan_civ.lib import clock
from recommendations import policies
from recommendations.forms import CloseVoteForm, RecuseForm, VoteForm
from recommendations.models import Candidate, Programme
from recommendations.programme_page import ProgrammePage
from recommendations.services import voting as services
from recommendations.views.candidates import candidate_form
from recommendations.views.doors import (
    candidate_or_404,
    crumbs_to,
    managed_programme,
    programme_or_404,
    require,
    standing_of_request,
)
from recommendations.views.programmes import press, programme_form, show_programme
from tasks.models import WrongState

GET_OR_POST = require_http_methods(["GET", "POST"])


@require_POST
def vote_open(request: HttpRequest, pk: int) -> HttpResponse:
    managed_programme(request, pk)
    return press(
        request,
        pk,
        lambda: services.open_vote(actor=request.user, programme_id=pk, at=clock.now()),
        _("已提交表決，領導小組的成員會收到通知。"),
    )


@GET_OR_POST
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """一張票：不用迴避的逐個選，要迴避的寫明為什麼。手機上一屏一個對象。"""
    row = programme_or_404(request, pk)
    standing = standing_of_request(request)
    require(
        policies.is_voter(standing, row.campaign_id),
        _("由領導小組的組長、副組長和成員表決，不能代投。"),
    )
    page = ProgrammePage(row, standing, clock.now())
    if not page.is_voting:
        closed = _("這個活動不在進行中，推薦不再辦理；內容照舊可看。")
        refusal = services.before_closing(row) or closed
        return show_programme(request, row, refusal=refusal, status=409)
    meeting, me = page.meeting, request.user.pk
    recused = [(each, meeting.recusals_of(each).get(me, "")) for each in meeting.candidates]
    ballots = {each: meeting.choice_of(each, me) for each, reason in recused if not reason}
    form = VoteForm(posted(request), ballots=ballots, vote_round=row.vote_round)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        refusal = _cast(request, row, form)
        if not refusal:
            ui.say(request, _("您的表決已記下；結束以前可以改。"))
            return redirect(row)
    context = {
        "programme": row,
        "form": form,
        "rows": [(each, bound, page.findings.get(each.pk, ())) for each, bound in form.rows],
        "recused": [(each, reason) for each, reason in recused if reason],
        "is_changing": any(ballots.values()),
        "refusal": refusal,
        "crumbs": crumbs_to(row, (_("表決"), "")),
    }
    return render(
        request, "recommendations/vote_page.html", context, status=409 if refusal else 200
    )


def _cast(request: HttpRequest, row: Programme, form: VoteForm) -> str:
    """投下；此刻投不了的，返回為什麼，選過的都還在。"""
    try:
        services.cast(
            actor=request.user,
            programme_id=row.pk,
            choices=form.choices(),
            vote_round=form.cleaned_data["vote_round"],
            at=clock.now(),
        )
    except (WrongState, PermissionDenied) as refusal:
        return str(refusal)
    return ""


@GET_OR_POST
def vote_close(request: HttpRequest, pk: int) -> HttpResponse:
    row = managed_programme(request, pk)
    form = CloseVoteForm(posted(request))

    def act() -> Done:
        services.close_vote(
            actor=request.user,
            programme_id=pk,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("這一輪表決已結束。"), row.get_absolute_url()

    page = FormPage(
        title=_("結束表決"),
        submit=_("結束表決"),
        back="",
        warning=_("結束以後不能再改票；通過的按同意票排好，同票而名額不夠的再投一輪。"),
    )
    return programme_form(request, row, page, form, act, services.before_closing(row))


@GET_OR_POST
def recuse(request: HttpRequest, pk: int) -> HttpResponse:
    row = candidate_or_404(request, pk)
    require(
        policies.is_voter(standing_of_request(request), row.programme.campaign_id),
        _("由領導小組的組長、副組長和成員聲明迴避。"),
    )
    form = RecuseForm(posted(request))

    def act() -> Done:
        services.recuse(
            actor=request.user,
            candidate_id=pk,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("已聲明迴避，不算應到，投過的不再算數。"), row.programme.get_absolute_url()

    page = FormPage(
        title=_("聲明迴避"),
        submit=_("聲明迴避"),
        back="",
        warning=_("聲明以後不能撤回，這個對象您不再表決。"),
    )
    refusal = row.programme.refusal(Programme.State.VOTING) or row.refusal(Candidate.State.BALLOTED)
    return candidate_form(request, row, page, form, act, refusal)
