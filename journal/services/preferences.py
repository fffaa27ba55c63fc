"""消息設置：本人改自己的。只管站內以外發到哪裏、幾點發；站內一條也不少。"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from journal.changes import apply_changes
from journal.models import Delivery, Notice, Preference
from journal.services.recording import record
from journal.services.routing import wanted_hour


@transaction.atomic
def update_preferences(*, actor: Any, values: Mapping[str, Any], at: datetime) -> Preference:
    """保存，並把今天還沒發的每日提醒挪到新的鐘點。關掉的渠道在發送那一刻才取消。"""
    wish, _created = Preference.objects.select_for_update().get_or_create(user=actor)
    changes = apply_changes(wish, values)
    if not changes:
        return wish
    wish.full_clean()
    wish.save()
    waiting = Delivery.objects.filter(
        notice__recipient=actor,
        notice__kind=Notice.Kind.DIGEST,
        state=Delivery.State.WAITING,
        attempts=0,
    ).select_related("notice")
    for delivery in waiting:
        # 帶着原來的狀態改：正被認領去發的不動。
        when = wanted_hour(delivery.notice, wish, at)
        waiting.filter(pk=delivery.pk).update(next_attempt_at=when)
    record(
        actor=actor,
        action="journal.preferences_changed",
        target=wish,
        summary="修改了自己的消息設置。",
        changes=changes,
        at=at,
    )
    return wish
