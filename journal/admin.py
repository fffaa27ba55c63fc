from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.models import Delivery
from journal.services import retry_deliveries
from pingtan_civ.lib.clock import now


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):
    """發件箱：看得見每一封發到哪一步、為什麼沒發成；只能看和重發，信的內容不在這裏。"""

    list_display = ["address", "state", "attempts", "next_attempt_at", "sent_at", "last_error"]
    list_filter = ["state", "channel"]
    search_fields = ["address", "last_error", "message_id"]
    list_per_page = 50
    ordering = ["-pk"]
    actions = ["try_again"]
    fields = [
        "channel",
        "address",
        "state",
        "attempts",
        "next_attempt_at",
        "sent_at",
        "last_error",
        "message_id",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("重新發送（只對放棄了的）"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        count = retry_deliveries(actor=request.user, deliveries=queryset, at=now())
        if count:
            done = _("已重新排上 %(count)d 封，稍後發出。") % {"count": count}
            self.message_user(request, done)
        else:
            nothing = _("選中的裏面沒有放棄了的郵件，不用重發。")
            self.message_user(request, nothing, level=messages.WARNING)
