"""一個人的日曆訂閱（iCalendar）：他今天該辦的事，全天事件，提前一個工作日提醒。

只有標題、單位和期名，沒有填報的內容。權限跟着當日的任職走：離了崗、停了賬號就是空的。
SEQUENCE 和 LAST-MODIFIED 取自留痕：同一件事的留痕只增不減，改過的事件序號必增。
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from heapq import nsmallest
from operator import or_
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from agenda.deadlines import Deadline, Scope, Topic, deadlines
from campaigns.models import Campaign
from campaigns.standing import standing_of
from journal.models import Entry
from journal.services import source_script
from people.models import User
from pingtan_civ.lib.working_days import WorkingCalendar

History = dict[Topic, tuple[datetime, int]]
"""每件事（最近一次留痕的時刻，留痕的條數）。"""

#: 一份日曆最多放多少件，離今天最近的；再多的手機也看不過來，請到平台看。
MOST_EVENTS = 500
#: 手機多久來取一次。
REFRESH = timedelta(hours=4)
REMIND_HOUR = 9


@dataclass(frozen=True)
class Feed:
    """一份日曆的內容，和它最近一次變化的時刻。"""

    content: bytes
    changed_at: datetime | None

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'


def duties(user: User, on: date, calendar: WorkingCalendar) -> list[Deadline]:
    """他在各個進行中的活動裏今天該辦的全部。"""
    standing = standing_of(user, on)
    scope = Scope(
        standing=standing,
        campaigns=tuple(Campaign.objects.open()),
        calendar=calendar,
        departments=standing.departments,
        is_mine=True,
    )
    return deadlines(scope)


@source_script()
def build_feed(user: User, on: date, calendar: WorkingCalendar) -> Feed:
    """查詢次數固定。內容只隨事情變，不隨取的時刻變，沒有變就答 304。"""
    found = duties(user, on, calendar)
    near = nsmallest(MOST_EVENTS, found, key=lambda row: abs(row.on - on))
    rows = sorted(near, key=lambda row: (row.on, row.uid))
    history = _history({row.topic for row in rows})
    book = Calendar()
    book.add("prodid", "-//pingtan-civ//agenda//ZH")
    book.add("version", "2.0")
    book.add("calscale", "GREGORIAN")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", _("文明創建：我的時限"))
    book.add("x-wr-timezone", settings.TIME_ZONE)
    book.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    book.add("x-published-ttl", "PT4H")
    if len(found) > len(rows):
        words = {"shown": len(rows), "total": len(found)}
        text = _("共 %(total)d 件，這裏是離今天最近的 %(shown)d 件，其餘請到平台看。") % words
        book.add("x-wr-caldesc", text)
    for row in rows:
        book.add_component(_event(row, history, calendar))
    moments = [at for at, _count in history.values()]
    return Feed(book.to_ical(sorted=False), max(moments, default=None))


def _event(row: Deadline, history: History, calendar: WorkingCalendar) -> Event:
    at, count = history.get(row.topic, (_start_of(row.on), 0))
    stamp = at.astimezone(timezone.get_fixed_timezone(0)).replace(microsecond=0)
    url = f"{settings.SITE_URL}{row.url}"
    event = Event()
    event.add("uid", f"{row.uid}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("sequence", count)
    event.add("dtstart", row.on)
    event.add("dtend", row.on + timedelta(days=1))
    event.add("summary", f"〔{row.kind}〕{row.title}")
    note = calendar.is_estimate(row.on)
    lines = [row.detail, row.campaign.name]
    if note:
        lines.append(_("%(year)s年放假安排尚未公佈，暫按推算。") % {"year": row.on.year})
    event.add("description", "\n".join([*lines, url]))
    event.add("categories", [str(row.kind)])
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    event.add_component(_alarm(row, calendar))
    return event


def _alarm(row: Deadline, calendar: WorkingCalendar) -> Alarm:
    """前一個工作日早上九點。"""
    days = (row.on - calendar.add(row.on, -1)).days
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"〔{row.kind}〕{row.title}")
    alarm.add("trigger", timedelta(hours=REMIND_HOUR) - timedelta(days=days))
    return alarm


def _start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())


def _history(topics: set[Topic]) -> History:
    """各件事的經過；查一次。"""
    keys: dict[str, list[int]] = {}
    for kind, key in sorted(topics):
        keys.setdefault(kind, []).append(key)
    wanted = (Q(topic_type=kind, topic_id__in=each) for kind, each in keys.items())
    rows = (
        Entry.objects.filter(reduce(or_, wanted, Q(pk__in=[])))
        .order_by()
        .values_list("topic_type", "topic_id")
        .annotate(latest=Max("at"), count=Count("pk"))
    )
    return {(kind, key): (latest, count) for kind, key, latest, count in rows}
