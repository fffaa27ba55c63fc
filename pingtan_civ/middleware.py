"""每個人自己的顯示偏好：繁簡、深淺、大字。都在 Cookie 裏，由服務端渲染，頁面不閃。"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

SCRIPT_COOKIE = settings.LANGUAGE_COOKIE_NAME


class DisplayMiddleware:
    """默認繁體，只有本人切換過才用簡體（不看瀏覽器的 Accept-Language）。"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = request.COOKIES.get(SCRIPT_COOKIE, "")
        script = wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = script
        with translation.override(script):
            return self.get_response(request)
