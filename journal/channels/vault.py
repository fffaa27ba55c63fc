"""保險箱：渠道的密鑰加密以後才存進庫，庫的備份丟了也看不到。

加密用的鑰匙由 CHANNEL_KEY（沒設時由 SECRET_KEY）算出。後來才設 CHANNEL_KEY 的，
先前用 SECRET_KEY 加密的還打得開，重新保存一次即換成新的。
"""

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _

from journal.channels.failures import NotSent


def seal(secrets: Mapping[str, str]) -> str:
    return _keys().encrypt(json.dumps(dict(secrets)).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Raises NotSent：鑰匙換過，打不開了。"""
    try:
        return json.loads(_keys().decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        reason = _("加密用的 SECRET_KEY 或 CHANNEL_KEY 換過，這個渠道的密鑰要重新填寫。")
        raise NotSent(reason, unreachable=True) from None


def _keys() -> MultiFernet:
    sources = [settings.CHANNEL_KEY, settings.SECRET_KEY]
    return MultiFernet([_key(source) for source in sources if source])


def _key(source: str) -> Fernet:
    digest = hashlib.sha256(b"journal.channels.vault:" + source.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
