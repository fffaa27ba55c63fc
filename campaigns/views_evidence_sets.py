"""常用佐證要求的頁：一覽，新設和修改一組。"""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import policies
from campaigns.forms import EvidenceSetForm
from campaigns.models import EvidenceSet, EvidenceSetLine
from campaigns.services.evidence_sets import save_evidence_set
from campaigns.spec_forms import (
    SpecFormSet,
    as_typed,
    rows_of,
    spec_context,
    spec_formset,
    step_of,
    stepped_rows,
)
from campaigns.standing import standing_of
from pingtan_civ import ui
from pingtan_civ.form_pages import posted
from pingtan_civ.lib import clock

GET_OR_POST = require_http_methods(["GET", "POST"])


def _require_office(request: HttpRequest) -> None:
    if not policies.can_maintain_evidence_sets(standing_of(request.user, clock.today())):
        raise PermissionDenied(_("常用佐證要求由領導小組辦公室維護。"))


@require_GET
def evidence_sets(request: HttpRequest) -> HttpResponse:
    _require_office(request)
    lines = EvidenceSetLine.objects.select_related("form")
    sets = EvidenceSet.objects.prefetch_related(Prefetch("lines", queryset=lines))
    return render(request, "campaigns/evidence_sets_page.html", {"sets": sets})


@GET_OR_POST
def evidence_set_create(request: HttpRequest) -> HttpResponse:
    _require_office(request)
    last = EvidenceSet.objects.order_by("-position").values_list("position", flat=True).first()
    return _edit(request, EvidenceSet(position=min((last or 0) + 10, 32_000)))


@GET_OR_POST
def evidence_set_edit(request: HttpRequest, pk: int) -> HttpResponse:
    _require_office(request)
    return _edit(request, get_object_or_404(EvidenceSet, pk=pk))


def _edit(request: HttpRequest, row: EvidenceSet) -> HttpResponse:
    step = step_of(request.POST) if request.method == "POST" else None
    form, specs = _forms(request, row, step)
    if request.method == "POST" and not step and all([form.is_valid(), specs.is_valid()]):
        try:
            saved = save_evidence_set(
                actor=request.user,
                values=form.cleaned_data,
                lines=specs.wanted,
                set_id=row.pk,
                at=clock.now(),
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            ui.say(request, _("已保存常用佐證要求「%(name)s」。") % {"name": saved.name})
            return redirect("campaigns:evidence-sets")
    title = _("修改常用佐證要求") if row.pk else _("新設常用佐證要求")
    context = spec_context(specs, step) | {
        "title": title,
        "form": form,
        "is_unsaved": step is not None,
        "errors": ui.error_summary(form, *specs.forms) if form.is_bound else "",
        "crumbs": [(_("常用佐證要求"), reverse("campaigns:evidence-sets")), (title, "")],
    }
    template = "evidence_set_specs" if request.htmx and step else "evidence_set_page"
    status = 422 if context["errors"] else 200
    return render(request, f"campaigns/{template}.html", context, status=status)


def _forms(
    request: HttpRequest, row: EvidenceSet, step: tuple[str, int] | None
) -> tuple[EvidenceSetForm, SpecFormSet]:
    """（名稱等的表單, 各行）。按了「加一行」一類的，帶着已寫的重排，不查對錯。"""
    lines = list(row.lines.select_related("form")) if row.pk else []
    held = [line.form_id for line in lines]
    if step:
        typed = as_typed(EvidenceSetForm(instance=row), request.POST)
        form = EvidenceSetForm(instance=row, initial=typed)
        return form, spec_formset(rows=stepped_rows(request.POST, step), held=held)
    form = EvidenceSetForm(posted(request), instance=row)
    return form, spec_formset(data=posted(request), rows=rows_of(lines), held=held)
