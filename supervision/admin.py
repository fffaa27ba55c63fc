"""系統管理：督辦規則可以改，督辦單和批示只看不動，改動走平台自己的頁。"""

from typing import Any

from django.contrib import admin
from django.db.models import Model

from journal.admin_base import ReadOnlyAdmin, RecordedAdmin
from supervision.models import Instruction, Order, Terms


@admin.register(Terms)
class TermsAdmin(RecordedAdmin):
    list_display = ["campaign", "mark", "answer_days", "acknowledge_days", "review_days"]
    list_select_related = ["campaign"]

    def topic(self, obj: Any) -> Model:
        return obj.campaign


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ["full_number", "title", "lead_department", "state", "due_date", "issued_at"]
    list_filter = ["campaign", "state", "source", "lead_department"]
    search_fields = ["title", "lead_department__name"]
    list_select_related = ["lead_department", "campaign"]


@admin.register(Instruction)
class InstructionAdmin(ReadOnlyAdmin):
    list_display = ["text", "seat_post", "by", "at"]
    list_filter = ["campaign"]
    search_fields = ["text", "by__name"]
    list_select_related = ["by"]
