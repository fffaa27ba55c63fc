"""日曆訂閱：生成、停用、憑地址找到人。地址只在生成時說一次，庫裏只有它的哈希。"""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from agenda.models import CalendarFeed
from journal.services import record, source_script
from people.models import User

#: 地址裏的隨機字節數（256 位）。
KEY_BYTES = 32


@transaction.atomic
def create_feed(*, actor: User, at: datetime) -> str:
    """給本人生成新的地址並返回它；舊的立刻作廢。"""
    User.objects.select_for_update().get(pk=actor.pk)
    _revoke_current(actor, at)
    key = secrets.token_urlsafe(KEY_BYTES)
    feed = CalendarFeed.objects.create(user=actor, key_hash=_hash(key), created_at=at)
    with source_script():
        summary = _("生成日曆訂閱地址。")
    record(actor=actor, action="agenda.feed_created", target=feed, summary=summary, at=at)
    return key


@transaction.atomic
def revoke_feed(*, actor: User, at: datetime) -> bool:
    """停用本人的地址；沒有在用的返回 False。"""
    User.objects.select_for_update().get(pk=actor.pk)
    return _revoke_current(actor, at)


def _revoke_current(actor: User, at: datetime) -> bool:
    feed = CalendarFeed.objects.filter(user=actor, revoked_at__isnull=True).first()
    if feed is None:
        return False
    feed.revoked_at = at
    feed.save(update_fields=["revoked_at"])
    with source_script():
        summary = _("停用日曆訂閱地址。")
    record(actor=actor, action="agenda.feed_revoked", target=feed, summary=summary, at=at)
    return True


def feed_owner(key: str) -> User | None:
    """地址是誰的；停用的、猜的都是 None。按哈希查索引，查得快慢透露不出地址。"""
    feed = (
        CalendarFeed.objects.filter(key_hash=_hash(key), revoked_at__isnull=True)
        .select_related("user")
        .first()
    )
    return feed.user if feed else None


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
