"""留痕與通知：和所講的改動寫在同一個事務裏，一起成，一起不成。"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, cast

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journal import doorbell
from journal.models import Delivery, Entry, Notice
from journal.services.routing import routes
from journal.services.script import source_script

DELIVER_JOB = "journal.jobs.deliver_waiting"


class Person(Protocol):
    """能做事、能收通知的人（people.User）。"""

    pk: Any
    email: str
    phone: str
    is_active: bool

    def title_on(self, day: date) -> str: ...


@dataclass(frozen=True)
class Message:
    """要讓人知道的話：一句標題、一段說明、一個直達的鏈接。

    body 裏獨佔一行、以「/」開頭的是站內鏈接：頁面上可點，郵件裏補全網址。
    """

    title: str
    body: str = ""
    url: str = ""
    kind: str = Notice.Kind.EVENT
    key: str | None = None
    not_before: datetime | None = None
    """臨發前的核對說「現在是免打擾時段」：站外最早這時再發。"""


@transaction.atomic
def record(
    *,
    actor: Any,
    action: str,
    target: models.Model,
    summary: str,
    at: datetime,
    topic: models.Model | None = None,
    reason: str = "",
    changes: dict[str, list[Any]] | None = None,
    notify: Iterable[Any] = (),
    message: Message | None = None,
) -> Entry:
    """記下一次辦理，並在同一事務裏給該知道的人各寫一條通知。

    actor 為 None 表示系統自動。notify 裏的本人不通知自己；重複的人只通知一次；
    停用的賬號不通知。有郵箱的人另排一次郵件投遞。changes 為 {字段: [舊, 新]}。
    """
    topic = topic or target
    # 當時的稱呼按北京時間的那一天查任職：UTC 的日期在早上八點前還是昨天。
    with source_script():
        name = actor.title_on(timezone.localdate(at)) if actor else _("系統")
    entry = Entry.objects.create(
        at=at,
        actor=actor,
        actor_name=_shorten(name, Entry, "actor_name"),
        action=action,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        topic_type=topic._meta.label_lower,
        topic_id=topic.pk,
        summary=_shorten(summary, Entry, "summary"),
        reason=reason,
        changes=changes or {},
    )
    announce(
        message=message or Message(title=summary, body=reason),
        recipients=[person for person in notify if person and person != actor],
        entry=entry,
        at=at,
    )
    return entry


def announce(
    *,
    message: Message,
    recipients: Iterable[Any],
    at: datetime,
    entry: Entry | None = None,
    not_before: datetime | None = None,
) -> list[Notice]:
    """給每人寫一條同樣的通知；帶 key 時同一人同一 key 不會有第二條。返回這次新寫的。

    停用的賬號不寫，重複的人只寫一次。站內立刻看得到；站外的渠道不早於 not_before（免打擾）。
    """
    people = {person.pk: person for person in recipients if person and person.is_active}
    messages = [(person, message) for person in people.values()]
    return announce_each(messages=messages, at=at, entry=entry, not_before=not_before)


@transaction.atomic
def announce_each(
    *,
    messages: Iterable[tuple[Any, Message]],
    at: datetime,
    entry: Entry | None = None,
    not_before: datetime | None = None,
) -> list[Notice]:
    """給各人各寫一條（每日提醒一次幾百人）：查詢次數固定，其餘同 announce。

    提交之後按一下門鈴；門鈴壞了由每分鐘的巡查補上。
    """
    # 按主鍵的次序寫：兩個進程同時寫同一批人時依次等候，不會互相等死。
    wanted = sorted(
        ((person, message) for person, message in messages if person.is_active),
        key=lambda pair: pair[0].pk,
    )
    notices = _write_once(
        [new_notice(message, recipient=person, at=at, entry=entry) for person, message in wanted]
    )
    queue_deliveries(notices, at, not_before=not_before)
    return notices


def new_notice(message: Message, *, at: datetime, **values: Any) -> Notice:
    """一條還沒寫進庫的通知；values 是 recipient 或 gateway，以及 entry、key。"""
    return Notice(
        **{"key": message.key, **values},
        kind=message.kind,
        title=_shorten(message.title, Notice, "title"),
        body=message.body,
        url=message.url,
        created_at=at,
    )


def _write_once(notices: list[Notice]) -> list[Notice]:
    """寫入並返回真正新寫的。

    先查一遍省去常見的重複；查過之後別的進程搶先寫了，唯一約束會說話，這時退回逐條寫。
    不用「衝突就忽略」的批量寫法：它不說哪幾條是自己寫的，而投遞只能跟着寫成的那一條。
    """
    if all(notice.key is None for notice in notices):
        return Notice.objects.bulk_create(notices)
    told = _already_told(notices)
    fresh = [notice for notice in notices if (notice.recipient_id, notice.key) not in told]
    try:
        with transaction.atomic():
            return Notice.objects.bulk_create(fresh)
    except IntegrityError:
        return [notice for notice in fresh if _write_one(notice)]


def _already_told(notices: list[Notice]) -> set[tuple[int, str | None]]:
    rows = Notice.objects.filter(
        key__in={notice.key for notice in notices if notice.key},
        recipient__in=[notice.recipient_id for notice in notices],
    )
    return set(rows.values_list("recipient_id", "key"))


def _write_one(notice: Notice) -> bool:
    notice.pk = None
    try:
        with transaction.atomic():
            notice.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def queue_deliveries(
    notices: Sequence[Notice], at: datetime, not_before: datetime | None = None
) -> None:
    """給新寫的通知排上投遞：每人各按他的消息設置，群消息交給它的渠道。

    not_before 之前不發（靜默時段）；每日提醒另等到本人選的鐘點。提交之後按一下門鈴。
    """
    earliest = max(at, not_before) if not_before else at
    deliveries = [
        Delivery(
            notice=notice,
            channel=route.channel,
            gateway=route.gateway,
            address=route.address,
            next_attempt_at=route.not_before,
            message_id=f"<{uuid.uuid4().hex}@pingtan-civ>",
        )
        for notice, route in routes(notices, earliest)
    ]
    if deliveries:
        Delivery.objects.bulk_create(deliveries)
        transaction.on_commit(lambda: doorbell.ring(DELIVER_JOB))


def _shorten(text: str, model: type[models.Model], field: str) -> str:
    """標題過長時以「…」收尾；PostgreSQL 對超長的字段會報錯，而留痕不該因此失敗。"""
    limit = cast(models.CharField, model._meta.get_field(field)).max_length
    text = str(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
