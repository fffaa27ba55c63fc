"""發件台：每條通知發到哪一步、沒發成是為什麼；放棄的和結果不明的可以重新發送。"""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from journal import outbox as rows
from journal import policies, services
from journal.models import Delivery, Notice
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int

PER_PAGE = 40
NAMES = ("state", "channel", "kind", "person", "day")


def _readers_only(request: HttpRequest) -> None:
    if not policies.can_see_outbox(request.user, clock.today()):
        raise PermissionDenied(_("發件台給辦公室和系統管理員看。您自己的消息在「消息」裏。"))


@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    _readers_only(request)
    today, filters = clock.today(), rows.Filters.read(request.GET)
    page = Paginator(rows.notices(filters, today), PER_PAGE).get_page(request.GET.get("page"))
    for notice in page.object_list:
        notice.shows_title = policies.can_read_title(request.user, notice)
    counts = rows.counts(filters, today)
    context = {
        "page": page,
        "filters": filters,
        "failed": counts["given_up"] + counts["uncertain"],
        "waiting": counts["waiting"],
        "tabs": _tabs(request, filters, counts, page.paginator.count),
        "kept": [(name, getattr(filters, name)) for name in NAMES[:3] if getattr(filters, name)],
        "chips": _chips(request, filters),
        "recent_days": rows.RECENT.days,
        "resendable": any(
            delivery.state in Delivery.RESENDABLE
            for notice in page.object_list
            for delivery in notice.deliveries.all()
        ),
        "may_manage": policies.can_manage_channels(request.user),
        "today": today,
        "unit": _("條"),
    }
    return render(request, "journal/outbox_page.html", context)


@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """重新發送選中的（one 是某一行的按鈕，delivery 是勾選的）。"""
    _readers_only(request)
    chosen = request.POST.getlist("one") or request.POST.getlist("delivery")
    keys = [key for text in chosen if (key := read_int(text)) is not None]
    found = Delivery.objects.filter(pk__in=keys[: PER_PAGE * len(Delivery.Channel)])
    count = services.retry_deliveries(actor=request.user, deliveries=found, at=clock.now())
    if count:
        ui.say(request, _("已重新排上 %(count)d 條；免打擾時段裏的到時再發。") % {"count": count})
    else:
        nothing = _("選中的裏面沒有放棄了的或結果不明的，不用重發。")
        ui.say(request, nothing, level=messages.WARNING)
    back = request.POST.get("back", "")
    here = reverse("journal:outbox")
    safe = back.startswith(here) and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if safe else here)


def _tabs(
    request: HttpRequest, filters: rows.Filters, counts: dict[str, int], listed: int
) -> list[dict]:
    """第一個什麼狀態都有，連同只在站內的；其餘按站外的投遞分。"""
    has_others = any([filters.channel, filters.kind, filters.person, filters.day])
    labels = {
        "": _("全部") if has_others else _("要緊的"),
        "waiting": _("站外等待"),
        "given_up": _("放棄"),
        "uncertain": _("結果不明"),
        "sent": _("站外已發送"),
        "cancelled": _("不再需要"),
    }
    return [
        {
            "label": label,
            "url": _with(request, state=key),
            "count": counts[key] if key else (None if filters.state else listed),
            "current": filters.state == key,
            "bad": key in {"given_up", "uncertain"},
        }
        for key, label in labels.items()
    ]


def _chips(request: HttpRequest, filters: rows.Filters) -> list[dict]:
    found = []
    for name, label, choices in (
        ("channel", _("渠道"), Delivery.Channel.choices),
        ("kind", _("類別"), [(rows.EVERYTHING, _("全部")), *Notice.Kind.choices]),
    ):
        chosen = getattr(filters, name)
        found.append(
            {
                "label": label,
                "value": dict(choices)[chosen] if chosen else "",
                "clear_url": _with(request, **{name: ""}),
                "options": [
                    {"label": text, "url": _with(request, **{name: value})}
                    for value, text in choices
                ],
            }
        )
    return found


def _with(request: HttpRequest, **changes: str) -> str:
    """現在的條件改一項，回到第一頁。"""
    query = {key: request.GET.get(key, "") for key in NAMES} | changes
    query = {key: value for key, value in query.items() if value}
    here = reverse("journal:outbox")
    return f"{here}?{urlencode(query)}" if query else here
