"""系統管理：人員、單位、任職。平時在「組織架構」裏辦，這裏是管理員的後門，一樣留痕。"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.admin_base import RecordedAdmin
from people import services
from people.models import Appointment, DemonstrationStatus, Department, DepartmentPeriod, User
from pingtan_civ.lib import clock

# 權限只由職務和席位決定，不用 Django 的組。
admin.site.unregister(Group)


class CurrentFilter(admin.SimpleListFilter):
    """有起止日期的行：現在有效、已終止、還沒開始。"""

    title = gettext_lazy("任期")
    parameter_name = "term"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", _("現任")), ("past", _("已終止")), ("coming", _("還沒開始"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        today = clock.today()
        wanted = {
            "now": Q(start_date__isnull=True) | Q(start_date__lte=today),
            "past": Q(end_date__lt=today),
            "coming": Q(start_date__gt=today),
        }
        if self.value() == "now":
            queryset = queryset.exclude(end_date__lt=today)
        return queryset.filter(wanted[self.value()]) if self.value() in wanted else queryset


class AppointmentInline(admin.TabularInline):
    model = Appointment
    extra = 0
    can_delete = False
    autocomplete_fields = ["department"]
    fields = ["department", "role", "post", "start_date", "end_date", "is_primary", "position"]


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["username", "name"]


@admin.register(User)
class UserAdmin(RecordedAdmin, DjangoUserAdmin):
    add_form = NewUserForm
    list_display = ["name", "username", "posts", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser", "must_change_password", "appointments__department"]
    search_fields = ["name", "username", "appointments__department__name"]
    ordering = ["position", "name"]
    inlines = [AppointmentInline]
    actions = ["deactivate", "activate"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password", "name", "position"]}),
        (gettext_lazy("聯繫方式"), {"fields": ["phone", "email"]}),
        (
            gettext_lazy("登錄"),
            {
                "fields": [
                    "is_active",
                    "must_change_password",
                    "is_staff",
                    "is_superuser",
                    "last_login",
                    "date_joined",
                ]
            },
        ),
    ]
    add_fieldsets = [(None, {"fields": ["username", "name", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        posts = Appointment.objects.on(clock.today()).select_related("department")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("appointments", queryset=posts, to_attr="posts_today"))
        )

    @admin.display(description=gettext_lazy("現任職務"))
    def posts(self, user: User) -> str:
        return "、".join(post.title for post in user.posts_today) or "—"

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[type]:
        """開戶先定賬號和密碼，職務在下一頁補。"""
        return self.inlines if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """不能在這裏停用自己、摘掉自己的管理員身份。"""
        own = ["is_active", "is_staff", "is_superuser"] if obj == request.user else []
        return [*self.readonly_fields, *own]

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        if not change:
            obj.must_change_password = True
        super().save_model(request, obj, form, change)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302 and id != str(request.user.pk):
            User.objects.filter(pk=id).update(must_change_password=True)
        return answer

    @admin.action(description=gettext_lazy("停用賬號"))
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        _each(
            self,
            request,
            queryset,
            lambda user: services.deactivate_user(
                actor=request.user, user_id=user.pk, reason=_REASON, at=clock.now()
            ),
            _("已停用 %(n)d 個賬號。"),
        )

    @admin.action(description=gettext_lazy("恢復賬號"))
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        _each(
            self,
            request,
            queryset,
            lambda user: services.activate_user(
                actor=request.user, user_id=user.pk, reason=_REASON, at=clock.now()
            ),
            _("已恢復 %(n)d 個賬號。"),
        )


_REASON = "在系統管理中批量辦理"


def _each(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet,
    act: Any,
    words: str,
) -> None:
    """逐個經服務辦理；辦不了的說明原因，其餘照辦。"""
    done = 0
    for row in queryset:
        try:
            act(row)
        except (ValidationError, PermissionDenied) as refusal:
            sentence = " ".join(getattr(refusal, "messages", None) or [str(refusal)])
            model_admin.message_user(request, f"{row}：{sentence}", messages.ERROR)
        else:
            done += 1
    if done:
        model_admin.message_user(request, words % {"n": done}, messages.SUCCESS)


class PeriodInline(admin.TabularInline):
    model = DepartmentPeriod
    extra = 0
    can_delete = False


class DemonstrationInline(admin.TabularInline):
    model = DemonstrationStatus
    extra = 0
    can_delete = False


@admin.register(Department)
class DepartmentAdmin(RecordedAdmin):
    list_display = ["name", "kind", "parent", "code", "position"]
    list_filter = ["kind", "demonstration_statuses__level"]
    search_fields = ["name", "short_name", "code"]
    list_select_related = ["parent"]
    autocomplete_fields = ["parent"]
    inlines = [PeriodInline, DemonstrationInline]


@admin.register(Appointment)
class AppointmentAdmin(RecordedAdmin):
    list_display = ["user", "department", "role", "post", "start_date", "end_date", "is_primary"]
    list_filter = [CurrentFilter, "role", "department"]
    search_fields = ["user__name", "user__username", "department__name", "post"]
    list_select_related = ["user", "department"]
    autocomplete_fields = ["user", "department"]
    actions = ["end_today"]

    def topic(self, obj: Appointment) -> Department:
        return obj.department

    @admin.action(description=gettext_lazy("結束任職（到今天為止）"))
    def end_today(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        _each(
            self,
            request,
            queryset,
            lambda post: services.end_appointment(
                actor=request.user,
                appointment_id=post.pk,
                end_date=clock.today(),
                reason=_REASON,
                at=clock.now(),
            ),
            _("已結束 %(n)d 個任職，次日起不再有權限。"),
        )
