"""督辦台賬：列表、篩選、導出，和領導的「我的批示」。"""

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.current import open_campaigns
from campaigns.models import Campaign
from campaigns.standing import Standing
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import XLSX
from supervision.exporting import write_register
from supervision.inbox import to_read
from supervision.models import Order, OrderQuerySet, late
from supervision.register import (
    PAGE_SIZE,
    RegisterQuery,
    counts,
    instructed_by,
    row_of,
    rule_on,
    with_answers,
)
from tasks.breakdown_page import Chip, Choice, Tab
from tasks.labels import choice_label
from tasks.views.doors import standing_of_request
from workdays.services import calendar

#: 一次最多導出這麼多行；再多的不導一半，請人先篩一下。
MOST_ROWS = 5000


@require_GET
def order_list(request: HttpRequest, only: str = "") -> HttpResponse:
    """督辦台賬，篩選都在網址裏；only 只列一種來源的，用它自己的叫法（整改台賬）。"""
    standing = standing_of_request(request)
    query = RegisterQuery.read(request.GET, only=only)
    visible = Order.objects.visible_to(standing)
    if only:
        visible = visible.filter(source=only)
    found = query.apply(visible, standing)
    page = Paginator(with_answers(found, standing), PAGE_SIZE).get_page(query.page)
    rule = rule_on(standing.on, calendar())
    # 標籤上的數與點開的列表出自同一組條件，只是不分狀態。
    base = replace(query, state="", overdue=False, page=1)
    tally = counts(base.apply(visible, standing), standing.on)
    context = {
        "query": query,
        "page": page,
        "rows": [row_of(order, rule, standing) for order in page.object_list],
        "tally": tally,
        "tabs": _tabs(query, base, tally, standing),
        "chips": _chips(request, query, visible),
        "carried": [
            (name, value) for name, value in query.as_dict().items() if name not in ("q", "page")
        ],
        "can_open": any(standing.is_office(pk) for pk in standing.seats.keys() - standing.closed),
        "heading": _heading(tally, query),
        "words": query.words,
        "today": standing.on,
    }
    return render(request, "supervision/order_list_page.html", context)


def _heading(tally: dict[str, int], query: RegisterQuery) -> str:
    running = tally["running"]
    words = {"running": running, "overdue": tally["overdue"], "give": query.words.give}
    if tally["overdue"]:
        return _("%(running)d 件在辦，%(overdue)d 件逾期未%(give)s") % words
    if running:
        return _("%(running)d 件在辦，沒有逾期") % words
    return str(query.words.register)


def _tabs(
    query: RegisterQuery, bare: RegisterQuery, tally: dict[str, int], standing: Standing
) -> list[Tab]:
    tabs = [Tab(_("全部"), bare.url(), tally["all"], not query.state and not query.overdue)]
    tabs.append(Tab(_("逾期"), bare.url(overdue=True), tally["overdue"], query.overdue, bad=True))
    for state in (*Order.LIVE, Order.State.CLOSED):
        if tally[state] or query.state == state:
            label = query.words.states.get(state) or choice_label(Order.State, state)
            tabs.append(Tab(label, bare.url(state=state), tally[state], query.state == state))
    if not query.only and any(standing.is_leader(pk) for pk in standing.seats):
        tabs.append(Tab(_("我的批示"), reverse("supervision:instructions"), None, False))
    return tabs


def _chips(request: HttpRequest, query: RegisterQuery, visible: OrderQuerySet) -> list[Chip]:
    """篩選片：只列看得見的單子裏有的年份、單位和活動。"""
    names = ("year", "campaign_id", "lead_department_id", "lead_department__name")
    facts = list(
        visible.order_by("lead_department__position", "lead_department_id")
        .values_list(*names, "lead_department__position")
        .distinct()
    )
    units = {unit: name for _year, _campaign, unit, name, _place in facts if unit}
    shown = {fact[1] for fact in facts}
    campaigns = [row for row in _campaigns(request) if row.pk in shown or row.pk == query.campaign]
    years = sorted({fact[0] for fact in facts}, reverse=True)
    chips = [
        _chip(_("年份"), query, "year", [(year, str(year)) for year in years]),
        _chip(_("活動"), query, "campaign", [(row.pk, row.name) for row in campaigns]),
        _chip(_("承辦單位"), query, "department", list(units.items())),
    ]
    if not query.only:
        chips.append(_chip(_("來源"), query, "source", _labels(Order.Source)))
    states = [
        (value, query.words.states.get(value, label)) for value, label in _labels(Order.State)
    ]
    return [*chips, _chip(_("狀態"), query, "state", states)]


def _campaigns(request: HttpRequest) -> list[Campaign]:
    rows = getattr(request, "_campaigns", None)
    return open_campaigns(request.user, clock.today()) if rows is None else rows


def _labels(choices: Any) -> list[tuple[str, str]]:
    return [(value, choice_label(choices, value)) for value in choices.values]


def _chip(label: str, query: RegisterQuery, name: str, pairs: Iterable[tuple[Any, str]]) -> Chip:
    chosen = getattr(query, name)
    value = dict(pairs).get(chosen, str(chosen)) if chosen else ""
    cleared = query.url(**{name: "" if isinstance(chosen, str) else None})
    options = [Choice(text, query.url(**{name: key}), key == chosen) for key, text in pairs]
    return Chip(label, value, cleared, options, minor=False)


@require_GET
def order_export(request: HttpRequest) -> HttpResponse:
    """導出 Excel：與列表同一組條件、同一個查詢。"""
    standing, query = standing_of_request(request), RegisterQuery.read(request.GET)
    found = query.apply(Order.objects.visible_to(standing), standing)
    if found.count() > MOST_ROWS:
        words = {"most": MOST_ROWS}
        said = _("篩選出來的超過 %(most)d 件，一次導不完；請先按年份、活動或單位篩一下再導出。")
        ui.say(request, said % words, level=ui.messages.WARNING)
        return redirect(reverse("supervision:order-list") + query.url())
    rule = rule_on(standing.on, calendar())
    orders = with_answers(found, standing).prefetch_related("supporting_departments")
    rows = [row_of(order, rule, standing) for order in orders]
    data = write_register(rows, words=query.words, today=standing.on)
    name = f"{query.words.register}-{standing.on:%Y%m%d}.xlsx"
    return FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=XLSX)


@require_GET
def instructions(request: HttpRequest) -> HttpResponse:
    """我的批示：反饋等着看的在最前，逾期沒有反饋的其次，其餘新的在前。"""
    standing = standing_of_request(request)
    rule = rule_on(standing.on, calendar())
    mine = Order.objects.visible_to(standing).filter(instructed_by(standing))
    waiting = set(mine.filter(to_read(standing)).values_list("pk", flat=True))
    page = Paginator(
        with_answers(mine, standing).order_by(*_instruction_order(standing)), PAGE_SIZE
    ).get_page(request.GET.get("page"))
    rows = [row_of(order, rule, standing) for order in page.object_list]
    context = {
        "page": page,
        "rows": rows,
        "waiting": [row for row in rows if row.order.pk in waiting],
        "late": [row for row in rows if row.is_overdue],
        "others": [row for row in rows if row.order.pk not in waiting and not row.is_overdue],
        "waiting_count": len(waiting),
        "late_count": mine.overdue(standing.on).count(),
        "is_leader": any(standing.is_leader(pk) for pk in standing.seats),
    }
    return render(request, "supervision/instructions_page.html", context)


def _instruction_order(standing: Standing) -> list[Any]:
    rank = Case(
        When(to_read(standing), then=Value(0)),
        When(late(standing.on), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return [rank, "-instruction__at", "-pk"]
