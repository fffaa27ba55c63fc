from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pingtan_civ.lib.clock import now
from workdays.forms import ImportYearForm
from workdays.models import CalendarDay
from workdays.services import calendar_changed, import_year


@admin.register(CalendarDay)
class CalendarDayAdmin(admin.ModelAdmin):
    """工作日曆：平時增刪颱風停辦日，每年十一月導入下一年的安排。"""

    list_display = ["date", "weekday", "kind", "name", "source"]
    list_filter = ["kind", "source"]
    search_fields = ["name", "source", "date"]
    date_hierarchy = "date"
    ordering = ["-date"]
    list_per_page = 60
    readonly_fields = ["imported_at"]
    change_list_template = "admin/workdays/calendarday/change_list.html"

    @admin.display(description=gettext_lazy("星期"), ordering="date")
    def weekday(self, day: CalendarDay) -> str:
        return "週" + "一二三四五六日"[day.date.weekday()]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.import_year_page)
        return [path("import/", page, name="workdays_calendarday_import"), *super().get_urls()]

    def import_year_page(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_add_permission(request) and self.has_delete_permission(request)):
            raise PermissionDenied(_("只有管理工作日曆的人可以導入。"))
        form = ImportYearForm(request.POST or None, initial={"year": now().year + 1})
        if request.method == "POST" and form.is_valid():
            done = import_year(**form.cleaned_data, at=now())
            messages.success(
                request,
                _("已錄入 %(year)s 年的安排：放假 %(holidays)s 天，調休上班 %(make_ups)s 天。")
                % {"year": done.year, "holidays": done.holidays, "make_ups": done.make_ups},
            )
            return redirect("admin:workdays_calendarday_changelist")
        context = {**self.admin_site.each_context(request), "form": form, "opts": self.opts}
        context["title"] = _("導入一年的放假安排")
        return render(request, "admin/workdays/calendarday/import_page.html", context)

    def save_model(
        self, request: HttpRequest, obj: CalendarDay, form: ModelForm, change: bool
    ) -> None:
        obj.imported_at = now()
        super().save_model(request, obj, form, change)
        calendar_changed()

    def delete_model(self, request: HttpRequest, obj: CalendarDay) -> None:
        super().delete_model(request, obj)
        calendar_changed()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CalendarDay]) -> None:
        super().delete_queryset(request, queryset)
        calendar_changed()
