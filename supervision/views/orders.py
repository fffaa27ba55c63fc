"""辦公室的事：起草、交辦、調整、中止、撤銷、打印通知單。"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.current import current_campaign, remember_campaign
from campaigns.models import Campaign
from campaigns.standing import Standing
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.numbers import read_int
from reports.models import Report
from supervision import policies, services
from supervision.forms import OrderForm, ReasonForm
from supervision.models import Order, terms_of
from supervision.services import about
from supervision.views.doors import (
    careful,
    managed_order,
    order_form,
    order_or_404,
    refused,
    register_of,
    show_order,
)
from supervision.wording import RECTIFICATION, SUPERVISION, Wording
from tasks.models import Measure, Reminder, ReminderStep, Submission, WrongState
from tasks.services.handing_in import Incomplete
from tasks.views.doors import standing_of_request

GET_OR_POST = require_http_methods(["GET", "POST"])
MORE = ("urgency", "supporting_departments", "accountable_seat")


@require_GET
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return show_order(request, order_or_404(request, pk))


@GET_OR_POST
def order_create(request: HttpRequest) -> HttpResponse:
    """新開一張；?submission=、?measure=、?report= 時按那一項預填（從措施、彙報頁轉來）。

    ?source=rectify 開的是整改單：別的檢查發現的問題，也按整改辦到復查銷號。
    """
    standing = standing_of_request(request)
    subject = _subject(request, standing)
    campaign = about(subject).campaign if subject else _campaign(request, standing)
    if campaign is None or not policies.can_open_order(standing, campaign):
        raise PermissionDenied(_("督辦單由本活動辦公室開，活動要在進行中。"))
    remember_campaign(request, campaign)
    links = _links(subject)
    if request.GET.get("source") == Order.Source.RECTIFICATION:
        links["source"] = Order.Source.RECTIFICATION
    form = OrderForm(
        posted(request),
        campaign=campaign,
        today=standing.on,
        words=wording(links),
        initial=_initial(subject, campaign, links),
    )
    page = opening_page(wording(links))
    ui.stand_under(request, page.back)

    def act() -> Done:
        values = {
            "actor": request.user,
            "campaign": campaign,
            "matter": form.matter(**links),
            "at": clock.now(),
        }
        order = services.just_opened(**values) or services.create_order(**values)
        if "draft" in request.POST:
            return _("已存下，還沒有交辦，只有辦公室看得見。"), order.get_absolute_url()
        order = services.issue_order(actor=request.user, order_id=order.pk, at=clock.now())
        return _issued_words(order), order.get_absolute_url()

    return form_page(request, page, form, careful(form, _together(act)))


def wording(links: dict[str, Any]) -> Wording:
    is_rectification = links.get("source") == Order.Source.RECTIFICATION
    return RECTIFICATION if is_rectification else SUPERVISION


def opening_page(words: Wording) -> FormPage:
    """開單那一頁上的字；單子是哪一種，回哪一個台賬。"""
    back = register_of(words)
    return FormPage(
        title=words.opening,
        submit=words.issue,
        back=back,
        crumbs=[(words.register, back)],
        intro=_("一單一事。交辦時給編號，承辦單位和有關領導收到通知。"),
        more=MORE,
        other=("draft", _("先存着，不%(issue)s") % {"issue": words.issue}),
    )


def _together(act: Callable[[], Done]) -> Callable[[], Done]:
    """起草和交辦是一個按鈕：交辦不成，草擬的也不留。"""

    def wrapped() -> Done:
        with transaction.atomic():
            return act()

    return wrapped


def _issued_words(order: Order) -> str:
    words = {
        "issue": order.words.issue,
        "number": order.full_number,
        "unit": order.lead_department,
    }
    return _("已%(issue)s %(number)s，%(unit)s將收到通知。") % words


def _campaign(request: HttpRequest, standing: Standing) -> Campaign | None:
    """當前的活動；在那裏不是辦公室時，換成本人是辦公室的那一個。"""
    current = current_campaign(request)
    if current and policies.can_open_order(standing, current):
        return current
    rows = getattr(request, "_campaigns", [])
    return next((row for row in rows if policies.can_open_order(standing, row)), current)


def _subject(request: HttpRequest, standing: Standing) -> Measure | Submission | Report | None:
    """從哪裏轉來的；看不見的、不存在的、讀不懂的都當作沒有寫。"""
    for name, find in _FINDERS.items():
        pk = read_int(request.GET.get(name), low=1)
        found = find(pk) if pk else None
        if found and policies.can_open_order(standing, about(found).campaign):
            return found
    return None


_FINDERS: dict[str, Callable[[int], Any]] = {
    "submission": lambda pk: Submission.objects.with_measure().filter(pk=pk).first(),
    "measure": lambda pk: Measure.objects.select_related("campaign").filter(pk=pk).first(),
    "report": lambda pk: (
        Report.objects.select_related("campaign").defer("snapshot").filter(pk=pk).first()
    ),
}


def _links(subject: Any) -> dict[str, Any]:
    if isinstance(subject, Submission):
        source = Order.Source.CHASE if _is_late(subject) else Order.Source.OFFICE
        return {
            "source": source,
            "submission_id": subject.pk,
            "measure_id": subject.assignment.measure_id,
        }
    if isinstance(subject, Measure):
        return {"measure_id": subject.pk}
    return {"report_id": subject.pk} if subject else {}


def _is_late(row: Submission) -> bool:
    """逾期未報的才說「請即補報」；已經報出的，督辦的是別的事。"""
    return row.state == Submission.State.OPEN and row.due_date < clock.today()


def _initial(subject: Any, campaign: Campaign, links: dict[str, Any]) -> dict[str, Any]:
    initial: dict[str, Any] = {
        "limit_days": terms_of(campaign).days_of(links.get("source", Order.Source.OFFICE)),
        "urgency": Order.Urgency.NORMAL,
    }
    if subject is None:
        return initial
    found = about(subject)
    initial |= {
        "title": found.title,
        "lead_department": found.department_id,
        "accountable_seat": found.seat_id,
    }
    if isinstance(subject, Submission) and _is_late(subject):
        initial["demand"] = _late_words(subject)
    return initial


def _late_words(row: Submission) -> str:
    """逾期未報轉來的：欠什麼、催過幾次，都是查得到的事實。"""
    rounds = row.rounds.order_by().values("pk")
    told = Reminder.objects.filter(track=ReminderStep.Track.REPORT, subject_id__in=rounds)
    words = {
        "period": row.name,
        "due": long_date(row.due_date),
        "chased": row.chases.order_by().values("batch").distinct().count(),
        "told": told.order_by().values("on").distinct().count(),
    }
    if not (words["chased"] or words["told"]):
        return (
            _("%(period)s的進展應於 %(due)s前報送，至今未報。請即補報，並說明逾期的原因。") % words
        )
    return (
        _(
            "%(period)s的進展應於 %(due)s前報送，已催 %(chased)d 次，系統提醒 %(told)d 次，"
            "至今未報。請即補報，並說明逾期的原因。"
        )
        % words
    )


@GET_OR_POST
def order_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """改草擬的，或調整已交辦的。"""
    order = managed_order(request, pk)
    is_draft = order.state == Order.State.DRAFT
    form = OrderForm(
        posted(request),
        campaign=order.campaign,
        today=clock.today(),
        words=order.words,
        initial=OrderForm.initial_of(order),
    )
    page = FormPage(
        title=(_("修改%(slip)s") if is_draft else _("調整%(slip)s")) % {"slip": order.words.slip},
        submit=_("保存"),
        back=order.get_absolute_url(),
        intro=order.title,
        warning="" if is_draft else _("改派、改時限會通知新舊承辦單位；改派後從領辦重新開始。"),
        more=MORE,
        other=("issue", _("保存並交辦")) if is_draft else None,
    )

    def act() -> Done:
        changed = services.change_order(
            actor=request.user,
            order_id=pk,
            matter=form.matter(),
            version=_seen_version(form),
            at=clock.now(),
        )
        if "issue" in request.POST:
            issued = services.issue_order(actor=request.user, order_id=pk, at=clock.now())
            return _issued_words(issued), order.get_absolute_url()
        return _("已保存。"), changed.get_absolute_url()

    return order_form(request, order, page, form, _together(act))


def _seen_version(form: OrderForm) -> int:
    seen = form.cleaned_data.get("version")
    return -1 if seen is None else seen


@require_POST
def order_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """交辦；還缺東西時去修改那一頁補。"""
    order = managed_order(request, pk)
    try:
        issued = services.issue_order(actor=request.user, order_id=pk, at=clock.now())
    except WrongState as refusal:
        return refused(request, pk, refusal)
    except Incomplete as refusal:
        ui.say(request, " ".join(refusal.errors.values()), level=ui.messages.WARNING)
        return redirect("supervision:order-edit", pk)
    ui.say(request, _issued_words(issued))
    return redirect(order)


def _stop(
    request: HttpRequest,
    pk: int,
    page: FormPage,
    hint: str,
    service: Callable[..., Order],
    done: str,
) -> HttpResponse:
    order = managed_order(request, pk)
    page.title = str(page.title) % {"slip": order.words.slip}
    page.back, page.intro = order.get_absolute_url(), order.title
    form = ReasonForm(posted(request), hint=hint)

    def act() -> Done:
        reason = form.cleaned_data["reason"]
        service(actor=request.user, order_id=pk, reason=reason, at=clock.now())
        return done, page.back

    return order_form(request, order, page, form, act)


@GET_OR_POST
def order_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    page = FormPage(
        title=_("撤銷%(slip)s"),
        submit=_("撤銷"),
        back="",
        warning=_("撤銷後不再辦理，編號留着；承辦單位和有關領導會收到通知。"),
        danger=True,
    )
    hint = _("寫明為什麼不再辦。")
    return _stop(request, pk, page, hint, services.cancel_order, _("已撤銷，有關的人將收到通知。"))


@GET_OR_POST
def order_suspend(request: HttpRequest, pk: int) -> HttpResponse:
    page = FormPage(
        title=_("中止%(slip)s"),
        submit=_("中止"),
        back="",
        warning=_("中止期間不計時限、不提醒；恢復時剩幾個工作日還給幾個。"),
    )
    hint = _("寫明等什麼條件，滿足後再恢復。")
    return _stop(request, pk, page, hint, services.suspend_order, _("已中止，承辦單位將收到通知。"))


@GET_OR_POST
def order_resume(request: HttpRequest, pk: int) -> HttpResponse:
    order = managed_order(request, pk)
    page = FormPage(
        title=_("恢復%(slip)s") % {"slip": order.words.slip},
        submit=_("恢復"),
        back=order.get_absolute_url(),
        intro=order.title,
        warning=_("時限從今天接着走，承辦單位將收到通知。"),
    )

    def act() -> Done:
        services.resume_order(actor=request.user, order_id=pk, at=clock.now())
        return _("已恢復，承辦單位將收到通知。"), page.back

    return order_form(request, order, page, Form(posted(request)), act)
