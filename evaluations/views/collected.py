"""一條的問卷、主管部門的意見：列着作數的和改過的，記一份、更正、撤下、打開掃描件。"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from evaluations import policies
from evaluations.collecting import (
    COLLECTED,
    is_derived,
    opinion_words,
    share_words,
    survey_words,
)
from evaluations.forms_collected import FORMS, WithdrawCollectedForm
from evaluations.models import Collected, Criterion, Opinion, Questionnaire, Sheet
from evaluations.services import collected as services
from evaluations.services.rounds.scoring import criteria_of
from evaluations.views.round_doors import crumbs_to, sheet_or_404, standing_of_request
from evaluations.views.veto_doors import at_its_field
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from tasks.models import WrongState
from tasks.views.evidence import send_original

MODELS: dict[str, type[Collected]] = {"survey": Questionnaire, "opinion": Opinion}
GET_OR_POST = require_http_methods(["GET", "POST"])


def _kind_of(model: type[Collected]) -> str:
    return next(name for name, each in MODELS.items() if each is model)


def _words(row: Any) -> str:
    return survey_words(row) if isinstance(row, Questionnaire) else opinion_words(row)


def _criterion_or_404(sheet: Sheet, pk: int) -> Criterion:
    found = [row for row in criteria_of(sheet) if row.pk == pk and row.scorer in COLLECTED]
    if not found:
        raise Http404
    return found[0]


def _require_sight(request: HttpRequest, sheet: Sheet) -> bool:
    """看得到才打得開；返回此人現在記不記得了。"""
    standing = standing_of_request(request)
    can_collect = policies.can_collect(standing, sheet)
    if not can_collect and not policies.can_see_collected(standing, sheet):
        if sheet.department_id in standing.departments:
            raise PermissionDenied(_("問卷和主管部門的意見，本單位在審定反饋之後看得到。"))
        words = {"unit": sheet.department_name}
        raise PermissionDenied(
            _("這些問卷和主管部門的意見只給創建辦、領導小組和%(unit)s看。") % words
        )
    return can_collect


def _require_collector(request: HttpRequest, sheet: Sheet) -> None:
    if not _require_sight(request, sheet):
        raise PermissionDenied(_("問卷和主管部門的意見由本活動辦公室在初評階段記，本單位的迴避。"))


def _url(sheet: Sheet, criterion: Criterion) -> str:
    return reverse(
        "evaluations:collected", args=[sheet.round.code, sheet.department_id, criterion.pk]
    )


def _crumbs(sheet: Sheet, criterion: Criterion, *more: tuple[str, str]) -> list[tuple[str, str]]:
    here = (criterion.number, _url(sheet, criterion) if more else "")
    return crumbs_to(sheet.round, (sheet.department_name, sheet.get_absolute_url()), here, *more)


@require_GET
def collected(
    request: HttpRequest, code: str, department_id: int, criterion_id: int
) -> HttpResponse:
    """這一條作數的各份、合起來是多少，和更正、撤下的記錄。"""
    sheet = sheet_or_404(request, code, department_id)
    can_collect = _require_sight(request, sheet)
    criterion = _criterion_or_404(sheet, criterion_id)
    model = COLLECTED[criterion.scorer]
    rows = list(model.objects.filter(sheet=sheet, criterion=criterion).select_related("file", "by"))
    current = [row for row in rows if row.is_current]
    past = sorted((row for row in rows if not row.is_current), key=lambda row: row.at, reverse=True)
    is_survey = model is Questionnaire
    context = {
        "round": sheet.round,
        "sheet": sheet,
        "criterion": criterion,
        "kind": _kind_of(model),
        "is_survey": is_survey,
        "is_derived": is_derived(criterion),
        "current": [(row, _words(row)) for row in current],
        "past": _past(rows, past),
        "pooled": share_words(current) if is_survey and current else "",
        "can_collect": can_collect,
        "crumbs": _crumbs(sheet, criterion),
    }
    return render(request, "evaluations/collected_page.html", context)


def _past(rows: list[Any], past: list[Any]) -> list[tuple[Any, str, str]]:
    """（那一份, 它寫的, 被怎樣了）：換下的說換它的人寫的理由，撤下的說自己的。"""
    successors = {row.replaces_id: row for row in rows if row.replaces_id}
    found = []
    for row in past:
        if row.is_withdrawn:
            continue
        after = successors[row.pk]
        words = {"who": after.by.name, "reason": after.reason}
        said = _("%(who)s撤下：%(reason)s") if after.is_withdrawn else _("%(who)s更正：%(reason)s")
        found.append((row, _words(row), said % words))
    return found


@GET_OR_POST
def collected_add(
    request: HttpRequest, code: str, department_id: int, criterion_id: int
) -> HttpResponse:
    sheet = sheet_or_404(request, code, department_id)
    _require_collector(request, sheet)
    criterion = _criterion_or_404(sheet, criterion_id)
    model, at = COLLECTED[criterion.scorer], clock.now()
    form = FORMS[model](
        posted(request), request.FILES or None, criterion=criterion, row=None, at=at
    )

    def act() -> Done:
        services.record_collected(
            actor=request.user,
            sheet_id=sheet.pk,
            criterion_id=criterion.pk,
            values=form.facts(),
            at=at,
        )
        return _said(criterion), _url(sheet, criterion)

    title = _("記一次問卷") if model is Questionnaire else _("記主管部門的意見")
    page = _page(sheet, criterion, title, _("保存"), pairs=form.pairs)
    return form_page(request, page, form, at_its_field(form, _careful(act)))


def _said(criterion: Criterion) -> str:
    if is_derived(criterion):
        return _("已保存，這一條的得分照各次問卷合起來的滿意率算好了。")
    return _("已保存。")


def _careful(act: Any) -> Any:
    """此刻不能辦的，寫在表單上方。"""

    def wrapped() -> Done:
        try:
            return act()
        except WrongState as stopped:
            raise ValidationError(str(stopped)) from stopped

    return wrapped


def _page(sheet: Sheet, criterion: Criterion, title: str, submit: str, **more: Any) -> FormPage:
    back = _url(sheet, criterion)
    return FormPage(
        title=title,
        submit=submit,
        back=back,
        crumbs=_crumbs(sheet, criterion, (title, ""))[:-1],
        intro=f"{sheet.department_name} · {criterion}",
        **more,
    )


def _row_or_404(request: HttpRequest, kind: str, pk: int) -> Any:
    rows = MODELS[kind].objects.select_related("sheet", "criterion", "file", "by")
    row = get_object_or_404(rows, pk=pk)
    sheet = Sheet.objects.select_related("round").get(pk=row.sheet_id)
    row.sheet = sheet_or_404(request, sheet.round.code, sheet.department_id)
    return row


def _stale(request: HttpRequest, row: Any) -> HttpResponse | None:
    """打開時已經被更正或撤下的，不讓人白填：回到列表說清楚。"""
    if request.method != "GET" or row.is_current:
        return None
    ui.say(request, _("這一份已經被更正或撤下了，下面是現在的。"), level=messages.WARNING)
    return redirect(_url(row.sheet, row.criterion))


@GET_OR_POST
def correct(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    row = _row_or_404(request, kind, pk)
    sheet, criterion, at = row.sheet, row.criterion, clock.now()
    _require_collector(request, sheet)
    if gone := _stale(request, row):
        return gone
    form = FORMS[MODELS[kind]](
        posted(request), request.FILES or None, criterion=criterion, row=row, at=at
    )

    def act() -> Done:
        services.correct_collected(
            actor=request.user,
            model=MODELS[kind],
            row_id=pk,
            values=form.facts(),
            reason=form.cleaned_data["reason"],
            at=at,
        )
        return _said(criterion), _url(sheet, criterion)

    is_answering = isinstance(row, Opinion) and row.is_unconfirmed
    title, submit = (_("記答覆"), _("保存")) if is_answering else (_("更正"), _("保存更正"))
    page = _page(sheet, criterion, title, submit, pairs=form.pairs)
    return form_page(request, page, form, at_its_field(form, _careful(act)))


@GET_OR_POST
def withdraw(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    row = _row_or_404(request, kind, pk)
    _require_collector(request, row.sheet)
    if gone := _stale(request, row):
        return gone
    form = WithdrawCollectedForm(posted(request))

    def act() -> Done:
        services.withdraw_collected(
            actor=request.user,
            model=MODELS[kind],
            row_id=pk,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("已撤下，記錄留着。"), _url(row.sheet, row.criterion)

    warning = _("撤下以後不再作數，記錄留着：%(row)s") % {"row": _words(row)}
    if is_derived(row.criterion):
        warning = _("撤下以後不再作數，這一條的得分照餘下的重算，記錄留着：%(row)s") % {
            "row": _words(row)
        }
    page = _page(row.sheet, row.criterion, _("撤下"), _("撤下"), danger=True, warning=warning)
    return form_page(request, page, form, at_its_field(form, _careful(act)))


@require_safe
def paper(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """掃描件、復函的原件；換下了的也看得到，定稿裏記的是它。"""
    row = _row_or_404(request, kind, pk)
    _require_sight(request, row.sheet)
    if row.file is None:
        raise Http404
    return send_original(request, row.file, row.file_name)
