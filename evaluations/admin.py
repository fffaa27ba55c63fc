"""系統管理：榮譽、責任書只看不動，改動走平台自己的頁。"""

from django.contrib import admin

from evaluations.models import Honour, TargetLetter
from journal.admin_base import ReadOnlyAdmin


@admin.register(Honour)
class HonourAdmin(ReadOnlyAdmin):
    list_display = ["name", "level", "granted_by", "granted_date", "department", "person"]
    list_filter = ["level"]
    search_fields = ["name", "granted_by", "department__name", "person__name"]
    list_select_related = ["department", "person"]


@admin.register(TargetLetter)
class TargetLetterAdmin(ReadOnlyAdmin):
    list_display = ["full_number", "department", "year", "state", "moved_at"]
    list_filter = ["campaign", "year", "state"]
    search_fields = ["department__name"]
    list_select_related = ["department"]
