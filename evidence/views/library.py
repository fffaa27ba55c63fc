"""佐證材料庫：列表、篩選；沒有用到的文件。"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.current import current_campaign
from campaigns.models import Campaign, EvidenceForm, Indicator
from campaigns.standing import Standing
from evidence.library import MOST, PAGE_SIZE, LibraryQuery, file_ids, readable, rows_of
from evidence.library_unlinked import rows_of as unlinked_rows
from evidence.library_unlinked import unlinked_files
from evidence.views.doors import campaigns_of
from people.models import Department
from tasks.breakdown_page import Chip, Choice, Tab
from tasks.labels import choice_label
from tasks.models import EvidenceLink
from tasks.views.doors import standing_of_request


@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """材料庫：條件都在網址裏；數和列表出自同一個查詢。"""
    standing, query = standing_of_request(request), LibraryQuery.read(request.GET)
    visible = readable(standing, campaigns_of(request))
    page = Paginator(file_ids(query.apply(visible)), PAGE_SIZE).get_page(query.page)
    context = {
        "query": query,
        "page": page,
        "rows": rows_of(list(page.object_list), visible, query.words),
        "chips": _chips(request, query),
        "tabs": tabs(request, "library"),
        "carried": [
            (name, value)
            for name, value in query.as_dict().items()
            if name not in ("q", "number", "since", "until", "page")
        ],
        "is_over": page.paginator.count > MOST,
        "most": MOST,
        "has_more": bool(query.number or query.since or query.until),
    }
    return render(request, "evidence/library_page.html", context)


def tabs(request: HttpRequest, current: str) -> list[Tab]:
    """材料庫的幾個視圖。"""
    pages = [("library", _("材料庫"))]
    if campaign := current_campaign(request):
        pages.append(("request-list", _("要材料")))
    if standing_of_request(request).is_any_office:
        pages.append(("unlinked", _("沒有用到的")))
    codes = {"request-list": [campaign.code] if campaign else []}
    return [
        Tab(label, reverse(f"evidence:{name}", args=codes.get(name, [])), None, name == current)
        for name, label in pages
    ]


# ── 篩選片 ────────────────────────────────────────────


def _chips(request: HttpRequest, query: LibraryQuery) -> list[Chip]:
    campaigns = campaigns_of(request)
    shown = next((row for row in campaigns if row.pk == query.campaign), None)
    indicators = _indicators(shown or current_campaign(request))
    objectives = {row.objective_id: row.objective for row in indicators}
    wanted = [row for row in indicators if query.objective in (None, row.objective_id)]
    units = Department.objects.order_by("position", "pk").values_list("pk", "name")
    forms = EvidenceForm.objects.filter(is_active=True).values_list("pk", "name")
    return [
        _chip(_("活動"), query, "campaign", [(row.pk, row.name) for row in campaigns]),
        _chip(_("單位"), query, "department", list(units)),
        _chip(_("期"), query, "period", _periods(campaigns)),
        _chip(_("目標"), query, "objective", [(pk, _short(row)) for pk, row in objectives.items()]),
        _chip(_("指標"), query, "indicator", [(row.pk, _short(row)) for row in wanted]),
        _chip(_("形式"), query, "form", [(pk, _(name)) for pk, name in forms]),
        _chip(
            _("審核"),
            query,
            "state",
            [
                (value, choice_label(EvidenceLink.State, value))
                for value in EvidenceLink.State.values
            ],
        ),
    ]


def _indicators(campaign: Campaign | None) -> list[Indicator]:
    rows = Indicator.objects.filter(objective__campaign=campaign, retired_at__isnull=True)
    return list(
        rows.select_related("objective", "clause").order_by("objective__number", "position", "pk")
    )


def _short(row: object) -> str:
    text = str(row)
    return text if len(text) <= 30 else f"{text[:29]}…"


def _periods(campaigns: list[Campaign]) -> list[tuple[str, str]]:
    years = {
        year for row in campaigns for year in range(row.start_date.year, row.end_date.year + 1)
    }
    return [(str(year), _("%(year)d年") % {"year": year}) for year in sorted(years, reverse=True)]


def _chip(label: str, query: LibraryQuery, name: str, pairs: Iterable[tuple[Any, str]]) -> Chip:
    pairs = list(pairs)
    chosen = getattr(query, name)
    value = dict(pairs).get(chosen, str(chosen)) if chosen else ""
    cleared = query.url(**{name: "" if isinstance(chosen, str) else None})
    options = [Choice(text, query.url(**{name: key}), key == chosen) for key, text in pairs]
    return Chip(label, value, cleared, options, minor=False)


# ── 沒有用到的 ────────────────────────────────────────


@require_GET
def unlinked(request: HttpRequest) -> HttpResponse:
    """存着而沒有一處在用的文件：辦公室看，知道庫裏有什麼是撤下的。"""
    standing = standing_of_request(request)
    _permit_office(standing)
    page = Paginator(unlinked_files(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": unlinked_rows(list(page.object_list), standing, campaigns_of(request)),
        "tabs": tabs(request, "unlinked"),
    }
    return render(request, "evidence/library_unlinked_page.html", context)


def _permit_office(standing: Standing) -> None:
    if not standing.is_any_office:
        raise PermissionDenied(_("沒有用到的文件由領導小組辦公室查看。"))
