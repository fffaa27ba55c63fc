"""公示異議：登記、認定。"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pingtan_civ.form_pages import Done, FormPage, posted
from pingtan_civ.lib import clock
from recommendations import policies
from recommendations.forms import ObjectionDecisionForm, ReportForm
from recommendations.models import PublicityObjection
from recommendations.services import publicity as services
from recommendations.views.candidates import candidate_form
from recommendations.views.doors import candidate_or_404, require, standing_of_request

GET_OR_POST = require_http_methods(["GET", "POST"])


@GET_OR_POST
def objection_create(request: HttpRequest, pk: int) -> HttpResponse:
    """辦公室登記外面來的；局裏的人自己反映的只寫內容。"""
    row = candidate_or_404(request, pk)
    standing = standing_of_request(request)
    is_office = standing.is_office(row.programme.campaign_id)
    form = ReportForm(posted(request), initial={"received": standing.on})
    if not is_office:
        form.own_only()

    def act() -> Done:
        report = form.report(name=request.user.name, on=standing.on)
        services.record_objection(
            actor=request.user, candidate_id=pk, report=report, at=clock.now()
        )
        return _("異議已登記，查清以前不能報送。"), row.get_absolute_url()

    page = FormPage(
        title=_("登記異議") if is_office else _("提異議"),
        submit=_("登記") if is_office else _("提出"),
        back="",
        warning=""
        if is_office
        else _("您的姓名只有辦公室和組長、副組長看得到；不願具名的，請寫信或打電話。"),
    )
    refusal = services.before_objecting(row, standing)
    return candidate_form(request, row, page, form, act, refusal)


@GET_OR_POST
def objection_decide(request: HttpRequest, pk: int) -> HttpResponse:
    objection = get_object_or_404(PublicityObjection, pk=pk)
    row = candidate_or_404(request, objection.candidate_id)
    objection.candidate = row
    require(
        policies.is_decider(standing_of_request(request), objection),
        _("由辦公室和組長、副組長認定；登記的人和被反映的一方迴避。"),
    )
    form = ObjectionDecisionForm(posted(request))

    def act() -> Done:
        services.decide_objection(
            actor=request.user,
            objection_id=pk,
            is_upheld=form.is_upheld,
            finding=form.cleaned_data["finding"],
            at=clock.now(),
        )
        return _("認定已記下。"), row.get_absolute_url() + "#objections"

    page = FormPage(
        title=_("認定異議"),
        submit=_("認定"),
        back="",
        intro=objection.content,
        warning=_("認定成立的，這個對象取消推薦，不再報送。"),
    )
    said = _("這件異議已認定為「%(outcome)s」，不再改；有新的情況，另登記一件。")
    words = {"outcome": objection.get_state_display()}
    refusal = "" if objection.is_open else said % words
    return candidate_form(request, row, page, form, act, refusal)
