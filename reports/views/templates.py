"""Word 模板：列出、上傳、停用、取回原件，和起步的樣本。只有本活動辦公室能進。"""

from io import BytesIO

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import DOCX
from reports import policies
from reports.forms import TemplateForm
from reports.models import PaperTemplate
from reports.paper_kinds import PaperKind, template_kind, template_kinds
from reports.placeholders import Placeholder
from reports.services.templates import MOST_MB, keep_template, retire_template
from reports.templating import UnusableTemplate, starter
from reports.views.doors import list_url, standing_of_request


@require_http_methods(["GET", "POST"])
def template_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = _open(request, campaign_code)
    kinds = template_kinds()
    data = request.POST if request.method == "POST" else None
    form = TemplateForm(data, request.FILES if data is not None else None, kinds=kinds)
    if form.is_bound and form.is_valid():
        try:
            kept = _keep(request, campaign, form)
        except UnusableTemplate as refusal:
            # 每處一句，都列在文件一欄；填的名稱還在。
            form.add_error("file", refusal.sentences)
        else:
            words = _("已收下模板「%(name)s」，導出時就能選。") % {"name": kept.name}
            ui.say(request, words)
            return redirect("reports:template-list", campaign.code)
    context = {
        "campaign": campaign,
        "form": form,
        "groups": _groups(campaign, kinds),
        "kinds": kinds,
        "placeholders": list(_rows(kinds[0].template.placeholders)),
        "most_mb": MOST_MB,
        "crumbs": [(_("彙報"), list_url(campaign)), (_("Word 模板"), "")],
    }
    return render(request, "reports/template_list_page.html", context)


def _keep(request: HttpRequest, campaign: Campaign, form: TemplateForm) -> PaperTemplate:
    return keep_template(
        actor=request.user,
        campaign=campaign,
        kind=template_kind(form.cleaned_data["paper"]),
        name=form.cleaned_data["name"],
        file=form.cleaned_data["file"],
        at=clock.now(),
    )


@require_POST
def template_retire(request: HttpRequest, campaign_code: str, template_pk: int) -> HttpResponse:
    campaign = _open(request, campaign_code)
    found = get_object_or_404(PaperTemplate, pk=template_pk, campaign=campaign)
    retire_template(actor=request.user, campaign=campaign, pk=found.pk, at=clock.now())
    ui.say(request, _("已停用「%(name)s」，導出時不再列出。") % {"name": found.name})
    return redirect("reports:template-list", campaign.code)


@require_GET
def template_file(request: HttpRequest, campaign_code: str, template_pk: int) -> HttpResponseBase:
    """上傳的原件，一字不動。"""
    campaign = _open(request, campaign_code)
    found = get_object_or_404(PaperTemplate, pk=template_pk, campaign=campaign)
    return _docx(bytes(found.content), found.file_name)


@require_GET
def template_starter(request: HttpRequest, campaign_code: str, paper: str) -> HttpResponseBase:
    """起步的樣本：標準版式，該填的地方都是佔位符。"""
    _open(request, campaign_code)
    kind = template_kind(paper)
    if kind is None:
        raise Http404
    return _docx(starter(kind.template), f"{kind.label}模板樣本.docx")


def _docx(data: bytes, name: str) -> FileResponse:
    response = FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=DOCX)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _open(request: HttpRequest, campaign_code: str) -> Campaign:
    campaign = campaign_or_404(request, campaign_code)
    if not policies.can_compile(standing_of_request(request), campaign):
        raise PermissionDenied(_("只有本活動辦公室能管理 Word 模板。"))
    return campaign


def _groups(
    campaign: Campaign, kinds: list[PaperKind]
) -> list[tuple[PaperKind, list[PaperTemplate], list[PaperTemplate]]]:
    """有過模板的各種文件：(種類, 在用的, 停用的)。"""
    rows = list(
        PaperTemplate.objects.filter(campaign=campaign)
        .defer("content")
        .select_related("uploaded_by")
    )
    groups = []
    for kind in kinds:
        own = [row for row in rows if row.paper == kind.template.code]
        if own:
            used = [row for row in own if row.retired_at is None]
            groups.append((kind, used, [row for row in own if row.retired_at]))
    return groups


def _rows(
    placeholders: tuple[Placeholder, ...], owner: str = "", depth: int = 0
) -> list[dict[str, object]]:
    """佔位符的表：寫法、意思、樣例；清單裏的一項縮進一層。"""
    rows: list[dict[str, object]] = []
    for each in placeholders:
        name = ".".join(part for part in (owner, each.name) if part)
        item, mark = _ITEMS.get(each.name, (each.name[-1:], "p"))
        written = f"{{{{ {name} }}}}"
        if each.inside:
            written = f"{{%{mark} for {item} in {name} %}} … {{%{mark} endfor %}}"
        rows.append(
            {"written": written, "hint": each.hint, "example": each.example, "depth": depth}
        )
        rows += _rows(each.inside, item, depth + 1)
    return rows


#: 循環裏每一項慣用的叫法（人可以另取），和循環佔的是一段（p）、一行（tr）還是一格（tc）。
_ITEMS = {
    "各章": ("章", "p"),
    "各段": ("段", "p"),
    "各附件": ("件", "p"),
    "各表": ("表", "p"),
    "各行": ("行", "tr"),
    "各格": ("格", "tc"),
    "欄名": ("格", "tc"),
    "各圖": ("圖", "p"),
    "各照片": ("圖", "p"),
}
