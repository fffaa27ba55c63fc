"""系統管理：任務和報送只看不動，改動走平台自己的頁。沒有審核通過的填報內容，管理員也不看。"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from journal.admin_base import ReadOnlyAdmin, ReadOnlyInline, RecordedAdmin, SearchBothScripts
from tasks.models import (
    Assignment,
    ChangeRequest,
    EvidenceFile,
    EvidenceLink,
    MainTask,
    Measure,
    MeasureEvidence,
    MeasureFigure,
    Reminder,
    ReviewPhrase,
    Round,
    Submission,
)


@admin.register(MainTask)
class MainTaskAdmin(ReadOnlyAdmin):
    list_display = ["code", "title", "campaign", "retired_at"]
    list_filter = ["campaign"]
    search_fields = ["code", "title"]
    list_select_related = ["campaign"]


class AssignmentInline(ReadOnlyInline):
    model = Assignment
    fields = ["department", "role", "state", "due_date", "issued_at", "acknowledged_at"]


class MeasureEvidenceInline(ReadOnlyInline):
    model = MeasureEvidence
    show_change_link = False


class MeasureFigureInline(ReadOnlyInline):
    model = MeasureFigure
    show_change_link = False


@admin.register(Measure)
class MeasureAdmin(RecordedAdmin):
    """除備註外只看：牽頭、時限、狀態牽動下達、提醒和通知，只能在任務分解裏改。"""

    list_display = ["code", "title", "lead_department", "due_date", "cycle", "state", "percent"]
    list_filter = ["campaign", "state", "cycle", "lead_department", "objective"]
    search_fields = ["code", "title", "lead_department__name"]
    list_select_related = ["lead_department"]
    date_hierarchy = "due_date"
    inlines = [AssignmentInline, MeasureEvidenceInline, MeasureFigureInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        names = [field.name for field in Measure._meta.get_fields() if _is_column(field)]
        return [name for name in names if name not in {"id", "note"}]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.get_readonly_fields(request, obj), "note"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


def _is_column(field: Any) -> bool:
    return not field.auto_created and (field.concrete or field.many_to_many)


class SubmissionInline(ReadOnlyInline):
    model = Submission
    fields = ["name", "state", "due_date", "first_due_date", "round_number", "accepted_at"]


@admin.register(Assignment)
class AssignmentAdmin(SearchBothScripts, ReadOnlyAdmin):
    list_display = ["measure", "department", "role", "state", "due_date", "acknowledged_at"]
    list_filter = ["measure__campaign", "state", "role", "department"]
    search_fields = ["measure__code", "measure__title", "department__name"]
    list_select_related = ["measure", "department"]
    inlines = [SubmissionInline]


class RoundInline(ReadOnlyInline):
    model = Round
    fields = ["number", "due_date", "submitted_at", "endorsed_at", "decision", "decided_at"]


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ["assignment", "name", "state", "due_date", "round_number", "accepted_at"]
    list_filter = ["assignment__measure__campaign", "state", "assignment__department"]
    search_fields = ["assignment__measure__code", "assignment__measure__title", "label"]
    list_select_related = ["assignment__measure", "assignment__department"]
    date_hierarchy = "due_date"
    inlines = [RoundInline]


@admin.register(Round)
class RoundAdmin(ReadOnlyAdmin):
    list_display = ["submission", "number", "submitted_at", "endorsed_at", "decision", "decided_at"]
    list_filter = ["decision", "submission__assignment__department"]
    search_fields = ["submission__assignment__measure__code"]
    list_select_related = ["submission__assignment__measure", "submission__assignment__department"]

    CONTENT = ("narrative", "problems", "needs", "percent", "is_nil", "nil_reason", "reason")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """草稿和在審的內容屬於單位和辦公室；管理員管系統，不看它。"""
        fields = list(super().get_fields(request, obj))
        if obj and obj.decision == Round.Decision.ACCEPTED:
            return fields
        return [name for name in fields if name not in self.CONTENT]


@admin.register(ChangeRequest)
class ChangeRequestAdmin(ReadOnlyAdmin):
    list_display = ["assignment", "kind", "state", "requested_by", "requested_at", "decided_at"]
    list_filter = ["kind", "state"]
    search_fields = ["assignment__measure__code", "assignment__measure__title"]
    list_select_related = ["assignment__measure", "assignment__department", "requested_by"]


class EvidenceLinkInline(ReadOnlyInline):
    """只列審核採用的：沒定的佐證同草稿一樣不給管理員看。"""

    model = EvidenceLink
    fields = ["name", "form", "state", "added_by", "added_at"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(state=EvidenceLink.State.ACCEPTED)


@admin.register(EvidenceFile)
class EvidenceFileAdmin(ReadOnlyAdmin):
    """只有文件的登記，看不到也下不了內容。"""

    list_display = ["sha256", "extension", "size", "captured_at", "stored_at"]
    list_filter = ["extension", "stored_at"]
    search_fields = ["sha256"]
    fields = ["sha256", "size", "content_type", "extension", "captured_at", "stored_at"]
    inlines = [EvidenceLinkInline]


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = ["on", "person", "track", "step", "due_date", "subject_id"]
    list_filter = ["track", "on"]
    search_fields = ["person__name", "person__username"]
    list_select_related = ["person"]


@admin.register(ReviewPhrase)
class ReviewPhraseAdmin(RecordedAdmin):
    list_display = ["text", "for_evidence", "position", "is_active"]
    list_filter = ["for_evidence", "is_active"]
    search_fields = ["text"]
