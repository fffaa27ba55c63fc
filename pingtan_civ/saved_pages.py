"""自動保存的表單的版本：誰的哪一頁存的。填報和督辦反饋共用。

版本寫作「次數.頁標識」。同一頁上次存成了、回應卻丟在路上時，頁上的次數是舊的；會話裏記着
最後一次存的是哪一頁，是它自己就不算衝突。
"""

from django.http import HttpRequest

from pingtan_civ.lib.numbers import read_int

SESSION_KEY = "drafts"
REMEMBERED = 20
_LONGEST_TOKEN = 16


def page_token(request: HttpRequest) -> str:
    """交來的表單是哪一頁的；沒有寫時為空。"""
    return request.POST.get("version", "").partition(".")[2][:_LONGEST_TOKEN]


def expected_version(request: HttpRequest, key: str, version: int, *, is_own: bool) -> int:
    """此頁以為的保存次數。version 是庫裏的，is_own 是最後一次由此人所存。"""
    token = page_token(request)
    last = request.session.get(SESSION_KEY, {}).get(key)
    if token and last == [token, version] and is_own:
        return version
    number = request.POST.get("version", "").partition(".")[0]
    return -1 if (seen := read_int(number)) is None else seen


def remember_version(request: HttpRequest, key: str, version: int) -> str:
    """記下這一頁存到了第幾次，返回寫回表單的版本。"""
    token = page_token(request)
    if not token:
        return str(version)
    drafts = request.session.get(SESSION_KEY, {})
    drafts.pop(key, None)
    drafts[key] = [token, version]
    request.session[SESSION_KEY] = dict(list(drafts.items())[-REMEMBERED:])
    return f"{version}.{token}"


def forget_version(request: HttpRequest, key: str) -> None:
    """已經交出去了，不必再記。"""
    drafts = request.session.get(SESSION_KEY, {})
    if drafts.pop(key, None):
        request.session[SESSION_KEY] = drafts
