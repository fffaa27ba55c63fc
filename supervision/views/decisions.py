"""反饋之後：領導閱示、再辦，辦公室退回、銷號；以及領導的批示。"""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from reports.models import Report
from supervision import policies, services
from supervision.forms import BackForm, CloseForm, InstructionForm, VerdictForm
from supervision.models import Order, readers_of, terms_of
from supervision.services import about
from supervision.services.instructing import Subject
from supervision.views.doors import careful, order_form, order_or_404, refused, reviewed_order
from tasks.models import Measure, Submission, WrongState
from tasks.policies import can_see_measure
from tasks.views.doors import standing_of_request

GET_OR_POST = require_http_methods(["GET", "POST"])


@require_POST
def verdict(request: HttpRequest, pk: int) -> HttpResponse:
    """已閱、滿意：一下點完。"""
    order, form = _read_order(request, pk), VerdictForm(request.POST)
    if not form.is_valid():
        words = " ".join(str(error) for errors in form.errors.values() for error in errors)
        ui.say(request, words, level=ui.messages.WARNING)
        return redirect(order)
    try:
        services.give_verdict(
            actor=request.user,
            order_id=pk,
            round_number=form.seen,
            verdict=form.cleaned_data["verdict"],
            words=form.cleaned_data["words"],
            at=clock.now(),
        )
    except WrongState as refusal:
        return refused(request, pk, refusal)
    ui.say(request, _("已閱示，辦公室將收到通知並銷號。"))
    return redirect(order)


def _read_order(request: HttpRequest, pk: int) -> Order:
    """反饋歸此人讀的。"""
    order = order_or_404(request, pk)
    if not order.instruction or request.user not in readers_of(order.instruction, clock.today()):
        raise PermissionDenied(_("這份反饋由批示的領導（或繼任者）閱示。"))
    return order


@GET_OR_POST
def redo(request: HttpRequest, pk: int) -> HttpResponse:
    """領導要求再辦。"""
    order = _read_order(request, pk)
    page = FormPage(title=_("再辦"), submit=_("再辦"), back="")
    return _back(request, order, page, services.redo)


@GET_OR_POST
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """辦公室退回重辦。"""
    order = reviewed_order(request, pk)
    page = FormPage(title=order.words.send_back, submit=_("退回"), back="")
    return _back(request, order, page, services.send_back)


def _back(
    request: HttpRequest, order: Order, page: FormPage, service: Callable[..., Order]
) -> HttpResponse:
    page.back, page.intro = order.get_absolute_url(), order.title
    page.warning = _("另開一輪，有自己的時限；承辦單位將收到通知，原來的%(report)s留着。") % {
        "report": order.words.report
    }
    form = BackForm(
        posted(request),
        label=_("還差什麼"),
        hint=_("寫明哪一點不行、要辦到什麼程度，承辦單位據此再辦。"),
        initial={
            "limit_days": terms_of(order.campaign).days_of(order.source),
            "round": order.current.number,
        },
    )

    def act() -> Done:
        service(
            actor=request.user,
            order_id=order.pk,
            round_number=form.seen,
            reason=form.cleaned_data["reason"],
            limit=form.limit,
            at=clock.now(),
        )
        return _("已退回再辦，承辦單位將收到通知。"), page.back

    return order_form(request, order, page, form, act)


@GET_OR_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """銷號前再說一遍。"""
    order = reviewed_order(request, pk)
    form = CloseForm(
        posted(request), label=order.words.conclusion, initial={"round": order.current.number}
    )
    page = FormPage(
        title=_("銷號 %(number)s") % {"number": order.full_number},
        submit=_("銷號"),
        back=order.get_absolute_url(),
        intro=order.title,
        warning=_("銷號後不再辦理，承辦單位和有關領導將收到通知。"),
    )

    def act() -> Done:
        services.close_order(
            actor=request.user,
            order_id=pk,
            round_number=form.seen,
            words=form.cleaned_data["words"],
            at=clock.now(),
        )
        return _("已銷號，承辦單位將收到通知。"), page.back

    return order_form(request, order, page, form, act)


# ── 批示 ──────────────────────────────────────────────


@GET_OR_POST
def instruct(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """批示；旁邊的框交到這裏，填得不對就在整頁的表單上說清楚。"""
    subject = _visible_subject(request, kind, pk)
    standing, found = standing_of_request(request), about(subject)
    if not policies.can_instruct(standing, found.campaign, [found.department_id]):
        raise PermissionDenied(
            _("批示由組長和副組長來寫，副組長只在分管的單位上，活動要在進行中。")
        )
    form = InstructionForm(
        posted(request),
        campaign=found.campaign,
        standing=standing,
        default_id=found.department_id,
    )
    page = FormPage(
        title=_("批示"),
        submit=_("批示"),
        back=subject.get_absolute_url(),
        crumbs=[(found.title, subject.get_absolute_url())],
        intro=found.title,
    )

    def act() -> Done:
        unit = form.cleaned_data["department"]
        instruction = services.give_instruction(
            actor=request.user,
            subject=subject,
            text=form.cleaned_data["text"],
            department_id=unit.pk if unit else None,
            days=form.cleaned_data["days"],
            at=clock.now(),
        )
        return _instructed_words(instruction.order), subject.get_absolute_url()

    return form_page(request, page, form, careful(form, act))


def _instructed_words(order: Order) -> str:
    words = {"number": order.full_number, "unit": order.lead_department}
    if order.number is None:
        return _("已批示，辦公室將定下承辦單位並交辦，反饋回到您這裏。")
    return _("已批示並交辦 %(number)s，由%(unit)s辦理，反饋回到您這裏。") % words


def _visible_subject(request: HttpRequest, kind: str, pk: int) -> Subject:
    """批示寫在什麼上；看不見的與不存在的一樣回 404。"""
    standing = standing_of_request(request)
    if kind == "report":
        report = get_object_or_404(Report.objects.select_related("campaign"), pk=pk)
        if not Report.objects.visible_to(standing, report.campaign).filter(pk=pk).exists():
            raise Http404
        return report
    if kind == "submission":
        submission = get_object_or_404(Submission.objects.with_measure(), pk=pk)
        measure = submission.assignment.measure
    else:
        measure = get_object_or_404(
            Measure.objects.select_related("campaign", "lead_department"), pk=pk
        )
        submission = None
    if not can_see_measure(standing, measure):
        raise Http404
    return submission or measure
