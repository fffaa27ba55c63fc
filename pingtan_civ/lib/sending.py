"""把存儲裏的一個文件發給瀏覽器；誰能看由調用者先問過。"""

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

#: 上傳的內容不是我們寫的，即使直接打開也不許它做任何事。
LOCKED = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


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

    tag 在內容不變時不變（哈希）：瀏覽器拿着它回來問，沒變只回 304。
    """
    etag = f'"{tag}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponseBase = HttpResponse(status=304)
    elif settings.ACCEL_REDIRECT:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.ACCEL_REDIRECT.rstrip('/')}/{path}"
    else:
        try:
            response = FileResponse(default_storage.open(path), content_type=content_type)
        except FileNotFoundError as error:
            raise Http404(_("這份文件不在存儲裏，請告訴管理員。")) from error
    response["ETag"] = etag
    # 權限會變，所以每次都回來問；沒變時只回 304。
    response["Cache-Control"] = "private, no-cache"
    if response.status_code != 304:
        response["Content-Disposition"] = content_disposition_header(not inline, name)
    response["X-Content-Type-Options"] = "nosniff"
    # 瀏覽器自帶的 PDF 閱讀器在 sandbox 裏打不開，所以 PDF 只鎖資源，圖片再加 sandbox。
    is_pdf = content_type == "application/pdf"
    response["Content-Security-Policy"] = LOCKED if is_pdf else f"{LOCKED}; sandbox"
    if is_pdf and inline:
        # 材料的頁把它嵌在本站的框裏；別的站仍不許嵌（LOCKED 的 frame-ancestors）。
        response["X-Frame-Options"] = "SAMEORIGIN"
    return response
