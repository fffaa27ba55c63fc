"""通用接口：往管理員填的網址發一個 JSON。短信網關、政務通知平台都這樣接。

格式寫在 docs/channels.md，那是和對方的約定，改動要寫進 CHANGELOG。
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from journal.channels import http
from journal.channels.failures import NotSent


@sensitive_variables()
def send(secrets: Mapping[str, str], payload: Mapping[str, Any], at: datetime) -> None:
    """發一條。同一條重發時 id 不變，對方據此認出重複。Raises NotSent。"""
    body = json.dumps(payload, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "pingtan-civ",
        "X-Idempotency-Key": str(payload["id"]),
        "X-Timestamp": str(int(at.timestamp())),
    }
    if secret := secrets.get("secret"):
        headers["X-Signature"] = signature(secret, headers["X-Timestamp"], body)
    answer = http.post(secrets["url"], data=body, headers=headers)
    if answer.is_ok:
        return
    raise NotSent(
        _why_refused(answer.status_code),
        unreachable=answer.status_code >= 500 or answer.status_code in {401, 403, 404, 429},
    )


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """對「時間戳.正文」做 HMAC-SHA256，十六進制，前面寫明算法。"""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"


def _why_refused(status: int) -> str:
    if 300 <= status < 400:
        return _("對方要求跳轉到別的地址，為安全起見不跟着走，請填最終的地址。")
    if status in {401, 403}:
        return _("對方不認簽名或不許訪問（代碼 %(code)s），請核對簽名密鑰。") % {"code": status}
    if status == 404:
        return _("對方沒有這個地址（代碼 404），請核對地址。")
    return _("對方沒有收下（代碼 %(code)s）。") % {"code": status}
