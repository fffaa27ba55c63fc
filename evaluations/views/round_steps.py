"""考核往下走的各步：擬、改日程、開始、往下一步、取數、審定、公佈。"""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.current import current_campaign
from evaluations import policies
from evaluations.forms_rounds import (
    PhasesForm,
    PublishForm,
    ReasonForm,
    RoundForm,
    default_period,
    skipped_in,
)
from evaluations.models import AssessmentRound
from evaluations.services import rounds as services
from evaluations.services.rounds import PhaseDates, propose_phases
from evaluations.views.round_doors import (
    crumbs_to,
    list_crumb,
    round_or_404,
    standing_of_request,
)
from evaluations.views.rounds import show_round
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from tasks.models import WrongState
from workdays.services import calendar


@require_http_methods(["GET", "POST"])
def round_create(request: HttpRequest) -> HttpResponse:
    """擬一次考核。按「重新推算」只重排日子，不保存。"""
    campaign = current_campaign(request)
    if campaign is None or not policies.can_plan_round(standing_of_request(request), campaign):
        raise PermissionDenied(_("考核由本活動辦公室來擬，活動要在進行中。"))
    today = clock.today()
    phases = propose_phases(today, calendar())
    initial = {"period": default_period(campaign, today), "start_date": today}
    form = RoundForm(posted(request), campaign=campaign, phases=phases, initial=initial)
    if "propose" in request.POST:
        form = _proposed(form)

    def act() -> Done:
        round_ = services.plan_round(
            actor=request.user, campaign=campaign, plan=form.plan(), at=clock.now()
        )
        return _("已擬定%(round)s，核對後開始自評。") % {"round": round_}, round_.get_absolute_url()

    page = FormPage(
        title=_("擬一次考核"),
        submit=_("擬定"),
        back=reverse("evaluations:round-list"),
        crumbs=[list_crumb()],
        intro=_("用當年使用中的考核辦法；開始以前各單位看不到。"),
        pairs=form.pairs,
        other=("propose", _("按工作日重新推算日子")),
    )
    return form_page(request, page, form, at_fields(form, act))


def _proposed(form: RoundForm) -> RoundForm:
    """照填的開始日、異議期重排各階段；別的填過的都還在。"""
    form.is_valid()
    clean = form.cleaned_data
    phases = propose_phases(
        clean.get("start_date") or clock.today(),
        calendar(),
        objection_days=clean.get("objection_days") or 5,
        skipped=skipped_in(clean),
    )
    kept = {name: form.data.get(name, "") for name in ("period", "title", "objection_days")}
    kept |= {name: name in form.data for name in ("has_visit", "has_opinion")}
    kept["start_date"] = form.data.get("start_date", "")
    return RoundForm(campaign=form.campaign, phases=phases, initial=kept)


@require_http_methods(["GET", "POST"])
def round_schedule(request: HttpRequest, code: str) -> HttpResponse:
    """改還沒走完的階段的起止。"""
    round_ = round_or_404(request, code)
    if not policies.can_run_round(standing_of_request(request), round_):
        raise PermissionDenied(_("考核由本活動辦公室安排，活動要在進行中。"))
    rows = list(round_.phases.all())
    is_planned = round_.phase == AssessmentRound.Phase.PLANNED
    form = PhasesForm(
        posted(request),
        phases=[PhaseDates(row.phase, row.start_date, row.due_date) for row in rows],
        fixed=[row.phase for row in rows if row.ended_at],
        period=(round_.period_start, round_.period_end) if is_planned else None,
    )
    form.show_doubts()

    def act() -> Done:
        services.revise_phases(
            actor=request.user, round_id=round_.pk, phases=form.phases(), at=clock.now()
        )
        return _("日程已保存。"), round_.get_absolute_url()

    page = FormPage(
        title=_("改日程"),
        submit=_("保存"),
        back=round_.get_absolute_url(),
        crumbs=crumbs_to(round_, (_("改日程"), ""))[:-1],
        pairs=form.pairs,
    )
    return form_page(request, page, form, at_fields(form, act))


def at_fields(form: BaseForm, act: Callable[[], Done]) -> Callable[[], Done]:
    """服務說的「哪一項不對」寫到那一項上。"""

    def wrapped() -> Done:
        try:
            return act()
        except ValidationError as refusal:
            if not hasattr(refusal, "error_dict"):
                raise
            for name, sentences in refusal.message_dict.items():
                for sentence in sentences:
                    form.add_error(name if name in form.fields else None, sentence)
            raise ValidationError([]) from refusal

    return wrapped


def _step(request: HttpRequest, code: str, act: Callable[[AssessmentRound], str]) -> HttpResponse:
    """走一步：成了說一句、回到考核；不成的在考核頁上說為什麼。"""
    round_ = round_or_404(request, code)
    try:
        words = act(round_)
    except (WrongState, ValidationError) as refusal:
        said = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
        return show_round(request, round_or_404(request, code), refusal="".join(said), status=409)
    ui.say(request, words)
    return redirect(round_)


@require_POST
def round_start(request: HttpRequest, code: str) -> HttpResponse:
    def act(round_: AssessmentRound) -> str:
        services.start_round(actor=request.user, round_id=round_.pk, at=clock.now())
        return _("自評已開始，各單位收到了消息。")

    return _step(request, code, act)


@require_POST
def round_advance(request: HttpRequest, code: str) -> HttpResponse:
    def act(round_: AssessmentRound) -> str:
        moved = services.advance_round(
            actor=request.user, round_id=round_.pk, at=clock.now(), reason=_reason(request)
        )
        return _("進入「%(phase)s」。") % {"phase": moved.get_phase_display()}

    return _step(request, code, act)


@require_POST
def round_figures(request: HttpRequest, code: str) -> HttpResponse:
    def act(round_: AssessmentRound) -> str:
        changed = services.refresh_figures(actor=request.user, round_id=round_.pk, at=clock.now())
        return _("已重新取數，改了 %(count)d 條。") % {"count": changed}

    return _step(request, code, act)


@require_POST
def round_decide(request: HttpRequest, code: str) -> HttpResponse:
    def act(round_: AssessmentRound) -> str:
        services.decide_round(
            actor=request.user, round_id=round_.pk, at=clock.now(), reason=_reason(request)
        )
        return _("已審定，結果反饋給各單位。")

    return _step(request, code, act)


@require_POST
def round_return(request: HttpRequest, code: str) -> HttpResponse:
    def act(round_: AssessmentRound) -> str:
        moved = services.return_round(
            actor=request.user, round_id=round_.pk, reason=_reason(request), at=clock.now()
        )
        return _("已退回創建辦重新核對，回到「%(phase)s」。") % {"phase": moved.get_phase_display()}

    return _step(request, code, act)


@require_POST
def round_publish(request: HttpRequest, code: str) -> HttpResponse:
    form = PublishForm(request.POST)
    form.is_valid()

    def act(round_: AssessmentRound) -> str:
        services.publish_round(
            actor=request.user,
            round_id=round_.pk,
            is_open_to_all=form.cleaned_data["is_open_to_all"],
            at=clock.now(),
        )
        return _("結果已公佈。")

    return _step(request, code, act)


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    return form.cleaned_data["reason"] if form.is_valid() else ""
