"""日程的寫：工作日曆的改動，日曆訂閱的生成和停用。"""

from agenda.services.calendar import (
    CalendarOutcome,
    change_day,
    clear_day,
    import_notice,
    preview,
    settle_calendar,
)
from agenda.services.feeds import create_feed, feed_owner, revoke_feed

__all__ = [
    "CalendarOutcome",
    "change_day",
    "clear_day",
    "create_feed",
    "feed_owner",
    "import_notice",
    "preview",
    "revoke_feed",
    "settle_calendar",
]
