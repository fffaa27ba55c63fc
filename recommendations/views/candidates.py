"""推薦對象：推薦、一個的頁、改事蹟、撤回、取消、逐條認定。"""

from collections.abc import Callable

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pingtan_civ.form_pages import Done, FormPage, posted
from pingtan_civ.lib import clock
from recommendations import policies
from recommendations.candidate_page import CandidatePage
from recommendations.forms import DeedsForm, NominationForm, ReasonForm, RulingForm
from recommendations.models import Candidate, Programme
from recommendations.services import candidates as services
from recommendations.views.doors import (
    candidate_or_404,
    crumbs_to_candidate,
    programme_or_404,
    require,
    standing_of_request,
    timely_form,
)
from recommendations.views.programmes import programme_form
from tasks.report_page import ACCEPT

State = Candidate.State
GET_OR_POST = require_http_methods(["GET", "POST"])


@GET_OR_POST
def nominate(request: HttpRequest, pk: int) -> HttpResponse:
    """負責人推薦本單位的，辦公室推薦任何單位的。"""
    row = programme_or_404(request, pk)
    standing = standing_of_request(request)
    require(
        policies.is_any_nominator(standing, row),
        _("由單位負責人推薦本單位和本單位的人，辦公室也可以推薦。"),
    )
    is_office = policies.can_manage(standing, row.campaign)
    form = NominationForm(
        posted(request),
        programme=row,
        own=None if is_office else standing.headed,
        on=standing.on,
        initial=_own_unit(standing.headed, is_office=is_office),
    )

    def act() -> Done:
        candidate = services.nominate(
            actor=request.user, programme_id=pk, nomination=form.nomination(), at=clock.now()
        )
        words = _("已推薦%(candidate)s；佐證在下面加。") % {"candidate": candidate}
        return words, candidate.get_absolute_url()

    page = FormPage(title=_("推薦"), submit=_("推薦"), back="", intro=row.title)
    refusal = row.refusal(Programme.State.OPEN)
    if not refusal and not is_office and standing.on > row.apply_by:
        refusal = services.too_late(row)
    return programme_form(request, row, page, form, act, refusal)


def _own_unit(headed: frozenset[int], *, is_office: bool) -> dict[str, int]:
    return {} if is_office or len(headed) != 1 else {"department": next(iter(headed))}


@require_GET
def candidate(request: HttpRequest, pk: int) -> HttpResponse:
    return show_candidate(request, candidate_or_404(request, pk))


def show_candidate(
    request: HttpRequest, row: Candidate, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    page = CandidatePage(row, standing_of_request(request), clock.now())
    context = {
        "candidate": row,
        "programme": row.programme,
        "page": page,
        "refusal": refusal,
        "accept": ACCEPT,
        "crumbs": crumbs_to_candidate(row),
    }
    return render(request, "recommendations/candidate_page.html", context, status=status)


def candidate_form(
    request: HttpRequest,
    row: Candidate,
    page: FormPage,
    form: BaseForm,
    act: Callable[[], Done],
    refusal: str = "",
) -> HttpResponse:
    """對象名下的一張表單。refusal 同 programme_form。"""
    if refusal and request.method == "GET":
        return show_candidate(request, row, refusal=refusal, status=409)
    page.crumbs = crumbs_to_candidate(row, ("", ""))[:-1]
    page.back = row.get_absolute_url()
    page.intro = page.intro or f"{row} · {row.programme.title}"
    return timely_form(request, page, form, act, refusal)


def before_the_vote(row: Candidate) -> str:
    """提交表決以前才能辦的，現在為什麼不能辦。"""
    return row.refusal(State.NOMINATED) or row.programme.refusal(Programme.State.OPEN)


@GET_OR_POST
def deeds(request: HttpRequest, pk: int) -> HttpResponse:
    row = candidate_or_404(request, pk)
    _require_editing(request, row)
    form = DeedsForm(posted(request), initial={"deeds": row.deeds})

    def act() -> Done:
        services.revise_deeds(
            actor=request.user, candidate_id=pk, deeds=form.cleaned_data["deeds"], at=clock.now()
        )
        return _("事蹟已保存。"), row.get_absolute_url()

    page = FormPage(title=_("改主要事蹟"), submit=_("保存"), back="")
    return candidate_form(request, row, page, form, act, before_the_vote(row))


def _require_editing(request: HttpRequest, row: Candidate) -> None:
    require(
        policies.is_nominator(standing_of_request(request), row.programme, row.department_id),
        _("提交表決以前，由單位負責人和辦公室改。"),
    )


@GET_OR_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = candidate_or_404(request, pk)
    _require_editing(request, row)
    form = ReasonForm(posted(request))

    def act() -> Done:
        services.withdraw(
            actor=request.user,
            candidate_id=pk,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("已撤回；申報截止以前還可以再推薦。"), row.programme.get_absolute_url()

    page = FormPage(title=_("撤回推薦"), submit=_("撤回"), back="")
    return candidate_form(request, row, page, form, act, before_the_vote(row))


@GET_OR_POST
def exclude(request: HttpRequest, pk: int) -> HttpResponse:
    row = candidate_or_404(request, pk)
    require(
        policies.can_manage(standing_of_request(request), row.programme.campaign),
        _("提交表決以後、報送以前，由辦公室取消，寫明理由。"),
    )
    form = ReasonForm(posted(request))

    def act() -> Done:
        services.exclude(
            actor=request.user,
            candidate_id=pk,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("已取消推薦，單位和本人會收到通知。"), row.get_absolute_url()

    page = FormPage(
        title=_("取消推薦"),
        submit=_("取消推薦"),
        back="",
        warning=_("取消以後不再報送；表決和公示的記錄都留着。"),
        danger=True,
    )
    refusal = row.refusal(State.BALLOTED, State.PASSED) or row.programme.refusal(
        Programme.State.VOTING, Programme.State.PUBLICITY
    )
    return candidate_form(request, row, page, form, act, refusal)


@GET_OR_POST
def rule(request: HttpRequest, pk: int, condition_pk: int) -> HttpResponse:
    """辦公室對一項條件確認或豁免。"""
    row = candidate_or_404(request, pk)
    require(
        policies.is_examiner(standing_of_request(request), row),
        _("提交表決以前由辦公室認定；本單位和本人的推薦要迴避。"),
    )
    condition = get_object_or_404(row.programme.conditions, pk=condition_pk)
    outcomes = services.outcomes_of(condition)
    require(bool(outcomes), _("這一項由系統查，也沒有定為可以豁免，不能人工認定。"))
    form = RulingForm(posted(request), outcomes=outcomes, initial=_ruled(row, condition_pk))

    def act() -> Done:
        services.rule(
            actor=request.user,
            candidate_id=pk,
            condition_id=condition_pk,
            outcome=form.cleaned_data["outcome"],
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("認定已記下，單位會收到通知。"), row.get_absolute_url() + "#conditions"

    page = FormPage(title=_("認定條件"), submit=_("保存"), back="", intro=condition.text)
    return candidate_form(request, row, page, form, act, before_the_vote(row))


def _ruled(row: Candidate, condition_pk: int) -> dict[str, str]:
    ruling = row.rulings.filter(condition=condition_pk).first()
    return {"outcome": ruling.outcome, "reason": ruling.reason} if ruling else {}
