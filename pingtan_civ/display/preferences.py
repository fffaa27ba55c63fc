"""從 Cookie 讀出顯示方式，由服務端寫進 <html>，頁面不會先閃一下再變。"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

THEME_COOKIE = "theme"
TEXT_COOKIE = "text"
SCRIPT_COOKIE = settings.LANGUAGE_COOKIE_NAME

#: 可切換的三樣，各自的 Cookie 與允許的值；第一個是默認值。
CHOICES = {
    "theme": (THEME_COOKIE, ("light", "dark")),
    "text": (TEXT_COOKIE, ("md", "lg")),
    "script": (SCRIPT_COOKIE, tuple(code for code, _ in settings.LANGUAGES)),
}
LANG = {"zh-hant": "zh-Hant", "zh-hans": "zh-Hans"}


@dataclass(frozen=True)
class Preferences:
    """theme: light/dark；text: md/lg；script: zh-hant/zh-hans。"""

    theme: str
    text: str
    script: str

    @property
    def lang(self) -> str:
        """<html lang> 的值。字形隨它而定，必須與正文一致。"""
        return LANG.get(self.script, "zh-Hant")

    @property
    def is_dark(self) -> bool:
        return self.theme == "dark"

    @property
    def is_large(self) -> bool:
        return self.text == "lg"

    @property
    def is_simplified(self) -> bool:
        return self.script == "zh-hans"


def preferences(request: HttpRequest | None) -> Preferences:
    """這次請求的顯示方式；沒有或認不得的 Cookie 取默認值。"""
    cookies = request.COOKIES if request else {}
    found = {}
    for name, (cookie, allowed) in CHOICES.items():
        wanted = cookies.get(cookie, "")
        found[name] = wanted if wanted in allowed else allowed[0]
    return Preferences(**found)
