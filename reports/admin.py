"""系統管理：彙報只看不動，也只列已印發的；編製和簽發走平台自己的頁。"""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from journal.admin_base import ReadOnlyAdmin, SearchBothScripts
from reports.models import Report


@admin.register(Report)
class ReportAdmin(SearchBothScripts, ReadOnlyAdmin):
    list_display = [
        "title",
        "kind",
        "year",
        "number",
        "campaign",
        "period_start",
        "period_end",
        "issued_at",
    ]
    list_filter = ["campaign", "kind"]
    search_fields = ["title"]
    list_select_related = ["campaign"]
    date_hierarchy = "issued_at"
    ordering = ["-issued_at"]
    fields = (
        "title",
        "campaign",
        "kind",
        ("year", "number", "document_number"),
        "edition",
        "supersedes",
        "correction_note",
        ("period_start", "period_end"),
        "cutoff_at",
        ("issued_at", "issued_by"),
        "sha256",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """草稿是辦公室的工作文件，管理員不因身份看得到。"""
        return super().get_queryset(request).filter(state=Report.State.ISSUED).defer("snapshot")
