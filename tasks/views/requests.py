"""簽收、異議、延期，以及辦公室的裁定。"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page
from pingtan_civ.lib import clock
from tasks import policies
from tasks.measure_page import asked_words
from tasks.models import Assignment, WrongState
from tasks.services import requests as services
from tasks.services.handing_in import Incomplete
from tasks.views.doors import (
    assignment_or_404,
    back_to,
    change_request_or_404,
    posted,
    standing_of_request,
)
from tasks.views.measure import measure_crumbs, period_choices
from tasks.work_forms import DecisionForm, ExtensionForm, ObjectionForm


@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    assignment = assignment_or_404(request, pk)
    try:
        services.acknowledge(actor=request.user, assignment_id=pk, at=clock.now())
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
    else:
        words = {"code": assignment.measure.code}
        ui.say(request, _("已簽收 %(code)s，請按時填報進展。") % words)
    return redirect(back_to(request, assignment.measure.get_absolute_url()))


@require_http_methods(["GET", "POST"])
def objection(request: HttpRequest, pk: int) -> HttpResponse:
    assignment = _own_assignment(request, pk)
    form = ObjectionForm(posted(request), assignment=assignment, today=clock.today())
    page = _page(
        assignment,
        title=_("提異議：%(code)s 非本單位職責") % {"code": assignment.measure.code},
        submit=_("提出異議"),
        warning=_("由辦公室裁定。裁定之前任務仍在本單位名下，時限照走。"),
    )

    def act() -> Done:
        department = form.cleaned_data["proposed_department"]
        services.raise_objection(
            actor=request.user,
            assignment_id=pk,
            reason=form.cleaned_data["reason"],
            proposed_department_id=department.pk if department else None,
            at=clock.now(),
        )
        return _("異議已提出，辦公室將收到通知並裁定。"), page.back

    return form_page(request, page, form, _careful(form, act))


@require_http_methods(["GET", "POST"])
def extension(request: HttpRequest, pk: int) -> HttpResponse:
    assignment = _own_assignment(request, pk)
    rows = list(assignment.submissions.filter(state="open").order_by("due_date"))
    form = ExtensionForm(posted(request), periods=period_choices(rows))
    page = _page(
        assignment,
        title=_("申請延期：%(code)s") % {"code": assignment.measure.code},
        submit=_("提交申請"),
        warning=_("由辦公室裁定。批准之前仍按原時限計算逾期。")
        if rows
        else _("各期都已報出，沒有可以延期的了。"),
    )

    def act() -> Done:
        services.ask_extension(
            actor=request.user,
            submission_id=int(form.cleaned_data["submission"]),
            proposed_date=form.cleaned_data["proposed_date"],
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("延期申請已提交，辦公室將收到通知並裁定。"), page.back

    return form_page(request, page, form, _careful(form, act))


@require_http_methods(["GET", "POST"])
def request_decide(request: HttpRequest, pk: int) -> HttpResponse:
    row = change_request_or_404(request, pk)
    measure = row.assignment.measure
    if not policies.can_decide_request(standing_of_request(request), measure.campaign):
        raise PermissionDenied(_("異議和延期由本活動辦公室裁定。"))
    form = DecisionForm(posted(request), change_request=row, today=clock.today())
    page = _page(
        row.assignment,
        title=_("裁定%(unit)s的%(kind)s")
        % {"unit": row.assignment.department.name, "kind": row.get_kind_display()},
        submit=_("裁定"),
        warning=asked_words(row),
    )

    def act() -> Done:
        department = form.cleaned_data.get("new_department")
        services.decide_request(
            actor=request.user,
            request_id=pk,
            is_approved=form.cleaned_data["decision"] == "approve",
            reason=form.cleaned_data["reason"],
            granted_date=form.cleaned_data.get("granted_date"),
            new_department_id=department.pk if department else None,
            at=clock.now(),
        )
        return _("已裁定，該單位將收到通知。"), page.back

    return form_page(request, page, form, _careful(form, act))


@require_POST
def request_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = change_request_or_404(request, pk)
    try:
        services.withdraw_request(actor=request.user, request_id=pk, at=clock.now())
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
    else:
        ui.say(request, _("已撤回%(kind)s。") % {"kind": row.get_kind_display()})
    return redirect(row.assignment.measure.get_absolute_url())


def _own_assignment(request: HttpRequest, pk: int) -> Assignment:
    assignment = assignment_or_404(request, pk)
    if not policies.can_acknowledge(standing_of_request(request), assignment):
        words = {"unit": assignment.department.name}
        raise PermissionDenied(_("這項任務下達給%(unit)s，只有該單位的人能辦。") % words)
    return assignment


def _page(assignment: Assignment, *, title: str, submit: str, warning: str) -> FormPage:
    measure = assignment.measure
    return FormPage(
        title=title,
        submit=submit,
        back=measure.get_absolute_url(),
        intro=measure.title,
        warning=warning,
        crumbs=[*measure_crumbs(measure)[:-1], (measure.code, measure.get_absolute_url())],
    )


def _careful(form: Form, act: Callable[[], Done]) -> Callable[[], Done]:
    """服務的拒絕寫回表單：缺什麼寫在那一項，順序不對寫在上方，填過的都還在。"""

    def wrapped() -> Done:
        try:
            return act()
        except WrongState as refusal:
            raise ValidationError(str(refusal)) from refusal
        except Incomplete as refusal:
            _write_errors(form, refusal.errors)
            raise ValidationError([]) from refusal

    return wrapped


def _write_errors(form: Form, errors: dict[str, Any]) -> None:
    for name, sentence in errors.items():
        form.add_error(name if name in form.fields else None, sentence)
