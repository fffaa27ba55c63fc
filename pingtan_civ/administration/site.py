from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST


class PortalAdminSite(AdminSite):
    """登錄、退出、改密碼都用平台自己的頁：鎖定、提示、首次改密碼只有一套。"""

    site_header = gettext_lazy("文明創建管理平台 · 系統管理")
    site_title = gettext_lazy("系統管理")
    index_title = gettext_lazy("數據維護")

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.user.is_authenticated:
            raise PermissionDenied(_("系統管理只有管理員可以進入。"))
        return redirect_to_login(request.GET.get("next") or request.get_full_path())

    @method_decorator(require_POST)
    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        logout(request)
        return redirect("people:sign-in")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("people:change-password")
