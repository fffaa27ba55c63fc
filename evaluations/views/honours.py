"""榮譽台賬：列表、記一項、改一項。"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.standing import standing_of
from evaluations import policies
from evaluations.forms import HonourForm
from evaluations.honours import HonourQuery
from evaluations.models import Honour
from evaluations.services import honours as services
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from tasks.breakdown_page import Chip, Choice
from tasks.labels import choice_label

PER_PAGE = 50


@require_GET
def honour_list(request: HttpRequest) -> HttpResponse:
    """人人可看，篩選都在網址裏。"""
    query = HonourQuery.read(request.GET)
    found = query.apply(Honour.objects.with_recipients())
    context = {
        "query": query,
        "page": Paginator(found, PER_PAGE).get_page(query.page),
        "chips": _chips(query),
        "carried": [(name, value) for name, value in query.as_dict().items() if name != "q"],
        "can_record": _may_record(request),
    }
    return render(request, "evaluations/honour_list_page.html", context)


def _chips(query: HonourQuery) -> list[Chip]:
    """年份、單位只列台賬裏有的。"""
    facts = (
        Honour.objects.order_by("granted_date")
        .values_list("granted_date__year", "department_id", "department__name")
        .distinct()
    )
    rows = list(facts)
    years = sorted({year for year, _unit, _name in rows}, reverse=True)
    units = {unit: name for _year, unit, name in rows if unit}
    return [
        _chip(_("級別"), query, "level", _labels(Honour.Level)),
        _chip(_("授給"), query, "whom", _labels(Honour.Whom)),
        _chip(_("年份"), query, "year", [(year, str(year)) for year in years]),
        _chip(_("單位"), query, "department", units.items()),
    ]


def _labels(choices: Any) -> list[tuple[str, str]]:
    return [(value, choice_label(choices, value)) for value in choices.values]


def _chip(label: str, query: HonourQuery, name: str, pairs: Iterable[tuple[Any, str]]) -> Chip:
    chosen = getattr(query, name)
    pairs = list(pairs)
    value = dict(pairs).get(chosen, str(chosen)) if chosen else ""
    cleared = query.url(**{name: "" if isinstance(chosen, str) else None})
    options = [Choice(text, query.url(**{name: key}), key == chosen) for key, text in pairs]
    return Chip(label, value, cleared, options, minor=False)


@require_http_methods(["GET", "POST"])
def honour_create(request: HttpRequest) -> HttpResponse:
    _require_recorder(request)
    form = HonourForm(posted(request), on=clock.today())

    def act() -> Done:
        honour = services.record_honour(
            actor=request.user, values=form.cleaned_data, at=clock.now()
        )
        return _("%(honour)s已保存。") % {"honour": honour}, reverse("evaluations:honour-list")

    page = _page(_("記一項榮譽"), _("保存"))
    return form_page(request, page, form, act)


@require_http_methods(["GET", "POST"])
def honour_edit(request: HttpRequest, pk: int) -> HttpResponse:
    honour = get_object_or_404(Honour, pk=pk)
    _require_recorder(request)
    form = HonourForm(posted(request), instance=honour, on=clock.today())

    def act() -> Done:
        services.update_honour(
            actor=request.user, honour_id=pk, values=form.cleaned_data, at=clock.now()
        )
        return _("榮譽的記載已保存。"), reverse("evaluations:honour-list")

    return form_page(request, _page(_("修改榮譽"), _("保存")), form, act)


def _page(title: str, submit: str) -> FormPage:
    url = reverse("evaluations:honour-list")
    return FormPage(
        title=title,
        submit=submit,
        back=url,
        crumbs=[(_("榮譽台賬"), url)],
        intro=_("榮譽由上級授予，本局只作記載。"),
    )


def _may_record(request: HttpRequest) -> bool:
    return policies.can_record_honours(standing_of(request.user, clock.today()))


def _require_recorder(request: HttpRequest) -> None:
    if not _may_record(request):
        raise PermissionDenied(_("榮譽台賬由領導小組辦公室和管理員記載。"))
