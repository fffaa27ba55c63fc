"""日曆訂閱：設置頁，和手機、Outlook 來取的那個地址。"""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from agenda import services
from agenda.feed import build_feed
from agenda.models import CalendarFeed
from pingtan_civ import ui
from pingtan_civ.lib import clock
from workdays.services import calendar

CONTENT_TYPE = "text/calendar; charset=utf-8"


@never_cache
@require_http_methods(["GET", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """生成、重新生成、停用本人的訂閱地址。地址只在生成後的這一頁上出現一次。"""
    address = ""
    if request.method == "POST":
        if request.POST.get("act") == "revoke":
            if services.revoke_feed(actor=request.user, at=clock.now()):
                ui.say(request, _("訂閱地址已停用，手機裏的日曆不再更新。"))
            return redirect("agenda:subscribe")
        key = services.create_feed(actor=request.user, at=clock.now())
        address = settings.SITE_URL + reverse("agenda:feed", args=[key])
    feed = CalendarFeed.objects.filter(user=request.user, revoked_at__isnull=True).first()
    context = {
        "address": address,
        "webcal": f"webcal://{urlsplit(address).netloc}{urlsplit(address).path}" if address else "",
        "feed": feed,
        "crumbs": [(_("日程"), reverse("agenda:month")), (_("訂閱到手機日曆"), "")],
    }
    return render(request, "agenda/subscribe_page.html", context)


@login_not_required
@require_safe
def feed(request: HttpRequest, key: str) -> HttpResponse:
    """不用登錄，地址就是鑰匙。停用的、猜的一律 404，不說是哪一種。"""
    owner = services.feed_owner(key)
    if owner is None:
        return _sealed(HttpResponse(_("沒有這份日曆，請到平台重新生成地址。"), status=404))
    built = build_feed(owner, clock.today(), calendar())
    answer = HttpResponse(built.content, content_type=CONTENT_TYPE)
    answer["ETag"] = built.etag
    changed = int(built.changed_at.timestamp()) if built.changed_at else None
    if changed is not None:
        answer["Last-Modified"] = http_date(changed)
    # 只比 ETag：換了崗位時內容變了，而留痕的時刻可能更早。
    return _sealed(get_conditional_response(request, etag=built.etag, response=answer))


def _sealed(answer: HttpResponse) -> HttpResponse:
    """地址不外洩：不進公共緩存，不隨鏈接帶出去，不被收錄。"""
    answer["Cache-Control"] = "private, no-cache"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
