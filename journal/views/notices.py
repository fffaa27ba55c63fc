"""消息：站內的收件箱。郵件只是另一個渠道，這裏是全的。"""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from journal import letters, services
from journal.models import Notice
from journal.places import name_places
from pingtan_civ import ui
from pingtan_civ.lib import clock

PER_PAGE = 20


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """收件箱：未讀在前；?show=unread 只看未讀。"""
    mine = Notice.objects.for_person(request.user)
    unread = Notice.objects.unread(request.user)
    only_unread = request.GET.get("show") == "unread"
    page = Paginator(
        (unread if only_unread else mine).unread_first().select_related("entry"), PER_PAGE
    ).get_page(request.GET.get("page"))
    name_places(page.object_list)
    total, waiting = (
        (mine.count(), page.paginator.count)
        if only_unread
        else (
            page.paginator.count,
            unread.count(),
        )
    )
    context = {
        "page": page,
        "unread_count": waiting,
        "only_unread": only_unread,
        "tabs": _tabs(only_unread, total=total, unread=waiting),
        "now": clock.now(),
    }
    return render(request, "journal/notices_page.html", context)


@require_GET
@never_cache
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """打開一條：標為已讀。只說一件事的直接去辦理的那一頁，說幾件事的先列出來。"""
    found = get_object_or_404(Notice.objects.for_person(request.user), pk=pk)
    now = clock.now()
    services.mark_read(notice=found, at=now)
    if found.url:
        return redirect(found.url)
    message = services.message_to_read(found, now)
    context = {"notice": found, "paragraphs": letters.paragraphs(message.body)}
    return render(request, "journal/notice_page.html", context)


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """全部標為已讀：只到打開這一頁的時候為止。"""
    now = clock.now()
    through = _moment(request.POST.get("through", "")) or now
    count = services.mark_all_read(reader=request.user, through=min(through, now), at=now)
    if count:
        ui.say(request, _("已把 %(count)d 條消息標為已讀。") % {"count": count})
    else:
        ui.say(request, _("沒有未讀的消息。"), level=messages.INFO)
    return redirect("journal:notices")


def _tabs(only_unread: bool, *, total: int, unread: int) -> list[dict[str, object]]:
    here = reverse("journal:notices")
    return [
        {"label": _("全部"), "url": here, "count": total, "current": not only_unread},
        {
            "label": _("未讀"),
            "url": f"{here}?show=unread",
            "count": unread,
            "current": only_unread,
        },
    ]


def _moment(text: str) -> datetime | None:
    """表單帶來的時刻；不像樣的當作沒帶。"""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None
