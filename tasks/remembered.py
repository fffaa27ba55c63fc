"""大活動的計數記住片刻。

幾萬項措施數一遍要幾十毫秒，而兩次打開之間多半什麼也沒變。每一次辦理都留痕，所以
「最後一條留痕還是那一條」就等於「沒有人辦過什麼」，數過的還能用；有人辦了，立刻重數。
"""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

from journal.models import Entry

Counted = TypeVar("Counted")

LARGE = 5_000
"""措施多到這個數才記；少的數一遍只要兩三毫秒，不值得記。"""

FOR_SECONDS = 30
"""兩筆辦理同時提交時，編號小的可能後到，記住的數會差那一筆；所以最多只記這麼久。"""

_NEVER = -1


def remembered(
    key: tuple[object, ...], count: Callable[[], Counted], *, size: Callable[[Counted], int]
) -> Counted:
    """數一遍，或用記住的。key 要包含一切影響結果的條件，尤其是看得見什麼；size 說這次數了多少項。"""
    name = "counted:" + ":".join(str(part) for part in key)
    kept = cache.get(name)
    latest = _NEVER if kept is None else _latest_entry()
    if kept is not None and kept[0] == latest:
        return kept[1]
    # latest 在數之前取：數的時候又有人辦了，下一次就對不上，會重數。
    counted = count()
    if size(counted) >= LARGE:
        cache.set(name, (latest, None if latest == _NEVER else counted), FOR_SECONDS)
    return counted


def _latest_entry() -> int:
    return Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
