"""任命、終止、交接。"""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from people import services
from people.forms import AppointForm, EndForm, HandOverForm
from people.models import Appointment, Department
from people.views.doors import department_crumbs, maintainers_only
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock

GET_OR_POST = require_http_methods(["GET", "POST"])


@GET_OR_POST
@maintainers_only
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    department, today = get_object_or_404(Department, pk=pk), clock.today()
    initial = {"start_date": today, "user": request.GET.get("user")}
    form = AppointForm(posted(request), initial=initial, on=today)
    page = FormPage(
        title=_("任命"),
        submit=_("任命"),
        back=department.get_absolute_url(),
        crumbs=department_crumbs(department),
        intro=_("任命到 %(name)s。本人會收到通知。") % {"name": department.name},
        more=("end_date", "is_primary", "position"),
    )

    def act() -> Done:
        post = services.appoint(
            actor=request.user, department=department, at=clock.now(), **form.cleaned_data
        )
        words = _("已任命 %(name)s 為%(title)s。") % {"name": post.user.name, "title": post.title}
        return words, department.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def appointment_end(request: HttpRequest, pk: int) -> HttpResponse:
    post = _post(pk)
    form = EndForm(posted(request), start=post.start_date, initial={"end_date": clock.today()})
    page = FormPage(
        title=_("終止任職"),
        submit=_("終止任職"),
        back=post.department.get_absolute_url(),
        crumbs=department_crumbs(post.department),
        intro=str(post),
        warning=_("次日起此人不再有這個職務的權限。有人接任時請用「交接」，一步辦完。"),
    )

    def act() -> Done:
        services.end_appointment(
            actor=request.user, appointment_id=pk, at=clock.now(), **form.cleaned_data
        )
        return _("任職的終止日期已記下，本人將收到通知。"), post.department.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def appointment_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    post, today = _post(pk), clock.today()
    form = HandOverForm(
        posted(request),
        on=today,
        current=post.user_id,
        start=post.start_date,
        initial={"last_day": today - timedelta(days=1)},
    )
    page = FormPage(
        title=_("交接職務"),
        submit=_("交接"),
        back=post.department.get_absolute_url(),
        crumbs=department_crumbs(post.department),
        intro=_("現任：%(post)s。在辦的事自動轉到繼任者名下，前後兩人都會收到通知。")
        % {"post": post},
    )

    def act() -> Done:
        new = services.hand_over_appointment(
            actor=request.user, appointment_id=pk, at=clock.now(), **form.cleaned_data
        )
        words = _("已交接：%(name)s 自 %(day)s 起任%(title)s。") % {
            "name": new.user.name,
            "day": new.start_date.isoformat(),
            "title": new.title,
        }
        return words, post.department.get_absolute_url()

    return form_page(request, page, form, act)


def _post(pk: int) -> Appointment:
    return get_object_or_404(Appointment.objects.select_related("user", "department"), pk=pk)
