"""系統管理：活動、席位、目標和指標可以改並留痕；方案原文只看。"""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from campaigns.models import (
    Campaign,
    Clause,
    EvidenceForm,
    EvidenceRequirement,
    FocusArea,
    Indicator,
    Objective,
    PlanVersion,
    Seat,
)
from campaigns.services.campaign import after_change
from journal.admin_base import ReadOnlyAdmin, ReadOnlyInline, RecordedAdmin
from people.admin import CurrentFilter


class FocusAreaInline(admin.TabularInline):
    model = FocusArea
    extra = 0
    can_delete = False


class SeatInline(admin.TabularInline):
    model = Seat
    extra = 0
    can_delete = False
    show_change_link = True
    autocomplete_fields = ["user"]
    fields = ["role", "post", "user", "position", "start_date", "end_date"]


@admin.register(Campaign)
class CampaignAdmin(RecordedAdmin):
    list_display = ["name", "code", "state", "start_date", "end_date"]
    list_filter = ["state", "start_date"]
    search_fields = ["name", "code", "theme"]
    inlines = [FocusAreaInline, SeatInline]
    # 開始、結束要通知人、停提醒，只能在活動頁上辦。
    readonly_fields = ["state", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "code"] if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            after_change(obj)


@admin.register(Seat)
class SeatAdmin(RecordedAdmin):
    list_display = ["role", "post", "user", "campaign", "start_date", "end_date"]
    list_filter = [CurrentFilter, "role", "campaign"]
    search_fields = ["post", "user__name", "user__username"]
    list_select_related = ["user", "campaign"]
    autocomplete_fields = ["user", "campaign", "departments"]

    def topic(self, obj: Seat) -> Campaign:
        return obj.campaign


class ClauseInline(ReadOnlyInline):
    model = Clause
    fields = ["code", "level", "section_kind", "mark", "heading", "text"]


@admin.register(PlanVersion)
class PlanVersionAdmin(ReadOnlyAdmin):
    list_display = ["title", "campaign", "number", "imported_at", "imported_by"]
    list_filter = ["campaign"]
    search_fields = ["title", "source_name"]
    list_select_related = ["campaign", "imported_by"]
    inlines = [ClauseInline]


@admin.register(Clause)
class ClauseAdmin(ReadOnlyAdmin):
    list_display = ["code", "level", "section_kind", "mark", "heading", "text", "version"]
    list_filter = ["version", "section_kind", "level"]
    search_fields = ["code", "heading", "text"]
    list_select_related = ["version"]


class IndicatorInline(ReadOnlyInline):
    model = Indicator
    fields = ["code", "clause", "cycle", "measurable", "is_veto_like"]


@admin.register(Objective)
class ObjectiveAdmin(RecordedAdmin):
    list_display = ["code", "title", "campaign", "retired_at"]
    list_filter = ["campaign", ("retired_at", admin.EmptyFieldListFilter)]
    search_fields = ["code", "title"]
    list_select_related = ["campaign"]
    readonly_fields = ["campaign", "number", "code", "title", "clause"]
    inlines = [IndicatorInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """目標由方案導入而來，不在這裏憑空添加。"""
        return False


class EvidenceRequirementInline(admin.TabularInline):
    model = EvidenceRequirement
    extra = 0
    can_delete = False


@admin.register(Indicator)
class IndicatorAdmin(RecordedAdmin):
    list_display = ["code", "wording", "objective", "cycle", "measurable", "is_veto_like"]
    list_filter = ["objective__campaign", "cycle", "measurable", "is_veto_like", "objective"]
    search_fields = ["code", "clause__text", "standard"]
    list_select_related = ["objective", "clause"]
    readonly_fields = ["objective", "code", "clause"]
    fields = [
        "objective",
        "code",
        "clause",
        "cycle",
        "measurable",
        "is_veto_like",
        "standard",
        "position",
        "retired_at",
    ]
    inlines = [EvidenceRequirementInline]

    @admin.display(description=gettext_lazy("原文"))
    def wording(self, indicator: Indicator) -> str:
        return indicator.clause.text[:40]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(EvidenceForm)
class EvidenceFormAdmin(RecordedAdmin):
    list_display = [
        "name",
        "code",
        "guidance",
        "max_characters",
        "is_picture",
        "asks_number",
        "asks_date",
        "is_active",
    ]
    list_filter = ["is_active", "is_picture"]
    search_fields = ["name", "code"]
