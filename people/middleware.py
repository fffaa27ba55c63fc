"""初始密碼只用一次：改成自己的之前，別的頁面都打不開。"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

# 改密碼、退出和顯示開關照常；靜態文件在前面的中間件已經發出。
ALLOWED = {"people:change-password", "people:sign-out", "display:switch"}


class PasswordChangeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated or not user.must_change_password:
            return None
        if request.resolver_match.view_name in ALLOWED:
            return None
        return redirect("people:change-password")
