"""進門兩件事：去掉數據庫存不下的字符；認出每個人自己選的繁簡（在 Cookie 裏，頁面不閃）。"""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.request import UnreadablePostError
from django.utils import translation

SCRIPT_COOKIE = settings.LANGUAGE_COOKIE_NAME
#: PostgreSQL 的文字裏不能有 NUL，落單的代理字符也編不成 UTF-8。人手打不出來，只會是粘貼或惡意帶進來的。
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class CleanTextMiddleware:
    """網址參數、表單和 Cookie 裏存不下的字符在這一處統統去掉，後面各頁不必各自提防。

    網址路徑裏帶 NUL 的，一定沒有這一頁，回 404。
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.GET = clean_data(request.GET)
        request.COOKIES = {name: clean_text(text) for name, text in request.COOKIES.items()}
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        if UNSTORABLE.search(request.path):
            raise Http404
        if request.method == "POST":
            try:
                request.POST = clean_data(request.POST)
            except UnreadablePostError:
                return  # 傳到一半斷了；讀它的那一頁自會說明


def clean_text(text: str) -> str:
    return UNSTORABLE.sub("", text)


def clean_data(data: QueryDict) -> QueryDict:
    """乾淨的原樣返回；有存不下的字符時返回去掉了的一份。"""
    texts = [text for name, values in data.lists() for text in (name, *values)]
    if not any(map(UNSTORABLE.search, texts)):
        return data
    cleaned = QueryDict(mutable=True, encoding=data.encoding)
    for name, values in data.lists():
        cleaned.setlist(clean_text(name), [clean_text(value) for value in values])
    cleaned._mutable = False
    return cleaned


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
