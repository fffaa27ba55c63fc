"""推薦對象：推薦、一個的頁、改事蹟、撤回、取消、逐條認定。"""

from collections.abc import Callable

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from recommendations import policies
from recommendations.candidate_page import CandidatePage
from recommendations.forms import DeedsForm, NominationForm, ReasonForm, RulingForm
from recommendations.models import Candidate, Programme
from recommendations.services import candidates as services
from recommendations.views.doors import (
    at_its_field,
    candidate_or_404,
    crumbs_to_candidate,
    programme_or_404,
    require,
    standing_of_request,
)
from recommendations.views.programmes import programme_form, show_programme
from tasks.report_page import ACCEPT

GET_OR_POST = require_http_methods(["GET", "POST"])


@GET_OR_POST
def nominate(request: HttpRequest, pk: int) -> HttpResponse:
    """負責人推薦本單位的，辦公室推薦任何單位的。"""
    row = programme_or_404(request, pk)
    standing = standing_of_request(request)
    if row.state != Programme.State.OPEN:
        words = _("現在不是申報的時候，不能推薦。")
        return show_programme(request, row, refusal=words, status=409)
    require(
        policies.can_open_nomination(standing, row),
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
    return programme_form(request, row, page, form, act)


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
    request: HttpRequest, row: Candidate, page: FormPage, form: BaseForm, act: Callable[[], Done]
) -> HttpResponse:
    """對象名下的一張表單。"""
    page.crumbs = crumbs_to_candidate(row, ("", ""))[:-1]
    page.back = row.get_absolute_url()
    page.intro = page.intro or f"{row} · {row.programme.title}"
    return form_page(request, page, form, at_its_field(form, act))


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
    return candidate_form(request, row, page, form, act)


def _require_editing(request: HttpRequest, row: Candidate) -> None:
    require(
        policies.can_edit_candidate(standing_of_request(request), row),
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
    return candidate_form(request, row, page, form, act)


@GET_OR_POST
def exclude(request: HttpRequest, pk: int) -> HttpResponse:
    row = candidate_or_404(request, pk)
    require(
        policies.can_exclude(standing_of_request(request), row),
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
    return candidate_form(request, row, page, form, act)


@GET_OR_POST
def rule(request: HttpRequest, pk: int, condition_pk: int) -> HttpResponse:
    """辦公室對一項條件確認或豁免。"""
    row = candidate_or_404(request, pk)
    require(
        policies.can_rule(standing_of_request(request), row),
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
    return candidate_form(request, row, page, form, act)


def _ruled(row: Candidate, condition_pk: int) -> dict[str, str]:
    ruling = row.rulings.filter(condition=condition_pk).first()
    return {"outcome": ruling.outcome, "reason": ruling.reason} if ruling else {}
