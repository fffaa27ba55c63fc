"""一條通知走哪幾條路：郵件、短信、群消息。站內總有一份，不在這裏。"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from journal.models import Delivery, Gateway, Notice, Preference

#: 發短信的只有這幾類；一件一條的辦理消息不打擾手機。
BY_SMS = (Notice.Kind.DIGEST, Notice.Kind.CHASE)


@dataclass(frozen=True)
class Route:
    """一條路：渠道、地址，最早什麼時候發。"""

    channel: str
    address: str
    not_before: datetime
    gateway: Gateway | None = None


def routes(notices: Sequence[Notice], earliest: datetime) -> Iterator[tuple[Notice, Route]]:
    """給一批通知各找出該走的路。查詢次數與條數無關。"""
    people = {notice.recipient_id for notice in notices if notice.recipient_id}
    wishes = preferences_of(people) if people else {}
    phones = sms_gateway() if any(notice.kind in BY_SMS for notice in notices) else None
    for notice in notices:
        if notice.recipient_id is None:
            yield (
                notice,
                Route(Delivery.Channel.GROUP, notice.gateway.name, earliest, notice.gateway),
            )
            continue
        wish = wishes[notice.recipient_id]
        when = wanted_hour(notice, wish, earliest)
        if address := mail_address(notice.recipient, wish):
            yield notice, Route(Delivery.Channel.MAIL, address, when)
        if phones and (address := sms_address(notice, wish)):
            yield notice, Route(Delivery.Channel.SMS, address, when, phones)


def preferences_of(people: Iterable[Any]) -> dict[Any, Preference]:
    """各人的消息設置；沒設過的是默認的那一份（不存庫）。"""
    keys = list(people)
    found = Preference.objects.filter(user__in=keys).in_bulk(field_name="user_id")
    return {key: found.get(key) or Preference(user_id=key) for key in keys}


def sms_gateway() -> Gateway | None:
    """短信經哪裏發；沒有配置時為空。"""
    return Gateway.objects.for_people().first()


def mail_address(person: Any, wish: Preference) -> str:
    return person.email if settings.MAIL_ENABLED and wish.mail else ""


def sms_address(notice: Notice, wish: Preference) -> str:
    """只發到手機：座機收不了短信。"""
    phone = notice.recipient.phone
    is_mobile = phone.startswith("1") and phone.isdigit()
    return phone if wish.sms and notice.kind in BY_SMS and is_mobile else ""


def wanted_hour(notice: Notice, wish: Preference, at: datetime) -> datetime:
    """每日提醒等到本人選的鐘點；過了那個鐘點，或是別的消息，就是現在。"""
    if notice.kind != Notice.Kind.DIGEST:
        return at
    local = timezone.localtime(at)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return max(at, midnight + timedelta(hours=wish.digest_hour))
