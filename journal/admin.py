"""系統管理：留痕、通知、投遞，一律只看；放棄了的和結果不明的可以重發。"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.admin_base import ReadOnlyAdmin, ReadOnlyInline
from journal.models import Delivery, Entry, Notice
from journal.services import retry_deliveries
from pingtan_civ.lib.clock import now


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "summary", "action", "sequence"]
    list_filter = ["at", "action"]
    search_fields = ["summary", "actor_name", "action"]
    date_hierarchy = "at"
    list_select_related = ["actor"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """佐證的增減不列：文件名也是填報的內容，沒有報出的管理員不看。"""
        return super().get_queryset(request).exclude(action__startswith="tasks.evidence_")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """辦理任務的理由和前後改動是單位與上級之間的話，頁面上不給旁人看，這裏也不給。"""
        fields = list(super().get_fields(request, obj))
        if obj and obj.action.startswith("tasks."):
            return [name for name in fields if name not in {"reason", "changes"}]
        return fields


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ["channel", "address", "state", "attempts", "next_attempt_at", "sent_at"]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "recipient", "gateway", "kind", "title", "read_at"]
    list_filter = ["kind", ("read_at", admin.EmptyFieldListFilter), "created_at"]
    search_fields = ["title", "recipient__name", "recipient__username"]
    date_hierarchy = "created_at"
    list_select_related = ["recipient", "gateway"]
    fields = ["recipient", "gateway", "kind", "title", "url", "created_at", "read_at", "key"]
    inlines = [DeliveryInline]
    list_per_page = 50


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["notice", "channel", "address", "state", "attempts", "sent_at", "last_error"]
    list_filter = ["state", "channel"]
    search_fields = ["address", "notice__title", "message_id"]
    list_select_related = ["notice"]
    list_per_page = 50
    actions = ["try_again"]

    @admin.action(
        description=gettext_lazy("重新發送（只對放棄了的和結果不明的）"), permissions=["view"]
    )
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        count = retry_deliveries(actor=request.user, deliveries=queryset, at=now())
        if count:
            done = _("已重新排上 %(count)d 條；免打擾時段裏的到時再發。") % {"count": count}
            self.message_user(request, done)
        else:
            nothing = _("選中的裏面沒有放棄了的或結果不明的，不用重發。")
            self.message_user(request, nothing, level=messages.WARNING)
