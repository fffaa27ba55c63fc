"""把存儲裏的一個文件發給瀏覽器；誰能看由調用者先問過。

可以只要一段（Range），下載斷了接着來；可以只問頭（HEAD）。
"""

import re

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header, parse_etags
from django.utils.translation import gettext as _

from pingtan_civ.lib.media_types import PDF
from pingtan_civ.lib.stored import store

#: 上傳的內容不是我們寫的，即使直接打開也不許它做任何事。
LOCKED = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
#: 桶裏的文件請瀏覽器自己去取，地址多少秒後作廢：夠跳轉過去，不夠轉發給別人。
HANDOVER_SECONDS = 60
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def send_stored(
    request: HttpRequest,
    *,
    path: str,
    name: str,
    content_type: str,
    tag: str,
    inline: bool = False,
) -> HttpResponseBase:
    """發出一個文件；設了 ACCEL_REDIRECT 時只發頭，內容由前面的服務器代發。

    tag 在內容不變時不變（哈希）：瀏覽器拿着它回來問，沒變只回 304。存在桶裏的，下載跳轉到
    一分鐘後作廢的地址；在頁面裏看的圖片和 PDF 由本進程轉發，內容安全策略才管得着它。
    """
    etag, disposition = f'"{tag}"', content_disposition_header(not inline, name) or ""
    try:
        if _is_known(request, etag):
            response: HttpResponseBase = HttpResponse(status=304)
        elif settings.ACCEL_REDIRECT:
            response = HttpResponse(content_type=content_type)
            response["X-Accel-Redirect"] = f"{settings.ACCEL_REDIRECT.rstrip('/')}/{path}"
        elif address := _handover(request, path, disposition, content_type, inline=inline):
            return _redirect(address)
        else:
            response = _content(request, path, content_type, etag)
    except FileNotFoundError as error:
        raise Http404(_("這份文件不在存儲裏，請告訴管理員。")) from error
    response["ETag"] = etag
    # 權限會變，所以每次都回來問；沒變時只回 304。
    response["Cache-Control"] = "private, no-cache"
    if response.status_code != 304:
        response["Content-Disposition"] = disposition
    response["X-Content-Type-Options"] = "nosniff"
    # 瀏覽器自帶的 PDF 閱讀器在 sandbox 裏打不開，所以 PDF 只鎖資源，圖片再加 sandbox。
    is_pdf = content_type == PDF
    response["Content-Security-Policy"] = LOCKED if is_pdf else f"{LOCKED}; sandbox"
    if is_pdf and inline:
        # 材料的頁把它嵌在本站的框裏；別的站仍不許嵌（LOCKED 的 frame-ancestors）。
        response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or any(each.removeprefix("W/") == etag for each in known)


def _handover(
    request: HttpRequest, path: str, disposition: str, content_type: str, *, inline: bool
) -> str | None:
    """桶裏的文件，下載時的臨時地址；其餘為 None。先看它在不在，免得跳過去才見一頁英文。"""
    if store.is_local or inline or request.method == "HEAD":
        return None
    store.size(path)
    return store.handover(
        path, disposition=disposition, content_type=content_type, seconds=HANDOVER_SECONDS
    )


def _redirect(address: str) -> HttpResponse:
    response = HttpResponseRedirect(address)
    response["Cache-Control"] = "private, no-store"
    # 臨時地址本身就是鑰匙，不能隨着下一次點擊帶給別的網站。
    response["Referrer-Policy"] = "no-referrer"
    return response


def _content(request: HttpRequest, path: str, content_type: str, etag: str) -> HttpResponseBase:
    """內容本身：整個、一段，或只有頭。"""
    size = store.size(path)
    wanted = _wanted(request, size, etag)
    if wanted is None:
        response: HttpResponseBase = HttpResponse(status=416, content_type=content_type)
        response["Content-Range"] = f"bytes */{size}"
        return response
    start, length = wanted
    is_part = length < size
    if request.method == "HEAD":
        response = HttpResponse(content_type=content_type)
    elif is_part or not store.is_local:
        pieces = store.read(path, start, length)
        response = StreamingHttpResponse(pieces, content_type=content_type)
    else:
        response = FileResponse(store.open(path), content_type=content_type)
    if is_part:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    response["Content-Length"] = str(length)
    response["Accept-Ranges"] = "bytes"
    return response


def _wanted(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """要哪一段：(從哪裏起, 多長)，沒說就是全部；要的那一段不存在為 None。

    一次要幾段的給全部。If-Range 對不上說明手裏那半份已經不是這一份，也給全部。
    """
    asked = request.headers.get("Range", "")
    if not asked.startswith("bytes=") or "," in asked or request.method != "GET":
        return 0, size
    if request.headers.get("If-Range", etag) != etag:
        return 0, size
    match = _RANGE.fullmatch(asked.replace(" ", ""))
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last or size), size - 1)
    return (start, end - start + 1) if start <= end else None
