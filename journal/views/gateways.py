"""渠道：管理員配置機器人、短信和通用接口，當場試發。"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from journal import policies, services
from journal.forms import OFFERS, GatewayForm, offers
from journal.models import Gateway
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.templatetags.ui import in_script

View = Callable[..., HttpResponse]


def administrators_only(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not policies.can_manage_channels(request.user):
            raise PermissionDenied(_("渠道由系統管理員配置，請聯繫管理員。"))
        return view(request, *args, **kwargs)

    return guarded


@require_GET
@administrators_only
def gateway_list(request: HttpRequest) -> HttpResponse:
    context = {
        "gateways": Gateway.objects.all(),
        "kinds": offers(),
        "mail_enabled": settings.MAIL_ENABLED,
        "mail_from": settings.DEFAULT_FROM_EMAIL,
    }
    return render(request, "journal/gateway_list_page.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters()
@administrators_only
def gateway_create(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in Gateway.Kind.values:
        raise Http404
    return _edit(request, Gateway(kind=kind))


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters()
@administrators_only
def gateway_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Gateway, pk=pk))


@require_POST
@administrators_only
def gateway_try(request: HttpRequest, pk: int) -> HttpResponse:
    gateway = get_object_or_404(Gateway, pk=pk)
    problem = services.try_gateway(actor=request.user, gateway=gateway, at=clock.now())
    if gateway.scope == Gateway.Scope.PERSONAL:
        sent = _("測試短信已交給「%(name)s」，請看您的手機收到沒有。")
    else:
        sent = _("測試消息已發到「%(name)s」，請到群裏看一眼。")
    return _tell(request, problem, sent % {"name": gateway.name})


@require_POST
@administrators_only
def mail_try(request: HttpRequest) -> HttpResponse:
    problem = services.try_mail(actor=request.user, at=clock.now())
    sent = _("測試郵件已發往 %(address)s，請看收件箱和垃圾箱。")
    return _tell(request, problem, sent % {"address": request.user.email})


def _tell(request: HttpRequest, problem: str, sent: str) -> HttpResponse:
    if problem:
        why = in_script(problem)
        ui.say(request, _("沒有發成。%(why)s") % {"why": why}, level=messages.ERROR)
    else:
        ui.say(request, sent)
    return redirect("journal:gateway-list")


def _edit(request: HttpRequest, gateway: Gateway) -> HttpResponse:
    is_new = gateway.pk is None
    form = GatewayForm(posted(request), instance=gateway)
    here = reverse("journal:gateway-list")
    page = FormPage(
        title=OFFERS.get(gateway.kind, gateway.get_kind_display()) if is_new else gateway.name,
        submit=_("添加渠道") if is_new else _("保存"),
        back=here,
        intro=_("密鑰加密存放，存進去以後任何頁面都不再顯示；提交有誤時要重新填。"),
        crumbs=[(_("發件台"), reverse("journal:outbox")), (_("渠道"), here)],
    )

    def act() -> Done:
        saved = services.save_gateway(
            actor=request.user,
            gateway=gateway,
            values=form.values,
            secrets=form.secrets,
            forget=form.forgotten,
            at=clock.now(),
        )
        return _("已保存「%(name)s」，請測試一次。") % {"name": saved.name}, here

    return form_page(request, page, form, act)
