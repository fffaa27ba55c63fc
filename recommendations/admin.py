"""系統管理：推薦只看不動，改動走平台自己的頁。"""

from django.contrib import admin

from journal.admin_base import ReadOnlyAdmin
from recommendations.models import Candidate, Programme


@admin.register(Programme)
class ProgrammeAdmin(ReadOnlyAdmin):
    list_display = ["title", "campaign", "level", "apply_by", "state"]
    list_filter = ["campaign", "level", "state"]
    search_fields = ["title", "authority"]
    list_select_related = ["campaign"]


@admin.register(Candidate)
class CandidateAdmin(ReadOnlyAdmin):
    list_display = ["department_name", "person_name", "programme", "kind", "state"]
    list_filter = ["programme", "kind", "state"]
    search_fields = ["department_name", "person_name"]
    list_select_related = ["programme"]
    exclude = ["tally"]
