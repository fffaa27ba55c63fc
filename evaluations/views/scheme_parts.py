"""改草稿的一處：測評項目、測評內容、計分類別、等次。"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.spec_forms import as_typed
from evaluations.forms_schemes import (
    CriterionForm,
    RowFormSet,
    Rows,
    SectionForm,
    grade_rows,
    profile_rows,
    standard_rows,
    step_of,
    step_rows,
)
from evaluations.models import Scheme
from evaluations.scheme_page import units_on
from evaluations.schemes import CriterionLine, SchemeTree, SectionNode, read_tree
from evaluations.services import scheme_parts as services
from evaluations.views.schemes import crumbs_to, draft_or_refuse, page_of
from people.models import Department
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int

GET_OR_POST = require_http_methods(["GET", "POST"])


def _section_or_404(tree: SchemeTree, pk: int | None) -> SectionNode:
    for section in tree.walk():
        if section.pk == pk:
            return section
    raise Http404(_("沒有這個測評項目，可能剛被刪去。"))


def _criterion_or_404(tree: SchemeTree, pk: int) -> tuple[SectionNode, CriterionLine]:
    for section in tree.walk():
        for line in section.criteria:
            if line.pk == pk:
                return section, line
    raise Http404(_("沒有這條測評內容，可能剛被刪去。"))


# ── 測評項目 ──────────────────────────────────────────


@GET_OR_POST
def section_create(request: HttpRequest, pk: int) -> HttpResponse:
    """加一項；?parent= 在某一項之下加測評指標。"""
    scheme = draft_or_refuse(request, pk)
    tree = read_tree(scheme)
    parent_id = read_int(request.GET.get("parent"))
    parent = _section_or_404(tree, parent_id) if parent_id else None
    if parent and parent not in tree.sections:
        raise Http404(_("測評指標之下不再分層。"))
    form = SectionForm(posted(request), scheme=scheme, tree=tree, is_child=parent is not None)
    title = _("加測評項目")
    if parent:
        title = _("在「%(parent)s」之下加測評指標") % {"parent": parent.title}

    def act() -> Done:
        made = services.save_section(
            actor=request.user,
            scheme_id=pk,
            node=form.node(),
            parent_id=parent_id,
            at=clock.now(),
        )
        return _("已加上「%(section)s」。") % {"section": made}, _back(scheme, f"s-{made.pk}")

    return form_page(request, page_of(scheme, title, _("加上")), form, act)


@GET_OR_POST
def section_edit(request: HttpRequest, pk: int, section_pk: int) -> HttpResponse:
    scheme = draft_or_refuse(request, pk)
    tree = read_tree(scheme)
    node = _section_or_404(tree, section_pk)
    initial = {
        "number": node.number,
        "title": node.title,
        "part": node.part.value,
        "profile": node.profile,
        "objective": node.objective.pk if node.objective else None,
    }
    is_child = node not in tree.sections
    form = SectionForm(
        posted(request), initial=initial, scheme=scheme, tree=tree, is_child=is_child
    )

    def act() -> Done:
        services.save_section(
            actor=request.user,
            scheme_id=pk,
            node=form.node(),
            section_id=section_pk,
            at=clock.now(),
        )
        return _("測評項目已保存。"), _back(scheme, f"s-{section_pk}")

    return form_page(request, page_of(scheme, _("修改測評項目"), _("保存")), form, act)


@GET_OR_POST
def section_remove(request: HttpRequest, pk: int, section_pk: int) -> HttpResponse:
    scheme = draft_or_refuse(request, pk)
    node = _section_or_404(read_tree(scheme), section_pk)
    count = len(list(node.all_criteria()))
    warning = _("「%(title)s」連同其下 %(count)d 條測評內容一併刪去，不能恢復。")
    page = page_of(
        scheme,
        _("刪去測評項目"),
        _("刪去"),
        warning=warning % {"title": node.title, "count": count},
        danger=True,
    )

    def act() -> Done:
        services.remove_section(
            actor=request.user, scheme_id=pk, section_id=section_pk, at=clock.now()
        )
        return _("測評項目已刪去。"), scheme.get_absolute_url()

    return form_page(request, page, forms.Form(posted(request)), act)


@require_POST
def section_move(request: HttpRequest, pk: int, section_pk: int) -> HttpResponse:
    scheme = draft_or_refuse(request, pk)
    _section_or_404(read_tree(scheme), section_pk)
    return _move(
        request, scheme, services.move_section, {"section_id": section_pk}, f"s-{section_pk}"
    )


# ── 測評內容 ──────────────────────────────────────────


@GET_OR_POST
def criterion_create(request: HttpRequest, pk: int) -> HttpResponse:
    """加一條；?section= 是點「加一條」的那一項。"""
    scheme = draft_or_refuse(request, pk)
    tree = read_tree(scheme)
    if not tree.sections:
        ui.say(request, _("先加一個測評項目，再往裏加內容。"))
        return redirect("evaluations:scheme-section-create", pk=pk)
    chosen = read_int(request.GET.get("section")) or tree.sections[0].pk
    return _criterion(request, scheme, tree, _section_or_404(tree, chosen), None)


@GET_OR_POST
def criterion_edit(request: HttpRequest, pk: int, criterion_pk: int) -> HttpResponse:
    scheme = draft_or_refuse(request, pk)
    tree = read_tree(scheme)
    return _criterion(request, scheme, tree, *_criterion_or_404(tree, criterion_pk))


def _criterion(
    request: HttpRequest,
    scheme: Scheme,
    tree: SchemeTree,
    section: SectionNode,
    line: CriterionLine | None,
) -> HttpResponse:
    """一條測評內容的表單：本身、檔次、標準一起交、一起存。"""
    initial = _initial(section, line)
    steps, standards = step_rows(), standard_rows(scheme)
    fresh = (
        steps.fresh(map(asdict, line.rule.steps) if line else ()),
        standards.fresh(map(_standard_initial, line.standards) if line else ()),
    )
    step = step_of(request.POST) if request.method == "POST" else None
    form = CriterionForm(posted(request), initial=initial, scheme=scheme, tree=tree)
    sets = fresh
    if step:
        typed = as_typed(form, request.POST)
        form = CriterionForm(initial=typed, scheme=scheme, tree=tree)
        sets = (steps.stepped(request.POST, step), standards.stepped(request.POST, step))
    elif request.method == "POST":
        sets = (steps.bound(request.POST), standards.bound(request.POST))
        if all([form.is_valid(), *(each.is_valid() for each in sets)]):
            values = form.line(*(each.values() for each in sets))
            if response := _save_criterion(request, scheme, form, values, line):
                return response
    return _criterion_page(request, scheme, form, sets, step, line)


def _save_criterion(
    request: HttpRequest,
    scheme: Scheme,
    form: CriterionForm,
    values: CriterionLine,
    line: CriterionLine | None,
) -> HttpResponse | None:
    try:
        saved = services.save_criterion(
            actor=request.user,
            scheme_id=scheme.pk,
            section_id=int(form.cleaned_data["section"]),
            line=values,
            criterion_id=line.pk if line else None,
            at=clock.now(),
        )
    except ValidationError as refusal:
        add_refusal(form, refusal)
        return None
    ui.say(request, _("測評內容 %(number)s 已保存。") % {"number": saved.number})
    return redirect(_back(scheme, f"c-{saved.pk}"))


def add_refusal(form: forms.Form, refusal: ValidationError) -> None:
    """服務的拒絕：說的是表單上的字段就寫在那裏，其餘寫在上方。"""
    for name, sentences in getattr(refusal, "message_dict", {None: refusal.messages}).items():
        for sentence in sentences:
            form.add_error(name if name in form.fields else None, sentence)


def _initial(section: SectionNode, line: CriterionLine | None) -> dict[str, Any]:
    if line is None:
        return {"section": str(section.pk)}
    return {
        "section": str(section.pk),
        "number": line.number,
        "text": line.text,
        "full": line.full,
        "rule": line.rule.kind.value,
        "each": line.rule.each or None,
        "scorer": line.scorer,
        "scoring_department": line.scoring_department.pk if line.scoring_department else None,
        "figure": line.figure,
        "may_not_apply": line.may_not_apply,
        "survey_options": line.survey_options,
        "note": line.note,
        "indicators": [each.pk for each in line.indicators],
    }


def _standard_initial(standard: Any) -> dict[str, Any]:
    return {
        "number": standard.number,
        "text": standard.text,
        "clause": str(standard.clause.pk) if standard.clause else "",
        "method": standard.method,
        "second_method": standard.second_method,
        "forms": [str(each.pk) for each in standard.forms],
    }


def _criterion_page(
    request: HttpRequest,
    scheme: Scheme,
    form: CriterionForm,
    sets: tuple[RowFormSet, RowFormSet],
    step: tuple[str, str, int] | None,
    line: CriterionLine | None,
) -> HttpResponse:
    rows = [row for each in sets for row in each.forms]
    title = _("修改測評內容 %(number)s") % {"number": line.number} if line else _("加測評內容")
    context = {
        "title": title,
        "form": form,
        "steps": sets[0],
        "standards": sets[1],
        "line": line,
        "scheme": scheme,
        "is_unsaved": step is not None,
        "errors": ui.error_summary(form, *rows) if form.is_bound else "",
        "crumbs": [*crumbs_to(scheme), (title, "")],
    }
    if step and request.htmx:
        return render(request, f"evaluations/scheme_{step[0]}.html", context)
    status = 422 if context["errors"] else 200
    return render(request, "evaluations/scheme_criterion_page.html", context, status=status)


@GET_OR_POST
def criterion_remove(request: HttpRequest, pk: int, criterion_pk: int) -> HttpResponse:
    scheme = draft_or_refuse(request, pk)
    _section, line = _criterion_or_404(read_tree(scheme), criterion_pk)
    page = page_of(
        scheme,
        _("刪去測評內容"),
        _("刪去"),
        warning=_("「%(number)s %(text)s」連同檔次和標準一併刪去，不能恢復。")
        % {"number": line.number, "text": line.text},
        danger=True,
    )

    def act() -> Done:
        services.remove_criterion(
            actor=request.user, scheme_id=pk, criterion_id=criterion_pk, at=clock.now()
        )
        return _("測評內容已刪去。"), scheme.get_absolute_url()

    return form_page(request, page, forms.Form(posted(request)), act)


@require_POST
def criterion_move(request: HttpRequest, pk: int, criterion_pk: int) -> HttpResponse:
    scheme = draft_or_refuse(request, pk)
    _criterion_or_404(read_tree(scheme), criterion_pk)
    key = {"criterion_id": criterion_pk}
    return _move(request, scheme, services.move_criterion, key, f"c-{criterion_pk}")


# ── 類別和等次 ────────────────────────────────────────


@GET_OR_POST
def profiles(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = draft_or_refuse(request, pk)
    lines = read_tree(scheme).profiles
    held = [each.pk for line in lines for each in line.departments]
    units = units_on(clock.today())
    # 撤併了而還列在裏面的，也要看得見、去得掉。
    gone = Department.objects.filter(pk__in=held).exclude(pk__in=[each.pk for each in units])
    initial = [
        {
            "pk": line.pk,
            "name": line.name,
            "departments": [str(each.pk) for each in line.departments],
        }
        for line in lines
    ]
    return _sheet(
        request,
        scheme,
        title=_("計分類別和單位"),
        intro=_("一類單位考同一張表：共同部分人人都考，另有本類的一塊。沒有列入的單位不參加考核。"),
        rows=profile_rows([*units, *gone]),
        initial=initial,
        save=services.save_profiles,
    )


@GET_OR_POST
def grades(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = draft_or_refuse(request, pk)
    return _sheet(
        request,
        scheme,
        title=_("等次"),
        intro=_("總分到了下限就屬這一等；最低的一等下限寫 0。"),
        rows=grade_rows(),
        initial=[asdict(line) for line in read_tree(scheme).grades],
        save=services.save_grades,
    )


def _sheet(
    request: HttpRequest,
    scheme: Scheme,
    *,
    title: str,
    intro: str,
    rows: Rows,
    initial: list[dict[str, Any]],
    save: Callable[..., None],
) -> HttpResponse:
    """整張保存的一組行。"""
    step = step_of(request.POST) if request.method == "POST" else None
    formset = rows.fresh(initial)
    refusal = ""
    if step:
        formset = rows.stepped(request.POST, step)
    elif request.method == "POST":
        formset = rows.bound(request.POST)
        if formset.is_valid():
            try:
                save(
                    actor=request.user,
                    scheme_id=scheme.pk,
                    lines=formset.values(),
                    at=clock.now(),
                )
            except ValidationError as error:
                refusal = " ".join(error.messages)
            else:
                ui.say(request, _("「%(title)s」已保存。") % {"title": title})
                return redirect(scheme)
    errors = ui.error_summary(*formset.forms) if formset.is_bound else ""
    context = {
        "title": title,
        "intro": intro,
        "rows": formset,
        "scheme": scheme,
        "refusal": refusal,
        "is_unsaved": step is not None,
        "errors": errors,
        "crumbs": [*crumbs_to(scheme), (title, "")],
    }
    template = "scheme_rows" if step and request.htmx else "scheme_rows_page"
    status = 422 if errors or refusal else 200
    return render(request, f"evaluations/{template}.html", context, status=status)


# ── 次序 ──────────────────────────────────────────────


def _move(
    request: HttpRequest,
    scheme: Scheme,
    service: Callable[..., None],
    key: dict[str, int],
    anchor: str,
) -> HttpResponse:
    try:
        service(
            actor=request.user,
            scheme_id=scheme.pk,
            up=request.POST.get("way") == "up",
            at=clock.now(),
            **key,
        )
    except ValidationError as refusal:
        ui.say(request, " ".join(refusal.messages))
    return redirect(_back(scheme, anchor))


def _back(scheme: Scheme, anchor: str) -> str:
    return f"{scheme.get_absolute_url()}#{anchor}"
