"""進門：取得此人看得見的那一張督辦單；看不見的與不存在的一樣回 404，不能辦的 403，時機不對 409。"""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.current import remember_campaign
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page
from supervision import policies
from supervision.models import Order
from supervision.order_page import OrderPage
from supervision.register import rule_on
from supervision.wording import RECTIFICATION, Wording
from tasks.beside import panels_beside
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from tasks.views.doors import standing_of_request
from workdays.services import calendar


def order_or_404(request: HttpRequest, pk: int) -> Order:
    rows = Order.objects.visible_to(standing_of_request(request)).with_everything()
    order = get_object_or_404(rows, pk=pk)
    remember_campaign(request, order.campaign)
    ui.stand_under(request, register_of(order.words))
    return order


def register_of(words: Wording) -> str:
    """這種單子的台賬。"""
    name = "rectification-list" if words is RECTIFICATION else "order-list"
    return reverse(f"supervision:{name}")


def _words(order: Order) -> dict[str, object]:
    return {"slip": order.words.slip, "issue": order.words.issue}


def managed_order(request: HttpRequest, pk: int) -> Order:
    """辦公室才能辦的。"""
    order = order_or_404(request, pk)
    if not is_office_of(request, order):
        raise PermissionDenied(_("%(slip)s由本活動辦公室%(issue)s和銷號。") % _words(order))
    return order


def reviewed_order(request: HttpRequest, pk: int) -> Order:
    """審定、銷號：辦公室；辦公室的人都經過手這份反饋時，組長也可以。"""
    order = order_or_404(request, pk)
    if not (page_of(request, order).can.review or is_office_of(request, order)):
        raise PermissionDenied(_("%(slip)s由本活動辦公室%(issue)s和銷號。") % _words(order))
    return order


def is_office_of(request: HttpRequest, order: Order) -> bool:
    return policies.can_manage(standing_of_request(request), order.campaign)


def own_order(request: HttpRequest, pk: int) -> Order:
    """承辦單位才能辦的。"""
    order = order_or_404(request, pk)
    if not policies.can_answer(standing_of_request(request), order):
        unit = order.lead_department.name if order.lead_department else ""
        words = _words(order) | {"unit": unit}
        raise PermissionDenied(_("這張%(slip)s由%(unit)s承辦，只有該單位的人能辦。") % words)
    return order


def page_of(request: HttpRequest, order: Order) -> OrderPage:
    standing = standing_of_request(request)
    return OrderPage(order, standing, rule_on(standing.on, calendar()))


def crumbs_to(order: Order) -> list[tuple[str, str]]:
    """到這張單子為止，都可點。"""
    listed = (order.words.register, register_of(order.words))
    return [listed, (order.full_number, order.get_absolute_url())]


def show_order(
    request: HttpRequest, order: Order, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    """督辦單的頁；refusal 是剛才沒辦成的原因，填過的字一併還給他。"""
    page = page_of(request, order)
    context = {
        "order": order,
        "page": page,
        "can": page.can,
        "story": page.story(),
        "refusal": refusal,
        "typed": typed_words(request) if refusal else [],
        "crumbs": [crumbs_to(order)[0], (order.full_number, "")],
        "beside": panels_beside(request, order),
    }
    return render(request, "supervision/order_page.html", context, status=status)


def typed_words(request: HttpRequest) -> list[tuple[str, str]]:
    labels = {
        "text": _("辦理情況"),
        "reason": _("理由"),
        "progress": _("目前進展"),
        "words": _("意見"),
        "demand": _("辦理要求"),
        "title": _("督辦事項"),
    }
    return [
        (label, request.POST[name])
        for name, label in labels.items()
        if request.POST.get(name, "").strip()
    ]


def refused(request: HttpRequest, pk: int, refusal: WrongState) -> HttpResponse:
    """此刻不能這樣辦：給出單子現在的樣子，說清為什麼。"""
    return show_order(request, order_or_404(request, pk), refusal=str(refusal), status=409)


def order_form(
    request: HttpRequest, order: Order, page: FormPage, form: BaseForm, act: Callable[[], Done]
) -> HttpResponse:
    """一張表單一頁；缺什麼寫在那一項，時機不對回到單子。"""
    page.crumbs = page.crumbs or crumbs_to(order)
    try:
        return form_page(request, page, form, careful(form, act))
    except WrongState as refusal:
        return refused(request, order.pk, refusal)


def careful(form: BaseForm, act: Callable[[], Done]) -> Callable[[], Done]:
    """服務說的「還缺什麼」寫回表單，填過的都還在。"""

    def wrapped() -> Done:
        try:
            return act()
        except Incomplete as refusal:
            for name, sentence in refusal.errors.items():
                form.add_error(name if name in form.fields else None, sentence)
            raise ValidationError([]) from refusal

    return wrapped
