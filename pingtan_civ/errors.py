"""出錯的頁：說清發生了什麼、接下來怎麼辦，從不露出調用棧。"""

import logging
import re
import secrets
import sys

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

from pingtan_civ.display.preferences import preferences

logger = logging.getLogger(__name__)

#: 過期的頁面上不回顯的字段：令牌和密碼。
HIDDEN_FIELD = re.compile(r"csrf|password|^next$|version", re.IGNORECASE)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "400.html", 400, exception)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "403.html", 403, exception)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "404.html", 404, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """系統出錯。這一頁不查庫、不認人：出錯的可能正是數據庫。"""
    code = f"E-{secrets.token_hex(3).upper()}"
    logger.error("%s %s %s", code, request.method, request.path, exc_info=sys.exc_info())
    context = {"display": preferences(request), "code": code, "path": request.path}
    return HttpResponse(render_to_string("500.html", context), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """頁面放得太久，令牌失效。不替人重交（那樣令牌就白設了），只把填過的字還給他。"""
    logger.warning("CSRF %s %s", request.path, reason)
    context = {"layout": _layout(request), "typed": _typed(request), "back": _back(request)}
    return render(request, "403_csrf.html", context, status=403)


def _page(request: HttpRequest, template: str, status: int, exception: Exception) -> HttpResponse:
    context = {"layout": _layout(request), "reason": _reason(exception)}
    return render(request, template, context, status=status)


def _layout(request: HttpRequest) -> str:
    """登錄的人出錯時仍有菜單可走；沒登錄的只有一頁。"""
    user = getattr(request, "user", None)
    return "base.html" if user is not None and user.is_authenticated else "bare.html"


def _reason(exception: Exception) -> str:
    """我們自己寫的中文說明；框架的英文信息不給人看。"""
    text = str(exception.args[0]) if exception.args else ""
    return text if CHINESE.search(text) and "\n" not in text and "{" not in text else ""


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    try:
        fields = list(request.POST.lists())
    except (UnreadablePostError, OSError):
        return []
    return [
        (name, value)
        for name, values in fields
        for value in values
        if value.strip() and not HIDDEN_FIELD.search(name) and not value.isdigit()
    ]


def _back(request: HttpRequest) -> str:
    """回到表單的地址：優先填表的那一頁，且只認本站。"""
    here = f"{request.scheme}://{request.get_host()}"
    source = request.headers.get("Referer", "")
    return source.removeprefix(here) if source.startswith(here + "/") else "/"
