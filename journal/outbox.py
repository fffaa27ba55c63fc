"""發件台的一頁：每條通知走了哪些渠道、各到哪一步，按網址裏的條件篩。只讀。"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from journal.models import Delivery, Notice
from pingtan_civ.lib.clock import at_hour

#: 不指定日期時看最近這麼多天；更早的按日期找。
RECENT = timedelta(days=30)
State = Delivery.State
#: 什麼也沒選時只看要緊的；選了它，辦理消息也一起看。
EVERYTHING = "all"
#: 標籤 → 包含的狀態。
GROUPS: dict[str, tuple[str, ...]] = {
    "waiting": (State.WAITING, State.SENDING),
    "given_up": (State.GIVEN_UP,),
    "uncertain": (State.UNCERTAIN,),
    "sent": (State.SENT,),
    "cancelled": (State.CANCELLED,),
}


@dataclass(frozen=True)
class Filters:
    """網址裏的條件；不像樣的當作沒有。"""

    state: str = ""
    channel: str = ""
    kind: str = ""
    person: str = ""
    day: date | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filters":
        return cls(
            state=_one_of(query.get("state"), GROUPS),
            channel=_one_of(query.get("channel"), Delivery.Channel.values),
            kind=_one_of(query.get("kind"), [EVERYTHING, *Notice.Kind.values]),
            person=(query.get("person") or "").strip()[:40],
            day=_day(query.get("day")),
        )

    @property
    def any(self) -> bool:
        return any([self.state, self.channel, self.kind, self.person, self.day])


def notices(filters: Filters, today: date) -> QuerySet[Notice]:
    """符合條件的通知，新的在前，連同各自的投遞。"""
    found = Notice.objects.filter(_about(filters, today))
    if not filters.any:
        found = found.filter(_matters())
    if filters.state or filters.channel:
        sent = _narrow(Delivery.objects.filter(notice=OuterRef("pk")), filters, with_state=True)
        found = found.filter(Exists(sent))
    return (
        found.select_related("recipient", "gateway")
        .prefetch_related("deliveries__gateway")
        .order_by("-created_at", "-pk")
    )


def counts(filters: Filters, today: date) -> dict[str, int]:
    """點開各個狀態會列出多少條，其餘條件照舊。一次查詢。"""
    rows = Delivery.objects.filter(_about(filters, today, "notice__"))
    rows = _narrow(rows, filters, with_state=False)
    return rows.aggregate(
        **{
            key: Count("notice", distinct=True, filter=Q(state__in=states))
            for key, states in GROUPS.items()
        }
    )


def _matters() -> Q:
    """要緊的：催辦、每日提醒、群消息，和沒有發成的。辦理消息多半只在站內，選了類別再看。"""
    failed = Delivery.objects.filter(notice=OuterRef("pk"), state__in=Delivery.RESENDABLE)
    return (
        Q(kind__in=[Notice.Kind.CHASE, Notice.Kind.DIGEST])
        | Q(recipient__isnull=True)
        | Q(Exists(failed))
    )


def _about(filters: Filters, today: date, prefix: str = "") -> Q:
    start, end = _span(filters.day, today)
    wanted = Q(**{f"{prefix}created_at__gte": start, f"{prefix}created_at__lt": end})
    if filters.kind and filters.kind != EVERYTHING:
        wanted &= Q(**{f"{prefix}kind": filters.kind})
    if filters.person:
        wanted &= Q(**{f"{prefix}recipient__name__icontains": filters.person}) | Q(
            **{f"{prefix}gateway__name__icontains": filters.person}
        )
    return wanted


def _narrow(rows: QuerySet[Delivery], filters: Filters, *, with_state: bool) -> QuerySet[Delivery]:
    if filters.channel:
        rows = rows.filter(channel=filters.channel)
    if filters.state and with_state:
        rows = rows.filter(state__in=GROUPS[filters.state])
    return rows


def _span(day: date | None, today: date) -> tuple[datetime, datetime]:
    tomorrow = today + timedelta(days=1)
    first, after = (day, day + timedelta(days=1)) if day else (today - RECENT, tomorrow)
    return at_hour(first, 0), at_hour(after, 0)


def _one_of(value: str | None, known: Any) -> str:
    return value if value and value in known else ""


def _day(text: str | None) -> date | None:
    """合理的一天：太早太晚的，換算成時刻會越界。"""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None
