"""提綱：一覽、照抄新建、改各章、定默認、停用。只給本活動辦公室。"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.current import campaign_or_404
from campaigns.models import Campaign, Clause
from campaigns.spec_forms import as_typed
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from reports import policies
from reports.flows import flows
from reports.models import Outline, OutlineChapter, Report
from reports.outline import KIND_HINTS, built_in
from reports.outline_forms import (
    NewOutlineForm,
    OutlineForm,
    chapter_formset,
    rows_of,
    step_of,
    stepped,
)
from reports.services import outlines as services
from reports.views.doors import list_url, standing_of_request

GET_OR_POST = require_http_methods(["GET", "POST"])
ACTS = {
    "default": (services.set_default, gettext_lazy("已設為默認。")),
    "built-in": (services.clear_default, gettext_lazy("已改回默認用內置的。")),
    "retire": (services.retire, gettext_lazy("已停用，用它建立的彙報照舊。")),
    "revive": (services.revive, gettext_lazy("已恢復。")),
}


@dataclass
class KindOutlines:
    """一種文件的各份提綱。"""

    kind: Report.Kind
    hint: Any
    built_in: list[str]
    rows: list[Outline]

    @property
    def uses_built_in(self) -> bool:
        return not any(row.is_default for row in self.rows)


def _campaign(request: HttpRequest, code: str) -> Campaign:
    campaign = campaign_or_404(request, code)
    if not policies.can_compile(standing_of_request(request), campaign):
        raise PermissionDenied(_("只有本活動辦公室能改彙報的提綱。"))
    return campaign


def _url(campaign: Campaign) -> str:
    return reverse("reports:outline-list", args=[campaign.code])


def _crumbs(campaign: Campaign) -> list[tuple[Any, str]]:
    return [(_("彙報"), list_url(campaign)), (_("提綱"), _url(campaign))]


@require_GET
def outline_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = _campaign(request, campaign_code)
    saved: dict[str, list[Outline]] = {}
    for row in campaign.outlines.prefetch_related("rows"):
        row.headings = [chapter.heading for chapter in row.rows.all() if chapter.heading]
        saved.setdefault(row.kind, []).append(row)
    kinds = [
        KindOutlines(
            kind,
            KIND_HINTS[kind.value],
            [chapter.heading for chapter in built_in(kind.value) if chapter.heading],
            sorted(saved.get(kind.value, []), key=lambda row: bool(row.retired_at)),
        )
        for kind in Report.Kind
    ]
    context = {
        "campaign": campaign,
        "kinds": kinds,
        "crumbs": [_crumbs(campaign)[0], (_("提綱"), "")],
    }
    return render(request, "reports/outline_list_page.html", context)


@GET_OR_POST
def outline_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """?kind= 哪一種；?from= 照哪一份抄，不寫的照內置的。"""
    campaign = _campaign(request, campaign_code)
    kind = request.GET.get("kind") or Report.Kind.SITUATION
    if kind not in Report.Kind.values:
        raise Http404(_("沒有這一種文件。"))
    given = request.GET.get("from")
    source = None
    if given:
        pk = read_int(given)
        source = get_object_or_404(campaign.outlines.filter(kind=kind), pk=pk or 0)
    form = NewOutlineForm(posted(request))
    words = {"kind": Report.Kind(kind).label, "name": source.name if source else _("內置的提綱")}
    page = FormPage(
        title=_("新建%(kind)s的提綱") % words,
        submit=_("照抄一份並修改"),
        back=_url(campaign),
        crumbs=_crumbs(campaign),
        intro=_("照「%(name)s」抄一份，下一頁改各章。") % words,
    )

    def act() -> Done:
        made = services.create_outline(
            actor=request.user,
            campaign=campaign,
            kind=kind,
            name=form.cleaned_data["name"],
            source=source,
            at=clock.now(),
        )
        return _("已新建，改好各章後保存。"), reverse(
            "reports:outline", args=[campaign.code, made.pk]
        )

    return form_page(request, page, form, act)


@GET_OR_POST
def outline_detail(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """改一份：各章連同紅頭、附件一起存；重排的按鈕只重排，不保存。"""
    campaign = _campaign(request, campaign_code)
    outline = get_object_or_404(campaign.outlines, pk=pk)
    step = step_of(request.POST) if request.method == "POST" else None
    form = OutlineForm(posted(request), instance=outline)
    theirs: Outline | None = None
    if step:
        form = OutlineForm(initial=as_typed(form, request.POST), instance=outline)
        rows = chapter_formset(rows=stepped(request.POST, step))
    elif request.method == "POST":
        rows = chapter_formset(data=request.POST)
        if all([form.is_valid(), rows.is_valid()]):
            try:
                return _save(request, campaign, form, rows)
            except services.OutlineChanged as changed:
                theirs = changed.outline
                form = _again(request, changed)
            except ValidationError as refusal:
                form.add_error(None, refusal)
    else:
        rows = chapter_formset(rows=rows_of(list(outline.rows.all())))
    return _outline_page(request, campaign, outline, form, rows, theirs, step)


def _save(request: HttpRequest, campaign: Campaign, form: OutlineForm, rows: Any) -> HttpResponse:
    saved = services.save_outline(
        actor=request.user,
        outline_id=form.instance.pk,
        version=form.cleaned_data["version"],
        settings=form.settings,
        chapters=rows.chapters,
        at=clock.now(),
    )
    ui.say(request, _("提綱「%(name)s」已保存。") % {"name": saved.name})
    return redirect(_url(campaign))


def _again(request: HttpRequest, changed: services.OutlineChanged) -> OutlineForm:
    """填的都在，改動次數換成現在的：看過之後再按一次保存，就以自己的為準。"""
    data = request.POST.copy()
    data["version"] = str(changed.outline.version)
    form = OutlineForm(data, instance=Outline.objects.get(pk=changed.outline.pk))
    form.is_valid()
    form.add_error(None, changed)
    return form


def _outline_page(
    request: HttpRequest,
    campaign: Campaign,
    outline: Outline,
    form: OutlineForm,
    rows: Any,
    theirs: Outline | None,
    step: tuple[str, int] | None,
) -> HttpResponse:
    # 交來的表單把填的寫進了 outline；頁頭說的是庫裏的。
    saved = Outline.objects.get(pk=outline.pk) if form.is_bound else outline
    context = {
        "campaign": campaign,
        "outline": saved,
        "kind": Report.Kind(saved.kind),
        "form": form,
        "rows": rows,
        "flows": flows(),
        "theirs": [_heading(row) for row in theirs.rows.all()] if theirs else None,
        "is_unsaved": step is not None,
        "errors": ui.error_summary(form, *rows.forms) if form.is_bound else "",
        "refusals": rows.non_form_errors() if rows.is_bound else [],
        "crumbs": [*_crumbs(campaign), (saved.name, "")],
        "back": _url(campaign),
    }
    if step and request.htmx:
        return render(request, "reports/outline_chapters.html", context)
    status = 409 if theirs else 422 if context["errors"] or context["refusals"] else 200
    return render(request, "reports/outline_page.html", context, status=status)


def _heading(row: OutlineChapter) -> str:
    """一章叫什麼：寫了標題的寫標題，照方案的寫是哪一類，都沒有的是開頭。"""
    kinds = dict(Clause.SectionKind.choices)
    return row.heading or str(kinds.get(row.section_kind, _("（開頭）")))


@require_POST
def outline_act(request: HttpRequest, campaign_code: str, pk: int, act: str) -> HttpResponse:
    """定默認、改回內置、停用、恢復。"""
    campaign = _campaign(request, campaign_code)
    outline = get_object_or_404(campaign.outlines, pk=pk)
    if act not in ACTS:
        raise Http404(_("沒有這個操作。"))
    service, sentence = ACTS[act]
    try:
        service(actor=request.user, outline_id=outline.pk, at=clock.now())
    except ValidationError as refusal:
        ui.say(request, " ".join(refusal.messages))
    else:
        ui.say(request, sentence)
    return redirect(_url(campaign))
