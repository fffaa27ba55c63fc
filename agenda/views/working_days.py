"""工作日曆：人人可看；管理員導入一年的安排、記一天停辦，先看會動哪些時限再存。"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agenda import policies, services
from agenda.forms import CLEAR, DayForm, ImportYearForm
from agenda.models import CalendarChange
from agenda.services import CalendarOutcome
from campaigns.standing import standing_of
from pingtan_civ import ui
from pingtan_civ.form_pages import posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from workdays.models import CalendarDay
from workdays.services import calendar

CHANGES_SHOWN = 20
LIMITS_SHOWN = 30


@require_GET
def working_days(request: HttpRequest) -> HttpResponse:
    """一年裏與平常不同的日子，和改動的經過。"""
    today = clock.today()
    year = read_int(request.GET.get("year", ""), low=2004, high=2100) or today.year
    days = CalendarDay.objects.filter(date__year=year)
    months = [calendar().between(*_month(year, month)) for month in range(1, 13)]
    context = {
        "year": year,
        "years": _years(year),
        "days": days,
        "months": list(enumerate(months, start=1)),
        "total": sum(months),
        "is_estimate": calendar().is_estimate(date(year, 12, 31)),
        "changes": CalendarChange.objects.select_related("made_by")[:CHANGES_SHOWN],
        "can_edit": policies.can_edit_calendar(standing_of(request.user, today)),
        "today": today,
    }
    return render(request, "agenda/working_days_page.html", context)


def _month(year: int, month: int) -> tuple[date, date]:
    """前一個月的最後一天，和本月最後一天。"""
    first = date(year, month, 1)
    after = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(first.toordinal() - 1), date.fromordinal(after.toordinal() - 1)


def _years(year: int) -> list[dict[str, Any]]:
    here = reverse("agenda:working-days")
    return [
        {"label": str(each), "url": f"{here}?year={each}", "current": each == year}
        for each in range(year - 1, year + 2)
    ]


@require_http_methods(["GET", "POST"])
def import_year(request: HttpRequest) -> HttpResponse:
    """導入一年的放假安排。"""
    form = ImportYearForm(
        posted(request), request.FILES or None, initial={"year": clock.today().year + 1}
    )

    def act() -> CalendarOutcome:
        values = form.cleaned_data
        return services.import_notice(
            actor=request.user,
            text=values["text"],
            year=values["year"],
            source=values["source"],
            at=clock.now(),
        )

    return _edit(request, form, act, title=_("導入一年的放假安排"))


@require_http_methods(["GET", "POST"])
def edit_day(request: HttpRequest) -> HttpResponse:
    """記一天停辦、放假或上班，或恢復平常。"""
    form = DayForm(posted(request), initial={"day": request.GET.get("day", "")[:10]})

    def act() -> CalendarOutcome:
        values, at = form.cleaned_data, clock.now()
        if values["kind"] == CLEAR:
            return services.clear_day(
                actor=request.user, day=values["day"], until=values["until"], at=at
            )
        return services.change_day(
            actor=request.user,
            day=values["day"],
            until=values["until"],
            kind=values["kind"],
            name=values["name"],
            source=values["source"],
            at=at,
        )

    return _edit(request, form, act, title=_("記一天停辦或調班"))


def _edit(
    request: HttpRequest,
    form: ImportYearForm | DayForm,
    act: Callable[[], CalendarOutcome],
    *,
    title: str,
) -> HttpResponse:
    """先看再存：沒看過這一份的給出預覽，看過的保存。"""
    if not policies.can_edit_calendar(standing_of(request.user, clock.today())):
        raise PermissionDenied(_("只有管理員可以改工作日曆。"))
    outcome = None
    if request.method == "POST" and form.is_valid():
        if "save" in request.POST and form.is_seen:
            return _saved(request, act())
        outcome, form = services.preview(act), form.kept()
    context = {
        "title": title,
        "form": form,
        "outcome": outcome,
        "limits": outcome.moved[:LIMITS_SHOWN] if outcome else [],
        "crumbs": [(_("工作日曆"), reverse("agenda:working-days")), (title, "")],
    }
    return render(request, "agenda/calendar_form_page.html", context)


def _saved(request: HttpRequest, outcome: CalendarOutcome) -> HttpResponse:
    back = reverse("agenda:working-days")
    if outcome.is_empty:
        ui.say(request, _("與已錄入的一樣，沒有改動。"))
        return redirect(back)
    words = {"days": len(outcome.days), "moved": len(outcome.moved)}
    if outcome.moved:
        done = _("已保存：改動 %(days)d 天，%(moved)d 個時限隨之改動，已告訴該辦的人。")
    else:
        done = _("已保存：改動 %(days)d 天，沒有時限因此改動。")
    ui.say(request, done % words)
    return redirect(f"{back}?year={outcome.days[-1].date.year}")
