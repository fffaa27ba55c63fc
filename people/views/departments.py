"""單位的設立、修改、撤併、存續期間和示範點身份。只有辦公室和管理員。"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from people import services
from people.forms import (
    CloseDepartmentForm,
    DemonstrationForm,
    DepartmentForm,
    EndForm,
    NewDepartmentForm,
    PeriodForm,
)
from people.models import DemonstrationStatus, Department
from people.views.doors import department_crumbs, maintainers_only
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock

GET_OR_POST = require_http_methods(["GET", "POST"])


@GET_OR_POST
@maintainers_only
def department_create(request: HttpRequest) -> HttpResponse:
    parent = request.GET.get("parent", "")
    initial = {"parent": parent} if parent.isdigit() else {}
    form = NewDepartmentForm(posted(request), initial=initial, on=clock.today())
    page = FormPage(
        title=_("新增單位"),
        submit=_("新增單位"),
        back=reverse("people:organisation"),
        crumbs=[(_("組織架構"), reverse("people:organisation"))],
        more=("short_name", "position", "note", "start_date", "reason"),
    )

    def act() -> Done:
        values = dict(form.cleaned_data)
        start_date, reason = values.pop("start_date"), values.pop("reason")
        department = services.create_department(
            actor=request.user, values=values, start_date=start_date, reason=reason, at=clock.now()
        )
        words = _("已設立 %(name)s，接着任命負責人和經辦人。") % {"name": department.name}
        return words, department.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def department_edit(request: HttpRequest, pk: int) -> HttpResponse:
    department = get_object_or_404(Department, pk=pk)
    page = FormPage(
        title=_("修改單位"),
        submit=_("保存"),
        back=department.get_absolute_url(),
        crumbs=department_crumbs(department),
    )
    form = DepartmentForm(posted(request), instance=department, on=clock.today())

    def act() -> Done:
        services.update_department(
            actor=request.user, department_id=pk, values=form.cleaned_data, at=clock.now()
        )
        return _("單位信息已保存。"), department.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def department_close(request: HttpRequest, pk: int) -> HttpResponse:
    department = get_object_or_404(Department, pk=pk)
    form = CloseDepartmentForm(
        posted(request),
        department=department,
        on=clock.today(),
        initial={"end_date": clock.today()},
    )
    page = FormPage(
        title=_("撤銷或併入別處"),
        submit=_("撤併單位"),
        back=department.get_absolute_url(),
        crumbs=department_crumbs(department),
        warning=_(
            "當時在任的職務同日終止，在任的人會收到通知。歷史都保留；"
            "在辦的任務不會自動轉走，請在任務分解裏另定牽頭單位。"
        ),
        danger=True,
    )

    def act() -> Done:
        services.close_department(
            actor=request.user, department_id=pk, at=clock.now(), **form.cleaned_data
        )
        return _("已記下撤併，在任的人將收到通知。"), department.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def period_add(request: HttpRequest, pk: int) -> HttpResponse:
    department = get_object_or_404(Department, pk=pk)
    form = PeriodForm(posted(request))
    page = FormPage(
        title=_("補記存續期間"),
        submit=_("記下期間"),
        back=department.get_absolute_url(),
        crumbs=department_crumbs(department),
        intro=_("撤銷後恢復就有兩段。從未記過期間的單位視為一直存在。"),
    )

    def act() -> Done:
        services.add_period(
            actor=request.user, department_id=pk, at=clock.now(), **form.cleaned_data
        )
        return _("存續期間已記下。"), department.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def demonstration_add(request: HttpRequest, pk: int) -> HttpResponse:
    department = get_object_or_404(Department, pk=pk)
    form = DemonstrationForm(posted(request))
    page = FormPage(
        title=_("記入示範點身份"),
        submit=_("記入示範點"),
        back=department.get_absolute_url(),
        crumbs=department_crumbs(department),
        intro=_("示範點由上級授予，本局只作記載。"),
    )

    def act() -> Done:
        services.add_demonstration_status(
            actor=request.user, department_id=pk, values=form.cleaned_data, at=clock.now()
        )
        return _("示範點身份已記下。"), department.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def demonstration_end(request: HttpRequest, pk: int) -> HttpResponse:
    status = get_object_or_404(DemonstrationStatus.objects.select_related("department"), pk=pk)
    url = status.department.get_absolute_url()
    form = EndForm(posted(request), start=status.start_date, initial={"end_date": clock.today()})
    page = FormPage(
        title=_("終止示範點身份"),
        submit=_("終止身份"),
        back=url,
        crumbs=department_crumbs(status.department),
        intro=str(status),
    )

    def act() -> Done:
        services.end_demonstration_status(
            actor=request.user, status_id=pk, at=clock.now(), **form.cleaned_data
        )
        return _("示範點身份的終止日期已記下。"), url

    return form_page(request, page, form, act)
