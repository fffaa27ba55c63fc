"""自己要的後台任務：進度、結果、取消。別人的一律 404。"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from background import services
from background.models import Job
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.sending import send_stored

#: 一頁多少件。
RECENT = 30


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """最近要過的，結果還在的可以再下載。"""
    jobs = Job.objects.filter(owner=request.user)[:RECENT]
    return render(request, "background/job_list_page.html", {"jobs": jobs})


@never_cache
@vary_on_headers("HX-Request")
@require_GET
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """進度頁：有腳本時每兩秒自己取一次，沒有腳本時整頁自己刷新。"""
    page = "background/job_page.html"
    found = _own_or_404(request, pk)
    handling, today = services.handling_of(found), clock.today()
    context = {
        "job": found,
        "can_cancel": services.can_cancel(found),
        "refusal": handling.refusal(found, today) if found.file else "",
        "source": handling.page(found, today),
    }
    return render(request, f"{page}#progress" if request.htmx else page, context)


@require_safe
def job_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """結果文件；可以續傳。給不給按此刻的身份，不按做的那一刻。"""
    found = _own_or_404(request, pk)
    if not found.file:
        raise Http404(_("這份結果已過期刪去，請再要一次。"))
    if refusal := services.handling_of(found).refusal(found, clock.today()):
        raise PermissionDenied(refusal)
    return send_stored(
        request,
        path=found.file,
        name=found.file_name,
        content_type="application/octet-stream",
        tag=f"job-{found.pk}-{found.file_size}",
    )


@require_POST
def job_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own_or_404(request, pk)
    if services.cancel_job(job=found, at=clock.now()):
        ui.say(request, _("已取消「%(title)s」。") % {"title": found.title})
    else:
        found.refresh_from_db()
        sentence = _("正在一次寫完，這一步停不下來，請等它辦完。")
        if not found.is_alive:
            sentence = _("這件事已經辦完，不用取消。")
        ui.say(request, sentence, level=messages.INFO)
    return redirect(found)


def _own_or_404(request: HttpRequest, pk: int) -> Job:
    return get_object_or_404(Job, pk=pk, owner=request.user)
