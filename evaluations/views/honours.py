"""榮譽台賬：列表、一項和它的證書文件、記一項、改一項。"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from campaigns.standing import standing_of
from evaluations import policies
from evaluations.forms import HonourForm
from evaluations.honours import HonourQuery
from evaluations.models import Honour, HonourFile
from evaluations.services import honour_files
from evaluations.services import honours as services
from evaluations.sheets import is_in_a_result
from journal.models import Entry
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.uploads import RefusedUpload
from tasks.breakdown_page import Chip, Choice
from tasks.labels import choice_label
from tasks.views.evidence import send_original

PER_PAGE = 50


@require_GET
def honour_list(request: HttpRequest) -> HttpResponse:
    """人人可看，篩選都在網址裏。"""
    query = HonourQuery.read(request.GET)
    found = query.apply(Honour.objects.with_recipients().with_files())
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
        said = _("%(honour)s已保存，證書和文件在這裏上傳。") % {"honour": honour}
        return said, honour.get_absolute_url()

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
        return _("榮譽的記載已保存。"), honour.get_absolute_url()

    page = _page(_("修改榮譽"), _("保存"), (str(honour), honour.get_absolute_url()))
    return form_page(request, page, form, act)


@require_GET
def honour_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """一項榮譽：人人可看，證書和文件同此。"""
    return _show(request, get_object_or_404(Honour.objects.with_recipients(), pk=pk))


def _show(
    request: HttpRequest, honour: Honour, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    can_record, today = _may_record(request), clock.today()
    context = {
        "honour": honour,
        "files": honour.files.filter(removed_at__isnull=True).select_related("file"),
        "same": _same(honour),
        "kinds": _labels(HonourFile.Kind),
        "can_record": can_record,
        "refusal": refusal,
        "crumbs": [(_("榮譽台賬"), reverse("evaluations:honour-list")), (honour.name, "")],
        "story": [
            {
                "title": _("%(who)s：%(what)s") % {"who": entry.actor_name, "what": entry.summary},
                "when": ui.moment(entry.at, today),
                "text": entry.reason,
            }
            for entry in (Entry.objects.about(honour)[:40] if can_record else ())
        ],
    }
    return render(request, "evaluations/honour_page.html", context, status=status)


def _same(honour: Honour) -> list[Honour]:
    """各級授予同一個人或單位的同一項。"""
    if not honour.series:
        return []
    rows = Honour.objects.filter(
        series=honour.series, department=honour.department_id, person=honour.person_id
    )
    return list(rows.exclude(pk=honour.pk).order_by("-granted_date", "-pk"))


@require_POST
def honour_file_add(request: HttpRequest, pk: int) -> HttpResponse:
    honour = get_object_or_404(Honour.objects.with_recipients(), pk=pk)
    _require_recorder(request)
    file, kind = request.FILES.get("file"), request.POST.get("kind", "")
    if file is None:
        return _show(request, honour, refusal=_("沒有收到文件，請重新選擇。"), status=400)
    try:
        honour_files.attach(
            actor=request.user,
            honour_id=pk,
            file=file,
            name=file.name,
            at=clock.now(),
            kind=kind if kind in HonourFile.Kind.values else HonourFile.Kind.CERTIFICATE,
        )
    except RefusedUpload as refusal:
        return _show(request, honour, refusal=refusal.sentence, status=422)
    return redirect(honour)


def _file_or_404(pk: int) -> HonourFile:
    rows = HonourFile.objects.select_related("file", "honour")
    return get_object_or_404(rows, pk=pk)


@require_safe
def honour_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """原件。榮譽人人可看，它的證書和文件也是。撤下了的，定稿裏引着的才發：結果上的鏈接還要打得開。"""
    found = _file_or_404(pk)
    if found.removed_at and not is_in_a_result(found):
        raise Http404
    return send_original(request, found.file, found.name)


@require_POST
def honour_file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = _file_or_404(pk)
    if found.removed_at:
        raise Http404
    _require_recorder(request)
    honour_files.detach(actor=request.user, file_id=pk, at=clock.now())
    ui.say(request, _("已撤下「%(name)s」。") % {"name": found.name})
    return redirect(found.honour)


def _page(title: str, submit: str, *crumbs: tuple[str, str]) -> FormPage:
    url = reverse("evaluations:honour-list")
    return FormPage(
        title=title,
        submit=submit,
        back=crumbs[-1][1] if crumbs else url,
        crumbs=[(_("榮譽台賬"), url), *crumbs],
        intro=_("榮譽由上級授予，本局只作記載。"),
    )


def _may_record(request: HttpRequest) -> bool:
    return policies.can_record_honours(standing_of(request.user, clock.today()))


def _require_recorder(request: HttpRequest) -> None:
    if not _may_record(request):
        raise PermissionDenied(_("榮譽台賬由領導小組辦公室和管理員記載。"))
